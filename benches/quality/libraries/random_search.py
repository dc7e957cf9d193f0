"""Random search."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from spaces import Point, Space, draw


def minimize(
    objective: Callable[[Point], float], space: Space, evaluations: int, seed: int, _: str
) -> None:
    """Evaluate the objective at random points."""
    rng = np.random.default_rng(seed)
    for _number in range(evaluations):
        objective(draw(space, rng))
