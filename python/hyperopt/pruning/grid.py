"""At which steps trials are compared."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from hyperopt.pruning.curves import Curve

__all__ = ["MOST_RUNGS", "rungs_of"]

MOST_RUNGS = 64
"""Trials are compared at no more steps than this, so that a rule is small and quick to make."""


def rungs_of(curves: Iterable[Curve], most: int = MOST_RUNGS) -> NDArray[np.float64]:
    """The steps of the longest curve: all of them, or `most` that lie evenly on a log scale."""
    longest: Curve | None = None
    for curve in curves:
        if longest is None or curve.steps[-1] > longest.steps[-1]:
            longest = curve
    if longest is None:
        return np.empty(0)
    steps: NDArray[np.float64] = longest.steps
    if len(steps) <= most:
        return steps
    places = np.unique(np.geomspace(1, len(steps), 2 * most).round().astype(int)) - 1
    if len(places) > most:
        places = places[np.linspace(0, len(places) - 1, most).round().astype(int)]
    chosen: NDArray[np.float64] = steps[places]
    return chosen
