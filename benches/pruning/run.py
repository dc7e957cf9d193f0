"""Compare ways of stopping trials early, on a simulated clock; rewrites docs/pruning-benchmark.md.

python benches/pruning/run.py [--seeds 20] [--jobs 2] [--trials 200]

On tables ours, with the default pruner and with none, get all seeds, on one and on eight workers;
everything else gets a quarter of them, and one worker. The models that are trained on the spot come
first and get a tenth. Optuna takes most of the time: its sampler goes through all stopped trials
for each parameter. Studies that results.json has are not repeated, so that a run may be stopped and
go on later; one that is there with fewer steps than asked for is played anew.
"""

from __future__ import annotations

import argparse
import json
import os
import time
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
IN_FULL = ("jtpe", "jtpe, default", "auto", "auto, default")
"""On tables these get all seeds, on one worker and on eight."""
METHODS = (
    *IN_FULL,
    "jtpe, default, bohb",
    "jtpe, default, bad",
    "jtpe, default, resumable",
    "jtpe, asha 4",
    "jtpe, asha 4, resumable",
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
    from hyperopt import auto, jtpe
    from hyperopt.pruners import ASHA

    pruner, _, learns = pruner.partition(", ")
    chosen = {"": None, "default": True, "asha 4": ASHA(1, 4)}[pruner]
    algo = {"jtpe": jtpe.suggest, "auto": auto.suggest}[library]
    resumes = learns == "resumable"
    return Ours(problem, seed, chosen, algo, "" if resumes else learns, resumes=resumes)


def run(task: tuple[str, str, int, int, float]) -> dict[str, Any]:
    """One study."""
    name, method, workers, seed, trials = task
    problem = problem_of(name)
    # Other problems get other seeds, so that chance does not favour anybody on all of them.
    search = search_of(method, problem, (zlib.crc32(name.encode()) + seed) % 2**31)
    found = play(search, problem, workers, trials)
    return {
        "problem": name,
        "method": method,
        "workers": workers,
        "seed": seed,
        "best": {str(mark): at(found, mark) for mark in marks_to(trials)},
    }


def seeds_for(is_table: bool, method: str, workers: int, seeds: int) -> int:
    """How many seeds a method gets, by what its studies cost."""
    if is_table and method in IN_FULL:
        return seeds
    if workers != 1:
        return 0
    return -(-seeds // (4 if is_table else 10))


def key_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """Which study a row is of."""
    return row["problem"], row["method"], row["workers"], row["seed"]


def marks_to(trials: float) -> list[float]:
    """Where the best loss is recorded within a budget, in full trials' worth of steps."""
    return [mark for mark in (*MARKS, *LATER) if mark <= trials]


def main() -> None:
    """Run what is missing in results.json, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--results", type=Path, default=HERE / "results.json")
    parser.add_argument("--methods", nargs="*", default=METHODS)
    parser.add_argument("--problems", nargs="*")
    parser.add_argument("--workers", nargs="*", type=int, default=[1, 8])
    parser.add_argument(
        "--trials", type=float, default=200.0, help="budget of the models trained on the spot"
    )
    parser.add_argument("--fresh", action="store_true", help="forget earlier results")
    options = parser.parse_args()
    tables = [path.stem.removeprefix("curves_") for path in TABLES]
    names = options.problems or [Network.name, Boosting.name, *tables]
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    if options.results.exists() and not options.fresh:
        rows = {key_of(row): row for row in json.loads(options.results.read_text())}
    tasks = [
        (name, method, workers, seed, 50.0 if name in tables else options.trials)
        for name in names
        for method in options.methods
        for workers in options.workers
        for seed in range(seeds_for(name in tables, method, workers, options.seeds))
    ]
    tasks = [
        (*key, trials)
        for *key, trials in tasks
        if str(marks_to(trials)[-1]) not in rows.get(tuple(key), {"best": {}})["best"]
    ]
    written = time.monotonic()
    with ProcessPoolExecutor(options.jobs) as executor:
        for number, row in enumerate(executor.map(run, tasks), 1):
            rows[key_of(row)] = row
            if number == len(tasks) or time.monotonic() > written + 10:
                print(f"{number} of {len(tasks)}: {row['problem']}, {row['method']}", flush=True)
                options.results.write_text(json.dumps(list(rows.values())))
                written = time.monotonic()
    from report import write

    write(list(rows.values()))


if __name__ == "__main__":
    main()
