"""The search spaces of the comparison, in no library's terms."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

FAMILIES = ("uniform", "loguniform", "quniform", "choice")


@dataclass(frozen=True)
class Parameter:
    """One parameter.

    Attributes
    ----------
    name
        Its label.
    family
        One of `FAMILIES`, or ``"normal"``.
    args
        ``(low, high)``, natural bounds also for ``loguniform``; ``(low, high, q)`` for
        ``quniform``; the options for ``choice``; ``(mu, sigma)`` for ``normal``.
    """

    name: str
    family: str
    args: tuple[Any, ...]

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one value; for a choice, the number of an option."""
        match self.family:
            case "uniform":
                return rng.uniform(*self.args)
            case "loguniform":
                return math.exp(rng.uniform(*np.log(self.args)))
            case "quniform":
                low, high, q = self.args
                return float(np.round(rng.uniform(low, high) / q) * q)
            case "choice":
                return int(rng.integers(len(self.args)))
            case "normal":
                return rng.normal(*self.args)
        raise ValueError(self.family)

    def draw_near(self, value: Any, rng: np.random.Generator) -> Any:
        """Draw a value a few hundredths of the range from another; at times another option."""
        match self.family:
            case "uniform":
                return near(value, *self.args, rng)
            case "loguniform":
                return math.exp(near(math.log(value), *np.log(self.args), rng))
            case "quniform":
                low, high, q = self.args
                return float(np.round(near(value, low, high, rng) / q) * q)
            case "choice":
                return value if rng.uniform() < 0.9 else self.draw(rng)
        raise ValueError(self.family)

    def place(self, value: Any) -> float:
        """Return where in its range a value lies, from 0 to 1."""
        low, high = self.args[0], self.args[1]
        match self.family:
            case "loguniform":
                return math.log(value / low) / math.log(high / low)
            case "choice":
                return value / len(self.args)
        return (value - low) / (high - low)


def near(centre: float, low: float, high: float, rng: np.random.Generator) -> float:
    """Draw a number a few hundredths of a range from another, within the range."""
    return min(max(rng.normal(centre, 0.02 * (high - low)), low), high)


@dataclass(frozen=True)
class Space:
    """Parameters that are always active, or branches of which one is.

    Attributes
    ----------
    parameters
        Active in every trial.
    branches
        When not empty: a choice called ``branch`` selects one of these groups.
    """

    parameters: tuple[Parameter, ...] = ()
    branches: tuple[tuple[Parameter, ...], ...] = ()

    def draw(self, rng: np.random.Generator) -> dict[str, Any]:
        """Draw one point: the values of the active parameters, by name."""
        point = {parameter.name: parameter.draw(rng) for parameter in self.parameters}
        if self.branches:
            branch = int(rng.integers(len(self.branches)))
            point["branch"] = branch
            point |= {parameter.name: parameter.draw(rng) for parameter in self.branches[branch]}
        return point

    def draw_near(self, point: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
        """Draw a point near another one; of a space without branches."""
        return {p.name: p.draw_near(point[p.name], rng) for p in self.parameters}


def mixed(count: int, prefix: str = "") -> tuple[Parameter, ...]:
    """`count` parameters, the four families in turn."""
    arguments = {
        "uniform": (-5.0, 5.0),
        "loguniform": (1e-5, 1.0),
        "quniform": (0.0, 100.0, 1.0),
        "choice": ("a", "b", "c", "d", "e"),
    }
    families = [FAMILIES[number % len(FAMILIES)] for number in range(count)]
    return tuple(
        Parameter(f"{prefix}{family}_{number:03d}", family, arguments[family])
        for number, family in enumerate(families)
    )


SPACES = {
    "mixed-20": Space(mixed(20)),
    "mixed-10": Space(mixed(10)),
    "normal-20": Space(
        tuple(Parameter(f"normal_{n:02d}", "normal", (0.0, 1.0)) for n in range(20))
    ),
    "conditional-200": Space((), tuple(mixed(20, f"branch_{b}_") for b in range(10))),
}


def history(space: Space, count: int, scenario: str) -> list[tuple[dict[str, Any], float]]:
    """`count` finished trials as (point, loss), the same for every library.

    Scenarios: ``random`` losses; ``improving``, each loss below all earlier ones; ``outliers``, a
    tenth of the values far out (a normal prior only); ``one-point``, all trials at the same point;
    ``near``, all trials near one point, as those of a search that has closed in; ``bowl``, losses
    that a process can predict, those of `bowl`.
    """
    rng = np.random.default_rng(20240229)
    trials = []
    same = space.draw(rng)
    for number in range(count):
        point = dict(same) if scenario == "one-point" else space.draw(rng)
        if scenario == "near":
            point = space.draw_near(same, rng)
        if scenario == "outliers" and number % 10 == 0:
            point = {name: value * 10.0 ** rng.uniform(2, 6) for name, value in point.items()}
        loss = bowl(space, point) if scenario == "bowl" else next_loss(scenario, number, rng)
        trials.append((point, loss))
    return trials


def bowl(space: Space, point: dict[str, Any]) -> float:
    """Return the sum of squares of the distances to a point, in parts of the ranges."""
    return sum((p.place(point[p.name]) - 0.3) ** 2 for p in space.parameters)


def next_loss(scenario: str, number: int, rng: np.random.Generator) -> float:
    """Return the loss of trial `number`."""
    return -float(number) if scenario == "improving" else float(rng.normal())
