"""Statements that go to a PostgreSQL server together."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest

from hyperopt.storage.sql import pipeline
from hyperopt.storage.sql.pipeline import Pipeline

from .postgresql_server import Server


@pytest.fixture
def connection(postgresql: Server) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        postgresql.url("postgres"), autocommit=True, client_encoding="UTF8"
    ) as opened:
        opened.execute(
            "CREATE TEMPORARY TABLE kept (i BIGINT, f DOUBLE PRECISION, t TEXT, b BYTEA)"
        )
        yield opened


_INSERT = "INSERT INTO kept (i, f, t, b) VALUES (?, ?, ?, ?)"


def test_values_come_back_as_they_were(connection: psycopg.Connection[Any]) -> None:
    rows: list[tuple[Any, ...]] = [
        (1, 0.1, "a", b"\x00\xff'"),
        (-(2**63), 5e-324, "", b""),
        (2**63 - 1, -1.7976931348623157e308, "ä€𝄞\n'\\?", bytes(range(256))),
        (None, None, None, None),
        (np.int64(7), np.float64(1 / 3), np.str_("s"), memoryview(b"view")),
        (True, math.inf, "NaN", bytearray(b"array")),
    ]
    statements = [(_INSERT, row) for row in rows]
    *_, answer = Pipeline(connection).send([*statements, ("SELECT i, f, t, b FROM kept", ())])
    plain = [tuple(bytes(v) if isinstance(v, memoryview) else v for v in row) for row in rows]
    plain[5] = (1, math.inf, "NaN", b"array")
    assert answer.fetchall() == plain
    with connection.cursor() as cursor:
        assert cursor.execute("SELECT i, f, t, b FROM kept").fetchall() == plain
    assert [type(value) for value in answer.fetchall()[0]] == [int, float, str, bytes]


def test_text_that_the_server_cannot_hold_is_refused_and_not_cut(
    connection: psycopg.Connection[Any],
) -> None:
    with pytest.raises(psycopg.DataError, match="NUL"):
        Pipeline(connection).send([("SELECT 1", ()), (_INSERT, (1, 0.0, "a\0b", b""))])


def test_a_statement_tells_how_many_rows_it_changed(
    connection: psycopg.Connection[Any],
) -> None:
    rows = [(_INSERT, (n, 0.0, "", b"")) for n in range(3)]
    change = ("UPDATE kept SET t = ? WHERE i >= ?", ("x", 1))
    *_, last, none = Pipeline(connection).send([*rows, change, (*change[:1], ("x", 9))])
    assert (last.rowcount, none.rowcount) == (2, 0)


def test_the_first_error_is_raised_and_the_connection_goes_on(
    connection: psycopg.Connection[Any],
) -> None:
    line = Pipeline(connection)
    for _ in range(2):
        with pytest.raises(psycopg.errors.DivisionByZero) as raised:
            line.send([("BEGIN", ()), ("SELECT 1 / ?", (0,)), ("SELECT no_such_column", ())])
        assert raised.value.sqlstate == "22012"
        connection.execute("ROLLBACK")
    with pytest.raises(psycopg.errors.UndefinedColumn):
        line.send([("SELECT 2", ()), ("SELECT no_such_column", ())])
    answers = line.send([("SELECT 3", ()), ("SELECT 1 / ?", (1,)), ("SELECT 4", ())])
    assert [answer.fetchall() for answer in answers] == [[(3,)], [(1,)], [(4,)]]


def test_much_may_go_both_ways_at_once(connection: psycopg.Connection[Any]) -> None:
    text = "x" * 100_000
    statements = []
    for n in range(200):
        statements += [(_INSERT, (n, 0.0, text, None)), ("SELECT t FROM kept WHERE i = ?", (n,))]
    answers = Pipeline(connection).send(statements)
    assert all(answer.fetchall() == [(text,)] for answer in answers[1::2])


def test_the_server_has_to_remember_some_statements_only(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_MOST_PREPARED", 5)
    line = Pipeline(connection)
    for _ in range(2):
        statements = [(f"SELECT {n} + ?", (n,)) for n in range(10)]
        answers = line.send(statements)
        assert [answer.fetchall() for answer in answers] == [[(2 * n,)] for n in range(10)]
    (row,) = connection.execute(
        "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'hyperopt%'"
    ).fetchall()
    assert row == (5,)


def test_a_connection_that_breaks_is_closed(
    connection: psycopg.Connection[Any], postgresql: Server
) -> None:
    line = Pipeline(connection)
    with psycopg.connect(postgresql.url("postgres"), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", (connection.info.backend_pid,))
    with pytest.raises(psycopg.OperationalError):
        line.send([("SELECT 1", ()), ("SELECT 2", ())])
    assert connection.closed
