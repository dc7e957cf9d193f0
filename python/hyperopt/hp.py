"""Front door: the words for random parameters of a search space."""

from typing import NoReturn as _NoReturn

from hyperopt.space.constructors import (
    choice,
    lognormal,
    loguniform,
    normal,
    pchoice,
    qlognormal,
    qloguniform,
    qnormal,
    quniform,
    randint,
    uniform,
    uniformint,
)

__all__ = [
    "choice",
    "lognormal",
    "loguniform",
    "normal",
    "pchoice",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
    "uniformint",
]

_MEANT = {
    "int": "uniformint or hp.randint",
    "integer": "uniformint or hp.randint",
    "quniformint": "uniformint",
    "float": "uniform",
    "loguniformint": "qloguniform, with scope.int around it",
    "categorical": "choice",
    "bool": "choice(label, [False, True])",
    "boolean": "choice(label, [False, True])",
}


def __getattr__(name: str) -> _NoReturn:
    hint = f"; did you mean hp.{_MEANT[name]}?" if name in _MEANT else ""
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")
