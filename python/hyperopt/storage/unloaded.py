"""What stands for an object that could not be unpickled, and keeps what it takes to rebuild it."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from hyperopt.storage.sql.codec import Opaque

__all__ = ["FAULTS", "Unloaded", "call", "make_new", "named", "note", "noting", "paths_of_unloaded"]

FAULTS = (Exception, SystemExit)
"""What the user's code may raise."""

_noted: ContextVar[list[Unloaded] | None] = ContextVar("_noted", default=None)

_DEEPEST = 20


class Unloaded(Opaque):
    """An object that could not be unpickled here; pickled again, it comes back where it can."""

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (self.text, self.pickled)

    def __hash__(self) -> int:
        return hash(self.text)  # The pickle is known only when everything has been read.


@contextmanager
def noting() -> Iterator[list[Unloaded]]:
    """Collect the objects that could not be rebuilt within the block."""
    found: list[Unloaded] = []
    token = _noted.set(found)
    try:
        yield found
    finally:
        _noted.reset(token)


def note(found: list[Unloaded]) -> None:
    """Tell whoever collects them of such objects."""
    noted = _noted.get()
    if noted is not None:
        noted += found


def paths_of_unloaded(name: str, value: Any, depth: int = _DEEPEST) -> Iterator[str]:
    """Where in dicts, lists and tuples there is an `Unloaded`, in the words of Python."""
    if isinstance(value, Unloaded):
        yield name
    elif depth and isinstance(value, dict):
        for key, part in value.items():
            yield from paths_of_unloaded(f"{name}[{key!r}]", part, depth - 1)
    elif depth and isinstance(value, (list, tuple)):
        for index, part in enumerate(value):
            yield from paths_of_unloaded(f"{name}[{index}]", part, depth - 1)


# -- what the pickles of such objects call


def _rebuilt(text: str, pickled: bytes | None) -> Any:
    """The object, where it can be rebuilt; else what stands for it."""
    if pickled is not None:
        try:
            return pickle.loads(pickled)
        except FAULTS:
            pass
    stand_in = Unloaded(text, pickled)
    note([stand_in])
    return stand_in


def named(module: str, name: str) -> Any:
    """The class or function of this name."""
    value = importlib.import_module(module)
    for part in name.split("."):
        value = getattr(value, part)
    return value


def call(function: Any, args: tuple[Any, ...]) -> Any:
    """``function(*args)``."""
    return function(*args)


def make_new(kind: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An object without a state."""
    return kind.__new__(kind, *args, **kwargs)
