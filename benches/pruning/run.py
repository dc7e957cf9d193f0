"""Compare ways of stopping trials early, on a simulated clock; rewrites docs/pruning-benchmark.md.

python benches/pruning/run.py [--seeds 20] [--jobs 2]

Ours and no pruning get all seeds, on one and on eight workers; everything else gets a quarter of
them, and one worker. The models that are trained on the spot get a tenth.
"""

from __future__ import annotations

import argparse
import json
import os
import zlib
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

from play import at, play
from problems import Boosting, Network, Problem, Table
from searches import OneStep, Optuna, Ours, Search

HERE = Path(__file__).parent
TABLES = sorted((HERE / "tables").glob("curves_*.npz"))
MARKS = (1.4, 2, 3.5, 5, 6, 7, 10, 15, 20, 25, 30, 35, 40, 50)
LATER = (60, 80, 100, 120, 150, 200)
OPTUNA = ("none", "median", "percentile 75", "asha 2", "asha 3", "asha 4", "hyperband")
METHODS = (
    "jtpe",
    "jtpe, default",
    "jtpe, default, bohb",
    "jtpe, default, bad",
    "jtpe, asha 4",
    "one epoch",
    *(f"optuna, {pruner}" for pruner in OPTUNA),
)


def problem_of(name: str) -> Problem:
    """A problem by its name."""
    for kind in (Network, Boosting):
        if kind.name == name:
            return kind()
    return Table.read(HERE / "tables" / f"curves_{name}.npz")


def search_of(method: str, problem: Problem, seed: int) -> Search:
    """A search by its name."""
    if method == "one epoch":
        return OneStep(problem, seed)
    library, _, pruner = method.partition(", ")
    if library == "optuna":
        return Optuna(problem, seed, pruner)
    from hyperopt.pruners import ASHA

    pruner, _, learns = pruner.partition(", ")
    return Ours(
        problem, seed, {"": None, "default": True, "asha 4": ASHA(1, 4)}[pruner], None, learns
    )


def run(task: tuple[str, str, int, int, float]) -> dict[str, Any]:
    """One study."""
    name, method, workers, seed, trials = task
    problem = problem_of(name)
    # Other problems get other seeds, so that chance does not favour anybody on all of them.
    search = search_of(method, problem, (zlib.crc32(name.encode()) + seed) % 2**31)
    found = play(search, problem, workers, trials)
    marks = [mark for mark in (*MARKS, *LATER) if mark <= trials]
    return {
        "problem": name,
        "method": method,
        "workers": workers,
        "seed": seed,
        "best": {str(mark): at(found, mark) for mark in marks},
    }


def seeds_for(is_table: bool, method: str, workers: int, seeds: int) -> int:
    """How many seeds a method gets, so that the whole takes some 20 minutes of CPU."""
    if not is_table:
        return -(-seeds // 10) if workers == 1 else 0
    if method in ("jtpe", "jtpe, default"):
        return seeds
    return -(-seeds // 4) if workers == 1 else 0


def main() -> None:
    """Run what is missing in results.json, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--problems", nargs="*")
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 8])
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    options = parser.parse_args()
    tables = [path.stem.removeprefix("curves_") for path in TABLES]
    names = options.problems or [*tables, Network.name, Boosting.name]
    rows: list[dict[str, Any]] = []
    if options.results.exists() and not options.fresh:
        rows = json.loads(options.results.read_text())
    done = {(row["problem"], row["method"], row["workers"], row["seed"]) for row in rows}
    tasks = [
        (name, method, workers, seed, 50.0 if name in tables else 200.0)
        for name in names
        for method in options.methods
        for workers in options.workers
        for seed in range(seeds_for(name in tables, method, workers, options.seeds))
        if (name, method, workers, seed) not in done
    ]
    with ProcessPoolExecutor(options.jobs) as executor:
        for number, row in enumerate(executor.map(run, tasks), 1):
            rows.append(row)
            if number % 50 == 0 or number == len(tasks):
                print(f"{number} of {len(tasks)}: {row['problem']}, {row['method']}", flush=True)
                options.results.write_text(json.dumps(rows))
    from report import write

    write(rows)


if __name__ == "__main__":
    main()
