"""The module under which users know a class or a function, wherever its code lives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T", bound=Any)


def public(module: str) -> Callable[[T], T]:
    """Decorate what users import from `module`, a front door.

    Pickles and error messages then name it by that path, which stays when the code moves.
    """

    def name(thing: T) -> T:
        thing.__module__ = module
        return thing

    return name
