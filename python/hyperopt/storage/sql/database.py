"""A connection to a database: transactions one at a time, retried when that can help.

SQL is written once, with ``?`` for parameters. What differs between SQLite and PostgreSQL is how a
transaction gets the study to itself, what the time is, and which errors pass.
"""

from __future__ import annotations

import os
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from hyperopt.exceptions import StorageUnavailable
from hyperopt.storage.sql.points import reached

if TYPE_CHECKING:
    from hyperopt.storage.sql.address import Address

__all__ = ["Cursor", "Database", "Statement", "Unclear"]

T = TypeVar("T")

Statement = tuple[str, tuple[Any, ...]]
"""A statement and its parameters."""

PATIENCE_S = 900.0
"""How long a process tries to reach a database that is away."""

_FIRST_WAIT_S = 0.02
_LONGEST_WAIT_S = 5.0
_HASTE_S = 5.0
"""How long to try while somebody wants to leave."""


class Cursor(Protocol):
    """What a statement gives."""

    rowcount: int

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""


class Unclear(Exception):  # noqa: N818
    """The connection broke during a COMMIT: whether it happened has to be looked up."""


class Database(ABC):
    """One connection, made when needed, and made anew after a fork or a failure.

    Parameters
    ----------
    address
        Where.
    writing
        Whether it may be changed. Else nothing is, not even a file beside it.
    patience_s
        How long to try to reach a database that is away.
    """

    def __init__(self, address: Address, writing: bool, patience_s: float = PATIENCE_S) -> None:
        self.address = address
        self.writing = writing
        self.patience_s = patience_s
        self._in_haste = False
        self._lock = threading.RLock()
        self._connection: Any = None
        self._pid = os.getpid()
        self._depth = 0
        self._wanted: Sequence[Statement] = ()
        self.n_connections = 0

    clock: str
    """The database's time in SQL; NULL if `now` tells it."""
    hold: str
    """What makes a SELECT hold its rows until the transaction ends."""
    begin_reading: str
    """What begins a transaction that sees one moment of the database."""
    is_remote: bool
    """Whether every answer takes a way there and back, which statements had better share; and
    whether the database can end by itself, and with it what was not on its disk yet."""

    def hurry(self, yes: bool) -> None:
        """Wait only some seconds for a database that is away, or as long as told again."""
        self._in_haste = yes

    @property
    def _longest_s(self) -> float:
        return min(_HASTE_S, self.patience_s) if self._in_haste else self.patience_s

    # -- what differs

    @abstractmethod
    def _connect(self) -> Any: ...

    @abstractmethod
    def _begin(self, flush: Statement | None, ahead: Callable[[], None] | None) -> None: ...

    @abstractmethod
    def _commit(self, flush: Statement | None) -> None: ...

    @abstractmethod
    def _rollback(self) -> None: ...

    @abstractmethod
    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Cursor:
        """Execute one statement."""

    def later(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Execute a statement that gives nothing: with the next one that does, or the commit."""
        self.execute(sql, parameters)

    def foresee(self, statements: Sequence[Statement]) -> None:
        """Say what is going to be read: it may come with the next answer, and is as of then."""
        self._wanted = statements

    @abstractmethod
    def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""

    @abstractmethod
    def in_dialect(self, statement: str) -> str:
        """A statement of `schema` in the words of this database."""

    @abstractmethod
    def now(self) -> float:
        """The database's clock: seconds since 1970."""

    @abstractmethod
    def passes(self, error: BaseException) -> bool:
        """Whether an error may be gone in a while: the database is away, busy, or out of space."""

    @abstractmethod
    def translated(self, error: BaseException) -> BaseException:
        """The error in our words, without a password."""

    def problems(self) -> list[str]:
        """What the database itself finds wrong with its files."""
        return []

    @abstractmethod
    def insert_id(self, sql: str, parameters: Sequence[Any]) -> int:
        """Insert a row and give its ``id``."""

    @contextmanager
    @abstractmethod
    def exclusive(self) -> Iterator[None]:
        """A transaction that has the whole database to itself, for making and changing tables."""

    # -- what does not

    @property
    def connection(self) -> Any:
        """The connection of this process."""
        self._leave_parent()
        if self._connection is None:
            self._connection = self._connect()
            self.n_connections += 1
        return self._connection

    def _leave_parent(self) -> None:
        if self._pid != os.getpid():
            self._abandon()

    def _abandon(self) -> None:
        """After a fork: leave the parent's connection alone, for good."""
        _keep_forever(self._connection)
        self._connection = None
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._depth = 0

    def close(self) -> None:
        """Close the connection; the next use opens another."""
        self._leave_parent()
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                with suppress(Exception):
                    connection.close()

    def __del__(self) -> None:
        with suppress(Exception):
            if self._pid == os.getpid():
                self.close()

    @contextmanager
    def transaction(
        self,
        flush: Statement | None = None,
        ahead: Callable[[], None] | None = None,
    ) -> Iterator[None]:
        """A transaction that writes; it is rolled back if anything is raised.

        Parameters
        ----------
        flush
            A statement that writes, which is executed after the commit. With it, who waits for what
            this transaction holds need not wait for the server's disk; the context ends when all is
            on it, and with it all that this transaction has seen.
        ahead
            Reads what will not have to be read then, in one consistent view, while others have
            the database. It may be called.
        """
        self._leave_parent()
        with self._lock:
            if self._depth:
                raise AssertionError("a transaction is open already in this thread")
            self._depth = 1
            try:
                self._begin(flush, ahead)
                yield
                reached("before commit")
                self._commit(flush)
                reached("after commit")
            except BaseException:
                with suppress(Exception):
                    self._rollback()
                raise
            finally:
                self._depth = 0

    def run(
        self,
        work: Callable[[], T],
        happened: Callable[[], T | None] | None = None,
        on_trouble: Callable[[BaseException], None] | None = None,
        flush: Statement | None = None,
        ahead: Callable[[], None] | None = None,
    ) -> T:
        """`work` in a transaction, again and again while the database is away or busy.

        Parameters
        ----------
        work
            Executes statements. It may be called several times, so it must change nothing but the
            database.
        happened
            Looks up, after a COMMIT whose outcome is not known, whether it happened, and gives what
            `work` would have; None if it did not. It is called in a transaction, and has to wait
            there for the end of a COMMIT that the server is still busy with.
        on_trouble
            Told about the first failure that lasts, once.
        flush, ahead
            As for `transaction`.
        """
        began, wait_s, unclear, told = time.monotonic(), _FIRST_WAIT_S, False, False
        while True:
            try:
                with self.transaction(flush, ahead):
                    if unclear and happened is not None:
                        found = happened()
                        if found is not None:
                            return found
                    unclear = False
                    return work()
            except Unclear as error:
                unclear, cause = True, error.__cause__ or error
            except Exception as error:
                if not self.passes(error):
                    translated = self.translated(error)
                    if translated is error:
                        raise
                    raise translated from None
                cause = error
            self.close()
            if on_trouble is not None and not told and time.monotonic() - began > 1.0:
                told = True
                on_trouble(cause)
            if time.monotonic() - began + wait_s > self._longest_s:
                raise StorageUnavailable(
                    f"{self.address}: the database could not be used for {self._longest_s:.0f} s: "
                    f"{self.translated(cause)}"
                ) from None
            time.sleep(wait_s * random.uniform(0.5, 1.0))
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def read(self, work: Callable[[], T]) -> T:
        """`work`, which only reads, in one consistent view; tried again if the connection broke."""
        self._leave_parent()
        # Who only looks does not wait for long.
        until = time.monotonic() + (self._longest_s if self.writing else min(3.0, self._longest_s))
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                with self._lock:
                    return work() if self._depth else self._read_once(work)
            except Exception as error:
                if time.monotonic() + wait_s > until or not self.passes(error):
                    translated = self.translated(error)
                    if translated is error:
                        raise
                    raise translated from None
            self.close()
            time.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _read_once(self, work: Callable[[], T]) -> T:
        try:
            self.execute(self.begin_reading)
            return work()
        finally:
            with suppress(Exception):
                self._rollback()


_kept: list[Any] = []


def _keep_forever(connection: Any) -> None:
    """Never close a connection that belongs to the parent process: it would be the parent's end."""
    if connection is None:
        return
    _kept.append(connection)
    import ctypes

    ctypes.pythonapi.Py_IncRef(ctypes.py_object(connection))
