"""rustuna with its default: all parameters sampled jointly."""

from __future__ import annotations

from importlib import metadata
from typing import Any

import rustuna
from rustuna.distributions import CategoricalDistribution, FloatDistribution

from spaces import Parameter, Space

PACKAGE = "rustuna"
VERSION = metadata.version("rustuna")
MULTIVARIATE = True


def distribution(parameter: Parameter) -> Any:
    """Return the distribution of a parameter; there is no unbounded one."""
    args = parameter.args
    match parameter.family:
        case "uniform":
            return FloatDistribution(*args)
        case "loguniform":
            return FloatDistribution(*args, log=True)
        case "quniform":
            return FloatDistribution(args[0], args[1], step=args[2])
        case "choice":
            return CategoricalDistribution(list(args))
    raise ValueError(parameter.family)


def suggest(trial: Any, parameter: Parameter) -> Any:
    """Return the trial's value of a parameter."""
    name, args = parameter.name, parameter.args
    match parameter.family:
        case "uniform":
            return trial.suggest_float(name, *args)
        case "loguniform":
            return trial.suggest_float(name, *args, log=True)
        case "quniform":
            return trial.suggest_float(name, args[0], args[1], step=args[2])
    return trial.suggest_categorical(name, list(args))


class Study:
    """Ask, suggest each parameter, tell."""

    multivariate = MULTIVARIATE

    def __init__(self, space: Space, finished: list[tuple[dict[str, Any], float]]) -> None:
        self.space = space
        self.which = Parameter("branch", "choice", tuple(range(len(space.branches))))
        self.study = new_study(self.multivariate)
        for point, loss in finished:
            self.study.add_trial(self.frozen(point, loss))

    def active(self, point: dict[str, Any]) -> tuple[Parameter, ...]:
        """Return the parameters that a point has values for."""
        if not self.space.branches:
            return self.space.parameters
        return (*self.space.parameters, self.which, *self.space.branches[point["branch"]])

    def frozen(self, point: dict[str, Any], loss: float) -> Any:
        """Return a finished trial."""
        active = self.active(point)
        return rustuna.create_trial(
            value=loss,
            params={
                p.name: p.args[point[p.name]] if p.family == "choice" else point[p.name]
                for p in active
            },
            distributions={p.name: distribution(p) for p in active},
        )

    def step(self, loss: float) -> None:
        """Ask for one point and tell its loss."""
        trial = self.study.ask()
        for parameter in self.space.parameters:
            suggest(trial, parameter)
        if self.space.branches:
            for parameter in self.space.branches[suggest(trial, self.which)]:
                suggest(trial, parameter)
        self.study.tell(trial.number, loss)


def new_study(multivariate: bool) -> Any:
    """Return an empty study in memory."""
    sampler = rustuna.samplers.TPESampler(seed=0, multivariate=multivariate)
    return rustuna.create_study(sampler=sampler)


def optimize(space: Space, count: int, multivariate: bool = MULTIVARIATE) -> None:
    """Run `count` trials of an objective that costs nothing."""

    def objective(trial: Any) -> float:
        values = [suggest(trial, parameter) for parameter in space.parameters]
        return float(values[0])

    new_study(multivariate).optimize(objective, n_trials=count)
