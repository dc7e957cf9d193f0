"""A study of a database, as one process takes part in it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperopt.exceptions import StudyNotFound, VersionMismatch
from hyperopt.storage.sql import leases, reading, schema
from hyperopt.storage.sql.address import Address, parse
from hyperopt.storage.sql.database import PATIENCE_S, Database
from hyperopt.storage.sql.exchange import Order, Reply, perform
from hyperopt.storage.sql.reading import Changes
from hyperopt.storage.sql.spill import Spill
from hyperopt.storage.sql.writing import Writing

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Statement
    from hyperopt.storage.sql.documents import Row
    from hyperopt.storage.sql.rows import Header

__all__ = ["SharedStudy", "connect", "delete_study", "open_study_row", "upgrade"]

_OPEN_S = 10.0
"""How long to try to open a database that does not answer at all."""

_LOOK_INTERVAL_S = 1.0
"""How often to look for lost processes and for results on file while there is other work."""


def connect(
    url: str | os.PathLike[str] | Address,
    *,
    writing: bool = True,
    patience_s: float = PATIENCE_S,
    sync_interval_s: float | None = None,
) -> Database:
    """A connection to the database of a URL; nothing is opened yet."""
    address = parse(url)
    if address.scheme == "sqlite":
        from hyperopt.storage.sql.sqlite import SYNC_INTERVAL_S, SqliteDatabase

        interval_s = SYNC_INTERVAL_S if sync_interval_s is None else sync_interval_s
        return SqliteDatabase(address, writing, patience_s, interval_s)
    from hyperopt.storage.sql.postgresql import PostgresqlDatabase

    return PostgresqlDatabase(address, writing, patience_s)


def open_study_row(
    database: Database, name: str, *, create: bool = True, lease_s: float = leases.LEASE_S
) -> Header:
    """The row of a study, made if there is none.

    Raises
    ------
    StudyNotFound
        If there is none and none is to be made; the message lists those that there are.
    """
    if not database.writing:
        return database.read(lambda: _found(database, name))
    found: Header = _opened(database, name, create, lease_s)
    return found


def _opened(database: Database, name: str, create: bool, lease_s: float) -> Header:
    _retried(database, lambda: schema.create_or_check(database, writing=True))
    header = database.read(lambda: reading.header_named(database, name))
    if header is None and create:
        database.run(lambda: _insert_study(database, name, lease_s))
    return database.read(lambda: _found(database, name))


def _retried(database: Database, work: Callable[[], None]) -> None:
    """`work`, which has transactions of its own, again while the database is busy or away."""
    began = time.monotonic()
    while True:
        try:
            work()
        except Exception as error:
            if database.passes(error) and time.monotonic() - began < min(
                _OPEN_S, database.patience_s
            ):
                database.close()
                time.sleep(0.1)
                continue
            translated = database.translated(error)
            if translated is error:
                raise
            raise translated from None
        return


def _insert_study(database: Database, name: str, lease_s: float) -> None:
    database.execute(
        "INSERT INTO hyperopt_study (name, token, seed, rev, deleted_rev, next_tid, n_counted, "
        "lease_s, created) VALUES (?, ?, '', 0, 0, 0, 0, ?, ?) ON CONFLICT (name) DO NOTHING",
        (name, uuid.uuid4().hex, lease_s, database.now()),
    )


def _found(database: Database, name: str) -> Header:
    if not database.writing:
        schema.create_or_check(database, writing=False)
    header = reading.header_named(database, name)
    if header is None:
        names = [repr(other.name) for other in reading.headers(database)]
        known = f"it has {', '.join(names[:10])}" if names else "it has none"
        raise StudyNotFound(f"{database.address}: there is no study {name!r}; {known}")
    return header


def upgrade(database: Database) -> tuple[int, int]:
    """Bring the tables to the present version; return the old and the new one."""
    versions: list[tuple[int, int]] = []
    _retried(database, lambda: versions.append(schema.upgrade(database)))
    return versions[-1]


def delete_study(database: Database, study: int) -> None:
    """Delete a study and all that belongs to it."""

    def work() -> None:
        for table in ("trial", "event", "worker", "source", "blob", "chunk"):
            database.execute(f"DELETE FROM hyperopt_{table} WHERE study = ?", (study,))
        database.execute("DELETE FROM hyperopt_study WHERE id = ?", (study,))

    database.run(work)


class SharedStudy:
    """A process's part in a study: exchanges, its heart, its results that found no database.

    Parameters
    ----------
    database
        A connection of its own.
    header
        The study's row.

    Attributes
    ----------
    known
        The revision that was seen last.
    """

    def __init__(self, database: Database, header: Header) -> None:
        self.database = database
        self.header = header
        self.known = 0
        self.spill = Spill(header.token)
        self._watch = leases.Watch(header.lease_s)
        self._worker: int | None = None
        self._pid = os.getpid()
        self._heart: leases.Heart | None = None
        self._n_connections = 0
        self._flushed = 0
        self._sources: dict[str, int] = {}
        self._looked_at = float("-inf")
        self._files: list[Path] = []

    @property
    def id(self) -> int:
        """The study's number."""
        return self.header.id

    @property
    def worker(self) -> int:
        """The number of this process, which is entered when first asked for."""
        if self._worker is None or self._pid != os.getpid():
            self._pid = os.getpid()
            software = leases.software()
            self._worker = self.database.run(
                lambda: leases.register(self.database, self.id, software)
            )
            own = connect(self.database.address, patience_s=5.0)
            self._heart = leases.Heart(own, self._worker, self.header.lease_s)
        return self._worker

    @property
    def has_joined(self) -> bool:
        """Whether this process has been entered."""
        return self._worker is not None and self._pid == os.getpid()

    def look(self, show: Callable[[Changes], None]) -> Header:
        """See what others did, and do nothing."""
        database = self.database

        def work() -> tuple[Header, Changes, int]:
            header = reading.read_header(database, self.id)
            return header, self._changes(header), database.n_connections

        while True:
            header, changes, n_connections = database.read(work)
            if database.is_remote and self.has_joined and header.rev != self._flushed:
                # Others may still wait for the server's disk, and who sees this may act on it.
                database.run(lambda: database.later(*leases.beat_of(database, self.worker)))
            if database.n_connections == n_connections:
                break
        self._note(header, n_connections)
        self._flushed = header.rev
        show(changes)
        return header

    def _look_ahead(self, show: Callable[[Changes], None]) -> None:
        """See what others did, within a view of the database, before it is held."""
        self._show_changes(reading.read_header(self.database, self.id), show)

    def _changes(self, header: Header) -> Changes:
        """What happened since the last look; all that there is if that may not hold any more.

        A server that ends takes with it what it had told before it was on its disk.
        """
        database = self.database
        if not database.is_remote or database.n_connections == self._n_connections:
            return reading.read_changes(database, header, self.known)
        rows = reading.read_changes(database, header, 0).rows
        return Changes(rows, [], whole=True)

    def _note(self, header: Header, n_connections: int) -> None:
        self.header, self.known = header, header.rev
        self._n_connections = n_connections

    def exchange(
        self,
        order_of: Callable[[], Order],
        show: Callable[[Changes], None],
        *,
        look_for_lost: bool = False,
        joined: bool = True,
        foreseen: Callable[[], list[Statement]] = list,
    ) -> Reply:
        """Make an exchange; it has happened when this returns, or not at all if it raises.

        Parameters
        ----------
        order_of
            Says what to do, after `show` was called. It may be asked again.
        show
            Is shown what others did.
        look_for_lost
            Whether to look for lost processes now, and not only from time to time.
        joined
            Whether to take part as a process that claims trials.
        foreseen
            Tells what is likely to be read in it; see `exchange.foreseen`.
        """
        database, replies = self.database, list[Reply]()
        worker = self.worker if joined else None
        flush = None
        if worker is not None and database.is_remote:
            flush = leases.beat_of(database, worker)
        looking = look_for_lost or time.monotonic() - self._looked_at > _LOOK_INTERVAL_S
        orders: list[Order] = []
        done: list[Writing] = []

        def work() -> Reply:
            if self.known and database.is_remote:
                database.foresee([reading.changes_since(self.id, self.known), *foreseen()])
            writing = Writing(database, self.id, worker, self._sources)
            self._show_changes(writing.header, show)
            order = order_of()
            orders[:] = [order]
            order.look_for_lost = looking and joined
            found = self._found_on_file() if looking else []
            self._files = [path for _, _, path in found]
            order.found = [(attempt, row) for attempt, row, _ in found]
            reply = perform(
                writing,
                order,
                self._watch,
                lambda rows: show(Changes([row.seen for row in rows], [])),
            )
            if worker is not None and writing.ended is not None:
                leases.revive(database, worker)
            replies[:], done[:] = [reply], [writing]
            return reply

        def happened() -> Reply | None:
            reading.read_header_locked(database, self.id, worker)  # Who commits still holds it.
            return replies[0] if done and done[0].has_happened() else None

        def spill(error: BaseException) -> None:
            results = orders[0].results if orders else order_of().results
            self.spill.save(results)

        ahead = partial(self._look_ahead, show) if self.known else None
        try:
            reply = database.run(work, happened if joined else None, spill, flush, ahead)
        except VersionMismatch as error:  # Whoever has the new version stores what is on file.
            spill(error)
            raise
        self._sources = done[0].sources
        self._flushed = reply.header.rev
        self.header, self.known = reply.header, reply.header.rev
        if looking:
            self._looked_at = time.monotonic()
            self.spill.forget(self._files)
        if orders[0].results:
            self.spill.forget_own(row.tid for _, row in orders[0].results)
        return reply

    def _show_changes(self, header: Header, show: Callable[[Changes], None]) -> None:
        changes = self._changes(header)
        self._note(header, self.database.n_connections)
        if changes.rows or changes.deleted or changes.whole:
            show(changes)

    def _found_on_file(self) -> list[tuple[int, Row, Path]]:
        own = self.spill.own
        return [found for found in self.spill.found() if found[2] not in own]

    def write(self, work: Callable[[Writing], Any], show: Callable[[Changes], None]) -> Any:
        """A change of another kind, by somebody who takes no part: one transaction."""
        joined = self._worker if self.has_joined else None

        def transaction() -> tuple[Any, Header]:
            writing = Writing(self.database, self.id, joined)
            self._show_changes(writing.header, show)
            result = work(writing)
            writing.close()
            return result, writing.header

        result, header = self.database.run(transaction)
        self.header = header
        return result

    def leave(self, detached: list[int]) -> None:
        """Take part no more: give back what this process runs, except for trials to be told."""
        if self._heart is not None:
            self._heart.stop()
            self._heart = None
        if not self.has_joined:
            return
        worker, self._worker = self.worker, None
        database = self.database

        def work() -> None:
            writing = Writing(database, self.id, worker)
            for tid in detached:
                writing.detach(tid)
            for tid in _running(database, self.id, worker):
                writing.release(tid)
            writing.close()
            leases.end(database, [worker])

        # Whoever leaves has no time; the lease ends for those who can't say good-bye.
        database.hurry(True)
        try:
            database.run(work)
        finally:
            database.hurry(False)


def _running(database: Database, study: int, worker: int) -> list[int]:
    rows = database.execute(
        "SELECT tid FROM hyperopt_trial WHERE study = ? AND state < 2 AND state = 1 AND worker = ? "
        "ORDER BY tid",
        (study, worker),
    ).fetchall()
    return [tid for (tid,) in rows]
