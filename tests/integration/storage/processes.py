"""Other processes for tests: forked from this one, so that they begin at once."""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any

from hyperopt.storage.sql import codec, points, shared


class Child:
    """A process that calls a function and ends; its exit status is 0 unless that raises.

    Parameters
    ----------
    function
        What to call.
    kill_at
        A point of the protocol (see `points.POINTS`) at which the process kills itself, and at
        which passing of it.
    """

    def __init__(self, function: Callable[[], Any], kill_at: tuple[str, int] | None = None) -> None:
        _let_threads_end()
        self.pid = os.fork()
        if self.pid == 0:
            status = 70
            try:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
                if kill_at is not None:
                    points.observer = Assassin(*kill_at)
                function()
                status = 0
            except SystemExit as ending:
                status = ending.code if isinstance(ending.code, int) else 1
            except BaseException:
                traceback.print_exc()
                status = 70
            finally:
                os._exit(status)
        self.status: int | None = None

    def kill(self, number: int = signal.SIGKILL) -> None:
        os.kill(self.pid, number)

    @property
    def runs(self) -> bool:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is None

    def wait(self, timeout_s: float = 60.0) -> int:
        """Its exit status; negative if a signal ended it."""
        deadline = time.monotonic() + timeout_s
        while self.runs:
            if time.monotonic() > deadline:
                self.kill()
                raise AssertionError(f"process {self.pid} did not end within {timeout_s} s")
            time.sleep(0.005)
        assert self.status is not None
        return self.status


def _let_threads_end() -> None:
    """A thread that holds a lock during a fork would leave it held for ever in the child."""
    gc.collect()
    for thread in threading.enumerate():
        if thread.name == "hyperopt-leave":
            thread.join()


class Assassin:
    """Kills its process when a point is reached for the nth time."""

    def __init__(self, point: str, n: int) -> None:
        self._point = point
        self._left = n

    def __call__(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def until(condition: Callable[[], Any], timeout_s: float = 30.0) -> Any:
    """What `condition` gives, once it is true."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.01)
    return value


def query(url: str, sql: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """The rows of a statement."""
    database = shared.connect(url, writing=False)
    try:
        return database.read(lambda: database.execute(sql, parameters).fetchall())
    finally:
        database.close()


def execute(url: str, sql: str, *parameters: Any) -> None:
    """Change something behind everybody's back."""
    database = shared.connect(url)
    with database.transaction():
        database.execute(sql, parameters)
    database.close()


def check_whole(url: str, n: int) -> None:
    """See that a study has exactly `n` trials with one result each and a log without a gap."""
    trials = query(url, "SELECT tid, state, worker FROM hyperopt_trial ORDER BY tid")
    assert len(trials) == n
    assert {(state, worker) for _, state, worker in trials} <= {(2, None), (3, None)}
    events = query(url, "SELECT rev, tid, kind FROM hyperopt_event ORDER BY rev")
    (rev,) = {rev for (rev,) in query(url, "SELECT rev FROM hyperopt_study")}
    assert [event[0] for event in events] == list(range(1, rev + 1))
    finished = [tid for _, tid, kind in events if kind == "finish"]
    assert sorted(finished) == [tid for tid, _, _ in trials]


def describe(doc: dict[str, Any]) -> str:
    """What of a document does not depend on when and where it was made."""
    parts = {key: doc[key] for key in ("tid", "state", "result", "spec", "exp_key")}
    return codec.to_text({**parts, "idxs": doc["misc"]["idxs"], "vals": doc["misc"]["vals"]})
