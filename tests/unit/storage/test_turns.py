"""How the writers of a SQLite file take turns, within one process."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hyperopt.storage.sql import turns
from hyperopt.storage.sql.turns import Turns

fcntl = pytest.importorskip("fcntl")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """While this lasts, somebody else holds the lock of a file."""
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(file)


def is_free(path: Path) -> bool:
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    else:
        return True
    finally:
        os.close(file)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return tmp_path / "study.db"


@pytest.fixture
def next_file(study: Path) -> Path:
    return study.with_name("study.db-next")


def n_turns_in_a_row(own: Turns, asked: list[bool]) -> int:
    n = 0
    while not asked:
        own.take()
        own.end()
        n += not asked
    return n


@pytest.mark.parametrize("is_anybody_next", [True, False])
def test_after_many_turns_it_is_the_turn_of_whoever_is_next(
    study: Path, next_file: Path, monkeypatch: pytest.MonkeyPatch, is_anybody_next: bool
) -> None:
    asked: list[bool] = []
    own = Turns(study)
    monkeypatch.setattr(own, "_wait", lambda turn, ahead: asked.append(True))
    if is_anybody_next:
        with locked(next_file):
            assert n_turns_in_a_row(own, asked) == turns._MOST_TURNS
    else:
        for _ in range(3 * turns._MOST_TURNS):
            own.take()
            own.end()
        assert not asked
    own.close()


def test_whoever_is_next_looks_ahead_before_it_asks_for_its_turn(
    study: Path, next_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = Turns(study), Turns(study)
    turn_file, seen = study.with_name("study.db-turn"), []

    def look() -> None:
        seen.append((is_free(next_file), is_free(turn_file)))

    other.take()
    timer = threading.Timer(0.05, other.end)
    timer.start()
    own.take(look)  # who was away for long
    own.end()
    timer.join()
    assert seen == []
    monkeypatch.setattr(turns, "_QUICK_S", 60.0)
    other.take()

    def look_and_end() -> None:
        look()
        other.end()

    own.take(look_and_end)
    own.end()
    assert seen == [(False, False)]
    assert is_free(next_file)
    assert is_free(turn_file)


def test_nobody_waits_for_one_that_was_stopped(
    study: Path, next_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "_LONGEST_S", 0.05)
    waits = []
    wait_for = turns._wait_for

    def noted(file: int, longest_s: float) -> bool:
        waits.append(longest_s)
        return wait_for(file, longest_s)

    monkeypatch.setattr(turns, "_wait_for", noted)
    own = Turns(study)
    with locked(next_file):
        for _ in range(3):
            assert own._become_next(True) is None
    assert len(waits) == 1
    for _ in range(2):  # Now it is free: it is trusted again.
        place = own._become_next(True)
        assert place is not None
        assert not is_free(next_file)
        turns._give_up(place)
    assert len(waits) == 2


def test_the_lock_comes_in_time_or_is_left_to_others(next_file: Path) -> None:
    file = os.open(next_file, os.O_RDWR | os.O_CREAT)
    assert turns._wait_for(file, 60.0)
    assert not is_free(next_file)
    late = os.open(next_file, os.O_RDWR)
    assert not turns._wait_for(late, 0.01)
    turns._give_up(file)
    deadline = time.monotonic() + 30
    while any(thread.name == "hyperopt-next" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.001)
    assert is_free(next_file)


def test_processes_count_the_syncs_of_others(study: Path) -> None:
    own, other = Turns(study), Turns(study)
    for each in (own, other):
        each.take()
        each.end()
    assert own.last_sync(10.0) == float("-inf")
    other.note_sync(9.5)
    assert own.last_sync(10.0) == 9.5
    own.note_sync(9.75)
    assert other.last_sync(10.0) == 9.75
    # After the machine was started anew, what is written there is still to come.
    assert Turns(study).last_sync(1.0) == float("-inf")
    assert own.last_sync(1.0) == 9.75
