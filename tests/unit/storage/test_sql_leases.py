"""Who is lost and who is not, when clocks jump and processes are far away."""

from __future__ import annotations

import os
from typing import Any

import pytest

from hyperopt.storage.sql import leases, place
from hyperopt.storage.sql.leases import Watch


class Clock:
    """A database's workers and clock, and this process's own clock."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.rows: list[tuple[Any, ...]] = []
        self.database_s = 1000.0
        self.own_s = 50.0
        monkeypatch.setattr(leases.time, "monotonic", lambda: self.own_s)

    def now(self) -> float:
        return self.database_s

    def execute(self, sql: str, parameters: Any) -> Clock:
        return self

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self.rows

    def far_worker(self, beat: int, beat_at: float) -> None:
        self.rows = [(7, "elsewhere", "another boot", 1, "1", beat, beat_at)]

    def own_worker(self, pid: int, started: str) -> None:
        here = place.this_process()
        self.rows = [(7, here.host, here.place, pid, started, 0, self.database_s)]

    def pass_s(self, seconds: float) -> None:
        self.database_s += seconds
        self.own_s += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_a_silent_process_elsewhere_is_lost_after_the_lease(clock: Clock) -> None:
    watch = Watch(120.0)
    clock.far_worker(5, clock.database_s)
    assert watch.lost(clock, 1, None) == []  # type: ignore[arg-type]
    clock.pass_s(100.0)
    assert watch.lost(clock, 1, None) == []  # type: ignore[arg-type]
    clock.pass_s(30.0)
    assert watch.lost(clock, 1, None) == [7]  # type: ignore[arg-type]


def test_one_that_was_silent_for_long_is_lost_soon_after_the_first_look(clock: Clock) -> None:
    watch = Watch(120.0)
    clock.far_worker(5, clock.database_s - 10_000)
    assert watch.lost(clock, 1, None) == []  # type: ignore[arg-type]
    clock.pass_s(23.0)
    assert watch.lost(clock, 1, None) == [7]  # type: ignore[arg-type]


@pytest.mark.parametrize("jump_s", [3600.0, -3600.0])
def test_a_clock_that_jumps_makes_nobody_lost(clock: Clock, jump_s: float) -> None:
    watch = Watch(120.0)
    clock.far_worker(5, clock.database_s)
    watch.lost(clock, 1, None)  # type: ignore[arg-type]
    clock.database_s += jump_s
    for beat in range(6, 60):  # It goes on beating.
        assert watch.lost(clock, 1, None) == []  # type: ignore[arg-type]
        clock.pass_s(15.0)
        clock.far_worker(beat, clock.database_s)


def test_a_silent_process_is_lost_although_the_clock_was_set_back(clock: Clock) -> None:
    watch = Watch(120.0)
    clock.far_worker(5, clock.database_s)
    watch.lost(clock, 1, None)  # type: ignore[arg-type]
    clock.database_s -= 3600.0
    clock.pass_s(121.0)
    assert watch.lost(clock, 1, None) == [7]  # type: ignore[arg-type]


def test_on_the_same_machine_a_process_is_asked_for(clock: Clock) -> None:
    watch = Watch(120.0)
    mine = place.this_process()
    clock.own_worker(mine.pid, mine.started)
    assert watch.lost(clock, 1, None) == []  # type: ignore[arg-type]
    assert watch.lost(clock, 1, 7) == []  # type: ignore[arg-type]
    clock.own_worker(mine.pid, "another time")  # The number was given to somebody else.
    if os.path.exists("/proc/self/stat"):  # noqa: PTH110
        assert watch.lost(clock, 1, None) == [7]  # type: ignore[arg-type]
    clock.own_worker(2**22 + 1, "1")
    assert watch.lost(clock, 1, None) == [7]  # type: ignore[arg-type]
