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
BEST_AFTERWARDS = "optuna, best afterwards"
#: What is drawn: colours that are told apart with any kind of sight (Okabe and Ito), and dashes.
_STYLES: dict[str, tuple[str, Any, float]] = {
    "auto, default": ("#d55e00", "-", 2.2),
    "auto": ("black", "-", 2.2),
    "jtpe, default": ("#cc79a7", "--", 1.3),
    "jtpe": ("0.5", "--", 1.3),
    "one epoch": ("#e69f00", ":", 1.3),
    BEST_AFTERWARDS: ("#0072b2", "-.", 1.6),
    "optuna, none": ("#009e73", (0, (6, 1, 1, 1, 1, 1)), 1.3),
}
_TICKS = (2, 5, 10, 20, 50, 100, 200)


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
    """Geometric mean over the problems, and its 95 % interval by resampling seeds.

    None if a problem has no run that reached the mark.
    """
    logs = [
        np.log([marks[mark] for marks in seeds.values() if mark in marks])
        for seeds in by_problem.values()
    ]
    if not all(len(values) for values in logs):
        return None
    rng = np.random.default_rng(0)
    means = np.mean(
        [rng.choice(values, (_RESAMPLES, len(values))).mean(axis=1) for values in logs], axis=0
    )
    low, high = np.quantile(means, [0.025, 0.975])
    centre = np.mean([values.mean() for values in logs])
    return float(np.exp(centre)), float(np.exp(low)), float(np.exp(high))


def best_afterwards(found: Any, workers: int) -> dict[str, dict[int, Any]]:
    """Optuna with the pruner that turned out best on each problem, chosen anew at each mark."""
    chosen: dict[str, dict[int, Any]] = defaultdict(lambda: defaultdict(dict))
    problems = {name for by_problem in found.values() for name in by_problem}
    for name in sorted(problems):
        runs = pruners_of_optuna(found, workers, name)
        for mark in {mark for seeds in runs.values() for mark in marks_of(seeds)}:
            best = min(
                (seeds for seeds in runs.values() if mark in marks_of(seeds)),
                key=lambda seeds: log_mean(seeds, mark),
            )
            for seed, marks in best.items():
                if mark in marks:
                    chosen[name][seed][mark] = marks[mark]
    return chosen


def pruners_of_optuna(found: Any, workers: int, name: str) -> dict[str, dict[int, Any]]:
    """Optuna's runs on a problem, by pruner; without the ones that had none."""
    return {
        pruner: by_problem[name]
        for (method, own), by_problem in found.items()
        if own == workers and (pruner := pruner_of_optuna(method)) and name in by_problem
    }


def pruner_of_optuna(method: str) -> str:
    """The name of Optuna's pruner in a method; empty if there is none."""
    library, _, pruner = method.partition(", ")
    return pruner if library == "optuna" and pruner != "none" else ""


def marks_of(seeds: dict[int, Any]) -> set[str]:
    """The marks that some run of these reached."""
    return {mark for marks in seeds.values() for mark in marks}


def log_mean(seeds: dict[int, Any], mark: str) -> float:
    """The mean logarithm of the regret at a mark, over the runs that reached it."""
    return float(np.mean([np.log(marks[mark]) for marks in seeds.values() if mark in marks]))


def shares(rows: list[dict[str, Any]], name: str) -> list[str]:
    """Rows: the steps that the default needs for what Optuna's best pruner has after so many.

    The mean of the best loss is compared, which is in the order of the mean regret whatever the
    best loss there is.
    """
    losses: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        if row["problem"] == name and row["workers"] == 1:
            for mark, best in row["best"].items():
                losses[row["method"]][float(mark)].append(best)
    ours = losses["jtpe, default"]
    lines = []
    for steps in (10.0, 50.0, 200.0):
        theirs = {
            pruner: by_mark[steps]
            for method, by_mark in losses.items()
            if (pruner := pruner_of_optuna(method)) and steps in by_mark
        }
        if not theirs:
            continue
        pruner = min(theirs, key=lambda p: float(np.mean(theirs[p])))
        reached = float(np.mean(theirs[pruner]))
        there = [mark for mark in sorted(ours) if np.mean(ours[mark]) <= reached]
        early = ours.get(round(0.6 * steps, 6), [])
        lines.append(
            f"| {name} | {steps:g} | {pruner}, of {len(theirs)} | {len(theirs[pruner])} | "
            f"{reached:.4f} | "
            + (f"{len(early)} | {np.mean(early):.4f} | " if early else "0 | | ")
            + (f"{there[0] / steps:.2f} |" if there else f"over {max(ours) / steps:.2f} |")
        )
    return lines


def table(found: Any, workers: int, problems: set[str]) -> list[str]:
    """One row per method, for these problems."""
    methods = [method for method, own in found if own == workers]
    rows = []
    for method in [*dict.fromkeys(methods), BEST_AFTERWARDS]:
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
        rows.append(f"| {method} | {n_seeds(by_problem)} | " + " | ".join(cells) + " |")
    head = "| method | seeds | " + " | ".join(SHOWN) + " |"
    return [head, "|---" * (len(SHOWN) + 2) + "|", *rows]


def n_seeds(by_problem: dict[str, dict[int, Any]]) -> str:
    """How many seeds there are, at least, of each problem: "4, from 15 on 1"."""
    counts: list[tuple[str, int]] = []
    marks = {mark for seeds in by_problem.values() for mark in marks_of(seeds)}
    for mark in sorted(marks, key=float):
        count = min(sum(mark in own for own in seeds.values()) for seeds in by_problem.values())
        if count and (not counts or counts[-1][1] != count):
            counts.append((mark, count))
    return ", ".join(str(n) if m == counts[0][0] else f"from {m} on {n}" for m, n in counts)


def _most(seeds: dict[int, Any], mark: str) -> bool:
    return 2 * sum(mark in marks for marks in seeds.values()) > len(seeds)


def draw(found: Any, panels: list[tuple[str, set[str]]], path: Path) -> None:
    """Regret against steps, one at a time, with 95 % bands; one panel for each set of problems.

    A curve ends where half of a method's runs do.
    """
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        len(panels), 1, figsize=(6, 5.2 * len(panels)), layout="constrained", squeeze=False
    )
    drawn = {method: found.get((method, 1), {}) for method in _STYLES}
    drawn[BEST_AFTERWARDS] = best_afterwards(found, 1)
    for axis, (title, problems) in zip(axes[:, 0], panels, strict=True):
        last = 2.0
        for method, by_problem in drawn.items():
            if not problems <= set(by_problem):
                continue
            inside = {name: by_problem[name] for name in problems}
            marks = sorted(
                (
                    mark
                    for mark in set.intersection(*map(marks_of, inside.values()))
                    if float(mark) >= 2 and all(_most(seeds, mark) for seeds in inside.values())
                ),
                key=float,
            )
            values = [summary(inside, mark) for mark in marks]
            middle, low, high = np.array([value for value in values if value]).T
            steps = [float(mark) for mark in marks]
            last = max([last, *steps])
            colour, dashes, width = _STYLES[method]
            axis.loglog(
                steps, middle, linestyle=dashes, label=method, color=colour, linewidth=width
            )
            axis.fill_between(steps, low, high, alpha=0.08, color=colour, linewidth=0)
        axis.xaxis.set_minor_formatter(mpl.ticker.NullFormatter())
        axis.set_xticks(_TICKS, [str(tick) for tick in _TICKS])
        axis.set_xlim(2, last)
        axis.set_title(title, fontsize=13, loc="left")
        axis.set_xlabel("steps spent, in full trials", fontsize=12)
        axis.set_ylabel("regret of the best finished trial", fontsize=12)
        axis.legend(fontsize=9, ncols=2)
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
    trained = sorted(played - tables)
    if trained:
        parts += [
            "\n## Steps for what Optuna's best pruner reaches\n",
            "| problem | steps | best | seeds | loss | our seeds | loss at 0.6 | share needed |",
            "|---" * 8 + "|",
            *(row for name in trained for row in shares(rows, name)),
        ]
    panels = [
        (f"{len(problems)} {kind}", problems)
        for kind, problems in (("tables", played & tables), ("models", played - tables))
        if problems
    ]
    draw(found, panels, DOCS / "pictures" / "pruning.png")
    (DOCS / "pruning-benchmark.md").write_text("\n".join(parts) + "\n")
