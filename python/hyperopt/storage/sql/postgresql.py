"""Studies in PostgreSQL, through psycopg 3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hyperopt.exceptions import StorageError
from hyperopt.storage.sql.address import masked
from hyperopt.storage.sql.database import PATIENCE_S, Database, Unclear
from hyperopt.storage.sql.pipeline import Pipeline
from hyperopt.storage.sql.points import reached

if TYPE_CHECKING:
    from hyperopt.storage.sql.address import Address
    from hyperopt.storage.sql.database import Statement

__all__ = ["PostgresqlDatabase"]

_WORDS = {
    "IDENTITY": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "REAL8": "DOUBLE PRECISION",
    "BYTES": "BYTEA",
    "ROWLESS": "",
}
_TABLES_LOCK = 0x68797065726F7074
"""The number of the advisory lock for making and changing tables ("hyperopt")."""

# A process that is stopped while it holds a study must not stop all others for good.
_SETTINGS = """
SET idle_in_transaction_session_timeout = '60s';
SET statement_timeout = 0;
SET client_min_messages = warning
"""
# Class 08: connection; 40: serialisation, deadlock; 53: resources; 57: operator intervention;
# 55P03: lock not available; 25P03: idle in transaction too long.
_PASSING = ("08", "40", "53", "57", "55P03", "25P03")
_MOST_UNSENT = 500
_NO_PRIVILEGE = "42501"
_LASTING = ("28", "3D")  # wrong password or user; no such database


class PostgresqlDatabase(Database):
    """A PostgreSQL database; see `Database`."""

    clock = "extract(epoch FROM clock_timestamp())"
    hold = "FOR UPDATE"
    begin_reading = "BEGIN ISOLATION LEVEL REPEATABLE READ"
    is_remote = True

    def __init__(self, address: Address, writing: bool, patience_s: float = PATIENCE_S) -> None:
        super().__init__(address, writing, patience_s)
        try:
            import psycopg
        except ImportError as error:
            raise StorageError(
                f"{address}: PostgreSQL needs psycopg: pip install 'hyperopt-rs[postgresql]' "
                f"({error})"
            ) from None
        self._psycopg = psycopg
        self._pipeline: Pipeline | None = None
        self._unsent: list[Statement] = []
        self._answers: dict[Statement, Any] = {}

    def _connect(self) -> Any:
        # What psycopg has prepared goes with a ROLLBACK, and all that was prepared here with it.
        pipelines = self._psycopg.Pipeline.is_supported()
        connection = self._psycopg.connect(
            self.address.target,
            autocommit=True,
            connect_timeout=10,
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            application_name="hyperopt",
            client_encoding="UTF8",
            prepare_threshold=None if pipelines else 5,
        )
        with connection.cursor() as cursor:
            for statement in _SETTINGS.split(";"):
                cursor.execute(statement.strip().encode())
            if not self.writing:
                cursor.execute(b"SET default_transaction_read_only = on")
        return connection

    def _begin(self, flush: Statement | None, ahead: Callable[[], None] | None) -> None:
        self._forget_plans()
        self.later("BEGIN")
        if flush is not None:
            self.later("SET LOCAL synchronous_commit = off")
        reached("transaction begun")

    def _commit(self, flush: Statement | None) -> None:
        self._answers.clear()
        last = [("COMMIT", ())] if flush is None else [("COMMIT", ()), flush]
        try:
            self._send([*self._unsent, *last])
        except self._psycopg.Error as error:
            # Anything that lasts comes from a statement before the commit.
            if self.passes(error):
                raise Unclear(str(error)) from error
            raise
        finally:
            self._unsent.clear()

    def _rollback(self) -> None:
        self._forget_plans()
        connection = self._connection
        if connection is None or connection.closed:
            return
        if connection.info.transaction_status != self._psycopg.pq.TransactionStatus.IDLE:
            connection.execute(b"ROLLBACK")

    def _abandon(self) -> None:
        super()._abandon()
        self._forget_plans()

    def _forget_plans(self) -> None:
        self._unsent.clear()
        self._answers.clear()
        self._wanted = ()

    def later(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Send a statement together with the next one, or with the commit."""
        self._answers.clear()
        self._unsent.append((sql, tuple(parameters)))
        if len(self._unsent) >= _MOST_UNSENT:
            unsent, self._unsent = self._unsent, []
            self._send(unsent)

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Execute one statement, and what waits to be executed."""
        statement = (sql, tuple(parameters))
        known = self._answers.pop(statement, None)
        if known is not None:
            return known
        if not sql.startswith("SELECT"):
            self._answers.clear()  # What is written makes them old.
        before, after = self._unsent, self._wanted
        self._unsent, self._wanted = [], ()
        answers = self._send([*before, statement, *after])
        if after:
            self._answers = dict(zip(after, answers[len(before) + 1 :], strict=True))
        return answers[len(before)]

    def _execute(self, statement: Statement) -> Any:
        sql, parameters = statement
        return self.connection.execute(_translate(sql), parameters or None)

    def _send(self, statements: Sequence[Statement]) -> Sequence[Any]:
        """The answers to several statements, on one way there and back."""
        connection = self.connection
        if len(statements) == 1 or not self._psycopg.Pipeline.is_supported():
            return [self._execute(statement) for statement in statements]
        if self._pipeline is None or self._pipeline.connection is not connection:
            self._pipeline = Pipeline(connection)
        return self._pipeline.send(statements)

    def insert_id(self, sql: str, parameters: Sequence[Any]) -> int:
        """Insert a row and give its id."""
        return int(self.execute(f"{sql} RETURNING id", parameters).fetchall()[0][0])

    def has_table(self, name: str) -> bool:
        """Whether there is a table of this name."""
        # to_regclass may answer from a cache that knows nothing of what others have just made.
        rows = self.execute(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relname = ? AND n.nspname = ANY (current_schemas(false))",
            (name,),
        ).fetchall()
        return bool(rows)

    def in_dialect(self, statement: str) -> str:
        """A statement of `schema` in PostgreSQL's words."""
        return re.sub(r"\b(IDENTITY|REAL8|BYTES|ROWLESS)\b", lambda m: _WORDS[m[1]], statement)

    def now(self) -> float:
        """The server's clock."""
        rows = self.execute("SELECT extract(epoch FROM clock_timestamp())").fetchall()
        return float(rows[0][0])

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """A transaction that has the tables to itself."""
        with self.transaction():
            self.execute("SELECT pg_advisory_xact_lock(?)", (_TABLES_LOCK,))
            yield
            reached("migration")

    def passes(self, error: BaseException) -> bool:
        """Whether the error may be gone in a while."""
        if isinstance(error, Unclear):
            return True
        if not isinstance(error, self._psycopg.Error):
            return False
        state = error.sqlstate
        if state is None:
            # libpq's own: the connection was refused, or it broke. What can never work says so.
            text = str(error)
            lasting = ("authentication", "does not exist", "invalid", "could not translate")
            return isinstance(
                error, (self._psycopg.OperationalError, self._psycopg.InterfaceError)
            ) and not any(word in text for word in lasting)
        return state.startswith(_PASSING) and not state.startswith(_LASTING)

    def translated(self, error: BaseException) -> BaseException:
        """Psycopg's errors in our words, without a password."""
        if isinstance(error, Unclear) and error.__cause__ is not None:
            error = error.__cause__
        if not isinstance(error, self._psycopg.Error):
            return error
        text = " ".join(masked(str(error)).split())
        password = self._password()
        if password:
            text = text.replace(password, "***")
        if error.sqlstate == _NO_PRIVILEGE:
            text += (
                ": tables are made when a database is first used; its owner can allow that with "
                "GRANT CREATE ON SCHEMA public TO the user"
            )
        return StorageError(f"{self.address}: {text}")

    def _password(self) -> str | None:
        with suppress(Exception):
            from psycopg.conninfo import conninfo_to_dict

            return str(conninfo_to_dict(self.address.target).get("password") or "")
        return None


@lru_cache(maxsize=256)
def _translate(sql: str) -> bytes:
    return sql.replace("?", "%s").encode()
