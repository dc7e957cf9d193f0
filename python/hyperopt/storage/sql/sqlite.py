"""Studies in a SQLite file, through the standard library."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperopt.exceptions import StorageError
from hyperopt.storage.sql.database import PATIENCE_S, Database
from hyperopt.storage.sql.network import network_file_system
from hyperopt.storage.sql.points import reached
from hyperopt.storage.sql.turns import Turns

if TYPE_CHECKING:
    from hyperopt.storage.sql.address import Address
    from hyperopt.storage.sql.database import Statement

__all__ = ["SYNC_INTERVAL_S", "SqliteDatabase"]

SYNC_INTERVAL_S = 0.1
"""Commits closer together than this are not each forced onto the disk."""

_BUSY_S = 60.0
_CHECKPOINT_PAGES = 4000
"""From so many changed pages on, 16 MB, they are moved from the log into the file."""

_WORDS = {
    "IDENTITY": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "REAL8": "REAL",
    "BYTES": "BLOB",
    "ROWLESS": "WITHOUT ROWID",
}
_PASSING = ("locked", "busy", "full", "disk i/o error", "unable to open")


class SqliteDatabase(Database):
    """A SQLite file.

    Parameters
    ----------
    address, writing, patience_s
        As for `Database`.
    sync_interval_s
        A commit within this time of the last one that was forced onto the disk is left to the next:
        it survives the end of the process at once, and a power cut a moment later. Processes that
        share the file count each other's. 0 forces all.
    """

    clock = "NULL"
    hold = ""  # The transaction has the whole file.
    begin_reading = "BEGIN"
    is_remote = False

    def __init__(
        self,
        address: Address,
        writing: bool,
        patience_s: float = PATIENCE_S,
        sync_interval_s: float = SYNC_INTERVAL_S,
    ) -> None:
        super().__init__(address, writing, patience_s)
        self.path = Path(address.target).absolute()
        self._sync_interval_s = sync_interval_s
        self._full: bool | None = None
        self._turns = Turns(self.path)
        self._check_place()

    def _check_place(self) -> None:
        folder = self.path.parent
        if not folder.is_dir():
            raise StorageError(
                f"{self.address}: there is no folder {str(folder)!r}; make it first (four slashes "
                "begin an absolute path: sqlite:////home/me/study.db)"
            )
        if self.path.is_dir():
            raise StorageError(f"{self.address}: that is a folder; give the name of a file in it")
        if not self.writing and not self.path.exists():
            raise StorageError(f"{self.address}: there is no such file")
        kind = network_file_system(folder)
        if kind is not None:
            raise StorageError(
                f"{self.address}: the file would be on a network file system ({kind}), where "
                "SQLite's locks and shared memory do not work and studies get lost; put it on a "
                "local disk, or use PostgreSQL for several machines (postgresql://user@host/db)"
            )

    def _connect(self) -> sqlite3.Connection:
        self._full = None
        if not self.writing:
            return self._connect_reading()
        self._take_turn()
        try:
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            try:
                connection.execute("PRAGMA journal_mode = WAL").fetchall()
                connection.execute("PRAGMA cache_size = -16384")
                # Each one forces two files onto the disk, while others wait.
                connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
            except BaseException:
                connection.close()
                raise
        finally:
            self._turns.end()
        return connection

    def _connect_reading(self) -> sqlite3.Connection:
        uri = self.path.as_uri()
        connection = sqlite3.connect(
            f"{uri}?mode=ro", uri=True, timeout=_BUSY_S, isolation_level=None,
            check_same_thread=False,
        )  # fmt: skip
        try:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        except sqlite3.OperationalError:
            # A folder that can't be written has no room for the shared memory of readers, and then
            # there is no writer either.
            connection.close()
            connection = sqlite3.connect(
                f"{uri}?immutable=1", uri=True, isolation_level=None, check_same_thread=False
            )
        return connection

    def _begin(self, flush: Statement | None, ahead: Callable[[], None] | None) -> None:
        connection = self.connection  # Opening it takes a turn, too.
        self._take_turn(None if ahead is None else partial(self._read_once, ahead))
        now = time.monotonic()
        full = now - self._turns.last_sync(now) >= self._sync_interval_s
        if full != self._full:
            connection.execute(f"PRAGMA synchronous = {'FULL' if full else 'NORMAL'}")
            self._full = full
        connection.execute("BEGIN IMMEDIATE")
        reached("transaction begun")

    def _commit(self, flush: Statement | None) -> None:
        self.connection.execute("COMMIT")
        if self._full:
            self._turns.note_sync(time.monotonic())
        self._turns.end()

    def _rollback(self) -> None:
        try:
            if self._connection is not None and self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        finally:
            self._turns.end()

    def _take_turn(self, while_waiting: Callable[[], None] | None = None) -> None:
        try:
            self._turns.take(while_waiting)
        except PermissionError:
            raise StorageError(
                f"{self.address}: its folder cannot be written by this user, so no study can "
                "be continued there; hyperopt show and export read it"
            ) from None
        except OSError as error:
            if error.filename is None:
                raise
            raise StorageError(f"{self.address}: {error.strerror}: {error.filename!r}") from None

    def _abandon(self) -> None:
        super()._abandon()
        # The child's descriptor shares the parent's lock; closing it here gives up nothing.
        self._turns.close()

    def close(self) -> None:
        """Close the connection and the turn file; the next use opens them again."""
        super().close()
        with self._lock:
            if not self._depth:
                self._turns.close()

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Execute one statement."""
        # Within a transaction it is known whose connection it is.
        connection = self._connection if self._depth else self.connection
        return connection.execute(sql, parameters)

    def problems(self) -> list[str]:
        """What SQLite finds wrong with the file."""
        rows = self.execute("PRAGMA integrity_check").fetchall()
        return [] if rows == [("ok",)] else [str(text) for (text,) in rows]

    def insert_id(self, sql: str, parameters: Sequence[Any]) -> int:
        """Insert a row and give its id."""
        return int(self.connection.execute(sql, parameters).lastrowid)

    def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""
        found = self.execute(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (name,)
        )
        return bool(found.fetchall())

    def in_dialect(self, statement: str) -> str:
        """A statement of `schema` in SQLite's words."""
        return re.sub(r"\b(IDENTITY|REAL8|BYTES|ROWLESS)\b", lambda m: _WORDS[m[1]], statement)

    def now(self) -> float:
        """The clock of this machine, which is where the file is."""
        return time.time()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """A transaction that has the whole database to itself."""
        with self.transaction():
            yield
            reached("migration")

    def passes(self, error: BaseException) -> bool:
        """Whether the error may be gone in a while."""
        if not isinstance(error, (sqlite3.OperationalError, OSError)):
            return False
        text = str(error).lower()
        return any(word in text for word in _PASSING) and "readonly" not in text

    def translated(self, error: BaseException) -> BaseException:
        """SQLite's errors in our words."""
        if not isinstance(error, sqlite3.Error):
            return error
        text = str(error)
        if "readonly" in text:
            text += (
                ": this user may not write the file or its folder; hyperopt show and export read it"
            )
        elif "not a database" in text:
            text += ": the file is something else; give another name"
        elif "malformed" in text:
            text += ": the file is damaged; the sqlite3 program's .recover saves what it can"
        return StorageError(f"{self.address}: {text}")
