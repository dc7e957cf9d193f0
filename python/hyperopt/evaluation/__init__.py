"""Who evaluates trials: this thread, other threads, processes, any executor, Spark.

May import `objective`, `storage` and what these may import; knows no algorithm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.environment.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from hyperopt.evaluation.choice import evaluator
    from hyperopt.evaluation.contract import Evaluator, Outcome, TrialLost
    from hyperopt.evaluation.serial import SerialEvaluator

__all__ = ["Evaluator", "Outcome", "SerialEvaluator", "TrialLost", "evaluator"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Evaluator": "hyperopt.evaluation.contract",
        "Outcome": "hyperopt.evaluation.contract",
        "SerialEvaluator": "hyperopt.evaluation.serial",
        "TrialLost": "hyperopt.evaluation.contract",
        "evaluator": "hyperopt.evaluation.choice",
    },
)
