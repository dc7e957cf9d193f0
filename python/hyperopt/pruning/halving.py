"""Successive halving without waiting: only the best trials of each rung go on.

Li et al., *A System for Massively Parallel Hyperparameter Tuning*, MLSys 2020 (ASHA), in its form
that stops and never resumes; Li et al., *Hyperband*, JMLR 2018.
"""

from __future__ import annotations

import math
from bisect import insort
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.pruning.arguments import at_least, between
from hyperopt.pruning.thresholds import Thresholds

if TYPE_CHECKING:
    from hyperopt.pruning.contract import Rule
    from hyperopt.pruning.curves import Curve, Curves

__all__ = ["ASHA", "Hyperband"]

_MOST_RUNGS = 64


class ASHA:
    """Stops a trial that is not among the best 1/`factor` of those that reached the same rung.

    Rungs are the steps `min_steps` times `factor` to the power of 0, 1, 2 and so on.

    Parameters
    ----------
    min_steps
        The first rung.
    factor
        One in so many trials goes on from each rung; at least 2.
    """

    def __init__(self, min_steps: float = 1, factor: int = 4) -> None:
        self.min_steps = between("min_steps", min_steps, 0.0, math.inf, open_low=True)
        self.factor = at_least("factor", factor, 2)
        self._forget()

    def _forget(self) -> None:
        self._curves: Curves | None = None
        self._read = 0
        self._rungs: list[float] = []
        self._values: list[list[float]] = []

    def __repr__(self) -> str:
        return f"ASHA(min_steps={self.min_steps:g}, factor={self.factor})"

    def __getstate__(self) -> dict[str, Any]:
        state = {**self.__dict__, "_curves": None, "_read": 0}
        return {**state, "_rungs": [], "_values": []}

    def rule(self, curves: Curves, tid: int) -> Rule | None:
        """The rule for a trial that is about to run."""
        if self._curves is not curves or self._read > len(curves):
            self._forget()
            self._curves = curves
        for curve in curves[self._read :]:
            self.take(curve)
        self._read = len(curves)
        return self.thresholds()

    def take(self, curve: Curve) -> None:
        """Add what a trial had at the rungs that it reached."""
        if curve.by_fold:
            return
        step = self.min_steps * float(self.factor) ** len(self._rungs)
        while step <= curve.steps[-1] and len(self._rungs) < _MOST_RUNGS:
            self._rungs.append(step)
            self._values.append([])
            step *= self.factor
        # A trial is compared by its first report at or after a rung.
        places = np.searchsorted(curve.steps, self._rungs, side="left").tolist()
        for values, place in zip(self._values, places, strict=True):
            if place < len(curve.values):
                insort(values, float(curve.values[place]))

    def thresholds(self) -> Thresholds | None:
        """The value of the last trial of each rung that goes on, the next one included."""
        if not self._rungs:
            return None
        limits = []
        for values in self._values:
            go_on = max(1, (len(values) + 1) // self.factor)
            limits.append(values[go_on - 1] if values else math.inf)
        return Thresholds(tuple(self._rungs), tuple(limits))


class Hyperband:
    """Runs several `ASHA` side by side, whose first rungs differ, and gives each its trials.

    Bracket s has its first rung at ``min_steps * factor ** s``; the earlier ones stop more. Trials
    go to the brackets by their ids, in shares that make the brackets equally costly.

    Parameters
    ----------
    min_steps
        The first rung of the first bracket.
    max_steps
        The last step of a trial; by default that of the longest one so far.
    factor
        As of `ASHA`.
    """

    def __init__(
        self, min_steps: float = 1, max_steps: float | None = None, factor: int = 3
    ) -> None:
        self.min_steps = between("min_steps", min_steps, 0.0, math.inf, open_low=True)
        self.max_steps = max_steps
        if max_steps is not None:
            self.max_steps = between("max_steps", max_steps, self.min_steps, math.inf)
        self.factor = at_least("factor", factor, 2)
        self._forget()

    def _forget(self) -> None:
        self._curves: Curves | None = None
        self._read = 0
        self._longest = 0.0
        self._brackets: list[ASHA] = []

    def __repr__(self) -> str:
        most = None if self.max_steps is None else f"{self.max_steps:g}"
        return f"Hyperband(min_steps={self.min_steps:g}, max_steps={most}, factor={self.factor})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_curves": None, "_read": 0, "_longest": 0.0, "_brackets": []}

    def rule(self, curves: Curves, tid: int) -> Rule | None:
        """The rule for a trial that is about to run."""
        longest = self.max_steps
        if longest is None:
            longest = max((float(c.steps[-1]) for c in curves.finished), default=0.0)
        if longest < self.min_steps:
            return None
        if self._curves is not curves or self._read > len(curves) or longest != self._longest:
            self._forget()
            self._curves, self._longest = curves, longest
            count = int(math.log(longest / self.min_steps, self.factor) + 1e-9) + 1
            first = [self.min_steps * self.factor**s for s in range(count)]
            self._brackets = [ASHA(step, self.factor) for step in first]
        for curve in curves[self._read :]:
            self._brackets[self._bracket(curve.tid)].take(curve)
        self._read = len(curves)
        return self._brackets[self._bracket(tid)].thresholds()

    def _bracket(self, tid: Any) -> int:
        """Bracket s of n gets a share of ceil(n factor^(n-1-s) / (n-s)) (Li et al., 2018)."""
        count = len(self._brackets)
        shares = [
            math.ceil(count * self.factor ** (count - 1 - s) / (count - s)) for s in range(count)
        ]
        number = tid if isinstance(tid, int) else hash(str(type(tid)))
        # Low-discrepancy: neighbouring ids go to different brackets.
        place = (number * 0.6180339887498949) % 1.0 * sum(shares)
        for bracket, share in enumerate(shares):
            if place < share:
                return bracket
            place -= share
        return count - 1
