"""How the driver loop writes to `Trials`: directly, or through methods that a subclass replaced."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol

from hyperopt.storage.documents import JOB_STATE_NEW, Document, of_experiment
from hyperopt.storage.store import TrialStore

_HOOKED = (
    "refresh",
    "insert_trial_doc",
    "insert_trial_docs",
    "_insert_trial_docs",
    "__len__",
)


class Store(Protocol):
    """What the driver does with documents."""

    def insert(self, docs: Iterable[Document]) -> list[Document]:
        """Insert new documents; return those that are stored, which may be copies."""

    def settle(self, doc: Document) -> None:
        """Take note that a stored document was changed."""

    def sync(self) -> None:
        """Show everything as it is."""

    def reread(self) -> None:
        """Examine every document."""

    def unstarted(self) -> list[Document]:
        """The stored documents that wait to be evaluated, in their order."""


class DirectStore:
    """Uses the hooks of `Trials`, which cost the same however long the study is."""

    def __init__(self, trials: TrialStore) -> None:
        self._trials = trials

    def insert(self, docs: Iterable[Document]) -> list[Document]:
        """Insert new documents; return those that are stored."""
        trials = self._trials
        inserted = [trials.assert_valid_trial(doc) for doc in docs]
        for doc in inserted:
            trials._insert(doc)
        return inserted

    def settle(self, doc: Document) -> None:
        """Take note that a stored document was changed."""
        self._trials._settle(doc)

    def sync(self) -> None:
        """Show everything as it is."""
        # Somebody else, for instance an objective that injects results, may have inserted.
        if len(self._trials._dynamic_trials) != len(self._trials._states.states):
            self._trials.refresh()

    def reread(self) -> None:
        """Examine every document."""
        self._trials.reread()

    def unstarted(self) -> list[Document]:
        """The stored documents that wait to be evaluated."""
        docs, states = self._trials._dynamic_trials, self._trials._states
        unfinished = [docs[position] for position in sorted(states.open.values())]
        return [doc for doc in unfinished if doc["state"] == JOB_STATE_NEW]


class PublicStore:
    """Uses the public methods only, for subclasses that do more in them."""

    def __init__(self, trials: TrialStore) -> None:
        self._trials = trials

    def insert(self, docs: Iterable[Document]) -> list[Document]:
        """Insert new documents; return those that are stored."""
        tids = self._trials.insert_trial_docs(docs)
        self._trials.refresh()
        wanted = set(tids)
        return [doc for doc in new_documents(self._trials) if doc["tid"] in wanted]

    def settle(self, doc: Document) -> None:
        """Take note that a stored document was changed."""
        self._trials.refresh()

    def sync(self) -> None:
        """Show everything as it is."""
        self._trials.refresh()

    def reread(self) -> None:
        """Examine every document."""
        self._trials.refresh()
        reread = getattr(self._trials, "reread", None)
        if reread is not None:
            reread()

    def unstarted(self) -> list[Document]:
        """The stored documents that wait to be evaluated."""
        return new_documents(self._trials)


def store_of(trials: Any) -> Store:
    """The cheapest way to write to these trials that respects what their class overrides."""
    kind = type(trials)
    if issubclass(kind, TrialStore) and not any(
        getattr(kind, name, None) is not getattr(TrialStore, name) or name in trials.__dict__
        for name in _HOOKED
    ):
        return DirectStore(trials)
    return PublicStore(trials)


def new_documents(trials: TrialStore) -> list[Document]:
    """The stored documents of this experiment that wait to be evaluated."""
    waiting = [doc for doc in trials._dynamic_trials if doc["state"] == JOB_STATE_NEW]
    return of_experiment(waiting, trials._exp_key)
