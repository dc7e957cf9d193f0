"""Hyperopt's interface through its documents: `suggest`, `insert_trial_docs`, `refresh`.

This serves the original (which has no other way to ask and tell) and, for comparison, ours.
"""

from __future__ import annotations

import itertools
from functools import partial
from importlib import metadata
from typing import Any

import numpy as np

from hyperopt import JOB_STATE_DONE, STATUS_OK, Domain, Trials, fmin, hp, rand, tpe
from spaces import Parameter, Space

PACKAGE = "hyperopt"
VERSION = metadata.version(
    "hyperopt-rs"
    if any(d.metadata["Name"] == "hyperopt-rs" for d in metadata.distributions())
    else "hyperopt"
)


def expression(parameter: Parameter) -> Any:
    """Return the `hp` expression of a parameter."""
    name, args = parameter.name, parameter.args
    match parameter.family:
        case "loguniform":
            return hp.loguniform(name, *np.log(args).tolist())
        case "choice":
            return hp.choice(name, list(args))
        case family:
            return getattr(hp, family)(name, *args)


def search_space(space: Space) -> Any:
    """Return the whole expression."""
    expressions: dict[str, Any] = {p.name: expression(p) for p in space.parameters}
    if space.branches:
        options = [{p.name: expression(p) for p in branch} for branch in space.branches]
        expressions["branch"] = hp.choice("branch", options)
    return expressions


def documents(trials: Trials, domain: Domain, finished: list[tuple[dict[str, Any], float]]) -> list:
    """Return one finished document for each (point, loss)."""
    tids = trials.new_trial_ids(len(finished))
    labels = list(domain.params)
    miscs, results = [], []
    for tid, (point, loss) in zip(tids, finished, strict=True):
        scalars = {
            k: np.int64(v) if isinstance(v, int) else np.float64(v) for k, v in point.items()
        }
        miscs.append(
            {
                "tid": tid,
                "cmd": domain.cmd,
                "workdir": domain.workdir,
                "idxs": {label: [tid] if label in scalars else [] for label in labels},
                "vals": {label: [scalars[label]] if label in scalars else [] for label in labels},
            }
        )
        results.append({"status": STATUS_OK, "loss": loss})
    docs = trials.new_trial_docs(tids, [None] * len(tids), results, miscs)
    for doc in docs:
        doc["state"] = JOB_STATE_DONE
    return docs


class Study:
    """Ask by `suggest` and `insert_trial_docs`; tell by writing the result into the document."""

    suggest = staticmethod(tpe.suggest)

    def __init__(self, space: Space, finished: list[tuple[dict[str, Any], float]]) -> None:
        self.trials = Trials()
        self.loss = 0.0
        self.domain = Domain(lambda point: self.loss, search_space(space))
        self.seeds = itertools.count(1)
        self.fill(finished)

    def fill(self, finished: list[tuple[dict[str, Any], float]]) -> None:
        """Insert finished trials."""
        self.trials.insert_trial_docs(documents(self.trials, self.domain, finished))
        self.trials.refresh()

    def ask(self, count: int) -> list[dict[str, Any]]:
        """Return new documents, without storing them."""
        return self.suggest(
            self.trials.new_trial_ids(count), self.domain, self.trials, next(self.seeds)
        )

    def propose(self) -> None:
        """Ask for one point and forget it, the id too, which the trials would keep as reserved."""
        self.suggest([-1], self.domain, self.trials, next(self.seeds))

    def step(self, loss: float) -> None:
        """Ask for one point and tell its loss."""
        self.trials.insert_trial_docs(self.ask(1))
        self.trials.refresh()
        doc = self.trials._dynamic_trials[-1]
        doc["result"] = {"status": STATUS_OK, "loss": loss}
        doc["state"] = JOB_STATE_DONE
        self.trials.refresh()


def random_documents(space: Space, count: int) -> Trials:
    """Return a study of `count` finished trials as the library itself makes them."""
    trials = Trials()
    fmin(
        lambda point: 1.0,
        search_space(space),
        algo=rand.suggest,
        max_evals=count,
        trials=trials,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
        verbose=False,
    )
    return trials


def optimize(space: Space, count: int, algo: Any = tpe.suggest) -> None:
    """Run `count` trials of an objective that costs nothing."""
    name = space.parameters[0].name
    fmin(
        lambda point: point[name],
        search_space(space),
        algo=partial(algo),
        max_evals=count,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
        verbose=False,
    )
