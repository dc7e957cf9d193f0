"""The page docs/quality.md and its figure."""

from __future__ import annotations

from pathlib import Path

from environments import DEFAULT, HYPEROPT, JOINT, OPTUNA, RANDOM, TPE, Method
from recorded import section
from scores import Runs, score, wins

BUDGETS = (25, 50, 100, 200)
#: Colours that are told apart with any kind of sight (Okabe and Ito), and dashes without colour.
STYLES = {
    RANDOM: ("#7f7f7f", ":"),
    HYPEROPT: ("#d55e00", "--"),
    TPE: ("#e69f00", "-."),
    OPTUNA: ("#009e73", "--"),
    JOINT: ("#56b4e9", "-"),
    DEFAULT: ("#0072b2", "-"),
}

HEAD = """\
# Search quality

How good are the points that an algorithm finds with a given number of evaluations? This page comes
from one run of `make bench-quality`, which installs each library in an environment of its own and
runs everybody on the problems of `benches/quality/problems.py`: BBOB functions in 2 to 20
dimensions, mixed ones with integers and categories, tabulated real hyperparameter searches, and
conditional spaces.

The regret of a run (its best loss minus the problem's minimum) is divided by the median regret of
random search after as many evaluations, and cut off at 0.01 and 10. The score is the geometric mean
over runs and problems: **lower is better**, random search has about 1. Bands and brackets are 95 %
intervals of a bootstrap over problems and runs.

![Scores after 10 to 200 evaluations, one panel for each suite](pictures/quality.png)
"""

DUELS = """\
How probably a run of the default, and of `jtpe`, is better than one of another method on the same
problem (ties shared):
"""

READING = """\
The default asks a Gaussian process where that predicts, and `jtpe` elsewhere; `jtpe` models the
parameters of a trial together. [Algorithms](algorithms.md) tells how, and what each part is worth.
`tpe` is the original's algorithm: the two agree within their bands.
"""


def title(runs: Runs) -> str:
    """Return how much was run."""
    count = min(len(c) for method in runs.curves.values() for c in method.values())
    return f"{len(runs.suites)} problems, at least {count} runs of every method on each.\n"


def table(runs: Runs) -> str:
    """Return the scores of all methods at some budgets."""
    head = "| method | " + " | ".join(f"{b} evaluations" for b in BUDGETS) + " |"
    lines = [head, "|---|" + "---:|" * len(BUDGETS)]
    for method in runs.curves:
        middle, low, high = score(runs, method)
        cells = [f"{middle[b - 1]:.3f} [{low[b - 1]:.3f}, {high[b - 1]:.3f}]" for b in BUDGETS]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def suites(runs: Runs, evaluations: int) -> str:
    """Return the scores by suite after so many evaluations."""
    names = sorted(set(runs.suites.values()))
    lines = [f"| {evaluations} evaluations | " + " | ".join(names) + " |"]
    lines.append("|---|" + "---:|" * len(names))
    for method in runs.curves:
        cells = [f"{score(runs, method, name)[0][evaluations - 1]:.3f}" for name in names]
        lines.append(f"| {method} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def duels(runs: Runs, method: Method) -> str:
    """Return how often a method wins."""
    head = [f"{method.title} against", *(f"{b} evaluations" for b in BUDGETS)]
    lines = ["| " + " | ".join(head) + " |"]
    lines.append("|---|" + "---:|" * len(BUDGETS))
    for other in runs.curves:
        if other == method.title:
            continue
        each = [wins(runs, method.title, other, budget) for budget in BUDGETS]
        cells = [f"{mean:.2f} [{low:.2f}, {high:.2f}]" for mean, low, high in each]
        lines.append(f"| {other} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page(runs: Runs) -> str:
    """Return the whole page."""
    return "\n".join(
        [
            HEAD,
            title(runs),
            table(runs),
            DUELS,
            duels(runs, DEFAULT),
            duels(runs, JOINT),
            "By suite:\n",
            suites(runs, 100),
            suites(runs, 200),
            READING,
            section(),
        ]
    )


def figure(runs: Runs, path: Path) -> None:
    """Draw the scores over the evaluations, for all problems and for each suite."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    names: list[str | None] = [None, *sorted(set(runs.suites.values()))]
    grid, panels = plt.subplots(3, 2, figsize=(6.4, 8.6), sharex=True, layout="constrained")
    for panel, name in zip(panels.flat, names, strict=False):
        for method, (colour, dashes) in STYLES.items():
            if method.title not in runs.curves:
                continue
            middle, low, high = score(runs, method.title, name)
            x = range(10, len(middle) + 1)
            panel.plot(x, middle[9:], color=colour, linestyle=dashes, label=method.title)
            panel.fill_between(x, low[9:], high[9:], color=colour, alpha=0.12, linewidth=0)
        panel.set_yscale("log")
        panel.set_title(name or "all problems")
        panel.grid(alpha=0.3)
    for panel in panels[:, 0]:
        panel.set_ylabel("relative regret")
    for panel in panels[-1]:
        panel.set_xlabel("evaluations")
    spare = list(panels.flat)[len(names) :]
    for panel in spare:
        panel.axis("off")
    handles, labels = panels.flat[0].get_legend_handles_labels()
    spare[0].legend(
        handles, labels, loc="center", fontsize=12, frameon=False
    ) if spare else panels.flat[0].legend()
    grid.savefig(path, dpi=110)
    plt.close(grid)
