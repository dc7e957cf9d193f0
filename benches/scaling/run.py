"""Parallel evaluation, beside upstream hyperopt and bare Spark jobs. Prints a table.

    python benches/scaling/run.py [--upstream PYTHON] [--upstream-trials 200] [--skip-spark]

Needs this package and pyspark in the interpreter that runs it. `--upstream` is an interpreter with
hyperopt 0.3.0 and the same pyspark; without it one is made in .venv-bench-spark.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import venv
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).resolve().parent
UPSTREAM = ("hyperopt==0.3.0", "setuptools<81")  # it imports pkg_resources


def measure(python: str, *arguments: str) -> dict[str, float]:
    """Run one measurement and return its figures."""
    environment = {**os.environ, "PYSPARK_PYTHON": python, "PYTHONWARNINGS": "ignore"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # else the package is compiled at each start
    if python != sys.executable:
        environment.pop("PYTHONPATH", None)
    command = [python, str(HERE / "measure.py"), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    for line in done.stdout.splitlines():
        if line.startswith("FIGURES "):
            figures: dict[str, float] = json.loads(line.removeprefix("FIGURES "))
            return figures
    raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")


def upstream_python(given: str | None) -> str:
    """An interpreter that has upstream hyperopt."""
    if given is not None:
        return given
    folder = HERE.parents[1] / ".venv-bench-spark"
    python = str(folder / "bin" / "python")
    if not Path(python).exists():
        venv.create(folder, with_pip=True)
        spark = f"pyspark=={version('pyspark')}"
        subprocess.run([python, "-m", "pip", "install", "--quiet", *UPSTREAM, spark], check=True)
    return python


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upstream", help="interpreter with hyperopt 0.3.0 and pyspark")
    parser.add_argument("--upstream-trials", type=int, default=200)
    parser.add_argument("--skip-spark", action="store_true")
    chosen = parser.parse_args()
    rows: list[tuple[str, str]] = []

    def row(what: str, figure: str) -> None:
        rows.append((what, figure))
        print(f"{what}: {figure}", flush=True)

    if not chosen.skip_spark:
        bare = measure(sys.executable, "bare_jobs", "200")["ms_per_trial"]
        row("bare Spark job, local[2], two at a time", f"{bare:.1f} ms")
        ours = measure(sys.executable, "spark_trials", "200")["ms_per_trial"]
        row("SparkTrials(parallelism=2), 200 trials of 1 ms", f"{ours:.1f} ms per trial")
        python = upstream_python(chosen.upstream)
        count = str(chosen.upstream_trials)
        theirs = measure(python, "spark_trials", count)["ms_per_trial"]
        row(f"the same with hyperopt 0.3.0 ({count} trials)", f"{theirs:.0f} ms per trial")
        row("trials per second, ours over upstream's", f"{theirs / ours:.0f}x")
    sleeping_s = measure(sys.executable, "sleeping_only", "2000")["seconds"]
    row("2000 sleeps of 5 ms in 8 processes that do nothing else", f"{sleeping_s:.2f} s")
    pool_s = measure(sys.executable, "pool", "2000")["seconds"]
    row("the same in a running ProcessPoolExecutor(8)", f"{pool_s:.2f} s")
    start_s = measure(sys.executable, "clean_interpreter", "9")["seconds"]
    row("a new interpreter that imports numpy and cloudpickle", f"{start_s * 1e3:.0f} ms")
    figures = measure(sys.executable, "sleeping", "2000")
    row("n_jobs=8, 2000 trials of 5 ms, whole call", f"{figures['seconds']:.2f} s")
    row("  of the ideal 8x", f"{figures['of_ideal']:.0%}")
    row("  of it starting and stopping", f"{figures['start_and_stop_s'] * 1e3:.0f} ms")
    row("  of the ideal 8x without that", f"{figures['of_ideal_without_start']:.0%}")
    row("  memory growth from 500 to 2000 trials", f"{figures['memory_growth_mb']:.1f} MB")
    for algorithm in ("rand", "tpe"):
        figures = measure(sys.executable, "driver_overhead", "5000", algorithm)
        row(
            f"driver's processor time per trial, {algorithm}, 5000 trials",
            f"{figures['cpu_ms_per_trial']:.3f} ms, late ones "
            f"{figures['cpu_ms_per_late_trial']:.3f} ms",
        )
    print("\n| what | figure |\n| --- | --- |")
    for what, figure in rows:
        print(f"| {what.strip()} | {figure} |")


if __name__ == "__main__":
    main()
