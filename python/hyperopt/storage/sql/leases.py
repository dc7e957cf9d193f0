"""Which processes of a study live: one row for each, with a heart that beats.

On the same machine a process is asked for by its number. Elsewhere its heart tells: it is lost when
the database's clock says that the last beat is older than the lease, and this process has itself
seen no beat for a while; a clock that jumps makes nobody dead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hyperopt.storage.sql.place import Process, is_running, this_process
from hyperopt.storage.sql.points import reached

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Database, Statement

__all__ = [
    "BEATS_PER_LEASE",
    "LEASE_S",
    "Heart",
    "Watch",
    "beat_of",
    "end",
    "others_that_run",
    "register",
    "revive",
    "software",
]

LEASE_S = 120.0
"""How long a silent process keeps its trials, where nobody can ask for it."""

BEATS_PER_LEASE = 8

_FIELDS = "id, host, place, pid, started, beat, beat_at"


def register(database: Database, study: int, software: str) -> int:
    """Enter this process; return its number. Within a transaction."""
    process = this_process()
    now = database.now()
    return database.insert_id(
        "INSERT INTO hyperopt_worker (study, host, place, pid, started, software, joined, beat, "
        "beat_at, exchanges) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, 0)",
        (study, process.host, process.place, process.pid, process.started, software, now, now),
    )


def software() -> str:
    """What this process runs, for people."""
    import platform

    from hyperopt.environment.installation import version

    return f"hyperopt-rs {version()}, Python {platform.python_version()}"


def beat_of(database: Database, worker: int) -> Statement:
    """A heartbeat, as a statement."""
    at, more = (database.clock, ()) if database.is_remote else ("?", (database.now(),))
    changes = f"beat = beat + 1, beat_at = {at}, ended = NULL"
    return f"UPDATE hyperopt_worker SET {changes} WHERE id = ?", (*more, worker)


def revive(database: Database, worker: int) -> None:
    """Note that a process that was thought to have ended has not. Within a transaction."""
    database.later("UPDATE hyperopt_worker SET ended = NULL WHERE id = ?", (worker,))


class Watch:
    """Tells which other processes are lost, from what this one has seen so far.

    Parameters
    ----------
    lease_s
        The lease of the study.
    """

    def __init__(self, lease_s: float) -> None:
        self._lease_s = lease_s
        self._seen: dict[int, tuple[int, float]] = {}

    def lost(self, database: Database, study: int, own: int | None) -> list[int]:
        """The numbers of the processes that are lost. Within a transaction."""
        rows = database.execute(
            f"SELECT {_FIELDS} FROM hyperopt_worker WHERE study = ? AND ended IS NULL", (study,)
        ).fetchall()
        rows = [row for row in rows if row[0] != own]
        if not rows:
            return []
        now, mine = database.now(), time.monotonic()
        return [row[0] for row in rows if self._is_lost(row, now, mine)]

    def _is_lost(self, row: tuple[Any, ...], now: float, mine: float) -> bool:
        number, host, place, pid, started, beat, beat_at = row
        running = is_running(Process(host, place, pid, started))
        if running is False:
            return True
        seen = self._seen.get(number)
        if seen is None or seen[0] != beat:
            self._seen[number] = (beat, mine)
            return False
        silent_s = mine - seen[1]
        if now - beat_at > self._lease_s:
            return silent_s > 1.5 * self._lease_s / BEATS_PER_LEASE
        return silent_s > self._lease_s


class Heart:
    """Beats in a thread of its own, with a connection of its own, until it is stopped.

    Parameters
    ----------
    database
        A connection that nobody else uses.
    worker
        The number of this process.
    lease_s
        The lease of the study.
    """

    def __init__(self, database: Database, worker: int, lease_s: float) -> None:
        self._database = database
        self._worker = worker
        self._interval_s = lease_s / BEATS_PER_LEASE
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hyperopt-heart", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(self._interval_s):
            self._try()
        self._database.close()

    def _try(self) -> None:
        try:
            with self._database.transaction():
                self.beat()
        except Exception:  # The next beat may come through; a lease is several of them.
            self._database.close()

    def beat(self) -> None:
        """Beat once."""
        self._database.execute(*beat_of(self._database, self._worker))
        reached("beat")

    def stop(self) -> None:
        """Beat no more."""
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join(1.0)


def others_that_run(
    database: Database, study: int, own: int | None, exp_key: str | None, lease_s: float
) -> list[str]:
    """Which other processes run trials (of an experiment, if it is given), in words."""
    condition, more = ("", ()) if exp_key is None else ("AND trial.exp_key = ?", (exp_key,))
    rows = database.execute(
        "SELECT DISTINCT worker.id, worker.host, worker.place, worker.pid, worker.started, "
        "worker.beat_at FROM hyperopt_trial trial "
        "JOIN hyperopt_worker worker ON worker.id = trial.worker "
        f"WHERE trial.study = ? AND trial.state < 2 AND trial.state = 1 {condition} "
        "AND worker.ended IS NULL ORDER BY worker.id",
        (study, *more),
    ).fetchall()
    now = database.now()
    found = []
    for number, host, place, pid, started, beat_at in rows:
        running = is_running(Process(host, place, pid, started))
        if running is None:
            running = now - beat_at <= lease_s
        if running and number != own:
            found.append(f"process {pid} on {host}")
    return found


def end(database: Database, workers: Iterable[int]) -> None:
    """Note that these processes have ended. Within a transaction."""
    now = database.now()
    for worker in workers:
        database.execute(
            "UPDATE hyperopt_worker SET ended = ? WHERE id = ? AND ended IS NULL", (now, worker)
        )
