"""A rule that compares a trial's value with a threshold for each of a few steps."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Thresholds"]


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Stops a trial whose value exceeds a threshold when it reaches one of these steps.

    Parameters
    ----------
    rungs
        The steps, in their order.
    limits
        The threshold at each.
    best_so_far
        Whether a trial is compared by its best value so far, not by its newest.
    """

    rungs: tuple[float, ...]
    limits: tuple[float, ...]
    best_so_far: bool = False

    def __call__(self, steps: Sequence[float], values: Sequence[float]) -> bool:
        """Whether the trial is hopeless."""
        at = bisect_right(self.rungs, steps[-1]) - 1
        if at < 0 or (len(steps) > 1 and steps[-2] >= self.rungs[at]):
            return False  # before the first, or not the first report since it
        value = min(values) if self.best_so_far else values[-1]
        return value > self.limits[at]
