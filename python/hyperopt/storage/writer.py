"""How the driver loop writes to `Trials`: directly, or through methods that a subclass replaced."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from hyperopt.storage import lifecycle
from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.documents import JOB_STATE_NEW, Document, of_experiment
from hyperopt.storage.locked import lock_of
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

    eager: bool
    """Whether every result has to be written before anything else happens."""

    queueing: bool
    """Whether new trials are for others to evaluate."""

    def suggest(
        self,
        algo: Callable[..., Any],
        domain: Any,
        n: int,
        draw_seed: Callable[[], int],
        limit: int | None,
    ) -> list[Document]:
        """Up to `n` trials to evaluate, while there are fewer than `limit` in a shared study.

        Of a study that others share these may be trials that wait; else the algorithm makes them.
        """

    def resume(self, docs: Iterable[Document]) -> list[Document]:
        """Put paused trials back into the queue; return those that are to go on here."""

    def wait(self, timeout_s: float | None) -> bool:
        """Wait a little for trials that others run; False if there are none."""

    @property
    def stopped(self) -> bool:
        """Whether somebody else said that the run shall stop."""

    def abandon(self, docs: Iterable[Document], reason: str) -> None:
        """Give up what `suggest` gave and has not finished: `docs`, and what waits."""

    def hold(self, doc: Document) -> None:
        """Note that somebody will tell the result of a trial, perhaps in another process."""

    def flush(self) -> None:
        """Make sure that what has finished is written."""

    def insert(self, docs: Iterable[Document]) -> list[Document]:
        """Insert new documents; return those that are stored, which may be copies."""

    def settle(self, doc: Document) -> None:
        """Take note that a stored document was changed."""

    def sync(self) -> None:
        """Show everything as it is."""

    def reread(self) -> None:
        """Examine every document."""

    def hurry(self, yes: bool) -> None:
        """Somebody wants to leave: wait for nothing that takes minutes. Or there is time again."""

    def unstarted(self) -> list[Document]:
        """The stored documents that wait to be evaluated, in their order."""


class _UnsharedStore:
    """What is the same for all trials that no other process shares."""

    eager = False
    queueing = False
    stopped = False

    def __init__(self, trials: TrialStore) -> None:
        self._trials = trials
        self._own: set[Any] = set()

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update({"_own": set(), **state})  # which version 0.1 did not have

    def insert(self, docs: Iterable[Document]) -> list[Document]:
        raise NotImplementedError

    def settle(self, doc: Document) -> None:
        raise NotImplementedError

    def sync(self) -> None:
        raise NotImplementedError

    def unstarted(self) -> list[Document]:
        raise NotImplementedError

    def resume(self, docs: Iterable[Document]) -> list[Document]:
        """Put paused trials back into the queue."""
        resumed = []
        with lock_of(self._trials):
            for doc in docs:
                lifecycle.resume(doc)
                self._reopen(doc)
                self._own.add(doc["tid"])
                resumed.append(doc)
        return resumed

    def _reopen(self, doc: Document) -> None:
        raise NotImplementedError

    def hurry(self, yes: bool) -> None:
        """Nothing here takes long."""

    def suggest(
        self,
        algo: Callable[..., Any],
        domain: Any,
        n: int,
        draw_seed: Callable[[], int],
        limit: int | None,
    ) -> list[Document]:
        """Have the algorithm make `n` trials, and insert them."""
        with lock_of(self._trials):  # Between what the algorithm sees and what is inserted.
            new_ids = self._trials.new_trial_ids(n)
            self.sync()
            docs = algo(new_ids, domain, self._trials, draw_seed())
            if docs is None or not len(docs):
                return []
            self._own.update([doc["tid"] for doc in docs])
            return self.insert(docs)

    def wait(self, timeout_s: float | None) -> bool:
        """Nobody else runs anything."""
        return False

    def hold(self, doc: Document) -> None:
        """Anybody may tell it as it is."""

    def flush(self) -> None:
        """Everything is where it belongs already."""

    def abandon(self, docs: Iterable[Document], reason: str) -> None:
        """Cancel stored documents that are not finished; those that go on are paused again."""
        # Those inserted are looked for in the store: they may not have come to wait in the driver.
        unstarted = [doc for doc in self.unstarted() if doc["tid"] in self._own]
        for doc in [*docs, *unstarted]:
            if is_paused(doc):
                lifecycle.pause(doc)
            else:
                lifecycle.cancel(doc, reason)
            self.settle(doc)


class DirectStore(_UnsharedStore):
    """Uses the hooks of `Trials`, which cost the same however long the study is."""

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

    def _reopen(self, doc: Document) -> None:
        self._trials._reopen(doc)

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


class PublicStore(_UnsharedStore):
    """Uses the public methods only, for subclasses that do more in them."""

    def insert(self, docs: Iterable[Document]) -> list[Document]:
        """Insert new documents; return those that are stored."""
        tids = self._trials.insert_trial_docs(docs)
        self._trials.refresh()
        wanted = set(tids)
        return [doc for doc in new_documents(self._trials) if doc["tid"] in wanted]

    def settle(self, doc: Document) -> None:
        """Take note that a stored document was changed."""
        self._trials.refresh()

    def _reopen(self, doc: Document) -> None:
        self.reread()

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
    own = getattr(kind, "_own_store", None)
    if own is not None:
        return own(trials)  # type: ignore[no-any-return]
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
