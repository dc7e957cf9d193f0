"""What `fmin` takes as ``pruner``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hyperopt.pruning.contract import Pruner
from hyperopt.pruning.folds import Folds
from hyperopt.pruning.halving import ASHA, Hyperband
from hyperopt.pruning.hopeless import Hopeless
from hyperopt.pruning.percentile import Median, Percentile

__all__ = ["PRUNERS", "as_pruner"]

PRUNERS: dict[str, Callable[[], Pruner]] = {
    "default": Hopeless,
    "hopeless": Hopeless,
    "asha": ASHA,
    "median": Median,
    "percentile": Percentile,
    "hyperband": Hyperband,
    "folds": Folds,
}


def as_pruner(pruner: Any) -> Pruner | None:
    """The pruner for this argument of `fmin`.

    Parameters
    ----------
    pruner
        None or False for none, True for the default, a name, or a `Pruner`.

    Raises
    ------
    TypeError, ValueError
        If it is none of these.
    """
    if pruner is None or pruner is False:
        return None
    if pruner is True:
        return Hopeless()
    if isinstance(pruner, str):
        if pruner.lower() not in PRUNERS:
            raise ValueError(f"pruner={pruner!r}: must be one of {', '.join(map(repr, PRUNERS))}")
        return PRUNERS[pruner.lower()]()
    if isinstance(pruner, type):
        raise TypeError(f"pruner={pruner!r} is a class: did you mean {pruner.__name__}()?")
    if not callable(getattr(pruner, "rule", None)):
        raise TypeError(
            f"pruner={pruner!r}: give True, a name such as 'asha', one of hyperopt.pruners, or an "
            "object whose rule(curves, tid) returns a function (steps, values) that tells whether "
            "to stop, or None"
        )
    return pruner  # type: ignore[no-any-return]
