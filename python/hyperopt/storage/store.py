"""`TrialStore`: trial documents in one list, what of them is shown, and what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import repeat
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hyperopt.storage.attachments import TrialAttachments
from hyperopt.storage.change_log import ChangeLog, Changes
from hyperopt.storage.documents import (
    JOB_STATES,
    JOB_VALID_STATES,
    Document,
    of_experiment,
    validate_document,
)
from hyperopt.storage.lifecycle import derived_document, new_document
from hyperopt.storage.locked import LOCKS, Lock, lock_of, locked, search_lock_of
from hyperopt.storage.results import Results
from hyperopt.storage.states import SMALL_STUDY, States

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = [
    "Mirror",
    "TrialStore",
    "changes_of",
    "new_store",
    "reports_changes",
    "usual_store",
]

Store = TypeVar("Store", bound="TrialStore")

_TRANSIENT = ("_states", "_changes", "_caches", "_mirror", *LOCKS)
"""Attributes that can be computed again and are never pickled."""


class Mirror(Protocol):
    """Keeps the documents in step with another place, such as a database."""

    def sync(self, candidates: list[Document]) -> None:
        """Called before `candidates` are examined: it may bring news, and take some along."""


class TrialStore(Results):
    """A database of trials, in memory.

    Documents live in one list, which all views of it share (see `view`). Each shows those of its
    own experiment that are neither in error nor cancelled; what was inserted, or changed by others,
    shows after the next `refresh`.

    Documents belong to everybody and may be changed in place. `refresh` and `reread` are the only
    places where that is noticed. What is known to have changed is in a log: a reader remembers the
    revision that it has seen, and asks `changes_since`.

    Several threads may use one store, and its views, at the same time.

    Parameters
    ----------
    exp_key
        The experiment: documents with another ``exp_key`` are not shown. None shows all.
    refresh
        Whether to `refresh` at once.
    """

    asynchronous = False
    """Whether somebody else evaluates the trials, so that `fmin` only has to wait for them."""
    _fmin_cancelled = False
    """Whether somebody else has ended the search, as a cluster may."""

    _ids: set[Any]
    _dynamic_trials: list[Document]
    _trials: list[Document]
    _mirror: Mirror | None = None
    _lock = Lock()
    attachments: dict[str, Any]

    def __init__(self, exp_key: Any = None, refresh: bool = True) -> None:
        self._ids = set()
        self._dynamic_trials = []
        self._exp_key = exp_key
        self.attachments = {}
        if refresh:
            self.refresh()

    @cached_property
    def _states(self) -> States:
        return States()

    @cached_property
    def _changes(self) -> ChangeLog:
        return ChangeLog()

    @cached_property
    def _caches(self) -> list[Any]:
        """What readers of the log have made of the documents, the latest last."""
        return []

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in _TRANSIENT}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self.__dict__.update(state)

    def view(self, exp_key: Any = None, refresh: bool = True) -> Self:
        """Another look at the same documents, through another experiment key."""
        rval = object.__new__(type(self))
        rval._exp_key = exp_key
        rval._ids = self._ids
        rval._dynamic_trials = self._dynamic_trials
        rval.attachments = self.attachments
        rval.__dict__.update(_lock=lock_of(self), _search_lock=search_lock_of(self))
        if refresh:
            rval.refresh()
        return rval

    # -- what is shown, and what has changed

    @locked
    def refresh(self) -> None:
        """Show what was inserted or changed since the last refresh.

        New and unfinished documents are examined, and with them all others of a study of at most
        128; of a larger one, the next 32. `reread` examines everything.
        """
        states = self._states
        if self._mirror is not None:
            self._mirror.sync(states.candidates(self._dynamic_trials))
        docs = self._dynamic_trials
        follows = states.follows(docs, self._exp_key)
        if len(docs) <= SMALL_STUDY or not follows:
            states.rebuild(docs, self._exp_key)
            self._trials = states.shown
            self._ids.update([doc["tid"] for doc in states.shown])
            if follows:
                self._changes.note_all(docs)
            else:
                self._changes.doubt()
            return
        fresh = states.extend()
        touched = fresh + states.examine_open() + states.examine_window()
        self._trials = states.shown
        self._ids.update([doc["tid"] for doc in fresh])
        self._changes.note_all(touched)

    @locked
    def reread(self) -> None:
        """Examine every document: also old ones of a large study that somebody has changed."""
        if self._mirror is not None:
            self._mirror.sync(self._dynamic_trials)
        self._states.rebuild(self._dynamic_trials, self._exp_key)
        self.refresh()
        self._changes.doubt()

    @property
    def revision(self) -> int:
        """Grows with every change that is known."""
        return self._changes.revision

    def changes_since(self, revision: int) -> Changes:
        """What is new, or may have changed, since a reader saw `revision`; 0 is before everything.

        Documents of other experiments may be among the changes. Where a subclass shows or inserts
        documents in its own way, the answer is never complete.
        """
        with self._lock:
            changes = self._changes.since(revision)
        return changes if reports_changes(self) else changes._replace(complete=False)

    def _insert(self, doc: Document) -> None:
        """Insert a document that is known to be good, and show it at once."""
        with self._lock:
            docs, states = self._dynamic_trials, self._states
            docs.append(doc)
            if self.__dict__.get("_trials") is states.shown and states.take(docs, self._exp_key):
                self._ids.add(doc["tid"])
                self._changes.note(doc)
            else:
                self.refresh()

    def _settle(self, doc: Document) -> None:
        """Take note that a document that was inserted here has changed its state or result."""
        with self._lock:
            self._states.settle(doc)
            self._changes.note(doc)

    def _reopen(self, doc: Document) -> None:
        """Take note that a document that was finished waits again."""
        with self._lock:
            self._states.reopen(doc)
            self._changes.note(doc)

    # -- inserting

    def assert_valid_trial(self, trial: Any) -> Any:
        """Return `trial`, or raise `InvalidTrial`."""
        validate_document(trial, self._exp_key)
        return trial

    @locked
    def _insert_trial_docs(self, docs: Iterable[Document]) -> list[Any]:
        docs = list(docs)
        self._dynamic_trials.extend(docs)
        return [doc["tid"] for doc in docs]

    def insert_trial_doc(self, doc: Document) -> Any:
        """Insert one document, which shows after `refresh`; return its id."""
        return self._insert_trial_docs([self.assert_valid_trial(doc)])[0]

    def insert_trial_docs(self, docs: Iterable[Document]) -> list[Any]:
        """Insert documents, which show after `refresh`; return their ids."""
        return self._insert_trial_docs([self.assert_valid_trial(doc) for doc in docs])

    def new_trial_ids(self, n: int) -> list[Any]:
        """Reserve `n` ids that no trial has."""
        with self._lock:
            ids = self._ids
            candidate = len(ids)
            rval: list[Any] = []
            for _ in range(n):
                while candidate in ids:
                    candidate += 1
                ids.add(candidate)
                rval.append(candidate)
        return rval

    def new_trial_docs(
        self, tids: list[Any], specs: list[Any], results: list[Any], miscs: list[Any]
    ) -> list[Document]:
        """Documents in state *new* of this experiment; they are not inserted."""
        if not len(tids) == len(specs) == len(results) == len(miscs):
            raise AssertionError(
                f"new_trial_docs: {len(tids)} tids, {len(specs)} specs, {len(results)} results and "
                f"{len(miscs)} miscs; give one of each per trial"
            )
        return list(map(new_document, tids, specs, results, miscs, repeat(self._exp_key)))

    def source_trial_docs(
        self,
        tids: list[Any],
        specs: list[Any],
        results: list[Any],
        miscs: list[Any],
        sources: list[Document],
    ) -> list[Document]:
        """Documents in state *done* that are derived from other trials (``misc["from_tid"]``)."""
        if not len(tids) == len(specs) == len(results) == len(miscs) == len(sources):
            raise AssertionError(
                f"source_trial_docs: {len(tids)} tids, {len(specs)} specs, {len(results)} results, "
                f"{len(miscs)} miscs and {len(sources)} sources; give one of each per trial"
            )
        return [
            derived_document(*parts)
            for parts in zip(tids, specs, results, miscs, sources, strict=True)
        ]

    @locked
    def delete_all(self) -> None:
        """Forget every trial and attachment."""
        self._dynamic_trials = []
        self.attachments = {}
        self.refresh()

    # -- counting

    @locked
    def count_by_state_synced(self, arg: Any, trials: list[Document] | None = None) -> int:
        """How many of the trials that are shown are in this state, or in one of these states."""
        wanted = _wanted_states(arg)
        if trials is None:
            trials = self._trials
            if trials is self._states.shown and self._is_followed():
                self._reexamine()
                return self._states.count(wanted & JOB_VALID_STATES)
        return sum(1 for doc in trials if doc["state"] in wanted)

    @locked
    def count_by_state_unsynced(self, arg: Any) -> int:
        """How many trials of this experiment are in this state (or these), shown or not."""
        wanted = _wanted_states(arg)
        states, docs = self._states, self._dynamic_trials
        if self.__dict__.get("_trials") is states.shown and self._is_followed():
            self._reexamine()
            late = docs[len(states.states) :]
            return states.count(wanted) + (self._count(wanted, late) if late else 0)
        return self._count(wanted, docs)

    def _is_followed(self) -> bool:
        return self._states.follows(self._dynamic_trials, self._exp_key)

    def _reexamine(self) -> None:
        for doc in self._states.examine_open():
            self._changes.note(doc)

    def _count(self, wanted: set[int], docs: list[Document]) -> int:
        return sum(1 for doc in of_experiment(docs, self._exp_key) if doc["state"] in wanted)

    # -- attachments

    def aname(self, trial: Document, name: str) -> str:
        """The key of a trial's attachment in `attachments`."""
        return f"ATTACH::{trial['tid']}::{name}"

    def trial_attachments(self, trial: Document) -> TrialAttachments:
        """The attachments of one trial, as a mutable mapping."""
        return TrialAttachments(self.attachments, lambda name: self.aname(trial, name))

    def _has_checkpoint(self, trial: Document, name: str) -> bool:
        """Whether this process can go on with a paused trial from the attachment of this name."""
        return self.aname(trial, name) in self.attachments

    def _checkpoint(self, trial: Document, name: str) -> bytes | None:
        """That attachment, also while the trial goes on; None if there is none."""
        return self.attachments.get(self.aname(trial, name))

    def _drop_checkpoint(self, trial: Document, name: str) -> None:
        """Remove that attachment of a trial that has ended for good, if there is one."""
        self.attachments.pop(self.aname(trial, name), None)


_usual: list[type[TrialStore]] = [TrialStore]


def usual_store(kind: type[Store]) -> type[Store]:
    """Decorate the class of the stores that are made where nobody gives one."""
    _usual.append(kind)
    return kind


def new_store() -> Any:
    """A new store of the usual kind: `Trials`, which is defined above everything that asks."""
    return _usual[-1]()


def changes_of(store: Any, revision: int) -> Changes:
    """The changes of a store that need not be a `TrialStore`: anything may have changed then."""
    if isinstance(store, TrialStore):
        return store.changes_since(revision)
    return Changes(revision, [], False)


def reports_changes(store: TrialStore) -> bool:
    """Whether the log of this store can be relied on, as that of `TrialStore` itself.

    A subclass that shows or inserts documents in its own way may not write into it.
    """
    kind, own = type(store), store.__dict__
    # Written out, for it is asked at every suggestion.
    return (kind.refresh, kind.trials, kind._insert, kind._settle) == _OWN_WAY and (
        own.keys().isdisjoint(("refresh", "_insert", "_settle"))
    )


_OWN_WAY = (TrialStore.refresh, TrialStore.trials, TrialStore._insert, TrialStore._settle)


def _wanted_states(arg: Any) -> set[int]:
    """The set of job states that `arg` (one, or several) means."""
    if not hasattr(arg, "__iter__"):
        if arg in JOB_STATES:
            return {arg}
        raise TypeError(f"{arg!r} is no job state; the states are {JOB_STATES}")
    states = set(arg)
    if not states <= set(JOB_STATES):
        raise AssertionError(f"{arg!r} holds what is no job state; the states are {JOB_STATES}")
    return states
