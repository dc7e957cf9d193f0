"""How often SQLite's file is forced onto the disk."""

from __future__ import annotations

import types
from pathlib import Path

import pytest

from hyperopt.storage.sql import sqlite
from hyperopt.storage.sql.shared import connect

NORMAL, FULL = 1, 2


def test_a_commit_is_forced_onto_the_disk_once_in_an_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = connect(f"sqlite:///{tmp_path}/study.db", sync_interval_s=1.0)
    levels = []
    for now in (10.0, 10.6, 11.2, 11.8, 12.4):
        clock = types.SimpleNamespace(monotonic=lambda now=now: now)
        monkeypatch.setattr(sqlite, "time", clock)
        with database.transaction():
            levels.append(database.execute("PRAGMA synchronous").fetchone()[0])
    database.close()
    assert levels == [FULL, NORMAL, FULL, NORMAL, FULL]
