"""Compare the libraries in long searches.

    python benches/quality/long.py [--seeds 1] [--print-only]

Runs that are in ``long-runs.jsonl`` already are not repeated: delete its lines to measure a
method again. Rewrites docs/long-searches.md and its figure. A seed takes about ten minutes on one
core, nearly all of them in Optuna.
"""

from __future__ import annotations

import argparse
import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from environments import (
    CMAES,
    DEFAULT,
    HERE,
    JOINT,
    OPTUNA,
    RANDOM,
    ROOT,
    Method,
    install,
    surroundings,
)

RUNS = HERE / "long-runs.jsonl"
PROBLEMS = {
    "continuous": (
        "bbob 1, 20d",
        "bbob 3, 5d",
        "bbob 6, 5d",
        "bbob 8, 5d",
        "bbob 10, 10d",
        "bbob 13, 5d",
        "bbob 21, 5d",
        "bbob 22, 2d",
    ),
    "mixed": ("mixed 1, 4d", "mixed 8, 8d", "mixed 17, 8d"),
}
EVALUATIONS = {RANDOM: 5000, DEFAULT: 5000, JOINT: 5000, CMAES: 5000, OPTUNA: 1000}
#: Colours that are told apart with any kind of sight (Okabe and Ito), and dashes without colour.
STYLES = {
    RANDOM: ("0.6", ":"),
    DEFAULT: ("#0072b2", "-"),
    JOINT: ("#56b4e9", "--"),
    OPTUNA: ("#009e73", "-."),
    CMAES: ("#d55e00", (0, (6, 1, 1, 1, 1, 1))),
}
BUDGETS = (20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1000, 1500, 2000, 3000, 5000)
SHOWN = (100, 200, 500, 1000, 2000, 5000)
FLOOR = 1e-8
RESAMPLES = 400

PAGE = """\
# Long searches

What do the later ones of thousands of trials bring? This page comes from
`make bench-quality-long`: problems of [Search quality](quality.md) without conditions, with up to
5,000 evaluations. The regret of a run, at least 1e-8, is divided by the median regret of random
search after as many evaluations; the table has geometric means over problems and runs, with 95 %
intervals of a bootstrap over both. **Lower is better.** Optuna's CMA-ES leaves categories to
independent sampling; its TPE, whose suggestions take longer and longer, stops after 1,000
evaluations. A seed is another instance of every problem.

![Relative regret over the evaluations, on logarithmic axes](pictures/long-searches.png)
"""

Curves = dict[str, dict[str, list[dict[int, float]]]]


def known() -> list[dict[str, Any]]:
    """Return the runs that were done before."""
    return [json.loads(line) for line in RUNS.read_text().splitlines()] if RUNS.exists() else []


def run(method: Method, seeds: int) -> None:
    """Do the missing runs of a method."""
    done = [(row["problem"], row["seed"]) for row in known() if row["method"] == method.title]
    names = ";".join(name for suite in PROBLEMS.values() for name in suite)
    command = [method.python, HERE / "worker.py", method.adapter, method.mode]
    command += [EVALUATIONS[method], seeds, "--only", names]
    with (
        subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=HERE,
            env=surroundings(method),
        ) as process,
        RUNS.open("a") as file,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        json.dump(done, process.stdin)
        process.stdin.close()
        for line in process.stdout:
            row = {"method": method.title, **json.loads(line)}
            curve = row["regret"]
            row["regret"] = {b: float(f"{curve[b - 1]:.4g}") for b in BUDGETS if b <= len(curve)}
            file.write(json.dumps(row) + "\n")
            file.flush()
    if process.returncode:
        raise SystemExit(f"{method.title} failed with status {process.returncode}")


def arranged(rows: list[dict[str, Any]]) -> Curves:
    """Return method to problem to the regrets of its runs by budget."""
    curves: Curves = defaultdict(lambda: defaultdict(list))
    for row in rows:
        regret = {int(budget): max(value, FLOOR) for budget, value in row["regret"].items()}
        curves[row["method"]][row["problem"]].append(regret)
    return curves


def score(curves: Curves, method: str, suite: str, budget: int) -> tuple[float, float, float]:
    """Return the geometric mean of the relative regrets, and the ends of its band."""
    rng = np.random.default_rng(0)
    tables = []
    for problem in PROBLEMS[suite]:
        scale = np.median([run[budget] for run in curves[RANDOM.title][problem]])
        tables.append(np.log10([run[budget] / scale for run in curves[method][problem]]))
    again = []
    for _ in range(RESAMPLES):
        chosen = [tables[i] for i in rng.integers(len(tables), size=len(tables))]
        again.append(np.mean([rng.choice(table, len(table)).mean() for table in chosen]))
    low, high = np.percentile(again, [2.5, 97.5])
    return 10 ** float(np.mean([t.mean() for t in tables])), 10 ** float(low), 10 ** float(high)


def budgets(curves: Curves, method: str) -> list[int]:
    """Return the budgets that all runs of a method have reached."""
    runs = [run for problem in curves[method].values() for run in problem]
    return [b for b in BUDGETS if all(b in run for run in runs)]


def table(curves: Curves, suite: str) -> str:
    """Return the scores on a suite at some budgets."""
    lines = [f"| {suite} | " + " | ".join(f"{b:,}" for b in SHOWN) + " |"]
    lines.append("|---|" + "---:|" * len(SHOWN))
    for method in STYLES:
        reached = budgets(curves, method.title)
        cells = []
        for budget in SHOWN:
            if budget in reached:
                middle, low, high = score(curves, method.title, suite, budget)
                cells.append(f"{middle:.2g} [{low:.1g}, {high:.1g}]")
            else:
                cells.append("")
        lines.append(f"| {method.title} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def page(curves: Curves) -> str:
    """Return the whole page."""
    problems = sum(len(suite) for suite in PROBLEMS.values())
    counts = (f"{method.title} {min(map(len, curves[method.title].values()))}" for method in STYLES)
    head = f"{problems} problems; runs of each method on each of them, or more: "
    head += f"{', '.join(counts)}. Columns: evaluations.\n"
    return "\n".join([PAGE, head, *(table(curves, suite) for suite in PROBLEMS)])


def figure(curves: Curves, path: Path) -> None:
    """Draw the scores over the evaluations, a panel for each suite."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    grid, panels = plt.subplots(len(PROBLEMS), 1, figsize=(6, 8), sharex=True, layout="constrained")
    for panel, suite in zip(panels, PROBLEMS, strict=True):
        for method, (colour, dashes) in STYLES.items():
            reached = budgets(curves, method.title)
            bands = [score(curves, method.title, suite, budget) for budget in reached]
            middle, low, high = zip(*bands, strict=True)
            panel.plot(reached, middle, color=colour, linestyle=dashes, label=method.title)
            panel.fill_between(reached, low, high, color=colour, alpha=0.12, linewidth=0)
        panel.set(xscale="log", yscale="log", ylabel="relative regret")
        panel.set_title(suite, fontsize=13, loc="left")
        panel.grid(alpha=0.3)
    panels[-1].set_xlabel("evaluations", fontsize=12)
    handles, labels = panels[0].get_legend_handles_labels()
    grid.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=12, frameon=False)
    grid.savefig(path, dpi=110, metadata={"Software": None})
    plt.close(grid)


def main() -> None:
    """Run what is missing and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--print-only", action="store_true", help="leave the documentation alone")
    arguments = parser.parse_args()
    for method in STYLES:
        install(method)
        run(method, arguments.seeds)
    curves = arranged(known())
    text = page(curves)
    print(text)
    if not arguments.print_only:
        (ROOT / "docs" / "long-searches.md").write_text(text)
        figure(curves, ROOT / "docs" / "pictures" / "long-searches.png")


if __name__ == "__main__":
    main()
