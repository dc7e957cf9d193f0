"""What made a suggestion, in words that can be turned into the algorithm again.

Only algorithms of this package can be: they are functions of the history, the seed and their
options. Of any other the name is kept.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

from hyperopt.storage.sql import codec

__all__ = ["algorithm_of", "description_of", "is_known"]

_PACKAGE = "hyperopt."


def description_of(algo: Any) -> Any:
    """A description that `codec` can write."""
    from hyperopt.algorithms.distinct import Distinct

    if isinstance(algo, Distinct):
        return {"distinct": description_of(algo._algo)}
    if isinstance(algo, functools.partial):
        return {
            "partial": description_of(algo.func),
            "args": [_argument(value) for value in algo.args],
            "options": {name: _argument(value) for name, value in algo.keywords.items()},
        }
    module, name = getattr(algo, "__module__", None), getattr(algo, "__qualname__", None)
    if isinstance(module, str) and isinstance(name, str):
        full = f"{module}.{name}"
        return {"name": full} if _looked_up(full) is algo else {"foreign": full}
    return {"foreign": f"{type(algo).__module__}.{type(algo).__qualname__}"}


def _argument(value: Any) -> Any:
    if callable(value):
        return {"algorithm": description_of(value)}
    if type(value) in (list, tuple):
        return {"list" if type(value) is list else "tuple": [_argument(item) for item in value]}
    return {"value": value}


def is_known(description: Any) -> bool:
    """Whether `algorithm_of` can make the algorithm from its description."""
    try:
        algorithm_of(description)
    except (LookupError, TypeError, ValueError):
        return False
    return True


def algorithm_of(description: Any) -> Callable[..., Any]:
    """The algorithm of a description.

    Raises
    ------
    LookupError
        If it is not one of this package.
    """
    if "distinct" in description:
        from hyperopt.algorithms.distinct import Distinct

        return Distinct(algorithm_of(description["distinct"]))
    if "partial" in description:
        return functools.partial(
            algorithm_of(description["partial"]),
            *[_value(argument) for argument in description["args"]],
            **{name: _value(argument) for name, argument in description["options"].items()},
        )
    found: Callable[..., Any] | None = None
    if "name" in description:
        found = _looked_up(description["name"])
    if found is None:
        raise LookupError(f"{description!r} is no algorithm of this package")
    return found


def _value(argument: Any) -> Any:
    if "algorithm" in argument:
        return algorithm_of(argument["algorithm"])
    for kind, name in ((list, "list"), (tuple, "tuple")):
        if name in argument:
            return kind(_value(item) for item in argument[name])
    value = argument["value"]
    if isinstance(value, codec.Opaque):
        raise LookupError(f"an option of the algorithm is {value!r}")
    return value


def _looked_up(full: str) -> Any:
    """The public suggestion function of that name, if it is one of this package."""
    module, _, name = full.rpartition(".")
    if not module.startswith(_PACKAGE) or "suggest" not in name or name.startswith("_"):
        return None
    try:
        found = getattr(importlib.import_module(module), name, None)
    except ImportError:
        return None
    return found if callable(found) else None
