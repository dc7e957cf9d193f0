"""A driver program for the Spark tests: runs scenarios and prints what became of them as JSON.

It has a process of its own, since a process has one Spark context, is either classic or Connect,
and some scenarios kill it.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import random
import signal
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from hyperopt import StoredTrials, hp, rand
from hyperopt.fmin import fmin, fmin_pass_expr_memo_ctrl
from hyperopt.pruners import ASHA
from hyperopt.spark import SparkTrials
from hyperopt.study.verification import verify


def session(address: str) -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder
    if address.startswith("sc://"):
        return builder.remote(address).getOrCreate()
    conf = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "512m",
        "spark.executor.memory": "512m",
    }
    builder = builder.master(address)
    for key, value in conf.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def summary(trials: SparkTrials) -> dict[str, Any]:
    docs = trials._dynamic_trials
    return {
        "tids": [doc["tid"] for doc in docs],
        "states": [doc["state"] for doc in docs],
        "errors": [doc["misc"].get("error") for doc in docs],
        "pruned": sum("pruned" in doc["result"] for doc in docs),
        "reason": trials.fmin_cancelled_reason,
        "attachments": [
            {k: repr(v) for k, v in trials.trial_attachments(doc).items()} for doc in docs
        ],
    }


def search(
    spark: Any,
    objective: Any,
    max_evals: int,
    trials: SparkTrials | None = None,
    **options: Any,
) -> dict[str, Any]:
    trials = SparkTrials(parallelism=2, spark_session=spark) if trials is None else trials
    began = time.monotonic()
    raised = best = None
    try:
        best = fmin(
            objective,
            hp.uniform("x", 0, 1),
            rand.suggest,
            max_evals,
            trials=trials,
            rstate=0,
            show_progressbar=False,
            **options,
        )
    except BaseException as error:
        raised = [type(error).__name__, str(error), repr(error.__cause__)]
    seconds = time.monotonic() - began
    found = None if best is None else float(best["x"])
    return {**summary(trials), "best": found, "raised": raised, "seconds": seconds}


def sleeper(folder: str, seconds: float) -> Any:
    """An objective that leaves its process id in `folder` and sleeps."""

    def objective(x: float) -> float:
        Path(folder, f"{os.getpid()}-{time.time_ns()}").touch()
        time.sleep(seconds)
        return x

    return objective


def ordinary(spark: Any, folder: str) -> Any:
    def objective(x: float) -> dict[str, Any]:
        if x > 0.8:
            raise ValueError(f"{x} is too large")
        return {"loss": x, "status": "ok", "attachments": {"square": x * x}}

    return search(spark, objective, 12, points_to_evaluate=[{"x": 0.95}, {"x": 0.01}])


def study_in_a_database(spark: Any, folder: str) -> Any:
    """Spark evaluates, then this process: what was chosen for a run is no part of the study."""

    def objective(x: float) -> dict[str, Any]:
        if x > 0.8:
            raise ValueError(f"{x} is too large")
        where = "spark" if "pyspark.worker" in sys.modules else "here"
        return {"loss": x, "status": "ok", "where": where, "attachments": {"square": x * x}}

    url = f"sqlite:///{folder}/study.db"
    space = hp.uniform("x", 0, 1)
    options = {"rstate": 0, "catch_eval_exceptions": True, "show_progressbar": False}
    trials = StoredTrials(url)
    fmin(objective, space, rand.suggest, 10, trials=trials, executor="spark", **options)
    fmin(objective, space, rand.suggest, 14, trials=url, n_jobs=2, executor="spark", **options)
    fmin(objective, space, rand.suggest, 16, trials=url, **options)
    trials = StoredTrials(url)
    docs = trials._dynamic_trials
    return {
        "tids": [doc["tid"] for doc in docs],
        "states": sorted({doc["state"] for doc in docs}),
        "where": [doc["result"].get("where") for doc in docs if doc["state"] == 2],
        "errors": [doc["misc"]["error"][0] for doc in docs if doc["state"] == 3],
        "squares": [
            dict(trials.trial_attachments(doc)) == {"square": doc["result"]["loss"] ** 2}
            for doc in docs if doc["state"] == 2
        ],
        "problems": verify(url, "default").problems,
    }  # fmt: skip


def pruning(spark: Any, folder: str) -> Any:
    def objective(x: float) -> float:
        import hyperopt

        for step in range(1, 10):
            hyperopt.report(x + 1 / step, step=step)
        return x + 1 / 9

    return search(spark, objective, 20, pruner=True)


def resuming(spark: Any, folder: str) -> Any:
    def objective(x: float) -> float:
        import hyperopt

        done, _ = hyperopt.resume() or (0, b"")
        for step in range(done + 1, 10):
            hyperopt.report(x + 1 / step, step=step, checkpoint=(step, bytes(100_000)))
        return x + 1 / 9

    trials = SparkTrials(parallelism=2, spark_session=spark)
    found = search(spark, objective, 20, trials, pruner=ASHA(factor=2))
    lengths = [(r.get("pruned", 9), len(r["intermediate"])) for r in trials.results]
    resumed = sum("resumed" in result for result in trials.results)
    return {**found, "lengths": lengths, "resumed": resumed}


def all_fail(spark: Any, folder: str) -> Any:
    def objective(x: float) -> float:
        raise ValueError("never")

    asked = search(spark, objective, 3)
    return {"asked": asked, "not_asked": search(spark, objective, 3, return_argmin=False)}


def early_stop(spark: Any, folder: str) -> Any:
    def objective(x: float) -> float:
        time.sleep(600 if Path(folder, "go").exists() else 0)
        return x

    def stop(trials: Any) -> tuple[bool, list[Any]]:
        Path(folder, "go").touch()
        return len([d for d in trials.trials if d["state"] == 2]) >= 1, []

    found = search(spark, objective, 20, early_stop_fn=stop)
    Path(folder, "go").unlink()
    return found


def loss_threshold(spark: Any, folder: str) -> Any:
    trials = SparkTrials(parallelism=1, loss_threshold=0.9, spark_session=spark)
    return search(spark, lambda x: x, 50, trials)


def resume_from_a_file(spark: Any, folder: str) -> Any:
    path = Path(folder, "trials.pkl")
    search(spark, lambda x: x, 3, trials_save_file=str(path))
    trials = pickle.loads(path.read_bytes())
    path.unlink()
    return search(spark, lambda x: x, 6, trials)


def properties_and_ctrl(spark: Any, folder: str) -> Any:
    @fmin_pass_expr_memo_ctrl
    def objective(expr: Any, memo: Any, ctrl: Any) -> dict[str, Any]:
        from pyspark import TaskContext

        ctrl.attachments["pool"] = TaskContext.get().getLocalProperty("spark.scheduler.pool")
        ctrl.attachments["tid"] = ctrl.current_trial["tid"]
        return {"loss": 0.0, "status": "ok"}

    spark.sparkContext.setLocalProperty("spark.scheduler.pool", "ours")
    return search(spark, objective, 3)


def unpinned(spark: Any, folder: str) -> Any:
    @fmin_pass_expr_memo_ctrl
    def objective(expr: Any, memo: Any, ctrl: Any) -> dict[str, Any]:
        ctrl.attachments["tid"] = ctrl.current_trial["tid"]
        return {"loss": 0.0, "status": "ok"}

    trials = SparkTrials(parallelism=2, spark_session=spark)
    assert not trials._spark_pinned_threads_enabled
    return search(spark, objective, 20, trials)


def trial_timeout(spark: Any, folder: str) -> Any:
    before = set(Path(folder).iterdir())
    found = search(spark, sleeper(folder, 600), 2, trial_timeout=2)
    pids = [int(path.name.split("-")[0]) for path in set(Path(folder).iterdir()) - before]
    return {**found, "pids": pids}


class Late:
    """Takes four seconds to arrive in a worker."""

    def __reduce__(self) -> Any:
        return _late, ()


def _late() -> Late:
    time.sleep(4)
    return Late()


def limit_is_the_objectives(spark: Any, folder: str) -> Any:
    late = Late()

    def objective(x: float) -> float:
        assert late is not None
        time.sleep(0.8)
        return x

    trials = SparkTrials(parallelism=8, spark_session=spark)
    return search(spark, objective, 8, trials, trial_timeout=3)


def killed_python_workers(spark: Any, folder: str) -> Any:
    """20 workers are killed while 50 trials run; how often each trial was begun."""

    def objective(x: float) -> float:
        me = Path(folder, f"begun {os.getpid()} {float(x)!r} {time.time_ns()}")
        me.touch()
        time.sleep(0.3)
        me.rename(me.with_name(me.name.replace("begun", "done")))
        return x

    def left(what: str) -> list[list[str]]:
        names = sorted(path.name for path in Path(folder).iterdir())
        return [name.split() for name in names if name.startswith(what)]

    killed: list[list[str]] = []
    over = threading.Event()

    def kill() -> None:
        dice = random.Random(0)
        while len(killed) < 20 and not over.wait(0.05 + 0.1 * dice.random()):
            running = [trial for trial in left("begun") if trial not in killed]
            if running and len(left("done")) >= 2 * len(killed):
                victim = dice.choice(running)
                with suppress(ProcessLookupError):
                    os.kill(int(victim[1]), signal.SIGKILL)
                    killed.append(victim)

    killer = threading.Thread(target=kill)
    killer.start()
    trials = SparkTrials(parallelism=2, spark_session=spark)
    found = search(spark, objective, 50, trials)
    over.set()
    killer.join()
    begun = Counter(x for _, _, x, _ in left("begun") + left("done"))
    points = [repr(float(doc["misc"]["vals"]["x"][0])) for doc in trials._dynamic_trials]
    return {**found, "killed": len(killed), "begun": [begun[point] for point in points]}


def large_objective(spark: Any, folder: str) -> Any:
    ballast = os.urandom(3 << 20)
    return search(spark, lambda x: x + len(ballast), 6)


def interrupt(spark: Any, folder: str) -> Any:
    search(spark, lambda x: x, 2)  # the workers are up
    # Whoever starts the tests in the background has them ignore it, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(3, os.kill, [os.getpid(), signal.SIGINT])
    timer.start()
    return search(spark, sleeper(folder, 600), 6)


def run_out_of_time(spark: Any, folder: str) -> Any:
    search(spark, lambda x: x, 2)  # the workers are up
    return search(spark, sleeper(folder, 600), 6, timeout=8, return_argmin=False)


def hang(spark: Any, folder: str) -> Any:
    return search(spark, sleeper(folder, 600), 2)


def lose_a_worker(spark: Any, folder: str, worker_pid: int) -> Any:
    def kill(trials: Any, killed: bool = False) -> tuple[bool, list[bool]]:
        if not killed and len(trials.trials) > 6:
            os.killpg(worker_pid, signal.SIGKILL)
            killed = True
        return False, [killed]

    assert worker_pid > 1
    spark.sparkContext.parallelize(range(2), 2).map(lambda _: time.sleep(2)).collect()
    return search(spark, sleeper(folder, 0.2), 30, early_stop_fn=kill)


def stop_the_session(spark: Any, folder: str) -> Any:
    def stop(trials: Any) -> tuple[bool, list[Any]]:
        if len([doc for doc in trials.trials if doc["state"] == 2]) == 4:
            spark.stop()
        return False, []

    return search(spark, sleeper(folder, 0.1), 20, early_stop_fn=stop)


def main() -> None:
    logging.basicConfig(level=logging.ERROR)
    scenarios, address, folder, *rest = sys.argv[1:]
    spark = session(address)
    found = {name: globals()[name](spark, folder, *map(int, rest)) for name in scenarios.split(",")}
    print("RESULT " + json.dumps(found), flush=True)


if __name__ == "__main__":
    main()
