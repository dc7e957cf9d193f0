"""What upstream has and this package does not: importing works, using says what to use instead."""

from __future__ import annotations

from typing import Any, NoReturn

from hyperopt.environment.public_path import public
from hyperopt.study.trials import Trials

__all__ = ["IPythonTrials", "suggest"]


@public("hyperopt.atpe")
def suggest(
    new_ids: Any, domain: Any, trials: Any, seed: Any, *args: Any, **kwargs: Any
) -> NoReturn:
    """Adaptive TPE: raise an error that names the alternatives.

    Upstream's version steers TPE with gradient-boosted models that were trained on some public
    problems and are stored with it. They cannot be reproduced from a description.

    Raises
    ------
    NotImplementedError
        Always.
    """
    raise NotImplementedError(
        "atpe.suggest is not part of this package: its models are trained files, not an algorithm. "
        "Use algo=tpe.suggest, or functools.partial(tpe.suggest, n_EI_candidates=..., gamma=...) "
        "to set by hand what atpe would have chosen"
    )


@public("hyperopt.ipy")
class IPythonTrials(Trials):
    """Stands for upstream's class. Making one raises NotImplementedError with the alternatives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "ipy.IPythonTrials is not part of this package. Pass the cluster's executor instead: "
            "fmin(..., executor=ipyparallel.Client()[:].executor); without a cluster use "
            "fmin(..., n_jobs=...)"
        )
