"""Studies in databases, beside Optuna 5's: trials per second, growth, opening. Writes a page.

    python benches/storage/run.py [--ours 1000] [--optuna 1000] [--no-page] [--skip-postgresql]

Random search and a trivial objective, so that the storage is what is measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PAGE = ROOT / "docs" / "storage-benchmarks.md"
_PAGE = """\
# Benchmarks of storage

Written by `make bench-storage`: trials per second with 10 parameters, random search and a trivial
objective, so that the storage is what is measured. hyperopt-rs {our_version} over {ours} trials,
Optuna {optuna_version} over {optuna}, one after the other on one machine: {cores} cores, a load of
{load:.0f}, {system}, Python {python}. "As it comes" is SQLite with a commit forced onto the disk at
most every 0.1 s. Both libraries keep what is committed when a process is killed.

| trials per second | Optuna | hyperopt-rs | ratio |
|---|---|---|---|
{table}

Processes that share a study make their exchanges one at a time, so four of them do not finish more
trivial trials than one. On SQLite whoever is quick has several turns in a row, which costs all of
them less than a turn each. On PostgreSQL every exchange is handed over, and the study is held for
a round trip: about 1.5 ms among four on a machine like this one, a third of which is the waking of
processes. Objectives that take longer than a few milliseconds do not notice.
"""
_START_S = 6.0
"""How long processes get to import what they measure, by a search of one trial."""


def run(
    library: str, storage: str, n_trials: int, n_processes: int, sync: float | None = None
) -> dict[str, Any]:
    """Trials per second of several processes that share a study, and each one's share."""
    name = f"bench{time.time_ns()}"
    if library == "optuna":  # Several of it cannot make the same tables at once.
        make = [sys.executable, str(HERE / "measure.py"), library, storage, "0", name, "0"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL)
    begin = time.time() + _START_S
    command = [sys.executable, str(HERE / "measure.py"), library, storage, str(n_trials),
               name, str(begin)]  # fmt: skip
    if sync is not None:
        command += ["--sync", str(sync)]
    processes = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(n_processes)
    ]
    figures = []
    for process in processes:
        text, _ = process.communicate()
        if process.returncode:
            raise SystemExit(f"{' '.join(command)} failed")
        figures.append(json.loads(text.splitlines()[-1]))
    elapsed_s = max(f["ended"] for f in figures) - min(f["began"] for f in figures)
    shares = sorted(f["n"] for f in figures)
    return {
        "per_s": sum(shares) / elapsed_s,
        "n": sum(shares),
        "shares": shares,
        "evenness": shares[-1] / max(1, shares[0]),
    }


@contextmanager
def postgresql() -> Iterator[str]:
    """A server that forces its commits onto the disk; gives the URL of an empty database."""
    program = ROOT / "tests" / "integration" / "storage" / "postgresql_server.py"
    server = subprocess.Popen(
        [sys.executable, str(program), "--fsync"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip()
    finally:
        server.communicate("")


def growth(folder: Path) -> dict[str, float]:
    """What the 100th and the 10,000th trial cost, in ms: medians of what is near, of three studies.

    One study takes seconds, so that a busy moment of the machine may fall into either part.
    """
    from statistics import median

    from hyperopt import StoredTrials, fmin, hp, rand

    space = {f"x{i}": hp.uniform(f"x{i}", -1, 1) for i in range(10)}
    early, late = [], []
    for study in range(3):
        times: list[float] = []

        def objective(point: dict[str, float], times: list[float] = times) -> float:
            times.append(time.perf_counter())
            return sum(value * value for value in point.values())

        trials = StoredTrials(f"sqlite:///{folder}/growth-{study}.db")
        fmin(objective, space, rand.suggest, 10_200, trials=trials, verbose=False)
        costs = [(b - a) * 1000 for a, b in pairwise(times)]
        early.append(median(costs[50:250]))
        late.append(median(costs[9_950:10_150]))
    return {"early_ms": median(early), "late_ms": median(late)}


def opening(folder: Path, n: int) -> tuple[float, float]:
    """How many seconds it takes to open a study of so many trials, and how many of the CPU."""
    import numpy as np

    from hyperopt import StoredTrials
    from hyperopt.storage.sql.documents import row_of

    url = f"sqlite:///{folder}/large.db"
    trials = StoredTrials(url)
    generator = np.random.default_rng(0)
    points = generator.uniform(-1, 1, (n, 10))

    def fill(writing: Any) -> None:
        for tid in range(n):
            vals = {f"x{i}": [points[tid, i]] for i in range(10)}
            misc = {"tid": tid, "cmd": ("domain_attachment", "FMinIter_Domain"), "workdir": None,
                    "idxs": {label: [tid] for label in vals}, "vals": vals}  # fmt: skip
            (doc,) = trials.new_trial_docs(
                [tid], [None], [{"status": "ok", "loss": float(tid)}], [misc]
            )
            doc["state"] = 2
            writing.insert(row_of(doc), "insert", counts=True)

    trials._mirror.shared.write(fill, lambda changes: None)
    code = (
        "import time; from hyperopt import StoredTrials; import hyperopt.study.stored;"
        "t0 = time.perf_counter(); c0 = time.process_time();"
        f"trials = StoredTrials({url!r}); assert len(trials) == {n};"
        "print(time.perf_counter() - t0, time.process_time() - c0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    elapsed_s, cpu_s = map(float, done.stdout.split())
    return elapsed_s, cpu_s


def measure(args: argparse.Namespace) -> list[tuple[str, str, str, str]]:
    """The rows of the table: what, Optuna, ours, ratio."""
    rows: list[tuple[str, str, str, str]] = []

    def compare(what: str, theirs: dict[str, Any], mine: dict[str, Any]) -> None:
        ratio = mine["per_s"] / theirs["per_s"]
        cells = (what, f"{theirs['per_s']:.2f}", f"{mine['per_s']:.0f}", f"{ratio:.0f}x")
        rows.append(cells)
        print(*cells, mine["shares"], flush=True)

    with tempfile.TemporaryDirectory(dir=args.folder) as name:
        folder = Path(name)
        for n_processes in (1, 4):
            words = "one process" if n_processes == 1 else "four processes"
            optuna_url = f"sqlite:///{folder}/optuna{n_processes}.db"
            theirs = run("optuna", optuna_url, args.optuna, n_processes)
            own = f"sqlite:///{folder}/ours{n_processes}"
            each = run("ours", f"{own}-each.db", args.ours, n_processes, sync=0.0)
            asis = run("ours", f"{own}.db", args.ours, n_processes)
            compare(f"SQLite, {words}, fsync of each commit", theirs, each)
            compare(f"SQLite, {words}, ours as it comes", theirs, asis)
            if n_processes == 4:
                evenness = f"{max(each['evenness'], asis['evenness']):.2f}"
                rows.append(
                    ("of the four, trials of the busiest for one of the idlest", "", evenness, "")
                )
            journal = run(
                "optuna", f"journal:{folder}/journal{n_processes}.log", args.optuna, n_processes
            )
            compare(f"Optuna's journal file, {words}, ours: SQLite as it comes", journal, asis)
        if not args.skip_postgresql:
            with postgresql() as url:
                for n_processes in (1, 4):
                    words = "one process" if n_processes == 1 else "four processes"
                    theirs_url = url.replace("postgresql:", "postgresql+psycopg:", 1)
                    theirs = run("optuna", theirs_url, args.optuna, n_processes)
                    mine = run("ours", url, args.ours, n_processes)
                    compare(f"PostgreSQL, {words}", theirs, mine)
        found = growth(folder)
        ratio = f"{found['late_ms'] / found['early_ms']:.2f}"
        cells = f"{found['early_ms']:.2f} and {found['late_ms']:.2f} ms"
        rows.append(("the 100th and the 10,000th trial, SQLite", "", cells, ratio))
        elapsed_s, cpu_s = opening(folder, 100_000)
        cells = f"{elapsed_s:.1f} s, {cpu_s:.1f} s of CPU"
        rows.append(("opening a study of 100,000 trials", "", cells, ""))
    return rows


def page(rows: list[tuple[str, str, str, str]], args: argparse.Namespace) -> str:
    """The page of the documentation."""
    import optuna

    import hyperopt

    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return _PAGE.format(
        ours=args.ours,
        optuna=args.optuna,
        our_version=hyperopt.__version__,
        optuna_version=optuna.__version__,
        cores=os.cpu_count(),
        load=args.load,
        system=platform.system(),
        python=platform.python_version(),
        table=table,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ours", type=int, default=1000)
    parser.add_argument("--optuna", type=int, default=1000)
    parser.add_argument("--folder", default=str(ROOT), help="on the disk to measure")
    parser.add_argument("--no-page", action="store_true", help="print only")
    parser.add_argument("--skip-postgresql", action="store_true")
    args = parser.parse_args()
    args.load = os.getloadavg()[1]
    rows = measure(args)
    for row in rows:
        print(" | ".join(row))
    if not args.no_page:
        PAGE.write_text(page(rows, args))


if __name__ == "__main__":
    main()
