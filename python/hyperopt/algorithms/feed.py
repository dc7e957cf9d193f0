"""Feeds: what the native code remembers of the documents, and how it hears what is new.

An algorithm learns from columns that lie beside the documents, in Rust. A feed remembers the
revision of the store that its columns have seen, and passes on what came after it when an algorithm
asks. Nothing is converted twice, so a suggestion does not cost more because the study is long.
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hyperopt import _native
from hyperopt.storage.documents import Document, of_experiment
from hyperopt.storage.store import TrialStore, reports_changes

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

__all__ = ["Feed", "feed_of"]

_MOST_FEEDS = 4
"""How many spaces one store remembers the history for."""

_FIRST_NUMBER = 1 << 62
"""Ids that are no integers are numbered from here, in the order in which they are met."""

Native = TypeVar("Native", bound=_native.History | _native.Annealer)


class Feed(ABC, Generic[Native]):
    """Keeps something native in step with the documents of one store.

    Parameters
    ----------
    trials
        The store.
    space
        The space whose parameters the native side has columns for.
    """

    native: Native

    def __init__(self, trials: TrialStore, space: CompiledSpace) -> None:
        self.parameters = space.parameters
        self._native_space = space.native
        self._exp_key = trials._exp_key
        self._reported = reports_changes(trials)
        self._revision = 0
        self._stale = True
        self._numbers: dict[Any, int] = {}

    def is_of(self, space: CompiledSpace) -> bool:
        """Whether the columns are those of this space."""
        return self._native_space is space._native or self.parameters == space.parameters

    def update(self, trials: TrialStore) -> Native:
        """Pass on what is new, and return the native side."""
        stale, self._stale = self._stale, True  # All of it again, if reading fails half-way.
        changes = trials.changes_since(self._revision)
        if stale:
            self._start_over(trials)
        elif self._reported:
            self._read(of_experiment(changes.documents, self._exp_key))
            if not changes.complete and not self._agrees(trials):
                self._start_over(trials)
        else:
            self._compare(trials)
        self._revision = changes.revision
        self._stale = False
        self.native.settle_provisional()
        return self.native

    def number(self, tid: Any) -> int:
        """The integer under which a trial is known."""
        try:
            return operator.index(tid)
        except TypeError:
            return self._numbers.setdefault(tid, _FIRST_NUMBER + len(self._numbers))

    @abstractmethod
    def _start_over(self, trials: TrialStore) -> None:
        """Forget everything and read all documents."""

    @abstractmethod
    def _read(self, docs: list[Document]) -> None:
        """Read documents that are new or may have changed."""

    def _agrees(self, trials: TrialStore) -> bool:
        """Whether all documents are what was read of them."""
        return False

    def _compare(self, trials: TrialStore) -> None:
        """Bring everything up to date without word from the store."""
        self._start_over(trials)


AnyFeed = TypeVar("AnyFeed", bound=Feed[Any])


def feed_of(kind: type[AnyFeed], trials: TrialStore, space: CompiledSpace) -> AnyFeed:
    """The feed of this kind that a store has for this space, made when first asked for."""
    caches = trials._caches
    for cache in caches:
        if type(cache) is kind and cache.is_of(space):
            return cache
    feeds = [cache for cache in caches if type(cache) is kind]
    for old in feeds[: max(0, len(feeds) - _MOST_FEEDS + 1)]:
        caches.remove(old)
    feed = kind(trials, space)
    caches.append(feed)
    return feed
