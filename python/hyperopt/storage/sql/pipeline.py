"""Several statements on one way to a PostgreSQL server and back, through libpq's pipelines.

psycopg's own pipelines send each statement by itself, which wakes the server as often, and take
about twice the CPU here. In these all statements leave together, and each is prepared once.
"""

from __future__ import annotations

import operator
import selectors
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Statement

__all__ = ["Answer", "Pipeline"]

# By the type's number in PostgreSQL's catalogue, whose first ones never change.
_LOADERS: dict[int, Any] = {
    17: lambda value: bytes.fromhex(value[2:].decode()),  # bytea
    **dict.fromkeys((20, 21, 23), int),  # int8, int2, int4
    **dict.fromkeys((700, 701, 1700), float),  # float4, float8, numeric
}
_BINARY = (bytes, bytearray, memoryview)
_MOST_PREPARED = 100
"""What else there is to execute is not prepared: the server remembers each for ever."""
_WAKE_S = 1.0
"""How often to wake while waiting: some systems tell of Ctrl-C only then."""
# There is no better one everywhere; this one needs no call to the system to be made.
_Selector = getattr(selectors, "PollSelector", selectors.DefaultSelector)


class Answer:
    """What a statement gave."""

    __slots__ = ("_rows", "rowcount")

    def __init__(self, result: Any) -> None:
        self.rowcount: int = result.command_tuples or 0
        n_fields = result.nfields
        loaders = [_LOADERS.get(result.ftype(field), bytes.decode) for field in range(n_fields)]
        get = result.get_value
        self._rows = [
            tuple(
                None if (value := get(row, field)) is None else loaders[field](value)
                for field in range(n_fields)
            )
            for row in range(result.ntuples)
        ]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows."""
        return self._rows


class Pipeline:
    """Sends statements together.

    Parameters
    ----------
    connection
        psycopg's, in autocommit mode and with UTF-8. Nobody else uses it meanwhile.
    """

    def __init__(self, connection: Any) -> None:
        import psycopg

        self._psycopg = psycopg
        self.connection = connection
        self._names: dict[str, bytes] = {}

    def send(self, statements: Sequence[Statement]) -> list[Answer]:
        """Execute statements in their order; the first that fails is the last.

        Raises
        ------
        psycopg.Error
            What failed. The transaction is still open, unless the connection broke.
        """
        connection = self.connection.pgconn
        names, prepared = dict(self._names), dict[int, str]()
        n = 0
        try:
            connection.enter_pipeline_mode()
            for sql, parameters in statements:
                if sql not in names and len(names) < _MOST_PREPARED:
                    names[sql] = b"hyperopt%d" % len(names)
                    connection.send_prepare(names[sql], _numbered(sql))
                    prepared[n] = sql
                    n += 1
                values, formats = self._dump_all(parameters)
                if sql in names:
                    connection.send_query_prepared(names[sql], values, formats)
                else:
                    connection.send_query_params(_numbered(sql), values, None, formats)
                n += 1
            connection.pipeline_sync()
            results = self._results(connection)
            connection.exit_pipeline_mode()
        except BaseException:
            self.connection.close()  # Answers may be on their way that nobody waits for.
            raise
        return self._answers(results, prepared, names)

    def _answers(
        self, results: list[Any], prepared: dict[int, str], names: dict[str, bytes]
    ) -> list[Answer]:
        status = self._psycopg.pq.ExecStatus
        answers = []
        for number, result in enumerate(results):
            if result.status == status.FATAL_ERROR:
                raise self._error(result)
            sql = prepared.get(number)
            if sql is None:
                answers.append(Answer(result))
            else:
                self._names[sql] = names[sql]
        return answers

    def _dump_all(self, parameters: Sequence[Any]) -> tuple[list[bytes | None], list[int] | None]:
        """Parameters as libpq takes them, and their formats; None if all are text."""
        dump = self._dump
        values = [
            b"%d" % value if type(value) is int else None if value is None else dump(value)
            for value in parameters
        ]
        if not any(isinstance(value, _BINARY) for value in parameters):
            return values, None
        return values, [int(isinstance(value, _BINARY)) for value in parameters]

    def _dump(self, value: Any) -> bytes:
        if isinstance(value, str):
            if "\0" in value:  # where libpq would end it
                raise self._psycopg.DataError("PostgreSQL text cannot contain NUL (0x00) bytes")
            return value.encode()
        if isinstance(value, _BINARY):
            return bytes(value)
        if isinstance(value, float):
            return float.__repr__(value).encode()
        return b"%d" % operator.index(value)

    def _error(self, result: Any) -> Exception:
        """The error that a result tells of, as psycopg raises it."""
        psycopg = self._psycopg
        state = result.error_field(psycopg.pq.DiagnosticField.SQLSTATE)
        text = result.error_message.decode("utf-8", "replace")
        if state is None:
            return psycopg.OperationalError(text)  # type: ignore[no-any-return]
        try:
            kind = psycopg.errors.lookup(state.decode())
        except KeyError:
            kind = psycopg.DatabaseError
        return kind(text)  # type: ignore[no-any-return]

    def _results(self, connection: Any) -> list[Any]:
        """The results until the end of the pipeline."""
        pq = self._psycopg.pq
        with _Selector() as selector:
            selector.register(connection.socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while connection.flush():
                for _, events in selector.select(_WAKE_S):
                    if events & selectors.EVENT_READ:
                        connection.consume_input()
            selector.modify(connection.socket, selectors.EVENT_READ)
            results: list[Any] = []
            while True:
                while connection.is_busy():
                    selector.select(_WAKE_S)
                    connection.consume_input()
                result = connection.get_result()
                if connection.status != pq.ConnStatus.OK:
                    text = connection.error_message.decode("utf-8", "replace")
                    raise self._psycopg.OperationalError(text)
                if result is None:  # which ends the results of one statement
                    continue
                if result.status == pq.ExecStatus.PIPELINE_SYNC:
                    return results
                results.append(result)


@lru_cache(maxsize=256)
def _numbered(sql: str) -> bytes:
    """A statement with ``$1``, ``$2`` and so on for ``?``."""
    first, *rest = sql.split("?")
    return (first + "".join(f"${n}{part}" for n, part in enumerate(rest, 1))).encode()
