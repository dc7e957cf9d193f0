"""One measurement: trials per second of one process, of a library with a storage.

    python benches/storage/measure.py LIBRARY STORAGE N_TRIALS NAME BEGIN [--sync S]

Prints one line of JSON: how many trials this process finished, and when it began and ended.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time

N_PARAMETERS = 10


def ours(storage: str, n_trials: int, name: str, sync: float | None) -> int:
    from hyperopt import StoredTrials, fmin, hp, rand

    space = {f"x{i}": hp.uniform(f"x{i}", -1, 1) for i in range(N_PARAMETERS)}
    n = 0

    def objective(point: dict[str, float]) -> float:
        nonlocal n
        n += 1
        return sum(value * value for value in point.values())

    trials = StoredTrials(storage, name, sync_interval_s=sync)
    fmin(objective, space, rand.suggest, n_trials, trials=trials, verbose=False)
    return n


def optunas(storage: str, n_trials: int, name: str) -> int:
    import optuna
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.study import MaxTrialsCallback
    from optuna.trial import TrialState

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    chosen: object = storage
    if storage.startswith("journal:"):
        chosen = JournalStorage(JournalFileBackend(storage.removeprefix("journal:")))
    elif storage.startswith("sqlite:"):
        # As its documentation advises for several processes; else they fail with "locked".
        patient = {"connect_args": {"timeout": 120}}
        chosen = optuna.storages.RDBStorage(storage, engine_kwargs=patient)
    study = optuna.create_study(
        storage=chosen,  # type: ignore[arg-type]
        study_name=name,
        load_if_exists=True,
        sampler=optuna.samplers.RandomSampler(),
    )
    if n_trials == 0:
        return 0
    n = 0

    def objective(trial: optuna.Trial) -> float:
        nonlocal n
        n += 1
        return sum(trial.suggest_float(f"x{i}", -1, 1) ** 2 for i in range(N_PARAMETERS))

    stop = MaxTrialsCallback(n_trials, states=(TrialState.COMPLETE,))
    study.optimize(objective, n_trials=n_trials, callbacks=[stop])
    return n


def load(library: str, storage: str) -> None:
    """Have the library import what it is going to need: by a search of one trial, elsewhere."""
    with tempfile.TemporaryDirectory() as folder:
        if library == "ours":
            ours(f"sqlite:///{folder}/load.db", 1, "load", None)
        else:
            optunas(f"sqlite:///{folder}/load.db", 1, "load")
    if storage.startswith("postgresql"):
        import psycopg  # noqa: F401


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=("ours", "optuna"))
    parser.add_argument("storage")
    parser.add_argument("n_trials", type=int)
    parser.add_argument("name")
    parser.add_argument("begin", type=float, help="when to begin, for all processes the same")
    parser.add_argument("--sync", type=float)
    args = parser.parse_args()
    load(args.library, args.storage)
    time.sleep(max(0.0, args.begin - time.time()))
    began = time.time()
    if args.library == "ours":
        n = ours(args.storage, args.n_trials, args.name, args.sync)
    else:
        n = optunas(args.storage, args.n_trials, args.name)
    sys.stdout.write(json.dumps({"n": n, "began": began, "ended": time.time()}) + "\n")


if __name__ == "__main__":
    main()
