"""The page docs/pruning-benchmark.md, with its picture."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

DOCS = Path(__file__).parents[2] / "docs"
SHOWN = ("2", "3.5", "5", "10", "25", "50", "200")
_FLOOR = 1e-3
_RESAMPLES = 2000


def regrets(rows: list[dict[str, Any]]) -> dict[tuple[str, int], dict[str, dict[int, Any]]]:
    """By method and workers, then by problem and seed: the regret at each mark.

    0 is the best end there is (on a problem that is not a table: the best that anybody found), 1
    the median end, or the worst of what the methods had after the first two trials' worth of steps.
    """
    from run import problem_of

    by_problem: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        by_problem[row["problem"]].append(row)
    found: dict[tuple[str, int], dict[str, dict[int, Any]]] = defaultdict(lambda: defaultdict(dict))
    for name, own in by_problem.items():
        problem = problem_of(name)
        if hasattr(problem, "curves"):
            low, high = problem.scale
            worst = float(problem.curves[:, -1].max())
        else:
            low = min(min(row["best"].values()) for row in own)
            early = [row["best"]["2"] for row in own if np.isfinite(row["best"]["2"])]
            high, worst = float(np.median(early)), max(early)
        for row in own:
            marks = {
                mark: max((min(best, worst) - low) / (high - low), _FLOOR)
                for mark, best in row["best"].items()
            }
            found[row["method"], row["workers"]][name][row["seed"]] = marks
    return found


def summary(by_problem: dict[str, dict[int, Any]], mark: str) -> tuple[float, float, float] | None:
    """Geometric mean over the problems, and its 95 % interval by resampling seeds."""
    logs = [
        np.log([marks[mark] for marks in seeds.values() if mark in marks])
        for seeds in by_problem.values()
    ]
    logs = [values for values in logs if len(values)]
    if not logs:
        return None
    rng = np.random.default_rng(0)
    means = [
        np.mean([rng.choice(values, len(values)).mean() for values in logs])
        for _ in range(_RESAMPLES)
    ]
    low, high = np.quantile(means, [0.025, 0.975])
    centre = np.mean([values.mean() for values in logs])
    return float(np.exp(centre)), float(np.exp(low)), float(np.exp(high))


def best_afterwards(found: Any, workers: int) -> dict[str, dict[int, Any]]:
    """Optuna with the pruner that turned out best on each problem, at its end."""
    chosen: dict[str, dict[int, Any]] = {}
    for (method, own), by_problem in found.items():
        if own != workers or not method.startswith("optuna, ") or method == "optuna, none":
            continue
        for name, seeds in by_problem.items():
            if name not in chosen or _end(seeds) < _end(chosen[name]):
                chosen[name] = seeds
    return chosen


def _end(seeds: dict[int, Any]) -> float:
    return float(np.mean([np.log(list(marks.values())).mean() for marks in seeds.values()]))


def table(found: Any, workers: int, problems: set[str]) -> list[str]:
    """One row per method, for these problems."""
    methods = [method for method, own in found if own == workers]
    rows = []
    for method in [*dict.fromkeys(methods), "optuna, best afterwards"]:
        by_problem = (
            best_afterwards(found, workers) if "afterwards" in method else found[method, workers]
        )
        by_problem = {name: seeds for name, seeds in by_problem.items() if name in problems}
        if set(by_problem) != problems:
            continue
        cells = []
        for mark in SHOWN:
            value = summary(by_problem, mark)
            cells.append(
                "" if value is None else f"{value[0]:.3f} ({value[1]:.3f} to {value[2]:.3f})"
            )
        n_seeds = min(len(seeds) for seeds in by_problem.values())
        rows.append(f"| {method} | {n_seeds} | " + " | ".join(cells) + " |")
    head = "| method | seeds | " + " | ".join(SHOWN) + " |"
    return [head, "|---" * (len(SHOWN) + 2) + "|", *rows]


def draw(found: Any, workers: int, problems: set[str], path: Path) -> None:
    """Regret against steps, with 95 % bands."""
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for (method, own), by_problem in found.items():
        if own != workers or not problems <= set(by_problem):
            continue
        marks = [m for m in next(iter(next(iter(by_problem.values())).values())) if float(m) >= 2]
        inside = {name: by_problem[name] for name in problems}
        values = [summary(inside, mark) for mark in marks]
        steps = [float(mark) for mark, value in zip(marks, values, strict=True) if value]
        middle, low, high = np.array([value for value in values if value]).T
        (line,) = axes.loglog(steps, middle, label=method)
        axes.fill_between(steps, low, high, alpha=0.12, color=line.get_color())
    axes.set_xlabel("steps spent, in full trials")
    axes.set_ylabel("regret of the best finished trial")
    axes.legend(fontsize=7)
    figure.savefig(path)


def write(rows: list[dict[str, Any]]) -> None:
    """Write the page and the picture."""
    from run import TABLES

    found = regrets(rows)
    tables = {path.stem.removeprefix("curves_") for path in TABLES}
    played = {row["problem"] for row in rows}
    text = (
        (DOCS / "pruning-benchmark.md").read_text()
        if (DOCS / "pruning-benchmark.md").exists()
        else ""
    )
    intro = text.partition("<!-- measured -->")[0] or "# Stopping early, measured\n\n"
    parts = [intro + "<!-- measured -->\n"]
    for kind, problems in (
        ("tables", played & tables),
        ("models trained on the spot", played - tables),
    ):
        for workers in sorted({own for _, own in found}):
            if not problems or not any(
                problems <= set(found[m, w]) for m, w in found if w == workers
            ):
                continue
            parts += [
                f"\n## {len(problems)} {kind}, {workers} at a time\n",
                *table(found, workers, problems),
            ]
    draw(found, 1, played & tables, DOCS / "pictures" / "pruning.png")
    (DOCS / "pruning-benchmark.md").write_text("\n".join(parts) + "\n")
