"""How the writers of a SQLite file take turns."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from hyperopt import StoredTrials
from hyperopt.storage.sql import sqlite
from hyperopt.storage.sql.shared import connect

from .processes import Child, until


def _is_flag_up(folder: Path) -> bool:
    file = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(file)


def test_who_has_had_many_turns_lets_those_who_wait_have_one(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    StoredTrials(sqlite_url)
    go, done, gaps = tmp_path / "go", tmp_path / "done", list[int]()

    def other() -> None:
        until(go.exists)
        with connect(sqlite_url).transaction():
            done.touch()

    def sleep(seconds: float) -> None:
        gaps.append(1)
        until(done.exists)

    child = Child(other)
    database = connect(sqlite_url)
    with database.transaction():
        go.touch()
        until(lambda: _is_flag_up(tmp_path))
    monkeypatch.setattr(sqlite, "time", SimpleNamespace(monotonic=time.monotonic, sleep=sleep))
    n = 1
    while not done.exists():
        with database.transaction():
            n += 1
        assert n <= sqlite._MOST_TURNS + 1
    monkeypatch.undo()
    assert child.wait() == 0
    for _ in range(30):  # Nobody waits any more.
        with database.transaction():
            pass
    assert len(gaps) <= 1
