"""`fmin`, of this package or of the original."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

import hyperopt
from hyperopt import hp
from spaces import Choice, Int, Point, Space


def translated(space: Space) -> dict[str, Any]:
    """Return the space in the language of `hp`."""
    result: dict[str, Any] = {}
    for p in space:
        if isinstance(p, Choice):
            options = [dict(translated(o), number=i) for i, o in enumerate(p.options)]
            result[p.name] = hp.choice(p.name, options)
        elif isinstance(p, Int):
            result[p.name] = hp.uniformint(p.name, p.low, p.high)
        elif p.log:
            result[p.name] = hp.loguniform(p.name, math.log(p.low), math.log(p.high))
        else:
            result[p.name] = hp.uniform(p.name, p.low, p.high)
    return result


def flat(values: dict[str, Any], space: Space) -> Point:
    """Return a point of the space from what the objective received."""
    point: Point = {}
    for p in space:
        if isinstance(p, Choice):
            option = values[p.name]["number"]
            point[p.name] = option
            point.update(flat(values[p.name], p.options[option]))
        else:
            point[p.name] = min(max(values[p.name], p.low), p.high)
    return point


def minimize(
    objective: Callable[[Point], float], space: Space, evaluations: int, seed: int, mode: str
) -> None:
    """Run `fmin` with the algorithm that `mode` names."""
    hyperopt.fmin(
        lambda values: objective(flat(values, space)),
        translated(space),
        algo=importlib.import_module(f"hyperopt.{mode}").suggest,
        max_evals=evaluations,
        trials=hyperopt.Trials(),
        rstate=np.random.default_rng(seed),
        show_progressbar=False,
        verbose=False,
    )
