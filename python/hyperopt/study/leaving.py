"""How a process leaves a study that it shares: in order, whatever makes it go."""

from __future__ import annotations

import atexit
import os
import signal
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hyperopt.storage.sql.mirror import Mirror
    from hyperopt.study.stored import StoredTrials

__all__ = ["leave", "leave_when_gone", "terminable"]


def leave(mirror: Mirror, pid: int) -> None:
    """Give back what this process runs and say good-bye; what was asked for stays to be told."""
    if pid != os.getpid():
        return
    with suppress(Exception):
        mirror.shared.leave(mirror.asked)
    mirror.shared.database.close()


def leave_when_gone(trials: StoredTrials, mirror: Mirror) -> None:
    """Leave when nobody holds `trials` any more, and at the latest when this process ends."""
    weakref.finalize(trials, _leave_later, mirror, os.getpid())
    _note_exit()


_exiting = threading.Event()


@cache
def _note_exit() -> None:
    # Registered after the first finalizer, so it is called before the finalizers are.
    atexit.register(_exiting.set)


def _leave_later(mirror: Mirror, pid: int) -> None:
    """Leave, when the garbage collector says so: that may be anywhere, in a transaction even."""
    if _exiting.is_set():
        leave(mirror, pid)
    elif mirror.shared.has_joined:
        threading.Thread(target=leave, args=(mirror, pid), name="hyperopt-leave").start()
    else:
        mirror.shared.database.close()


@contextmanager
def terminable() -> Iterator[None]:
    """While this lasts, SIGTERM ends the run in an orderly way, unless somebody handles it."""
    if (
        threading.current_thread() is not threading.main_thread()
        or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    ):
        yield
        return
    pid = os.getpid()

    def terminate(number: int, frame: Any) -> None:
        if os.getpid() != pid:  # A child that was forked evaluates; it has nothing to give back.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTERM)
            return
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
