"""Stopping trials that are hopeless: what they report, the curves of a study, and the pruners.

May import `storage` and what that may import; knows no algorithm, no evaluator and no study.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.environment.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from hyperopt.pruning.choice import as_pruner
    from hyperopt.pruning.contract import Pruner, Rule
    from hyperopt.pruning.curves import Curve, Curves
    from hyperopt.pruning.folds import Folds
    from hyperopt.pruning.halving import ASHA, Hyperband
    from hyperopt.pruning.hopeless import Hopeless
    from hyperopt.pruning.percentile import Median, Percentile
    from hyperopt.pruning.reporting import Reporter, report, resume

__all__ = [
    "ASHA",
    "Curve",
    "Curves",
    "Folds",
    "Hopeless",
    "Hyperband",
    "Median",
    "Percentile",
    "Pruner",
    "Reporter",
    "Rule",
    "as_pruner",
    "report",
    "resume",
]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "ASHA": "hyperopt.pruning.halving",
        "Curve": "hyperopt.pruning.curves",
        "Curves": "hyperopt.pruning.curves",
        "Folds": "hyperopt.pruning.folds",
        "Hopeless": "hyperopt.pruning.hopeless",
        "Hyperband": "hyperopt.pruning.halving",
        "Median": "hyperopt.pruning.percentile",
        "Percentile": "hyperopt.pruning.percentile",
        "Pruner": "hyperopt.pruning.contract",
        "Reporter": "hyperopt.pruning.reporting",
        "Rule": "hyperopt.pruning.contract",
        "as_pruner": "hyperopt.pruning.choice",
        "report": "hyperopt.pruning.reporting",
        "resume": "hyperopt.pruning.reporting",
    },
)
