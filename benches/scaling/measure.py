"""One measurement in a process of its own; prints its figures as JSON.

Runs with this package and with upstream hyperopt, so it uses only what both have.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any


def spark_session() -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.master("local[2]")
    for key, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }.items():
        builder = builder.config(key, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session


def one_millisecond(x: float) -> float:
    import time

    time.sleep(0.001)
    return x


def spark_trials(n_trials: int) -> dict[str, float]:
    """Trials per second of `SparkTrials(parallelism=2)`, workers running."""
    from hyperopt import SparkTrials, fmin, hp, rand

    session = spark_session()

    def search(count: int) -> float:
        trials = SparkTrials(parallelism=2, spark_session=session)
        began = time.perf_counter()
        space = hp.uniform("x", 0, 1)
        fmin(one_millisecond, space, rand.suggest, count, trials=trials, show_progressbar=False)
        assert len(trials) == count
        return time.perf_counter() - began

    search(4)
    return {"ms_per_trial": search(n_trials) / n_trials * 1e3}


def bare_jobs(n_jobs: int) -> dict[str, float]:
    """What a Spark job of one task costs, started from two threads."""
    context = spark_session().sparkContext
    one_task = context.parallelize([0], 1)

    def job(number: int) -> Any:
        return one_task.map(lambda _: one_millisecond(number)).collect()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(job, range(20)))
        began = time.perf_counter()
        list(pool.map(job, range(n_jobs)))
        return {"ms_per_trial": (time.perf_counter() - began) / n_jobs * 1e3}


def sleeping(n_trials: int, n_jobs: int = 8, milliseconds: float = 5.0) -> dict[str, float]:
    """How close `n_jobs` processes come to `n_jobs` times the speed of one."""
    from hyperopt import fmin, hp, rand

    def search(count: int, **options: Any) -> float:
        began = time.perf_counter()
        fmin(
            lambda x: time.sleep(milliseconds / 1e3) or x,
            hp.uniform("x", 0, 1),
            rand.suggest,
            count,
            n_jobs=n_jobs,
            show_progressbar=False,
            **options,
        )
        return time.perf_counter() - began

    memory: list[float] = []

    def watch(trials: Any) -> tuple[bool, list[Any]]:
        if len(trials.trials) in (n_trials // 4, n_trials):
            memory.append(_resident_mb())
        return False, []

    start_s = min(search(n_jobs) for _ in range(3)) - milliseconds / 1e3
    seconds = min(search(n_trials) for _ in range(3))
    ideal_s = n_trials * milliseconds / 1e3 / n_jobs
    search(n_trials, early_stop_fn=watch)
    return {
        "seconds": seconds,
        "start_and_stop_s": start_s,
        "of_ideal": ideal_s / seconds,
        "of_ideal_without_start": ideal_s / (seconds - start_s),
        "memory_growth_mb": memory[-1] - memory[0] if len(memory) > 1 else float("nan"),
    }


def sleeping_only(n_trials: int, n_jobs: int = 8, milliseconds: float = 5.0) -> dict[str, float]:
    """The same sleeps, shared out beforehand to forked processes that do nothing else."""

    def fork() -> int:
        pid = os.fork()
        if pid == 0:
            for _ in range(n_trials // n_jobs):
                time.sleep(milliseconds / 1e3)
            os._exit(0)
        return pid

    def once() -> float:
        began = time.perf_counter()
        for pid in [fork() for _ in range(n_jobs)]:
            os.waitpid(pid, 0)
        return time.perf_counter() - began

    return {"seconds": min(once() for _ in range(3))}


def pool(n_trials: int, n_jobs: int = 8, milliseconds: float = 5.0) -> dict[str, float]:
    """The same sleeps in a running pool of the standard library, given to it all at once."""
    with ProcessPoolExecutor(n_jobs) as executor:
        list(executor.map(time.sleep, [0.1] * n_jobs))

        def once() -> float:
            began = time.perf_counter()
            list(executor.map(time.sleep, [milliseconds / 1e3] * n_trials))
            return time.perf_counter() - began

        return {"seconds": min(once() for _ in range(3))}


def clean_interpreter(n_starts: int) -> dict[str, float]:
    """How long a new interpreter takes to import numpy and cloudpickle."""

    def once() -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import numpy, cloudpickle"], check=True)
        return time.perf_counter() - began

    return {"seconds": min(once() for _ in range(n_starts))}


def driver_overhead(n_trials: int, algorithm: str) -> dict[str, float]:
    """The driver's own processor time per trial, over the last fifth of a long run."""
    import hyperopt
    from hyperopt import fmin, hp

    marks: dict[int, float] = {}

    def watch(trials: Any) -> tuple[bool, list[Any]]:
        marks.setdefault(len(trials.trials), time.process_time())
        return False, []

    began, began_cpu = time.perf_counter(), time.process_time()
    fmin(
        lambda point: point["x"] ** 2 + point["y"],
        {"x": hp.uniform("x", -1, 1), "y": hp.loguniform("y", -3, 0)},
        getattr(hyperopt, algorithm).suggest,
        n_trials,
        n_jobs=2,
        show_progressbar=False,
        early_stop_fn=watch,
    )
    whole_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
    first = min((count for count in marks if count >= n_trials * 4 // 5), default=0)
    last = max(marks)
    return {
        "cpu_ms_per_trial": cpu_s / n_trials * 1e3,
        "cpu_ms_per_late_trial": (marks[last] - marks[first]) / max(1, last - first) * 1e3,
        "wall_ms_per_trial": whole_s / n_trials * 1e3,
    }


def _resident_mb() -> float:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10


if __name__ == "__main__":
    name, count, *rest = sys.argv[1:]
    print("FIGURES " + json.dumps(globals()[name](int(count), *rest)), flush=True)
