"""Optuna with its default sampler settings, through `ask` and `tell`."""

from __future__ import annotations

from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution

from spaces import Parameter, Space

PACKAGE = "optuna"
VERSION = optuna.__version__
optuna.logging.set_verbosity(optuna.logging.ERROR)


def distribution(parameter: Parameter) -> BaseDistribution:
    """Return the distribution of a parameter; Optuna has no unbounded one."""
    args = parameter.args
    match parameter.family:
        case "uniform":
            return FloatDistribution(*args)
        case "loguniform":
            return FloatDistribution(*args, log=True)
        case "quniform":
            return FloatDistribution(args[0], args[1], step=args[2])
        case "choice":
            return CategoricalDistribution(args)
    raise ValueError(parameter.family)


class Study:
    """Ask with fixed distributions where nothing is conditional, else parameter by parameter."""

    def __init__(self, space: Space, finished: list[tuple[dict[str, Any], float]]) -> None:
        self.fixed = {p.name: distribution(p) for p in space.parameters}
        self.branches = [{p.name: distribution(p) for p in branch} for branch in space.branches]
        self.which = CategoricalDistribution(tuple(range(len(self.branches) or 1)))
        self.study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
        self.study.add_trials([self.frozen(point, loss) for point, loss in finished])

    def frozen(self, point: dict[str, Any], loss: float) -> optuna.trial.FrozenTrial:
        """Return a finished trial."""
        active = dict(self.fixed)
        if self.branches:
            active |= {"branch": self.which, **self.branches[point["branch"]]}
        values = {
            name: dist.choices[point[name]]
            if isinstance(dist, CategoricalDistribution)
            else point[name]
            for name, dist in active.items()
        }
        return optuna.create_trial(params=values, distributions=active, value=loss)

    def step(self, loss: float) -> None:
        """Ask for one point and tell its loss."""
        trial = self.study.ask(self.fixed)
        if self.branches:
            branch = trial._suggest("branch", self.which)
            for name, dist in self.branches[branch].items():
                trial._suggest(name, dist)
        self.study.tell(trial, loss)


def optimize(space: Space, count: int) -> None:
    """Run `count` trials of an objective that costs nothing."""
    distributions = {p.name: distribution(p) for p in space.parameters}
    first = space.parameters[0].name

    def objective(trial: optuna.Trial) -> float:
        point = {name: trial._suggest(name, dist) for name, dist in distributions.items()}
        return point[first]

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=count)
