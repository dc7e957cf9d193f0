"""Who searches: hyperopt-rs and Optuna, each with and without stopping trials early."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Protocol

import numpy as np

from problems import Problem


class Search(Protocol):
    """Proposes points, hears of every step, and says when to stop."""

    def ask(self) -> tuple[Any, dict[str, float] | None]:
        """A trial and its point; without one if it is a trial that was stopped and goes on."""

    def report(self, trial: Any, step: int, loss: float) -> bool:
        """Take a step's loss; whether to stop."""

    def tell(self, trial: Any, loss: float | None) -> None:
        """The trial has ended; without a loss if it was stopped."""


def _learns(how: str) -> Any:
    """What replaces `RungFeed.learn`, for ablations: "bohb" or "bad"; "" for what we have."""
    from hyperopt.algorithms.rungs import RungFeed

    ours = _ours.setdefault("learn", RungFeed.learn)

    def bohb(feed: Any, curves: Any) -> None:
        """Learn from whole trials alone once they are more than the parameters (BOHB)."""
        if len(curves.finished) < len(feed.parameters) + 2:
            ours(feed, curves)
        else:
            for key in feed._stopped:
                feed.native.remove(key)

    return {"": ours, "bohb": bohb, "bad": lambda feed, curves: None}[how]


_ours: dict[str, Any] = {}


class Ours:
    """`jtpe` (or another algorithm) with one of our pruners; thresholds as of the trial's order.

    If it `resumes`, trials that stop are paused, and go on as `fmin` would have it.
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        pruner: Any,
        algo: Any = None,
        learns: str = "",
        *,
        resumes: bool = False,
    ) -> None:
        from hyperopt import Domain, Trials, hp, jtpe
        from hyperopt.algorithms.rungs import RungFeed
        from hyperopt.pruning.choice import as_pruner
        from hyperopt.pruning.reporting import Reporter
        from hyperopt.search.resumption import Resumption

        RungFeed.learn = _learns(learns)  # type: ignore[method-assign]
        kinds = {
            "log": lambda n, low, high: hp.loguniform(n, np.log(low), np.log(high)),
            "uniform": hp.uniform,
            "level": lambda n, k: (
                hp.choice(n, list(range(k))) if k <= 2 else hp.uniformint(n, 0, k - 1)
            ),
        }
        space = {n: kinds[kind](n, *args) for n, (kind, *args) in problem.parameters.items()}
        self._domain, self._trials = Domain(lambda point: 0.0, space), Trials()
        self._rng = np.random.default_rng(seed)
        self._pruner, self._algo, self._reporter = as_pruner(pruner), algo or jtpe.suggest, Reporter
        self._resumes = resumes
        run = SimpleNamespace(trials=self._trials, options=SimpleNamespace(pruner=self._pruner))
        self._resumption = Resumption(run)  # type: ignore[arg-type]

    def ask(self) -> tuple[Any, dict[str, float] | None]:
        from hyperopt.pruning.checkpoints import continuation_of

        for doc in self._resumption.due(1) if self._resumes else ():
            doc["state"] = 1
            self._trials._reopen(doc)
            reporter = self._reporter_of(doc["tid"])
            reporter.continuation = continuation_of(self._trials, doc)
            reporter.resume()
            return (doc["tid"], reporter), None
        (tid,) = self._trials.new_trial_ids(1)
        seed = int(self._rng.integers(2**31 - 1))
        (doc,) = self._algo([tid], self._domain, self._trials, seed)
        doc["state"] = 1
        self._trials.insert_trial_docs([doc])
        self._trials.refresh()
        values = {n: v[0] for n, v in doc["misc"]["vals"].items()}
        return (tid, self._reporter_of(tid)), self._domain.space.evaluate(values)

    def _reporter_of(self, tid: int) -> Any:
        from hyperopt.pruning.curves import log_of

        reporter = self._reporter()
        if self._pruner is not None:
            reporter.rule = self._pruner.rule(log_of(self._trials).curves(), tid)
        return reporter

    def report(self, trial: Any, step: int, loss: float) -> bool:
        reporter = trial[1]
        reporter.report(loss, step, checkpoint=b"here" if self._resumes else None)
        return bool(reporter.should_prune())

    def tell(self, trial: Any, loss: float | None) -> None:
        tid, reporter = trial
        doc = next(doc for doc in reversed(self._trials._dynamic_trials) if doc["tid"] == tid)
        ended = {"status": "ok", "loss": loss}
        result = reporter.pruned() if loss is None else reporter.complete(ended)
        self._trials.trial_attachments(doc).update(result.pop("attachments", {}))
        doc["result"] = result
        doc["state"] = 2
        self._trials.refresh()


class OneStep(Ours):
    """Train many for one step, and the best of them to the end (arXiv 2307.15422).

    Nine trials stop after their first step; then the one with the best first step is trained, and
    the next nine begin.
    """

    def __init__(self, problem: Problem, seed: int) -> None:
        from hyperopt import rand

        super().__init__(problem, seed, None, rand.suggest)
        self._probed: list[tuple[float, dict[str, float]]] = []

    def ask(self) -> tuple[Any, dict[str, float]]:
        if len(self._probed) == 9:
            best = min(self._probed, key=lambda pair: pair[0])[1]
            self._probed = []
            return ("whole", None), best
        trial, point = super().ask()
        return ("probe", (trial, point)), point

    def report(self, trial: Any, step: int, loss: float) -> bool:
        if trial[0] == "whole":
            return False
        super().report(trial[1][0], step, loss)
        self._probed = [*self._probed, (loss, trial[1][1])][:9]
        return True

    def tell(self, trial: Any, loss: float | None) -> None:
        if trial[0] == "probe":
            super().tell(trial[1][0], None)


class Optuna:
    """Optuna's TPE with one of its pruners."""

    def __init__(self, problem: Problem, seed: int, pruner: str) -> None:
        import optuna

        optuna.logging.set_verbosity(50)
        kinds = optuna.pruners
        made = {
            "none": lambda: kinds.NopPruner(),
            "median": lambda: kinds.MedianPruner(),
            "percentile 75": lambda: kinds.PercentilePruner(75.0),
            "asha 2": lambda: kinds.SuccessiveHalvingPruner(1, 2),
            "asha 3": lambda: kinds.SuccessiveHalvingPruner(1, 3),
            "asha 4": lambda: kinds.SuccessiveHalvingPruner(1, 4),
            "hyperband": lambda: kinds.HyperbandPruner(1, problem.steps, 3),
        }[pruner]()
        self._parameters = problem.parameters
        sampler = optuna.samplers.TPESampler(seed=seed)
        self._study = optuna.create_study(sampler=sampler, pruner=made)
        self._pruned = optuna.trial.TrialState.PRUNED

    def ask(self) -> tuple[Any, dict[str, float]]:
        trial = self._study.ask()
        point: dict[str, float] = {}
        for name, (kind, *args) in self._parameters.items():
            if kind == "level" and args[0] <= 2:
                point[name] = trial.suggest_categorical(name, list(range(args[0])))
            elif kind == "level":
                point[name] = trial.suggest_int(name, 0, args[0] - 1)
            else:
                point[name] = trial.suggest_float(name, *args, log=kind == "log")
        return trial, point

    def report(self, trial: Any, step: int, loss: float) -> bool:
        trial.report(loss, step)
        return bool(trial.should_prune())

    def tell(self, trial: Any, loss: float | None) -> None:
        if loss is None:
            self._study.tell(trial, state=self._pruned)
        else:
            self._study.tell(trial, loss)
