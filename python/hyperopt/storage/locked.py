"""Locks that come with an object when they are first needed, and are never pickled."""

from __future__ import annotations

import functools
from _thread import RLock, allocate_lock  # what threading offers, which nothing else imports here
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Concatenate, ParamSpec, TypeVar

__all__ = ["LOCKS", "Lock", "Searching", "lock_of", "locked", "search_lock_of"]

LOCKS = ("_lock", "_search_lock")
"""The attributes that hold them."""

_S = TypeVar("_S")
_P = ParamSpec("_P")
_R = TypeVar("_R")


def lock_of(store: Any) -> AbstractContextManager[Any]:
    """The lock of a store, which the same thread may take again; none for other people's stores.

    Whoever holds it sees the store in order, and is the only one to change it.
    """
    fields = getattr(store, "__dict__", None)
    if fields is None:
        return nullcontext()
    lock = fields.get("_lock")
    if lock is None:
        lock = fields.setdefault("_lock", RLock())  # at one stroke
    return lock  # type: ignore[no-any-return]


class Lock:
    """An attribute that is `lock_of` its object: once it is there, without a call."""

    def __get__(self, store: Any, owner: type | None = None) -> Any:
        return self if store is None else lock_of(store)


def search_lock_of(store: Any) -> Any:
    """The lock that a search of the store holds as long as it runs."""
    return store.__dict__.setdefault("_search_lock", allocate_lock())


class Searching:
    """A context in which no other search of the same store may run.

    Parameters
    ----------
    store
        The store.

    Raises
    ------
    RuntimeError
        If one is running: they would evaluate each other's trials.
    """

    def __init__(self, store: Any) -> None:
        self._lock = search_lock_of(store)

    def __enter__(self) -> None:
        if not self._lock.acquire(blocking=False):
            raise RuntimeError(
                "another search of these trials is running, in another thread or around this one: "
                "give each search its own Trials, or use n_jobs, or ask and tell with "
                "trials.study(space)"
            )

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def locked(method: Callable[Concatenate[_S, _P], _R]) -> Callable[Concatenate[_S, _P], _R]:
    """A method that holds the lock of its object."""

    @functools.wraps(method)
    def holding(self: _S, /, *args: _P.args, **kwargs: _P.kwargs) -> _R:
        with lock_of(self):
            return method(self, *args, **kwargs)

    return holding
