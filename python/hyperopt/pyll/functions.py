"""The functions that nodes name, by their names: what `scope` registers and evaluation calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["BUILTINS", "implementations"]


def _map(fn: Callable[[Any], Any], seq: Iterable[Any], pure: bool = False) -> Any:
    return [fn(item) for item in seq]


def _dict(*args: Any, **kwargs: Any) -> Any:
    return dict(*args, **kwargs)


#: What every table starts with.
BUILTINS: dict[str, Callable[..., Any]] = {
    "dict": _dict,
    "float": float,
    "getattr": getattr,
    "int": int,
    "len": len,
    "list": list,
    "map": _map,
    "max": max,
    "min": min,
    "range": range,
}

#: The functions of `scope`.
implementations: dict[str, Callable[..., Any]] = dict(BUILTINS)
