"""The feed: tells the native history what is new in the documents.

The history holds the trials as columns, beside the documents and in the order of their ids. A feed
watches one `Trials`; it collects the documents that were touched, and passes them on when an
algorithm asks for the history. Nothing is converted twice, so a suggestion does not cost more
because the study is long.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hyperopt import _native
from hyperopt.storage.documents import JOB_STATE_ERROR, JOB_VALID_STATES, STATUS_FAIL, Document
from hyperopt.study.trials import Trials

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

__all__ = ["Feed", "feed_of"]

_MOST_FEEDS = 4
"""How many spaces one Trials remembers the history for."""

_FIRST_NUMBER = 1 << 62
"""Ids that are no integers are numbered from here, in the order in which they are met."""


class Feed:
    """Keeps a native history in step with the documents of one `Trials`.

    Parameters
    ----------
    trials
        The trials to watch.
    space
        The space whose parameters the history has columns for.
    """

    def __init__(self, trials: Trials, space: CompiledSpace) -> None:
        self.parameters = space.parameters
        self._native_space = space.native
        self._exp_key = trials._exp_key
        self._observed = _is_observable(trials)
        self._forget()

    def _forget(self) -> None:
        self.history = _native.History(self._native_space)
        self._touched: list[Document] = []
        self._stale = True
        self._doubted = False
        self._numbers: dict[Any, int] = {}
        self._documents: dict[int, Document | list[Document]] = {}

    def touch(self, doc: Document) -> None:
        """Take note of a document that is new or may have changed."""
        touched = self._touched
        if touched and touched[-1] is doc:
            return
        if self._exp_key is None or doc["exp_key"] == self._exp_key:
            touched.append(doc)

    def touch_all(self, docs: list[Document]) -> None:
        """Take note of documents that are new or may have changed."""
        key = self._exp_key
        self._touched += docs if key is None else [doc for doc in docs if doc["exp_key"] == key]

    def reread(self) -> None:
        """Take note that anything may have changed."""
        self._doubted = True

    def update(self, trials: Trials) -> _native.History:
        """Pass on what is new, and return the history."""
        stale, self._stale = self._stale, True  # All of it again, if reading fails half-way.
        if stale or (self._doubted and not self._agrees(trials)):
            self._forget()
            self._read(self._all(trials))
        elif not self._observed:
            docs = self._all(trials)
            self._read(docs)
            self._drop_missing(docs)
        elif self._touched:
            self._read_touched()
        self._stale = self._doubted = False
        self.history.settle_provisional()
        return self.history

    def _read_touched(self) -> None:
        touched, self._touched = self._touched, []
        self._read(touched)

    def _agrees(self, trials: Trials) -> bool:
        """Whether the documents are what was read of them, but for those that were touched."""
        self._read_touched()
        return self.history.agrees(self._all(trials), self._documents)

    def _all(self, trials: Trials) -> list[Document]:
        """The documents that are shown, and those in error, which only some algorithms look at."""
        key = self._exp_key
        errors = [
            doc
            for doc in trials._dynamic_trials
            if doc["state"] == JOB_STATE_ERROR and (key is None or doc["exp_key"] == key)
        ]
        return [*trials.trials, *errors]

    def _read(self, docs: list[Document]) -> None:
        read_all, documents = self.history.read_all, self._documents
        at = 0
        while (at := read_all(docs, documents, at)) < len(docs):
            self._read_one(docs[at])
            at += 1

    def _read_one(self, doc: Document) -> None:
        misc = doc["misc"]
        key = self._number(misc["from_tid"] if "from_tid" in misc else doc["tid"])
        known = self._documents.setdefault(key, doc)
        if known is doc:
            self.history.read(key, doc)
        else:
            self._read_several(key, known, doc)

    def _number(self, tid: Any) -> int:
        try:
            return operator.index(tid)
        except TypeError:
            return self._numbers.setdefault(tid, _FIRST_NUMBER + len(self._numbers))

    def _read_several(self, key: int, known: Document | list[Document], doc: Document) -> None:
        """One row for several documents: the best of them, of equals the last (spec 3.2)."""
        group = known if isinstance(known, list) else [known]
        if not any(other is doc for other in group):
            group.append(doc)
        self._documents[key] = group
        winner: Document | None = None
        best = float("nan")
        for candidate in group:
            if candidate["state"] not in JOB_VALID_STATES:
                continue
            loss = _loss(candidate["result"])
            if winner is None:
                if loss != loss:
                    break
                winner, best = candidate, loss
            elif loss <= best:
                winner, best = candidate, loss
        if winner is None:
            self.history.remove(key)
        else:
            self.history.upsert(key, best, winner["misc"]["vals"])

    def _drop_missing(self, docs: list[Document]) -> None:
        """Without word from the trials, see which documents are not shown any more."""
        shown = {id(doc) for doc in docs}
        for known in self._documents.values():
            if any(id(doc) not in shown for doc in (known if type(known) is list else [known])):
                self._forget()
                self._read(docs)
                return


def _loss(result: Mapping[str, Any]) -> float:
    loss = result.get("loss")
    if loss is None or result.get("status") == STATUS_FAIL:
        return float("inf")
    return float(loss)


def _is_observable(trials: Any) -> bool:
    """Whether these trials tell their observers what happens, as `Trials` itself does."""
    kind = type(trials)
    return isinstance(trials, Trials) and all(
        getattr(kind, name) is getattr(Trials, name) and name not in trials.__dict__
        for name in ("refresh", "trials", "_insert", "_settle")
    )


def feed_of(trials: Trials, space: CompiledSpace) -> Feed:
    """The feed of these trials for this space, made when first asked for."""
    observers = trials._observers
    for observer in observers:
        if isinstance(observer, Feed) and (
            observer._native_space is space._native or observer.parameters == space.parameters
        ):
            return observer
    feed = Feed(trials, space)
    feeds = [observer for observer in observers if isinstance(observer, Feed)]
    for old in feeds[: max(0, len(feeds) - _MOST_FEEDS + 1)]:
        observers.remove(old)
    observers.append(feed)
    return feed
