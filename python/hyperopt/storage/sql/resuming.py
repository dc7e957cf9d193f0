"""Going on with a paused trial of a shared study, at one stroke."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.storage import lifecycle
from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.sql.documents import document_of, row_of
from hyperopt.storage.sql.reading import read_trials
from hyperopt.storage.sql.writing import DONE, RUNNING

if TYPE_CHECKING:
    from hyperopt.storage.sql.rows import Stored
    from hyperopt.storage.sql.writing import Writing

__all__ = ["resume"]


def resume(writing: Writing, tid: int) -> Stored | None:
    """Put a paused trial into the queue and claim it; None if it is not paused any more.

    Its attachments stay those of the attempt that it was paused in, until it has another result.
    """
    found = read_trials(writing.database, writing.study, [tid])
    if not found or found[0].doc is None:
        return None
    row = found[0]
    doc = document_of(row)
    if not is_paused(doc):
        return None
    if row.state == RUNNING and row.worker == writing.worker:
        return row  # A COMMIT whose outcome was unclear has claimed it already.
    if row.state != DONE:
        return None
    if row.attempt == 0:  # It came from elsewhere. What it brought is to go when it has finished.
        writing.count_attempt(tid)
        row = row._replace(attempt=1)
    lifecycle.resume(doc)
    waiting = row_of(doc)
    writing.replace(waiting, "requeue")
    return writing.claim(row._replace(**waiting._asdict()))
