"""Which rule a trial gets by which it may stop early."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from hyperopt.environment.warning_levels import levels_to_user
from hyperopt.evaluation.contract import Evaluator, Prescribing
from hyperopt.pruning.agreement import MISLEADING, rule_for
from hyperopt.pruning.curves import log_of

if TYPE_CHECKING:
    from hyperopt.search.run import Run

__all__ = ["Prescriptions"]


class Prescriptions:
    """Gives trials their rules, made of what the run's pruner knows when they are given.

    Parameters
    ----------
    run
        The search; it has a pruner.
    evaluator
        Who evaluates the trials.
    """

    def __init__(self, run: Run, evaluator: Evaluator) -> None:
        self._run = run
        self._evaluator = evaluator

    def give(self, tid: Any) -> None:
        """Give a trial the rule that follows from what is known now.

        Raises
        ------
        TypeError
            If trials can't be stopped where they are evaluated.
        """
        pruner = self._run.options.pruner
        if not isinstance(self._evaluator, Prescribing):
            raise TypeError(
                f"pruner={pruner!r}: trials can't be stopped in {self._evaluator!r}, which has no "
                "method prescribe(tid, rule)"
            )
        curves = log_of(self._run.trials).curves()
        self._evaluator.prescribe(tid, rule_for(pruner, curves, tid))
        if curves.misleading and not self._run.warned_of_reports:
            self._run.warned_of_reports = True
            correlation, count = curves.misleading
            text = MISLEADING.format(correlation=correlation, count=count)
            warnings.warn(text, RuntimeWarning, stacklevel=levels_to_user())
