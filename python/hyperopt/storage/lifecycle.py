"""The life of a trial, and what each step of it writes: the only code that writes ``state``.

=========  ==========================  ===================================================
step       from, to                    writes besides ``state``
=========  ==========================  ===================================================
new        nothing, *new*              ``owner``, ``book_time``, ``refresh_time``: None
derive     nothing, *done*             ``misc["from_tid"]``, and the times of its source
begin      *new*, *running*            ``book_time``, ``refresh_time``, ``owner`` if given
finish     *running*, *done*           ``result``, ``refresh_time``
fail       *running*, *error*          ``misc["error"]``, ``misc["traceback"]`` if there is
                                       one, ``refresh_time``
cancel     *new*, *running*,           ``misc["error"]``, ``refresh_time``
           *cancelled*
requeue    *running*, *new*            ``book_time``: None
resume     *done*, *new*               ``book_time``: None
pause      *new*, *running*, *done*    nothing
=========  ==========================  ===================================================

A trial that was paused keeps the result that says so until it finishes again: while it waits, and
while it goes on. If that comes to nothing it is paused as before, with what it had.

A trial whose result is known beforehand begins and finishes at once. Nothing is checked: documents
belong to everybody, and a step that is taken twice writes the same again.
"""

from __future__ import annotations

from typing import Any

from hyperopt.storage.documents import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    Document,
    coarse_utcnow,
)

UNFINISHED = (JOB_STATE_NEW, JOB_STATE_RUNNING)
"""The states of trials that something is still going to happen to."""


def new_document(tid: Any, spec: Any, result: Any, misc: Any, exp_key: Any) -> Document:
    """A document in state *new*."""
    return {
        "state": JOB_STATE_NEW,
        "tid": tid,
        "spec": spec,
        "result": result,
        "misc": misc,
        "exp_key": exp_key,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }


def derived_document(tid: Any, spec: Any, result: Any, misc: Any, source: Document) -> Document:
    """A document in state *done* that is derived from another trial (``misc["from_tid"]``)."""
    for key, value in (("tid", tid), ("cmd", None), ("from_tid", source["tid"])):
        if misc.setdefault(key, value) != value:
            raise AssertionError(
                f"source_trial_docs: misc[{key!r}] of trial {tid!r} is {misc[key]!r}; it must be "
                f"{value!r} or missing"
            )
    taken = {key: source[key] for key in ("owner", "book_time", "refresh_time")}
    document = new_document(tid, spec, result, misc, source["exp_key"])
    return {**document, "state": JOB_STATE_DONE, **taken}


def begin(doc: Document, owner: Any = None) -> None:
    """Somebody evaluates the trial from now on."""
    doc["state"] = JOB_STATE_RUNNING
    doc["book_time"] = doc["refresh_time"] = coarse_utcnow()
    if owner is not None:
        doc["owner"] = owner


def finish(doc: Document, result: dict[str, Any]) -> None:
    """The trial has a result, which may say that it failed."""
    doc["refresh_time"] = coarse_utcnow()
    doc["result"] = result
    doc["state"] = JOB_STATE_DONE


def fail(doc: Document, kind: str, text: str, traceback: str | None = None) -> None:
    """The trial ended with an exception: the name of its type, and what it said."""
    doc["refresh_time"] = coarse_utcnow()
    doc["misc"]["error"] = (kind, text)
    if traceback is not None:
        doc["misc"]["traceback"] = traceback
    doc["state"] = JOB_STATE_ERROR


def cancel(doc: Document, reason: str | None) -> None:
    """The trial is given up."""
    doc["refresh_time"] = coarse_utcnow()
    doc["misc"]["error"] = ("cancelled", reason)
    doc["state"] = JOB_STATE_CANCEL


def resume(doc: Document) -> None:
    """A trial that was paused waits to go on."""
    requeue(doc)


def pause(doc: Document) -> None:
    """A trial that was to go on is left as it was paused."""
    doc["state"] = JOB_STATE_DONE


def requeue(doc: Document) -> None:
    """Whoever evaluated the trial is gone: it waits again."""
    doc["state"] = JOB_STATE_NEW
    doc["book_time"] = None
