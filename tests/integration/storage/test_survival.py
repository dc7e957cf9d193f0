"""What is done to processes, servers and disks, and what a study makes of it."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hyperopt import StoredTrials, fmin, hp, jtpe, open_study
from hyperopt.cli.main import main
from hyperopt.exceptions import StorageError, StorageUnavailable
from hyperopt.storage.sql import points, shared
from hyperopt.storage.sql.database import Statement, Unclear
from hyperopt.storage.sql.documents import row_of
from hyperopt.storage.sql.postgresql import _TABLES_LOCK, PostgresqlDatabase
from hyperopt.storage.sql.spill import Spill
from hyperopt.storage.sql.sqlite import SqliteDatabase
from hyperopt.study.verification import verify

from .postgresql_server import Server, running_server
from .processes import Child, check_whole, describe, query, until

SPACE = {"x": hp.uniform("x", -5, 5), "n": hp.randint("n", 20)}


def bowl(point: Any) -> float:
    return float(point["x"] ** 2 + point["n"])


def minimise(trials: Any, n: int, fn: Any = bowl, **options: Any) -> Any:
    options = {"rstate": 11, "verbose": False, **options}
    return fmin(fn, SPACE, jtpe.suggest, n, trials=trials, **options)


def check_sound(url: str, n: int) -> None:
    check_whole(url, n)
    verdict = verify(url, "default")
    assert verdict.problems == []
    assert verdict.n_recomputed == n


def with_attachment(point: Any) -> dict[str, Any]:
    return {
        "loss": bowl(point),
        "status": "ok",
        "attachments": {"x": repr(float(point["x"])).encode()},
    }


ON_THE_WAY = [
    "transaction begun", "study locked", "results written", "lost trials taken", "suggested",
    "trials claimed", "before commit", "after commit", "chunk written", "blob complete",
]  # fmt: skip


@pytest.mark.parametrize("point", ON_THE_WAY)
@pytest.mark.parametrize(
    ("url", "nth"),
    [
        ("sqlite", 1),
        ("sqlite", 4),
        pytest.param("postgresql", 1, marks=pytest.mark.slow),
        ("postgresql", 4),
    ],
    indirect=["url"],
)
def test_a_kill_at_any_point_of_the_protocol_loses_and_doubles_nothing(
    url: str, point: str, nth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert set(ON_THE_WAY) < set(points.POINTS)
    # However slow this machine is just now: all but the first suggestion are made in exchanges.
    monkeypatch.setattr("hyperopt.study.shared_writer.QUICK_S", 60.0)
    child = Child(lambda: minimise(url, 5, with_attachment), kill_at=(point, nth))
    assert child.wait() == -signal.SIGKILL
    trials = StoredTrials(url)
    minimise(trials, 5, with_attachment)
    check_sound(url, 5)
    for doc in trials:
        attachments = dict(trials.trial_attachments(doc))
        assert attachments == {"x": repr(float(doc["misc"]["vals"]["x"][0])).encode()}


def test_a_kill_while_the_tables_are_made_leaves_nothing_half_made(url: str) -> None:
    assert Child(lambda: StoredTrials(url), kill_at=("migration", 1)).wait() == -signal.SIGKILL
    minimise(url, 3)
    check_sound(url, 3)


def test_a_kill_of_the_heart_is_a_kill_of_the_process(url: str) -> None:
    def work() -> None:
        minimise(StoredTrials(url, lease_s=0.4), 5, lambda p: time.sleep(0.2) or bowl(p))

    assert Child(work, kill_at=("beat", 2)).wait() == -signal.SIGKILL
    minimise(url, 5)
    check_sound(url, 5)


class Murder:
    """Workers that are killed at random moments and replaced, of a study without an end.

    Each notes a result as known when the next trial begins, which is after its commit.
    """

    def __init__(self, url: str, n_workers: int, trial_s: tuple[float, float]) -> None:
        self._url, self._n, self._trial_s = url, 1_000_000, trial_s
        self._notes = Path(tempfile.mkdtemp(prefix="hyperopt-notes-"))
        self._random = random.Random(5)
        self.children = [self._start() for _ in range(n_workers)]
        self.n_kills = self.n_in_trial = 0

    def _start(self) -> Child:
        return Child(self._work)

    def _work(self) -> None:
        notes = (self._notes / str(os.getpid())).open("a", buffering=1)
        mine = random.Random(os.getpid())
        before: list[tuple[float, float]] = []

        def objective(point: Any) -> float:
            for x, loss in before:
                notes.write(f"{x!r} {loss!r}\n")
            before.clear()
            (self._notes / f"{os.getpid()}.in").touch()
            time.sleep(mine.uniform(*self._trial_s))
            (self._notes / f"{os.getpid()}.in").unlink()
            loss = bowl(point)
            before.append((point["x"], loss))
            return loss

        minimise(StoredTrials(self._url, lease_s=20.0), self._n, objective)

    def kill(self, n_kills: int, n_in_trial: int, pause_s: tuple[float, float]) -> None:
        """Kill at least so many, and so many of them while they evaluate a trial."""
        while self.n_kills < n_kills or self.n_in_trial < n_in_trial:
            time.sleep(self._random.uniform(*pause_s))
            place = self._random.randrange(len(self.children))
            victim = self.children[place]
            assert victim.runs
            self.n_in_trial += (self._notes / f"{victim.pid}.in").exists()
            victim.kill()
            victim.wait()
            self.n_kills += 1
            self.children[place] = self._start()

    def finish(self, timeout_s: float) -> int:
        """End the workers, let others go on to an end, and return how many trials there are."""
        for child in self.children:
            child.kill(signal.SIGTERM)
            # Before it takes part nothing handles the signal.
            assert child.wait(timeout_s) in (-signal.SIGTERM, 128 + signal.SIGTERM)
        ((n_begun,),) = query(self._url, "SELECT n_counted FROM hyperopt_study")
        self._n = n_begun + 5 * len(self.children)
        self.children = [self._start() for _ in self.children]
        assert [child.wait(timeout_s) for child in self.children] == [0] * len(self.children)
        trials = StoredTrials(self._url)
        losses = {doc["misc"]["vals"]["x"][0]: doc["result"].get("loss") for doc in trials}
        noted = 0
        for path in self._notes.iterdir():
            for line in path.read_text().splitlines():
                x, loss = map(float, line.split())
                assert losses[x] == loss
                noted += 1
        assert noted
        shutil.rmtree(self._notes)
        return self._n


@pytest.mark.slow
def test_random_kills_lose_no_result_that_was_known(url: str) -> None:
    murder = Murder(url, 4, (0.01, 0.04))
    murder.kill(25, 0, (0.01, 0.05))
    check_sound(url, murder.finish(60))


@pytest.mark.long
@pytest.mark.parametrize("n_workers", [4, 8])
def test_a_thousand_random_kills_lose_no_result_that_was_known(url: str, n_workers: int) -> None:
    # 500 kills for each number of workers.
    murder = Murder(url, n_workers, (0.05, 0.5))
    murder.kill(500, 250, (0.05, 0.3))
    n = murder.finish(600)
    print(f"{murder.n_kills} kills, {murder.n_in_trial} of them in the middle of a trial")
    assert murder.n_kills >= 500
    assert murder.n_in_trial >= 250
    assert len(query(url, "SELECT tid FROM hyperopt_trial")) == n
    assert verify(url, "default").problems == []


def _kill_serial_study(url: str, n_kills: int, n: int) -> None:
    chance = random.Random(2)
    for _ in range(n_kills):
        child = Child(lambda: minimise(url, n, lambda p: time.sleep(0.003) or bowl(p)))
        done = _n_done(url)
        until(lambda done=done, child=child: _n_done(url) > done + 1 or not child.runs)
        time.sleep(chance.uniform(0, 0.02))
        if child.runs:
            child.kill()
        child.wait()
    minimise(url, n)


def _n_done(url: str) -> int:
    try:
        return int(query(url, "SELECT count(*) FROM hyperopt_trial WHERE state > 1")[0][0])
    except (StorageError, IndexError):
        return 0
    except Exception:  # There are no tables yet.
        return 0


def _compare_with_whole(url: str, n: int, tmp_path: Path) -> None:
    whole = f"sqlite:///{tmp_path}/whole.db"
    minimise(whole, n)
    one, other = StoredTrials(url), StoredTrials(whole)
    assert [describe(doc) for doc in one] == [describe(doc) for doc in other]
    check_sound(url, n)


def test_a_serial_study_is_the_same_to_the_bit_however_often_it_was_killed(
    url: str, tmp_path: Path
) -> None:
    _kill_serial_study(url, 5, 30)
    _compare_with_whole(url, 30, tmp_path)


@pytest.mark.long
def test_a_serial_study_killed_fifty_times_is_the_same_to_the_bit(url: str, tmp_path: Path) -> None:
    _kill_serial_study(url, 50, 400)
    _compare_with_whole(url, 400, tmp_path)


def test_a_process_that_was_stopped_beyond_its_lease_ends_in_peace(
    url: str, tmp_path: Path
) -> None:
    started = tmp_path / "started"

    def slow(point: Any) -> float:
        started.touch()
        time.sleep(0.3)
        return bowl(point)

    child = Child(lambda: minimise(StoredTrials(url, lease_s=1.0), 4, slow))
    until(started.exists)
    child.kill(signal.SIGSTOP)
    minimise(url, 4)  # It waits for the lease, and takes the trial.
    child.kill(signal.SIGCONT)
    assert child.wait() == 0
    check_sound(url, 4)
    kinds = [kind for (kind,) in query(url, "SELECT kind FROM hyperopt_event WHERE tid = 0")]
    assert kinds.count("lost") == 1


@pytest.mark.parametrize("n_processes", [8, pytest.param(32, marks=pytest.mark.slow)])
def test_many_processes_make_the_same_database_at_once(url: str, n_processes: int) -> None:
    go, n = time.time() + 1.0, n_processes + 8

    def make() -> None:
        time.sleep(max(0.0, go - time.time()))
        minimise(url, n)

    children = [Child(make) for _ in range(n_processes)]
    assert [child.wait(120) for child in children] == [0] * n_processes
    check_sound(url, n)


# -- PostgreSQL


def _kill_server(n_kills: int, n: int, trial_s: float) -> None:
    with running_server() as server:
        url = server.new_database("study")

        def work() -> None:
            minimise(url, n, lambda p: time.sleep(trial_s) or bowl(p))

        children = [Child(work) for _ in range(3)]
        chance = random.Random(3)
        for _ in range(n_kills):
            time.sleep(chance.uniform(0.2, 0.6))
            server.kill()
            server.start()
        assert [child.wait(120) for child in children] == [0] * 3
        check_sound(url, n)


def test_a_killed_server_loses_nothing() -> None:
    _kill_server(2, 60, 0.03)


@pytest.mark.long
def test_a_server_killed_twenty_times_loses_nothing() -> None:
    _kill_server(20, 600, 0.05)


def test_a_connection_cut_before_a_commit_is_made_anew(postgresql: Server) -> None:
    url = postgresql.new_database("cut_before")
    cuts: list[str] = []
    seen: list[Any] = []
    chance = random.Random(1)

    def cut(point: str) -> None:
        if point == "before commit" and len(cuts) < 8 and chance.random() < 0.3:
            cuts.append(point)
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
                )

    trials = StoredTrials(url)
    points.observer = cut
    try:
        minimise(trials, 20, lambda p: seen.append(p["x"]) or bowl(p), timeout=60)
    finally:
        points.observer = None
    assert cuts
    assert seen == [doc["misc"]["vals"]["x"][0] for doc in trials]
    check_sound(url, 20)


def test_who_makes_tables_waits_for_those_who_make_them_now(postgresql: Server) -> None:
    url = postgresql.new_database("made_once")
    waits = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_TABLES_LOCK,))
        child = Child(lambda: StoredTrials(url))
        until(lambda: query(url, waits))
    assert child.wait() == 0
    check_sound(url, 0)


def test_a_commit_whose_reply_was_lost_is_not_made_again(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.new_database("cut_after")
    commit = PostgresqlDatabase._commit
    lost = []

    def commit_without_reply(database: PostgresqlDatabase, flush: Statement | None) -> None:
        commit(database, flush)
        if len(lost) < 8 and random.random() < 0.4:
            lost.append(1)
            raise Unclear("the connection broke")

    trials = StoredTrials(url)
    minimise(trials, 2)
    monkeypatch.setattr(PostgresqlDatabase, "_commit", commit_without_reply)
    minimise(trials, 20, with_attachment)
    assert lost
    check_sound(url, 20)


def test_a_commit_that_the_server_is_still_busy_with_is_waited_for(
    postgresql: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.new_database("cut_during")
    commit = PostgresqlDatabase._commit
    late: list[threading.Timer] = []
    seen: list[Any] = []
    trials = StoredTrials(url)
    minimise(trials, 2)

    def commit_later(database: PostgresqlDatabase, flush: Statement | None) -> None:
        if database is not trials._mirror.shared.database or len(seen) not in (3, 9):
            commit(database, flush)
            return
        database._send([*database._unsent, ("SELECT 1", ())])
        connection, database._connection = database._connection, None

        def finish() -> None:
            connection.execute("COMMIT")
            connection.close()

        late.append(threading.Timer(0.2, finish))
        late[-1].start()
        seen.append(None)
        raise Unclear("the connection broke")

    monkeypatch.setattr(PostgresqlDatabase, "_commit", commit_later)
    minimise(trials, 20, lambda p: seen.append(p["x"]) or bowl(p), timeout=20)
    assert len(late) == 2
    assert len(seen) == 18 + 2
    check_sound(url, 20)


def put_on_file(url: str, doc: dict[str, Any], attempt: int = 1) -> None:
    """As a process does whose database is away."""
    ((token,),) = query(url, "SELECT token FROM hyperopt_study")
    Spill(token).save([(attempt, row_of(doc))])


def test_a_result_on_file_that_was_stored_already_changes_nothing(url: str) -> None:
    trials = StoredTrials(url)
    minimise(trials, 30)
    put_on_file(url, trials.trials[7])
    other = StoredTrials(url)
    minimise(other, 40)
    assert [doc["tid"] for doc in other] == list(range(40))
    assert not list((Path(os.environ["XDG_STATE_HOME"]) / "hyperopt").glob("*.json"))
    check_sound(url, 40)


def test_what_is_suggested_knows_the_results_that_were_on_file(url: str) -> None:
    minimise(url, 30)
    study = open_study(url, space=SPACE, algo=jtpe.suggest)
    trial = study.ask()
    study.trials.close()  # It runs nowhere, so only its result can end it.
    doc = StoredTrials(url)._dynamic_trials[trial.tid]
    doc["result"], doc["state"] = {"status": "ok", "loss": -100.0}, 2
    seen: list[Any] = []

    def objective(point: Any) -> float:
        if len(seen) == 4:
            put_on_file(url, doc)
            time.sleep(1.1)  # Folders are looked at from time to time.
        seen.append(point)
        return bowl(point)

    minimise(url, 40, objective)
    assert StoredTrials(url).best_trial["tid"] == trial.tid
    check_sound(url, 40)


def test_a_result_is_kept_in_a_file_while_the_database_is_away() -> None:
    with running_server() as server:
        url = server.new_database("study")
        minimise(url, 2)
        away, evaluated = threading.Event(), []

        def objective(point: Any) -> float:
            evaluated.append(point)
            server.kill()
            away.set()
            return -123.0

        with pytest.raises(StorageUnavailable, match="could not be used for 3 s"):
            minimise(StoredTrials(url, patience_s=3.0), 3, objective)
        state = Path(os.environ["XDG_STATE_HOME"]) / "hyperopt"
        assert len(list(state.glob("unsent-*.json"))) == 1
        server.start()
        trials = StoredTrials(url)
        minimise(trials, 4)
        assert -123.0 in trials.losses()
        assert len(evaluated) == 1
        assert list(state.glob("unsent-*.json")) == []
        check_sound(url, 4)


def test_a_process_waits_for_a_database_that_comes_back() -> None:
    with running_server() as server:
        url = server.new_database("study")

        def objective(point: Any) -> float:
            if len(seen) == 2:
                server.kill()
                threading.Timer(1.5, server.start).start()
            seen.append(point)
            return bowl(point)

        seen: list[Any] = []
        minimise(url, 6, objective)
        assert len(seen) == 6
        check_sound(url, 6)


# -- disks and files


@pytest.fixture
def full(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """While it is set, SQLite's files can't grow; for connections that are made then."""
    connect = SqliteDatabase._connect
    full = threading.Event()

    def connect_to_full_disk(database: SqliteDatabase) -> Any:
        connection = connect(database)
        if full.is_set():
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(SqliteDatabase, "_connect", connect_to_full_disk)
    return full


def test_a_full_disk_loses_no_result(sqlite_url: str, full: threading.Event) -> None:
    trials = StoredTrials(sqlite_url)
    seen: list[Any] = []
    state = Path(os.environ["XDG_STATE_HOME"]) / "hyperopt"
    spilled: list[Path] = []

    def free() -> None:
        until(lambda: list(state.glob("unsent-*.json")))
        spilled.extend(state.glob("unsent-*.json"))
        full.clear()

    def objective(point: Any) -> dict[str, Any]:
        seen.append(point)
        if len(seen) == 3:
            full.set()
            trials._mirror.shared.database.close()
            threading.Thread(target=free).start()
        return {"loss": bowl(point), "status": "ok", "large": "x" * 200_000}

    minimise(trials, 6, objective)
    assert spilled
    assert not any(path.exists() for path in spilled)
    assert len(seen) == 6
    check_sound(sqlite_url, 6)


@pytest.mark.slow
def test_a_run_on_a_full_disk_can_be_stopped(sqlite_url: str, full: threading.Event) -> None:
    trials = StoredTrials(sqlite_url)
    seen: list[Any] = []
    state = Path(os.environ["XDG_STATE_HOME"]) / "hyperopt"

    def stop() -> None:
        until(lambda: list(state.glob("unsent-*.json")))
        signal.raise_signal(signal.SIGINT)

    def objective(point: Any) -> dict[str, Any]:
        seen.append(point)
        if len(seen) == 3:
            full.set()
            trials._mirror.shared.database.close()
            threading.Thread(target=stop).start()
        return {"loss": bowl(point), "status": "ok", "large": "x" * 200_000}

    # It would wait a quarter of an hour for the disk; who wants to leave does not.
    began = time.monotonic()
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # which may be ignored
    try:
        with pytest.raises(KeyboardInterrupt):
            minimise(trials, 6, objective)
    finally:
        signal.signal(signal.SIGINT, before)
    assert time.monotonic() - began < trials._mirror.shared.database.patience_s / 5
    full.clear()
    minimise(sqlite_url, 6, objective)
    assert len(seen) == 6
    check_sound(sqlite_url, 6)


def _as_nobody(function: Callable[[], Any]) -> int:
    """The exit status of a process that may not write what belongs to root."""

    def work() -> None:
        if os.geteuid() == 0:
            os.setgid(65534)
            os.setuid(65534)
        function()

    return Child(work).wait()


def test_a_file_that_may_not_be_written_is_read_and_refused() -> None:
    folder = Path(tempfile.mkdtemp(prefix="hyperopt-read-only-"))
    path = folder / "study.db"
    url = f"sqlite:///{path}"
    try:
        minimise(url, 4)
        shared.connect(url).close()
        for file in folder.iterdir():
            file.chmod(0o444)
        folder.chmod(0o555)

        def read() -> None:
            assert main(["show", url]) == 0
            assert main(["verify", url]) == 0

        def write() -> None:
            with pytest.raises(StorageError, match="hyperopt show and export read it"):
                minimise(url, 6)

        assert _as_nobody(read) == 0
        assert _as_nobody(write) == 0
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_claiming_from_a_full_queue_looks_at_the_index_only(url: str) -> None:
    trials = StoredTrials(url)
    study = trials.study(SPACE, rstate=1)
    for n in range(3):
        study.enqueue({"x": float(n), "n": 1})
    trials.close()
    where = "study = 1 AND state < 2 AND state = 0"
    sql = f"SELECT tid FROM hyperopt_trial WHERE {where} ORDER BY tid LIMIT 1"
    if url.startswith("sqlite"):
        plan = query(url, f"EXPLAIN QUERY PLAN {sql}")
        assert "hyperopt_trial_open" in str(plan)
    else:
        plan = query(url, f"EXPLAIN {sql}")
        assert plan


@pytest.mark.long
def test_a_queue_of_100_000_trials_is_worked_on_in_order(url: str) -> None:
    from hyperopt.storage.sql.writing import Writing

    trials = StoredTrials(url)
    trials.remember_space(trials.study(SPACE).domain.space)
    template = {"tid": 0, "cmd": ("domain_attachment", "FMinIter_Domain"), "workdir": None}

    def fill(writing: Writing) -> None:
        for tid in range(100_000):
            misc = {**template, "tid": tid, "idxs": {"x": [tid], "n": [tid]},
                    "vals": {"x": [tid / 1e5], "n": [tid % 20]}}  # fmt: skip
            (new,) = trials.new_trial_docs([tid], [None], [{"status": "new"}], [misc])
            writing.insert(row_of(new), "insert", counts=True)

    trials._mirror.write(fill)
    seen: list[Any] = []
    minimise(StoredTrials(url), 10, lambda p: seen.append(p["x"]) or 1.0, timeout=30)
    assert seen[:50] == [tid / 1e5 for tid in range(min(50, len(seen)))]


def test_who_asks_and_is_killed_leaves_the_trial_to_the_next_who_asks(url: str) -> None:
    def ask() -> None:
        open_study(url, space=SPACE, rstate=1).ask()
        os.kill(os.getpid(), signal.SIGKILL)

    assert Child(ask).wait() == -signal.SIGKILL
    study = open_study(url, space=SPACE)
    assert study.ask().tid == 0
