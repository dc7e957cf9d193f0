"""What may be done by hand to trials of a shared study: another result, another go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.storage import lifecycle
from hyperopt.storage.documents import JOB_STATE_NEW, STATUS_NEW, Document
from hyperopt.storage.sql import blobs
from hyperopt.storage.sql.documents import document_of, row_of
from hyperopt.storage.sql.reading import read_trials

if TYPE_CHECKING:
    from hyperopt.storage.sql.writing import Writing

__all__ = ["correct", "requeue"]


def correct(writing: Writing, tid: int, result: dict[str, Any]) -> None:
    """Replace the result of a trial.

    Raises
    ------
    ValueError
        If there is no such trial.
    """
    found = read_trials(writing.database, writing.study, [tid])
    if not found or found[0].doc is None:
        name = writing.header.name
        raise ValueError(f"trial {tid!r}: there is no such trial in the study {name!r}")
    doc = document_of(found[0])
    lifecycle.finish(doc, result)
    _forget_error(doc)
    writing.replace(row_of(doc), "correct")


def requeue(writing: Writing, tid: int) -> bool:
    """Put a trial back into the queue; False if it waits already or somebody runs it."""
    found = read_trials(writing.database, writing.study, [tid])
    if not found or found[0].doc is None or found[0].state == JOB_STATE_NEW:
        return False
    if found[0].worker is not None:
        return False
    doc = document_of(found[0])
    lifecycle.requeue(doc)
    doc["result"] = {"status": STATUS_NEW}
    doc["refresh_time"] = doc["owner"] = None
    _forget_error(doc)
    blobs.sweep(writing.database, writing.study, tid, None)
    return writing.replace(row_of(doc), "requeue")


def _forget_error(doc: Document) -> None:
    doc["misc"].pop("error", None)
    doc["misc"].pop("traceback", None)
