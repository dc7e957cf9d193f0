"""Stop trials that are worse than most of the finished ones were at the same step.

Golovin et al., *Google Vizier*, KDD 2017, section 3.1 (the median rule). The best value of a trial
so far is compared with what the finished trials had at that step.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.pruning.arguments import at_least, between
from hyperopt.pruning.grid import rungs_of
from hyperopt.pruning.thresholds import Thresholds

if TYPE_CHECKING:
    from hyperopt.pruning.contract import Rule
    from hyperopt.pruning.curves import Curve, Curves

__all__ = ["Median", "Percentile"]


class Percentile:
    """Stops a trial whose best value so far is not among the best `percentile` percent.

    Parameters
    ----------
    percentile
        Trials run on if they are among so many percent of the finished trials, at the same step.
    startup_trials
        Nothing is stopped before so many trials have finished.
    warmup_steps
        No trial is stopped at or before this step.
    min_trials
        A step counts if at least so many finished trials have reached it.
    """

    def __init__(
        self,
        percentile: float = 25.0,
        startup_trials: int = 5,
        warmup_steps: float = 0,
        min_trials: int = 1,
    ) -> None:
        self.percentile = between("percentile", percentile, 0.0, 100.0)
        self.startup_trials = at_least("startup_trials", startup_trials, 0)
        self.warmup_steps = between("warmup_steps", warmup_steps, 0.0, math.inf)
        self.min_trials = at_least("min_trials", min_trials, 1)
        self._known: tuple[Any, ...] = ()
        self._rule: Thresholds | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_known": (), "_rule": None}

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}(percentile={self.percentile:g}, "
            f"startup_trials={self.startup_trials}, warmup_steps={self.warmup_steps:g}, "
            f"min_trials={self.min_trials})"
        )

    def rule(self, curves: Curves, tid: int) -> Rule | None:
        """The rule for a trial that is about to run."""
        known = (curves, len(curves.finished))
        if known != self._known:
            self._rule = self._learn([c for c in curves.finished if not c.by_fold])
            self._known = known
        return self._rule

    def _learn(self, finished: list[Curve]) -> Thresholds | None:
        if len(finished) < max(1, self.startup_trials):
            return None
        rungs = rungs_of(finished)
        rungs = rungs[rungs > self.warmup_steps]
        best = np.array([_best_so_far(curve.steps, curve.values, rungs) for curve in finished])
        limits = []
        for column in best.T:
            there = column[~np.isnan(column)]
            enough = len(there) >= self.min_trials
            limits.append(_percentile(there, self.percentile) if enough else math.inf)
        return Thresholds(tuple(rungs.tolist()), tuple(limits), best_so_far=True)


class Median(Percentile):
    """Stops a trial whose best value so far is worse than the median of the finished trials.

    Parameters
    ----------
    startup_trials, warmup_steps, min_trials
        As of `Percentile`.
    """

    def __init__(
        self, startup_trials: int = 5, warmup_steps: float = 0, min_trials: int = 1
    ) -> None:
        super().__init__(50.0, startup_trials, warmup_steps, min_trials)

    def __repr__(self) -> str:
        return (
            f"Median(startup_trials={self.startup_trials}, warmup_steps={self.warmup_steps:g}, "
            f"min_trials={self.min_trials})"
        )


def _best_so_far(
    steps: np.ndarray[tuple[int], np.dtype[np.float64]],
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
    rungs: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    place = np.searchsorted(steps, rungs, side="right") - 1
    best = np.minimum.accumulate(values)[np.maximum(place, 0)]
    known = (place >= 0) & (rungs <= steps[-1])
    return np.where(known, best, np.nan)


def _percentile(values: np.ndarray[tuple[int], np.dtype[np.float64]], percentile: float) -> float:
    """The percentile; infinite where infinite values are involved."""
    with np.errstate(invalid="ignore"):
        found = float(np.percentile(values, percentile))
    return math.inf if math.isnan(found) else found
