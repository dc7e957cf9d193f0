"""Studies in PostgreSQL, through psycopg 3."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hyperopt.exceptions import StorageError
from hyperopt.storage.sql.address import masked
from hyperopt.storage.sql.database import PATIENCE_S, Database, Unclear
from hyperopt.storage.sql.points import reached

if TYPE_CHECKING:
    from hyperopt.storage.sql.address import Address

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
_NO_PRIVILEGE = "42501"
_LASTING = ("28", "3D")  # wrong password or user; no such database


class PostgresqlDatabase(Database):
    """A PostgreSQL database; see `Database`."""

    clock = "extract(epoch FROM clock_timestamp())"
    hold = "FOR UPDATE"

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

    def _connect(self) -> Any:
        connection = self._psycopg.connect(
            self.address.target,
            autocommit=True,
            connect_timeout=10,
            keepalives_idle=30,
            keepalives_interval=10,
            keepalives_count=3,
            application_name="hyperopt",
        )
        with connection.cursor() as cursor:
            for statement in _SETTINGS.split(";"):
                cursor.execute(statement.strip().encode())
            if not self.writing:
                cursor.execute(b"SET default_transaction_read_only = on")
        return connection

    def _begin(self) -> None:
        self.connection.execute("BEGIN")
        reached("transaction begun")

    def _commit(self) -> None:
        connection = self.connection
        try:
            connection.execute("COMMIT")
        except self._psycopg.Error as error:
            raise Unclear(str(error)) from error

    def _rollback(self) -> None:
        if self._connection is not None and not self._connection.closed:
            self._connection.execute("ROLLBACK")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> Any:
        """Execute one statement."""
        return self.connection.execute(_translate(sql), parameters or None)

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
