"""Run your own loop: ask for points, evaluate them wherever you like, tell what came out.

Here a thread pool stands for whatever evaluates: a queue, a laboratory, another service.
"""

from __future__ import annotations

import math
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from hyperopt import Trials, hp

SPACE = {
    "temperature": hp.uniform("temperature", 10, 90),
    "catalyst": hp.choice("catalyst", ["none", "copper", "nickel"]),
    "hours": hp.uniformint("hours", 1, 12),
}
TRIALS, AT_ONCE = 60, 4


def experiment(temperature: float, catalyst: str, hours: int) -> float:
    """Return the share that is lost; fails when it gets too hot."""
    time.sleep(0.002)
    if temperature > 85:
        raise RuntimeError("the vessel boiled over")
    speed = {"none": 0.2, "copper": 0.6, "nickel": 0.9}[catalyst]
    return math.exp(-speed * hours / 4) + ((temperature - 62) / 60) ** 2


def main() -> None:
    trials = Trials()
    study = trials.study(SPACE, rstate=0)
    running: dict[Future[float], object] = {}
    with ThreadPoolExecutor(AT_ONCE) as laboratory:
        while len(trials) < TRIALS or running:
            free = min(AT_ONCE - len(running), TRIALS - len(trials))
            for trial in study.ask(free) if free > 0 else []:
                running[laboratory.submit(experiment, **trial.params)] = trial
            finished, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in finished:
                trial = running.pop(future)
                if future.exception() is None:
                    study.tell(trial, future.result())
                else:
                    study.tell(trial, failure=future.exception())
    print(f"best of {len(trials)}: {study.best_params}")
    print(f"loss {trials.best_trial['result']['loss']:.3f}")


if __name__ == "__main__":
    main()
