"""Draw priors, three searches, and the default's choice, for the pages of the documentation.

Run as ``python docs/pictures.py [--if-missing]``.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from hyperopt import Trials, grid, hp, partial, qmc, rand
from hyperopt.algorithms import auto
from hyperopt.pyll.stochastic import sample

mpl.use("Agg")
from matplotlib import pyplot as plt

HERE = Path(__file__).parent / "pictures"
DRAWS = 20_000
THREE_SEARCHES = "three-searches"
CONTINUOUS, DISCRETE = "#b45309", "#0f766e"

# name: the call as the page shows it, the expression, whether the axis is logarithmic
PRIORS: dict[str, tuple[str, Any, bool]] = {
    "uniform": ("hp.uniform('x', -5, 5)", hp.uniform("x", -5, 5), False),
    "quniform": ("hp.quniform('x', 0, 10, 2)", hp.quniform("x", 0, 10, 2), False),
    "uniformint": ("hp.uniformint('x', 1, 6)", hp.uniformint("x", 1, 6), False),
    "loguniform": (
        "hp.loguniform('x', log(1e-5), log(1))",
        hp.loguniform("x", math.log(1e-5), 0),
        True,
    ),
    "qloguniform": (
        "hp.qloguniform('x', log(1), log(100), 5)",
        hp.qloguniform("x", 0, math.log(100), 5),
        False,
    ),
    "normal": ("hp.normal('x', 0, 1)", hp.normal("x", 0, 1), False),
    "qnormal": ("hp.qnormal('x', 0, 2, 1)", hp.qnormal("x", 0, 2, 1), False),
    "lognormal": ("hp.lognormal('x', 0, 1)", hp.lognormal("x", 0, 1), True),
    "qlognormal": ("hp.qlognormal('x', 1, 0.7, 1)", hp.qlognormal("x", 1, 0.7, 1), False),
    "randint": ("hp.randint('x', 2, 8)", hp.randint("x", 2, 8), False),
    "choice": ("hp.choice('x', ['a', 'b', 'c'])", hp.choice("x", ["a", "b", "c"]), False),
    "pchoice": (
        "hp.pchoice('x', [(0.6, 'a'), (0.3, 'b'), (0.1, 'c')])",
        hp.pchoice("x", [(0.6, "a"), (0.3, "b"), (0.1, "c")]),
        False,
    ),
}


def draw(name: str) -> None:
    """Write one picture."""
    title, expression, logarithmic = PRIORS[name]
    rng = np.random.default_rng(7)
    values = [sample(expression, rng) for _ in range(DRAWS)]
    figure, axes = plt.subplots(figsize=(5.2, 2.0), layout="constrained")
    if len(set(values)) > 40:
        histogram(axes, np.asarray(values), logarithmic)
    else:
        bars(axes, values)
    axes.set_title(title, family="monospace", fontsize=9)
    axes.set_yticks([])
    axes.spines[["left", "right", "top"]].set_visible(False)
    axes.tick_params(labelsize=8)
    figure.savefig(HERE / f"{name}.png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def histogram(axes: Any, values: np.ndarray, logarithmic: bool) -> None:
    """Draw a continuous prior, on a logarithmic axis with bins that are equal on it."""
    edges = np.linspace(values.min(), values.max(), 40)
    if logarithmic:
        edges = np.geomspace(values.min(), values.max(), 40)
        axes.set_xscale("log")
    axes.hist(values, bins=edges, color=CONTINUOUS)


def bars(axes: Any, values: list[Any]) -> None:
    """Draw a discrete prior."""
    options, counts = np.unique(values, return_counts=True)
    numeric = not isinstance(values[0], str)
    positions = options if numeric else np.arange(len(options))
    step = min(np.diff(np.unique(positions)), default=1)
    axes.bar(positions, counts, width=0.6 * step, color=DISCRETE)
    if not numeric or len(options) <= 12:
        axes.set_xticks(positions, [f"{o:g}" if numeric else o for o in options])


def draw_three_searches() -> None:
    """Draw 64 points of grid, quasi-random and random search, with what each axis gets of them."""
    space = [hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)]
    searches = {
        "grid.suggest": partial(grid.suggest, n=8),
        "qmc.suggest": qmc.suggest,
        "rand.suggest": rand.suggest,
    }
    figure, panels = plt.subplots(1, 3, figsize=(5.4, 2.2), layout="constrained")
    for axes, (name, algo) in zip(panels, searches.items(), strict=True):
        x, y = zip(*(asked.params for asked in Trials().study(space, algo, 3).ask(64)), strict=True)
        axes.scatter(x, y, s=7, color=DISCRETE)
        axes.plot(x, [-0.06] * 64, "|", color=CONTINUOUS, markersize=5)
        axes.plot([-0.06] * 64, y, "_", color=CONTINUOUS, markersize=5)
        axes.set_title(name, family="monospace", fontsize=9)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.set_aspect("equal")
        axes.spines[:].set_visible(False)
    figure.savefig(HERE / f"{THREE_SEARCHES}.png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def draw_default() -> None:
    """Draw how often the Gaussian process proposes, by its skill and the number of trials."""
    figure, axes = plt.subplots(figsize=(5.2, 2.9), layout="constrained")
    trials = np.array([0, 10, 10, auto.FADES[0], auto.FADES[1], 400])
    for skill, shade in ((0.95, 1.0), (0.6, 0.6), (0.3, 0.3)):
        share = np.array([0, 0, skill, skill, 0, 0])
        axes.plot(trials, share, color=CONTINUOUS, alpha=shade, lw=2)
        axes.annotate(f"skill {skill:g}", (14, skill + 0.02), fontsize=8)
    axes.axvspan(0, 10, color="0.85")
    axes.annotate("spread-out\nstart", (14, 0.04), fontsize=8)
    axes.annotate(
        "Gaussian process below the line,\njoint estimator above it", (170, 0.92), fontsize=8
    )
    axes.annotate("joint estimator", (300, 0.12), fontsize=8)
    axes.set(xlim=(0, 400), ylim=(0, 1.08), xlabel="trials", ylabel="share of the process")
    axes.spines[["right", "top"]].set_visible(False)
    figure.savefig(HERE / "auto.png", dpi=110, metadata={"Software": None})
    plt.close(figure)


def main() -> None:
    """Draw all pictures, or those that are not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--if-missing", action="store_true")
    options = parser.parse_args()
    HERE.mkdir(exist_ok=True)
    for name in PRIORS:
        if not (options.if_missing and (HERE / f"{name}.png").exists()):
            draw(name)
    if not (options.if_missing and (HERE / f"{THREE_SEARCHES}.png").exists()):
        draw_three_searches()
    if not (options.if_missing and (HERE / "auto.png").exists()):
        draw_default()


if __name__ == "__main__":
    main()
