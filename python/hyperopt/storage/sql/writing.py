"""The changes that can be made to a study's trials, each with its entry in the log.

All of them happen within a transaction that holds the study.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

from hyperopt.storage.sql import blobs, codec
from hyperopt.storage.sql.documents import Row
from hyperopt.storage.sql.points import reached
from hyperopt.storage.sql.reading import read_header_locked, read_trials
from hyperopt.storage.sql.rows import COLUMNS, Stored

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Database

__all__ = ["CANCEL", "DONE", "ERROR", "NEW", "RUNNING", "Call", "Writing"]

NEW, RUNNING, DONE, ERROR, CANCEL = range(5)

_INSERT = (
    f"INSERT INTO hyperopt_trial (study, {COLUMNS}) VALUES "
    f"({', '.join('?' * (1 + len(Stored._fields)))})"
)
_MANY = 100
"""How many entries of the log to write with one statement."""


@cache
def _entering(n: int) -> str:
    """The statement that writes so many entries of the log."""
    return (
        "INSERT INTO hyperopt_event (study, rev, tid, kind, worker, at, before) VALUES "
        + ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * n)
    )


@cache
def _updating(assignments: str, condition: str) -> str:
    return (
        f"UPDATE hyperopt_trial SET rev = ?, {assignments} WHERE study = ? AND tid = ? "
        f"AND {condition}"
    )


class Call:
    """One call of an algorithm: what it was, for which ids, and which revision it saw.

    Parameters
    ----------
    source
        The number of the algorithm's description, or None.
    tids
        The ids that it was asked for.
    seen
        The revision whose trials were its history.
    """

    __slots__ = ("first", "seen", "size", "source")

    def __init__(self, source: int | None, tids: list[int], seen: int) -> None:
        self.source = source
        self.first = tids[0]
        self.size = len(tids)
        self.seen = seen


class Writing:
    """Changes to one study, from the moment that it is held to `close`.

    Parameters
    ----------
    database
        In a transaction.
    study
        The study's number.
    worker
        This process's number; without one nothing can be claimed.
    sources
        The numbers of descriptions of algorithms that are known to be stored.

    Attributes
    ----------
    ended
        When somebody noted that this process has ended; None as a rule.
    """

    def __init__(
        self,
        database: Database,
        study: int,
        worker: int | None,
        sources: Mapping[str, int] | None = None,
    ) -> None:
        self.database = database
        self.study = study
        self.worker = worker
        self.header, self.now, self.ended = read_header_locked(database, study, worker)
        reached("study locked")
        self.sources = dict(sources or {})
        self._entries: list[tuple[Any, ...]] = []
        self._began = self.rev = self.header.rev
        self.next_tid = self.header.next_tid
        self.n_counted = self.header.n_counted

    def close(self) -> None:
        """Write the log and the study's own row."""
        self.write_log()
        if (self.rev, self.next_tid) != (self.header.rev, self.header.next_tid):
            self.database.later(
                "UPDATE hyperopt_study SET rev = ?, next_tid = ?, n_counted = ? WHERE id = ?",
                (self.rev, self.next_tid, self.n_counted, self.study),
            )
            self.header = self.header._replace(
                rev=self.rev, next_tid=self.next_tid, n_counted=self.n_counted
            )

    def has_happened(self) -> bool:
        """Whether all this was committed, as a later transaction sees it; no if it was nothing."""
        if self.rev == self._began:
            return False
        rows = self.database.execute(
            "SELECT worker, at FROM hyperopt_event WHERE study = ? AND rev = ?",
            (self.study, self.rev),
        ).fetchall()
        # Some servers tell 15 digits of a number.
        return any(worker == self.worker and abs(at - self.now) < 1e-4 for worker, at in rows)

    def set_seed(self, seed: int) -> None:
        """Give the study a seed; it keeps the first one."""
        self.database.execute(
            "UPDATE hyperopt_study SET seed = ? WHERE id = ?", (str(seed), self.study)
        )
        self.header = self.header._replace(seed=seed)

    def set_max_evals(self, max_evals: int | None) -> None:
        """Note how many trials the study shall have, for workers and for people."""
        if max_evals != self.header.max_evals:
            self.database.execute(
                "UPDATE hyperopt_study SET max_evals = ? WHERE id = ?", (max_evals, self.study)
            )
            self.header = self.header._replace(max_evals=max_evals)

    def set_space(self, text: str) -> int:
        """Note the search space; return its number."""
        number = self.source(text)
        assert number is not None
        if number != self.header.space:
            self.database.execute(
                "UPDATE hyperopt_study SET space = ? WHERE id = ?", (number, self.study)
            )
            self.header = self.header._replace(space=number)
        return number

    def stop(self) -> int:
        """Tell all processes that take part now to stop; return how many they are."""
        rows = self.database.execute(
            "SELECT id FROM hyperopt_worker WHERE study = ? AND ended IS NULL", (self.study,)
        ).fetchall()
        newest = self.database.execute(
            "SELECT coalesce(max(id), 0) FROM hyperopt_worker", ()
        ).fetchall()[0][0]
        self.database.execute(
            "UPDATE hyperopt_study SET stop = ? WHERE id = ?", (str(newest), self.study)
        )
        return len(rows)

    def _log(self, tid: int, kind: str, before: Stored | None = None) -> None:
        text = None if before is None else codec.to_text(list(before))
        self._entries.append((self.study, self.rev, tid, kind, self.worker, self.now, text))

    def write_log(self) -> None:
        """Write what was entered into the log so far: before it is read, and at the end."""
        entries, self._entries = self._entries, []
        for start in range(0, len(entries), _MANY):
            some = entries[start : start + _MANY]
            self.database.later(_entering(len(some)), tuple(chain.from_iterable(some)))

    def _update(
        self,
        tid: int,
        kind: str,
        assignments: str,
        condition: str,
        *values: object,
        surely: bool = False,
    ) -> bool:
        """Change a trial that fulfils a condition, surely or maybe; False if it does not."""
        statement = _updating(assignments, condition)
        n = assignments.count("?")
        parameters = (self.rev + 1, *values[:n], self.study, tid, *values[n:])
        if surely:
            self.database.later(statement, parameters)
        elif self.database.execute(statement, parameters).rowcount != 1:
            return False
        self.rev += 1
        self._log(tid, kind)
        return True

    # -- new trials

    def insert(self, row: Row, kind: str, *, counts: bool, call: Call | None = None) -> Stored:
        """Store a new trial; one in state *running* is ours."""
        self.rev += 1
        running = row.state == RUNNING
        stored = Stored(
            *row,
            rev=self.rev,
            worker=self.worker if running else None,
            attempt=1 if running else 0,
            result_attempt=0 if row.state >= DONE else None,
            counts=int(counts),
            source=None if call is None else call.source,
            batch=None if call is None else call.first,
            batch_size=None if call is None else call.size,
            seen_rev=None if call is None else call.seen,
        )
        self.database.later(_INSERT, (self.study, *stored))
        self._log(row.tid, kind)
        self.n_counted += counts and row.state != CANCEL
        self.next_tid = max(self.next_tid, row.tid + 1)
        return stored

    def reserve(self, tid: int, exp_key: str | None) -> None:
        """Store a trial of ours without a point, which is going to be suggested."""
        row = Row(tid, RUNNING, exp_key, None, None, None, None, None)  # type: ignore[arg-type]
        self.insert(row, "reserve", counts=True)

    def reserve_ids(self, n: int) -> list[int]:
        """Ids that no trial will be given otherwise."""
        first = self.next_tid
        self.next_tid += n
        return list(range(first, first + n))

    def fill(self, row: Row, call: Call) -> bool:
        """Store the point of a trial that was reserved, if it is still ours."""
        return self._update(
            row.tid,
            "suggest",
            "exp_key = ?, owner = ?, booked = ?, refreshed = ?, doc = ?, source = ?, batch = ?, "
            "batch_size = ?, seen_rev = ?",
            "state = 1 AND doc IS NULL AND worker = ?",
            row.exp_key, row.owner, row.booked, row.refreshed, row.doc, call.source, call.first,
            call.size, call.seen, self.worker,
        )  # fmt: skip

    def drop(self, tid: int) -> None:
        """Give up a trial that was reserved and has no point."""
        done = self.database.execute(
            "DELETE FROM hyperopt_trial WHERE study = ? AND tid = ? AND doc IS NULL "
            "AND (worker = ? OR worker IS NULL)",
            (self.study, tid, self.worker),
        )
        if done.rowcount == 1:
            self.rev += 1
            self.n_counted -= 1
            self._log(tid, "drop")

    def source(self, text: str | None) -> int | None:
        """The number under which an algorithm's description is stored."""
        if text is None:
            return None
        number = self.sources.get(text)
        if number is None:
            number = self.sources[text] = self._source(text)
        return number

    def _source(self, text: str) -> int:
        rows = self.database.execute(
            "SELECT id FROM hyperopt_source WHERE study = ? AND text = ?", (self.study, text)
        ).fetchall()
        if rows:
            return int(rows[0][0])
        return self.database.insert_id(
            "INSERT INTO hyperopt_source (study, text) VALUES (?, ?)", (self.study, text)
        )

    # -- who runs a trial

    def claim(self, row: Stored) -> Stored:
        """Take a trial that waits, as it was read in this transaction."""
        self._update(
            row.tid, "claim", "state = 1, attempt = attempt + 1, worker = ?", "state = 0",
            self.worker, surely=True,
        )  # fmt: skip
        return row._replace(
            state=RUNNING, attempt=row.attempt + 1, worker=self.worker, rev=self.rev
        )

    def count_attempt(self, tid: int) -> None:
        """Count an attempt at a trial that came finished from elsewhere."""
        self.database.execute(
            "UPDATE hyperopt_trial SET attempt = 1 WHERE study = ? AND tid = ? AND attempt = 0",
            (self.study, tid),
        )

    def release(self, tid: int) -> bool:
        """Give back a trial of ours."""
        return self._update(
            tid, "return", "state = 0, worker = NULL", "state = 1 AND worker = ?", self.worker
        )

    def detach(self, tid: int) -> bool:
        """Leave a trial of ours running, for whoever will tell its result."""
        return self._update(tid, "detach", "worker = NULL", "state = 1 AND worker = ?", self.worker)

    def lose(self, tid: int) -> bool:
        """Put a trial back whose process is lost."""
        return self._update(tid, "lost", "state = 0, worker = NULL", "state = 1")

    # -- results

    def finish(self, row: Row, attempt: int, *, surely: bool = False) -> bool:
        """Store a result, if it is the first one for its trial, as it surely or maybe is."""
        if not self._update(
            row.tid,
            "finish",
            "state = ?, owner = ?, booked = ?, refreshed = ?, loss = ?, doc = ?, "
            "result_attempt = ?, worker = NULL",
            "state < 2",
            row.state, row.owner, row.booked, row.refreshed, row.loss, row.doc, attempt,
            surely=surely,
        ):  # fmt: skip
            return False
        if row.state == CANCEL:
            self.n_counted -= self._counts(row.tid)
        if attempt > 1:
            blobs.sweep(self.database, self.study, row.tid, attempt)
        return True

    def _counts(self, tid: int) -> int:
        found = read_trials(self.database, self.study, [tid])
        return found[0].counts if found else 0

    # -- what people change by hand

    def replace(self, row: Row, kind: str) -> bool:
        """Store another version of a trial; the log keeps the one before."""
        found = read_trials(self.database, self.study, [row.tid])
        if not found:
            return False
        before = found[0]
        self.n_counted += before.counts * ((row.state != CANCEL) - (before.state != CANCEL))
        self.rev += 1
        self.database.execute(
            "UPDATE hyperopt_trial SET state = ?, exp_key = ?, owner = ?, booked = ?, "
            "refreshed = ?, loss = ?, doc = ?, rev = ? WHERE study = ? AND tid = ?",
            (*row[1:], self.rev, self.study, row.tid),
        )
        self._log(row.tid, kind, before)
        return True

    def delete(self, tid: int) -> bool:
        """Remove a trial; the log keeps it."""
        found = read_trials(self.database, self.study, [tid])
        if not found:
            return False
        if found[0].state != CANCEL:
            self.n_counted -= found[0].counts
        blobs.sweep(self.database, self.study, tid, None)
        self.database.execute(
            "DELETE FROM hyperopt_trial WHERE study = ? AND tid = ?", (self.study, tid)
        )
        self.rev += 1
        self._log(tid, "delete", found[0])
        self.database.execute(
            "UPDATE hyperopt_study SET deleted_rev = ? WHERE id = ?", (self.rev, self.study)
        )
        return True
