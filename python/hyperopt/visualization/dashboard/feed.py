"""What has changed in a study since a page last asked."""

from __future__ import annotations

import threading
import time
from typing import Any

from hyperopt.analysis.guessed_space import guessed_space
from hyperopt.space.compiler import CompiledSpace
from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.documents import JOB_STATE_NEW, JOB_STATE_RUNNING, Document
from hyperopt.visualization.dashboard.source import Source
from hyperopt.visualization.report.columns import columns_of
from hyperopt.visualization.report.parameters import parameters_of
from hyperopt.visualization.report.study_data import study_data, summary_data

_OPEN = (JOB_STATE_NEW, JOB_STATE_RUNNING)

_ROWS_AT_A_TIME = 50
_BUDGET_S = 0.006
"""How long an answer to a page may take of a run that goes on in this process; the rest is told
with the next one."""

_SUMMARY_EVERY_S = 2.0
_SUMMARY_SHARE = 0.005
"""How much of the time may go into what depends on all trials, such as the importance."""

_FULL_EVERY = 25
"""Every so many looks all documents are compared, for those that somebody has changed."""

_MOST_FOR_INTERVALS = 2000

_WAIT_MS, _MOST_WAIT_MS = 400, 800
"""When a page shall ask again: new trials show within a second."""

_WAIT_MS_PER_S = 100_000
"""After an answer a hundred times its time passes, so that answering takes 1 % of a run."""

_SUMMARY = ("importance", "best", "facts", "parameters", "guessed")

Fingerprint = tuple[Any, ...]


class Feed:
    """Follows a source, and tells pages what is new.

    A revision names a state of the study: ``"<life>.<number>"``. Within a life trials are added and
    change; another one begins when trials are taken away, as when a file is replaced by that of
    another study. Pages of an older life get everything again.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self._lock = threading.Lock()
        self._life = 0
        self._looks = 0
        self._forget()

    def _forget(self) -> None:
        self._life += 1
        self._docs: list[Document] = []
        self._prints: list[Fingerprint] = []
        self._open: list[int] = []
        self._log: list[int] = []
        self._running = True
        self._summary: dict[str, Any] = {}
        self._summary_of = -1
        self._summary_due_s = 0.0

    @property
    def running(self) -> bool:
        """Whether more trials can be expected."""
        return self._running

    def whole(self) -> tuple[dict[str, Any], str]:
        """Everything, and the revision that it is."""
        with self._lock:
            self._look()
            return self._whole(), self._revision(len(self._log))

    def news(self, since: str) -> dict[str, Any]:
        """What a page that knows the revision `since` does not know yet.

        ``studies`` holds an object with ``whole``, or with ``pieces``: columns of the trials at
        ``positions``, and, now and then, what depends on all trials. ``wait_ms`` is when to ask
        again.
        """
        began = time.perf_counter()
        with self._lock:
            self._look()
            known = self._known(since)
            if known is None:
                answer, number = {"whole": self._whole()}, len(self._log)
            else:
                answer, number = self._changes(known[0], began)
                self._summarise()
                if known[1] != self._summary_of:
                    answer.update(self._summary)
            took = time.perf_counter() - began
            return {
                "revision": self._revision(number),
                "running": self._running,
                "wait_ms": round(min(max(_WAIT_MS, took * _WAIT_MS_PER_S), _MOST_WAIT_MS)),
                "studies": [answer],
            }

    def _revision(self, number: int) -> str:
        return f"{self._life}.{number}.{self._summary_of}"

    def _known(self, since: str) -> tuple[int, int] | None:
        """How much of the log a page knows, and which summary; None if of another life."""
        parts = since.split(".")
        if len(parts) != 3 or not all(part.isdecimal() and len(part) < 19 for part in parts):
            return None
        life, number, summary = map(int, parts)
        return (number, summary) if life == self._life and number <= len(self._log) else None

    # -- what there is

    def _look(self) -> None:
        look = self.source.look()
        docs = look.docs
        self._running = look.running
        if len(docs) < len(self._prints) or (
            self._prints and _fingerprint(docs[0])[0] != self._prints[0][0]
        ):
            self._forget()
        self._docs = docs
        self._looks += 1
        known = len(self._prints)
        every = look.reread or self._looks % max(_FULL_EVERY, known // 400) == 0
        self._open = [
            position
            for position in (range(known) if every else self._open)
            if self._examine(position)
        ]
        for position in range(known, len(docs)):
            self._prints.append(())
            if self._examine(position):
                self._open.append(position)

    def _examine(self, position: int) -> bool:
        """Take note of a document that has changed; return whether it may go on."""
        doc = self._docs[position]
        mark = _fingerprint(doc)
        if mark != self._prints[position]:
            self._prints[position] = mark
            self._log.append(position)
        return doc["state"] in _OPEN or is_paused(doc)

    # -- what to tell

    def _whole(self) -> dict[str, Any]:
        space = self.source.space
        intervals = len(self._docs) <= _MOST_FOR_INTERVALS
        found = study_data(
            self._docs, space, self.source.name, self.source.run, intervals=intervals
        )
        self._summary_of = len(self._log)
        self._summary = {key: found[key] for key in _SUMMARY}
        self._summary_due_s = time.monotonic() + _SUMMARY_EVERY_S
        return found

    def _changes(self, known: int, began: float) -> tuple[dict[str, Any], int]:
        """The trials of the log from `known` on, as many as there is time for, and up to where."""
        pieces: list[dict[str, Any]] = []
        end = len(self._log)
        if known == end:
            return {}, end
        labels = self._space()[0].labels
        while known < end:
            # At least one piece, so that a page always gets on.
            positions = sorted(set(self._log[known : known + _ROWS_AT_A_TIME]))
            columns = columns_of([self._docs[i] for i in positions], labels)
            pieces.append({"positions": positions, "columns": columns})
            known = min(known + _ROWS_AT_A_TIME, end)
            if self._running and time.perf_counter() - began > _BUDGET_S:
                break
        return {"pieces": pieces}, known

    def _space(self) -> tuple[CompiledSpace, bool]:
        """The space, and whether it is a guess."""
        space = self.source.space
        return (guessed_space(self._docs)[0], True) if space is None else (space, False)

    def _summarise(self) -> None:
        """Compute what depends on all trials, when it is due and something has changed."""
        if self._summary_of == len(self._log) or time.monotonic() < self._summary_due_s:
            return
        began = time.perf_counter()
        space, guessed = self._space()
        parameters = parameters_of(space, guessed=guessed)
        summary = summary_data(
            self._docs,
            None if guessed else space,
            columns_of(self._docs, ()),
            parameters,
            self.source.run,
            intervals=len(self._docs) <= _MOST_FOR_INTERVALS,
        )
        self._summary = {**summary, "parameters": parameters, "guessed": guessed}
        self._summary_of = len(self._log)
        took = time.perf_counter() - began
        pause = max(_SUMMARY_EVERY_S, took / _SUMMARY_SHARE) if self._running else _SUMMARY_EVERY_S
        self._summary_due_s = time.monotonic() + pause


def _fingerprint(doc: Document) -> Fingerprint:
    """What changes when a document does, as far as the page shows it."""
    result = doc["result"]
    given = result if isinstance(result, dict) else {}
    reports, loss = given.get("intermediate"), given.get("loss")
    n_reports = len(reports) if isinstance(reports, (list, tuple)) else 0
    shown = float(loss) if isinstance(loss, (int, float)) and loss == loss else str(type(loss))
    return (
        doc["tid"],
        doc["state"],
        given.get("status"),
        shown,
        n_reports,
        doc.get("refresh_time"),
    )
