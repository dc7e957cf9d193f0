"""Optuna's TPESampler as it comes, or its CMA-ES, in a study in memory."""

from __future__ import annotations

from collections.abc import Callable

import optuna
from optuna.samplers import CmaEsSampler, TPESampler
from optuna.trial import Trial

from spaces import Choice, Int, Point, Space


def suggested(trial: Trial, space: Space) -> Point:
    """Return the trial's point of the space."""
    point: Point = {}
    for p in space:
        if isinstance(p, Choice):
            option = trial.suggest_categorical(p.name, list(range(len(p.options))))
            point[p.name] = option
            point.update(suggested(trial, p.options[option]))
        elif isinstance(p, Int):
            point[p.name] = trial.suggest_int(p.name, p.low, p.high)
        else:
            point[p.name] = trial.suggest_float(p.name, p.low, p.high, log=p.log)
    return point


def minimize(
    objective: Callable[[Point], float], space: Space, evaluations: int, seed: int, mode: str
) -> None:
    """Run a study with the default sampler, or with CMA-ES."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    sampler = CmaEsSampler(seed=seed) if mode == "cmaes" else TPESampler(seed=seed)
    study = optuna.create_study(sampler=sampler)
    study.optimize(lambda trial: objective(suggested(trial, space)), n_trials=evaluations)
