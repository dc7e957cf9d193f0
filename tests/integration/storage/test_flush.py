"""Who waits for a server's disk, and what becomes of what was not on it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hyperopt import StoredTrials, fmin, hp, jtpe
from hyperopt.storage.sql import points
from hyperopt.storage.sql.database import Statement
from hyperopt.storage.sql.postgresql import PostgresqlDatabase
from hyperopt.storage.sql.shared import connect
from hyperopt.study.verification import verify

from .postgresql_server import Server, running_server
from .processes import Child, check_whole, execute, query, until

SPACE = {"x": hp.uniform("x", -5, 5), "n": hp.randint("n", 20)}


def bowl(point: Any) -> float:
    return float(point["x"] ** 2 + point["n"])


def minimise(trials: Any, n: int, fn: Any = bowl) -> None:
    fmin(fn, SPACE, jtpe.suggest, n, trials=trials, rstate=11, verbose=False)


def check_sound(url: str, n: int) -> None:
    check_whole(url, n)
    verdict = verify(url, "default")
    assert verdict.problems == []
    assert verdict.n_recomputed == n


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow this machine is just now, suggestions are made in exchanges."""
    monkeypatch.setattr("hyperopt.study.shared_writer.QUICK_S", 60.0)


@pytest.fixture
def forgetful() -> Iterator[Server]:
    """A server that leaves what nobody waits for in its memory for long."""
    with running_server(settings=("wal_writer_delay=10s",)) as server:
        yield server


@pytest.mark.usefixtures("quick")
def test_an_exchange_goes_to_the_server_and_back_twice(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.new_database("ways")
    ways: list[int] = []
    marks: list[int] = []
    send = PostgresqlDatabase._send

    def sent(database: PostgresqlDatabase, statements: list[Statement]) -> list[Any]:
        ways.append(len(statements))
        return send(database, statements)

    monkeypatch.setattr(PostgresqlDatabase, "_send", sent)
    # Once in a second an exchange looks for processes that are lost, too.
    monkeypatch.setattr("hyperopt.storage.sql.shared._LOOK_INTERVAL_S", 1e9)
    minimise(url, 10, lambda p: marks.append(len(ways)) or bowl(p))
    assert [b - a for a, b in pairwise(marks[2:])] == [2] * 7


def test_a_client_too_old_for_pipelines_sends_one_statement_after_the_other(
    forgetful: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psycopg.Pipeline, "is_supported", lambda: False)
    monkeypatch.setattr("hyperopt.storage.sql.postgresql.Pipeline", None)
    url = forgetful.new_database("old")
    ends: list[int] = []

    def objective(point: Any) -> float:
        if len(ends) < 2 and len(StoredTrials(url)) == 10 * (1 + len(ends)):
            ends.append(forgetful.kill() or forgetful.start() or 1)
        return bowl(point)

    minimise(url, 25, objective)
    assert len(ends) == 2
    check_sound(url, 25)


@pytest.mark.usefixtures("quick")
def test_a_study_is_free_while_a_process_waits_for_the_disk(
    postgresql: Server, tmp_path: Path
) -> None:
    url = postgresql.new_database("free")
    StoredTrials(url)
    began = tmp_path / "began"

    def work() -> None:
        trials = StoredTrials(url)
        (tmp_path / "worker").write_text(str(trials._mirror.shared.worker))
        until((tmp_path / "go").exists)
        minimise(trials, 3, lambda p: began.touch() or bowl(p))

    seen: list[Any] = []

    def objective(point: Any) -> float:
        assert not began.exists()
        seen.append(point)
        if len(seen) == 2:
            holder.rollback()
        return bowl(point)

    child = Child(work)
    until((tmp_path / "worker").exists)
    with psycopg.connect(url) as holder:
        # The heartbeat, whose commit brings the exchange onto the disk too, has to wait.
        worker = until((tmp_path / "worker").read_text)
        holder.execute(f"SELECT 1 FROM hyperopt_worker WHERE id = {worker} FOR UPDATE".encode())
        (tmp_path / "go").touch()
        until(lambda: query(url, "SELECT 1 FROM hyperopt_trial"))
        minimise(url, 3, objective)
    assert child.wait() == 0
    assert len(seen) == 2
    check_sound(url, 3)


class Ending:
    """As `_commit`, but the third exchange is not brought onto the disk: the process ends there."""

    def __init__(self) -> None:
        self._commit = PostgresqlDatabase._commit
        self._left = 3

    def __call__(self, database: PostgresqlDatabase, flush: Statement | None) -> None:
        self._left -= flush is not None
        if flush is None or self._left:
            self._commit(database, flush)
        else:
            database._send([*database._unsent, ("COMMIT", ())])
            os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("point", ["study locked", "trials claimed", "before commit"])
def test_what_a_server_forgot_is_forgotten_here(forgetful: Server, point: str) -> None:
    url = forgetful.new_database("study")
    minimise(url, 25)
    ends: list[int] = []
    seen: list[int] = []
    trials = StoredTrials(url)

    def lose() -> None:
        # It reserves trial 26, makes it, and brings its result and trial 27 to the server's memory.
        ending = Ending()
        PostgresqlDatabase._commit = lambda *args: ending(*args)  # type: ignore[method-assign]
        minimise(url, 30, lambda point: -1000.0)

    def end_server(reached: str) -> None:
        if reached == point and len(ends) == 1:
            ends.append(2)
            seen.append(len(trials._dynamic_trials))
            forgetful.kill()
            forgetful.start()

    def objective(point: Any) -> float:
        if not ends:
            assert Child(lose).wait() == -signal.SIGKILL
            ends.append(1)
        if len(ends) == 2:
            assert -1000.0 not in trials.losses()
        return bowl(point)

    points.observer = end_server
    try:
        minimise(trials, 30, objective)
    finally:
        points.observer = None
    if point != "study locked":  # at which it has not been shown yet
        assert seen == [28]
    assert trials.tids == StoredTrials(url).tids
    check_sound(url, 30)


def test_who_was_thought_to_have_ended_takes_part_again(url: str) -> None:
    said: list[Any] = []

    def objective(point: Any) -> float:
        said.extend(query(url, "SELECT ended FROM hyperopt_worker"))
        execute(url, "UPDATE hyperopt_worker SET ended = 1")
        return bowl(point)

    minimise(url, 4, objective)
    assert said == [(None,)] * 4


@pytest.mark.usefixtures("quick")
def test_who_is_thought_to_have_ended_while_it_waits_for_the_study_takes_part_again(
    postgresql: Server,
) -> None:
    url = postgresql.new_database("ended")
    waits = "SELECT 1 FROM pg_locks WHERE NOT granted"
    others: list[threading.Thread] = []
    ended: list[Any] = []

    def objective(point: Any) -> float:
        if others:
            others[0].join()
            ended.extend(query(url, "SELECT ended FROM hyperopt_worker"))
        else:
            holder = psycopg.connect(url)
            holder.execute("SELECT 1 FROM hyperopt_study FOR UPDATE")
            holder.execute("UPDATE hyperopt_worker SET ended = 1")

            def let_go() -> None:
                until(lambda: query(url, waits))
                holder.commit()
                holder.close()

            others.append(threading.Thread(target=let_go))
            others[0].start()
        return bowl(point)

    minimise(url, 2, objective)
    assert ended == [(None,)]


def test_what_was_prepared_outlasts_a_rollback(postgresql: Server) -> None:
    url = postgresql.new_database("prepared")
    StoredTrials(url)
    database = connect(url)

    def read() -> list[Any]:
        return [database.execute("SELECT 1").fetchall() for _ in range(10)]

    for _ in range(3):
        with database.transaction():
            database.execute("SELECT 1")
        assert database.read(read) == [[(1,)]] * 10
