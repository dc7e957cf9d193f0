"""Scores of methods over problems, with confidence bands.

The regret of a run is its best loss so far minus the problem's minimum. It is divided by the median
regret of random search on the same problem after as many evaluations, and cut off at 0.01 and 10.
The score of a method is the geometric mean over runs, then problems: lower is better, random search
has about 1.

Bands are 95 % intervals of a bootstrap over problems, and over the runs within each.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np

from environments import METHODS, RANDOM

RESAMPLES = 400


@dataclass(frozen=True)
class Runs:
    """All runs.

    Attributes
    ----------
    curves
        Method to problem to an array of regrets, runs by evaluations.
    suites
        Suite of every problem that all methods ran on.
    """

    curves: dict[str, dict[str, np.ndarray]]
    suites: dict[str, str]


def collect(rows: list[dict[str, Any]]) -> Runs:
    """Arrange the rows of a file of runs."""
    found: dict[str, dict[str, list[list[float]]]] = defaultdict(lambda: defaultdict(list))
    suites = {}
    for row in rows:
        found[row["method"]][row["problem"]].append(row["regret"])
        suites[row["problem"]] = row["suite"]
    titles = [method.title for method in METHODS if method.title in found]
    curves = {title: {p: np.array(r) for p, r in found[title].items()} for title in titles}
    complete = {p: s for p, s in suites.items() if all(p in curves[title] for title in titles)}
    return Runs(curves, complete)


def logarithms(runs: Runs, method: str, problem: str) -> np.ndarray:
    """Return log10 of the relative regrets: runs by evaluations."""
    scale = np.median(runs.curves[RANDOM.title][problem], axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return np.log10(np.clip(runs.curves[method][problem] / scale, 1e-2, 10.0))


def score(
    runs: Runs, method: str, suite: str | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the score after each evaluation, and the ends of its band."""
    rng = np.random.default_rng(0)
    problems = [p for p, s in runs.suites.items() if suite in (None, s)]
    tables = [logarithms(runs, method, problem) for problem in problems]
    means = np.array([table.mean(axis=0) for table in tables])
    samples = []
    for _ in range(RESAMPLES):
        chosen = [tables[i] for i in rng.integers(len(tables), size=len(tables))]
        again = [table[rng.integers(len(table), size=len(table))].mean(axis=0) for table in chosen]
        samples.append(np.mean(again, axis=0))
    low, high = np.percentile(samples, [2.5, 97.5], axis=0)
    middle: np.ndarray = 10 ** means.mean(axis=0)
    return middle, 10**low, 10**high


def wins(runs: Runs, method: str, other: str, evaluations: int) -> tuple[float, float, float]:
    """Return how probably the method beats the other on a problem, ties shared, with its band."""
    rng = np.random.default_rng(0)
    each = []
    for problem in runs.suites:
        ours = runs.curves[method][problem][:, evaluations - 1]
        theirs = runs.curves[other][problem][:, evaluations - 1]
        difference = ours[:, None] - theirs[None, :]
        each.append(np.mean(difference < 0) + 0.5 * np.mean(difference == 0))
    again = [np.mean(rng.choice(each, len(each))) for _ in range(RESAMPLES)]
    low, high = np.percentile(again, [2.5, 97.5])
    return float(np.mean(each)), float(low), float(high)
