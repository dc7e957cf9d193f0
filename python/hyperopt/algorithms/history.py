"""The history that the estimators learn from: the trials as columns, in the order of their ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperopt import _native
from hyperopt.algorithms.feed import Feed
from hyperopt.storage.documents import (
    JOB_STATE_ERROR,
    JOB_VALID_STATES,
    STATUS_FAIL,
    Document,
    of_experiment,
)
from hyperopt.storage.store import TrialStore

__all__ = ["HistoryFeed"]


class HistoryFeed(Feed[_native.History]):
    """Keeps a native history in step with the documents of one store."""

    def _forget(self) -> None:
        self.native = _native.History(self._native_space)
        self._numbers = {}
        self._documents: dict[int, Document | list[Document]] = {}

    def _start_over(self, trials: TrialStore) -> None:
        self._forget()
        self._read(self._all(trials))

    def _agrees(self, trials: TrialStore) -> bool:
        return self.native.agrees(self._all(trials), self._documents)

    def _compare(self, trials: TrialStore) -> None:
        docs = self._all(trials)
        self._read(docs)
        shown = {id(doc) for doc in docs}
        for known in self._documents.values():
            if any(id(doc) not in shown for doc in (known if type(known) is list else [known])):
                self._forget()
                self._read(docs)
                return

    def _all(self, trials: TrialStore) -> list[Document]:
        """The documents that are shown, and those in error, which only some algorithms look at."""
        errors = [doc for doc in trials._dynamic_trials if doc["state"] == JOB_STATE_ERROR]
        return [*trials.trials, *of_experiment(errors, self._exp_key)]

    def _read(self, docs: list[Document]) -> None:
        read_all, documents = self.native.read_all, self._documents
        at = 0
        while (at := read_all(docs, documents, at)) < len(docs):
            self._read_one(docs[at])
            at += 1

    def _read_one(self, doc: Document) -> None:
        misc = doc["misc"]
        key = self.number(misc["from_tid"] if "from_tid" in misc else doc["tid"])
        known = self._documents.setdefault(key, doc)
        if known is doc:
            self.native.read(key, doc)
        else:
            self._read_several(key, known, doc)

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
            self.native.remove(key)
        else:
            self.native.upsert(key, best, winner["misc"]["vals"])


def _loss(result: Mapping[str, Any]) -> float:
    loss = result.get("loss")
    if loss is None or result.get("status") == STATUS_FAIL:
        return float("inf")
    return float(loss)
