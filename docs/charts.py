"""Draw the two charts of the home page from measurements that are in the repository.

The regret comes from the table of docs/quality.md, the cost of a suggestion from
benches/compare/results.json. Run as ``python docs/charts.py``.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")
from matplotlib import pyplot as plt

HERE = Path(__file__).parent
OURS = "#0072b2"
# Colours that are told apart with any kind of sight (Okabe and Ito), and lines without colour.
THEIRS = {
    "random search": ("#7f7f7f", ":"),
    "hyperopt": ("#d55e00", "--"),
    "Optuna TPE": ("#009e73", "-."),
    "rustuna": ("#cc79a7", (0, (3, 1, 1, 1, 1, 1))),
}


def regrets() -> dict[str, list[tuple[int, float, float, float]]]:
    """(evaluations, score, lower, upper) of each method in the first table of the page."""
    page = (HERE / "quality.md").read_text(encoding="utf-8")
    head = re.search(r"^\| method \|(.*)\|$", page, re.MULTILINE)
    assert head is not None, "docs/quality.md has no table of scores"
    budgets = [int(number) for number in re.findall(r"(\d+) evaluations", head[1])]
    rows = {}
    cell = re.compile(r"([\d.]+) \[([\d.]+), ([\d.]+)\]")
    for line in page[head.end() :].splitlines()[2:]:
        if not line.startswith("|"):
            break
        scores = [tuple(map(float, found)) for found in cell.findall(line)]
        rows[line.split("|")[1].strip()] = [
            (budget, *score) for budget, score in zip(budgets, scores, strict=True)
        ]
    return rows


def costs() -> dict[str, list[tuple[int, float]]]:
    """(finished trials, milliseconds) of each library."""
    cases = json.loads((HERE.parent / "benches/compare/results.json").read_text())["cases"]
    shown = {
        "hyperopt-rs, joint": "hyperopt-rs jtpe",
        "hyperopt": "hyperopt",
        "Optuna": "Optuna TPE",
        "rustuna, joint": "rustuna",
    }
    lines: dict[str, list[tuple[int, float]]] = {name: [] for name in shown.values()}
    for trials in (100, 1000, 10_000, 100_000):
        for library, name in shown.items():
            result = cases[f"suggest-{trials}"]["results"].get(library)
            if result:
                lines[name].append((trials, result["median"]))
    return lines


def label(axes: plt.Axes, x: float, y: float, text: str, colour: str) -> None:
    """Write the name of a line at its end, so that no legend is needed."""
    style = {"color": colour, "fontsize": 11, "va": "center"}
    axes.annotate(text, (x, y), xytext=(6, 0), textcoords="offset points", **style)


def finish(axes: plt.Axes, title: str, x_label: str, name: str) -> None:
    """Set what both charts have in common, and save."""
    axes.set_title(title, fontsize=12, loc="left")
    axes.set_xlabel(x_label, fontsize=11)
    axes.tick_params(labelsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.figure.savefig(HERE / "pictures" / f"{name}.png", dpi=130, metadata={"Software": None})
    plt.close(axes.figure)


def draw_regret() -> None:
    """Regret against evaluations."""
    _, axes = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
    rows = {name: row for name, row in regrets().items() if name != "hyperopt-rs tpe"}
    others = [name for name in rows if not name.startswith("hyperopt-rs")]
    best = min((n for n in rows if n not in others), key=lambda name: rows[name][-1][1])
    for name in [best, *others]:
        shown = name.removesuffix(" tpe")
        colour, style = THEIRS.get(shown, (OURS, "-"))
        evaluations, scores, lower, upper = zip(*rows[name], strict=True)
        width = 2.5 if name == best else 1.6
        axes.plot(evaluations, scores, linestyle=style, color=colour, lw=width)
        if name == best:
            axes.fill_between(evaluations, lower, upper, color=colour, alpha=0.15, lw=0)
        label(axes, evaluations[-1], scores[-1], shown, colour)
    axes.set_yscale("log")
    axes.set_yticks([0.05, 0.1, 0.2, 0.5, 1.0], labels=["0.05", "0.1", "0.2", "0.5", "1"])
    axes.set_xlim(right=310)
    axes.set_xticks([25, 50, 100, 200])
    finish(axes, "Regret, random search = 1 (lower is better)", "evaluations", "chart-regret")


def draw_cost() -> None:
    """The cost of a suggestion against the length of the study."""
    _, axes = plt.subplots(figsize=(5.2, 3.6), layout="constrained")
    lines = costs()
    for name, points in lines.items():
        colour, style = THEIRS.get(name, (OURS, "-"))
        x, y = zip(*points, strict=True)
        width = 2.5 if name.startswith("hyperopt-rs") else 1.6
        axes.plot(x, y, linestyle=style, marker="o", ms=4, color=colour, lw=width)
        label(axes, x[-1], y[-1], name, colour)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlim(right=3e6)
    axes.set_xticks([100, 1000, 10_000, 100_000], labels=["100", "1,000", "10,000", "100,000"])
    axes.minorticks_off()
    axes.set_yticks([0.1, 1, 10, 100, 1000], labels=["0.1", "1", "10", "100", "1,000"])
    finish(axes, "One suggestion, in milliseconds", "trials in the study", "chart-cost")


if __name__ == "__main__":
    draw_regret()
    draw_cost()
