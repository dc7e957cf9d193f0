"""Search spaces in nobody's language; every library's adapter translates them.

A space is a list of parameters. A point is a flat dict of the values of its active parameters,
options by their numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np


@dataclass(frozen=True)
class Float:
    """A real number between two bounds, uniform or log-uniform."""

    name: str
    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Int:
    """An integer between two bounds, both included."""

    name: str
    low: int
    high: int


@dataclass(frozen=True)
class Choice:
    """One of several options, each with parameters of its own (or none)."""

    name: str
    options: tuple[tuple[Parameter, ...], ...]


Parameter: TypeAlias = Float | Int | Choice
Space: TypeAlias = tuple[Parameter, ...]
Point: TypeAlias = dict[str, float]


def category(name: str, n: int) -> Choice:
    """Return a choice of n options without parameters."""
    return Choice(name, ((),) * n)


def draw(space: Space, rng: np.random.Generator) -> Point:
    """Return a random point."""
    point: Point = {}
    for parameter in space:
        if isinstance(parameter, Choice):
            option = int(rng.integers(len(parameter.options)))
            point[parameter.name] = option
            point.update(draw(parameter.options[option], rng))
        elif isinstance(parameter, Int):
            point[parameter.name] = int(rng.integers(parameter.low, parameter.high + 1))
        elif parameter.log:
            low, high = math.log(parameter.low), math.log(parameter.high)
            point[parameter.name] = math.exp(rng.uniform(low, high))
        else:
            point[parameter.name] = rng.uniform(parameter.low, parameter.high)
    return point
