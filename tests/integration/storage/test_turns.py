"""Several writers of a SQLite file: what they read while they wait, and who gets how much."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from hyperopt import StoredTrials, fmin, hp, rand
from hyperopt.storage.sql import turns
from hyperopt.storage.sql.turns import Turns

from .processes import Child, query, until

SPACE = {"x": hp.uniform("x", -1, 1)}


def search(trials: Any, max_evals: int) -> None:
    fmin(abs, SPACE["x"], rand.suggest, max_evals, trials=trials, verbose=False)


def test_what_others_did_is_read_before_the_turn(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = StoredTrials(sqlite_url), StoredTrials(sqlite_url)
    search(mine, 1)
    search(theirs, 5)
    monkeypatch.setattr(turns, "_QUICK_S", 60.0)
    other, shown = Turns(tmp_path / "study.db"), []
    show = mine._mirror._show

    def note(changes: Any) -> None:
        show(changes)
        shown.append(len(changes.rows))
        other.end()

    monkeypatch.setattr(mine._mirror, "_show", note)
    other.take()
    threading.Timer(20.0, other.end).start()  # should nobody look
    mine._mirror.exchange()
    assert shown == [4]  # once, and not again when it had its turn
    assert len(mine) == 5


def test_nobody_waits_for_one_that_was_stopped_when_it_was_next(sqlite_url: str) -> None:
    n = 1000

    def stop(seconds: float) -> None:
        turns.time.sleep = sleep
        os.kill(os.getpid(), signal.SIGSTOP)

    def search_and_stop() -> None:
        until(lambda: n_done(sqlite_url) > 20)
        turns.time.sleep, turns._QUICK_S = stop, 60.0
        search(StoredTrials(sqlite_url), n)

    StoredTrials(sqlite_url)
    sleep = turns.time.sleep
    first = Child(search_and_stop)
    others = [Child(lambda: search(StoredTrials(sqlite_url), n)) for _ in range(3)]
    try:
        until(lambda: is_stopped(first))
        until(lambda: n_done(sqlite_url) >= n - 1, 60.0)
    finally:
        first.kill(signal.SIGCONT)
    assert [child.wait() for child in [first, *others]] == [0] * 4
    finished = query(sqlite_url, "SELECT tid FROM hyperopt_event WHERE kind = 'finish'")
    assert sorted(tid for (tid,) in finished) == list(range(n))


def is_stopped(child: Child) -> bool:
    return os.waitid(os.P_PID, child.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None


def n_done(url: str) -> int:
    return int(query(url, "SELECT count(*) FROM hyperopt_trial WHERE state = 2")[0][0])
