"""A study in a database, followed by a page without taking part in it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hyperopt.storage.documents import Document
from hyperopt.storage.sql import reading
from hyperopt.storage.sql.documents import documents_of
from hyperopt.storage.sql.shared import connect, open_study_row
from hyperopt.study.snapshot import run_facts_of_study, space_of_study
from hyperopt.visualization.dashboard.source import Look

if TYPE_CHECKING:
    import os

    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.sql.rows import Header

_QUIET_S = 60.0
"""A study in which nothing has happened for so long has no process at work."""


class DatabaseSource:
    """Reads what has changed in a study each time it is looked at.

    Parameters
    ----------
    url, name
        The database and the study.
    """

    def __init__(self, url: str | os.PathLike[str], name: str) -> None:
        self.name = name
        self._database = connect(url, writing=False)
        self._study = open_study_row(self._database, name).id
        self._rev = 0
        self._docs: dict[int, Document] = {}
        self._ordered: list[Document] = []
        self._space: CompiledSpace | None = None
        self._space_of: int | None = None
        self._run: dict[str, Any] = {}
        self._run_of: Any = None
        self._changed_at = 0.0

    @property
    def space(self) -> CompiledSpace | None:
        """The space, once it is stored."""
        return self._space

    @property
    def run(self) -> Mapping[str, Any]:
        """What is known of the runs."""
        return self._run

    def look(self) -> Look:
        """The documents as they are in the database."""
        changed = self._database.read(self._read)
        if changed:
            self._changed_at = time.monotonic()
        return Look(self._ordered, changed, time.monotonic() - self._changed_at < _QUIET_S)

    def _read(self) -> bool:
        header = reading.read_header(self._database, self._study)
        if header.rev == self._rev:
            return False
        changes = reading.read_changes(self._database, header, self._rev)
        for tid in changes.deleted:
            self._docs.pop(tid, None)
        for doc in documents_of(changes.rows):
            self._docs[doc["tid"]] = doc
        self._ordered = [self._docs[tid] for tid in sorted(self._docs)]
        if header.space != self._space_of:
            self._space = space_of_study(self._database, header)
            self._space_of = header.space
        self._read_run(header)
        self._rev = header.rev
        return True

    def _read_run(self, header: Header) -> None:
        """Read what is known of the runs, where a process or an algorithm has come."""
        ((worker, source),) = self._database.execute(
            "SELECT (SELECT max(id) FROM hyperopt_worker WHERE study = ?), "
            "(SELECT max(id) FROM hyperopt_source WHERE study = ?)",
            (self._study, self._study),
        ).fetchall()
        latest = (worker, source, header.max_evals)
        if latest != self._run_of:
            self._run = run_facts_of_study(self._database, header)
            self._run_of = latest
