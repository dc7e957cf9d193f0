"""The history of a study, replayed from its log: what every process could see at any revision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from hyperopt.storage import lifecycle
from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.documents import STATUS_NEW, Document
from hyperopt.storage.sql import codec
from hyperopt.storage.sql.documents import document_of
from hyperopt.storage.sql.rows import Stored
from hyperopt.study.trials import Trials

__all__ = ["Event", "Replay", "versions_of"]

_REPLACING = ("correct", "requeue", "delete")
_APPEARING = ("insert", "suggest", "correct", "requeue")


class Event(NamedTuple):
    """One entry of a study's log."""

    rev: int
    tid: int
    kind: str
    before: Stored | None


def event_of(row: tuple[Any, ...]) -> Event:
    """An event from its columns ``rev, tid, kind, before``."""
    rev, tid, kind, before = row
    return Event(rev, tid, kind, None if before is None else Stored(*codec.from_text(before)))


def versions_of(events: Iterable[Event], rows: Iterable[Stored]) -> dict[int, Document]:
    """By revision: the document that a trial had from then on, for the events that changed it.

    The log keeps the document that was there before each change by hand, and the table the present
    one. What a trial was when it began to wait is the same without its result.
    """
    by_trial: defaultdict[int, list[Event]] = defaultdict(list)
    for event in events:
        by_trial[event.tid].append(event)
    present = {row.tid: row for row in rows}
    versions: dict[int, Document] = {}
    for tid, own in by_trial.items():
        row = present.get(tid)
        finished = False
        for event in reversed(own):
            if event.kind == "finish":
                finished = True
                if row is not None and row.doc is not None:
                    versions[event.rev] = document_of(row)
            elif event.kind in _APPEARING:
                if row is not None and row.doc is not None:
                    doc = document_of(row)
                    unfinished = finished or doc["state"] in lifecycle.UNFINISHED
                    versions[event.rev] = _pending(doc, event.before) if unfinished else doc
                finished = False
            if event.kind in _REPLACING:
                row = event.before
                finished = False
    return versions


def _pending(doc: Document, before: Stored | None) -> Document:
    """A document as it is while its trial waits or runs; one that was paused keeps its result."""
    lifecycle.requeue(doc)
    doc["result"] = {"status": STATUS_NEW}
    if before is not None and before.doc is not None:
        paused = document_of(before)
        if is_paused(paused):
            doc["result"] = paused["result"]
    for name in ("error", "traceback"):
        doc["misc"].pop(name, None)
    return doc


class Replay:
    """Trials in memory that go through the history of a study.

    Parameters
    ----------
    events
        The log, in order.
    versions
        See `versions_of`.
    """

    def __init__(self, events: list[Event], versions: dict[int, Document]) -> None:
        self._events = events
        self._versions = versions
        self._next = 0
        self._views: dict[str | None, Trials] = {}
        self._docs: dict[str | None, dict[int, Document]] = {}

    def at(self, rev: int, exp_key: Any) -> Trials:
        """The trials of an experiment as of a revision, which must not go down."""
        key = None if exp_key is None else codec.to_text(exp_key)
        if key not in self._views:
            self._views[key] = Trials(exp_key)
            self._docs[key] = {}
            for event in self._events[: self._next]:
                self._apply(event, key)
        while self._next < len(self._events) and self._events[self._next].rev <= rev:
            for other in self._views:
                self._apply(self._events[self._next], other)
            self._next += 1
        return self._views[key]

    def _apply(self, event: Event, key: str | None) -> None:
        trials, docs = self._views[key], self._docs[key]
        known = docs.get(event.tid)
        if event.kind == "delete":
            if known is not None:
                trials._dynamic_trials.remove(docs.pop(event.tid))
                trials.reread()
            return
        new = self._versions.get(event.rev)
        if new is None or (key is not None and codec.to_text(new["exp_key"]) != key):
            return
        new = {**new, "misc": dict(new["misc"]), "result": _copy(new["result"])}
        if known is None:
            docs[event.tid] = new
            trials._insert(new)
        else:
            was_open = known["state"] in lifecycle.UNFINISHED
            known.clear()
            known.update(new)
            if was_open:
                trials._settle(known)
            else:
                trials.reread()


def _copy(result: Any) -> Any:
    return dict(result) if type(result) is dict else result
