"""How a trial on Spark keeps its ``trial_timeout``: its own worker measures the time.

The driver can't: between a job and its objective lie the queue for a task slot, the start of a
Python worker, and the objective's way to it. So the objective runs in a second thread of its
worker while the first one waits; when the time is up, the first one reports that the trial was
stopped, and the worker ends, with the objective in it. The driver only steps in where a worker does
not hear: a `Backstop` cancels the job of a trial that is long over its time.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from hyperopt.evaluation import wire
from hyperopt.evaluation.contract import TrialLost

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain

__all__ = ["Backstop", "Limit", "too_long"]

GRACE_S = 60.0
"""So long over its time, a trial whose worker says nothing is cancelled by the driver."""


def too_long(tid: int, seconds: float) -> TrialLost:
    """Why a trial that took longer than it may has failed."""
    return TrialLost(f"trial {tid} ran longer than trial_timeout={seconds:g} s and was stopped")


class Limit:
    """Evaluates one trial in a worker, for so long at most.

    Parameters
    ----------
    seconds
        For how long; None sets no limit, and then the trial runs in this thread.

    Attributes
    ----------
    is_over
        Whether the time was up. The objective may still run: this process has to end.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.is_over = False

    def evaluate(self, domain: Domain, order: wire.Order) -> bytes:
        """Evaluate one trial as `wire.evaluate` does; its report, also when the time is up."""
        if self.seconds is None:
            return wire.evaluate(domain, order)
        reports: list[bytes] = []
        context = contextvars.copy_context()
        thread = threading.Thread(
            target=lambda: reports.append(context.run(wire.evaluate, domain, order)),
            name=f"hyperopt-trial-{order.tid}",
            daemon=True,
        )
        thread.start()
        thread.join(min(self.seconds, threading.TIMEOUT_MAX))
        if reports:
            return reports[0]
        self.is_over = thread.is_alive()
        lost = too_long(order.tid, self.seconds)
        return wire.encode_error(order.tid, lost, _where(thread, lost))


def _where(thread: threading.Thread, error: TrialLost) -> str:
    """A traceback of what the thread is doing."""
    frame = sys._current_frames().get(thread.ident or 0)
    stack = "".join(traceback.format_stack(frame)) if frame is not None else ""
    return f"Traceback (most recent call last):\n{stack}{type(error).__qualname__}: {error}\n"


class Backstop:
    """Calls `expire` for a trial that is `GRACE_S` over its time and has not been heard of.

    Its worker can't tell the time while native code holds the interpreter's lock, say.

    Parameters
    ----------
    seconds
        How long the trial may take.
    has_begun
        Whether its task was given to an executor, as far as can be told. It is asked once in
        `seconds`.
    expire
        What to do then.
    """

    def __init__(
        self, seconds: float, has_begun: Callable[[], bool], expire: Callable[[], None]
    ) -> None:
        self._seconds = min(seconds, threading.TIMEOUT_MAX - GRACE_S)
        self._has_begun = has_begun
        self._expire = expire
        self._is_heard = threading.Event()
        threading.Thread(target=self._watch, name="hyperopt-backstop", daemon=True).start()

    def cancel(self) -> None:
        """The trial has been heard of."""
        self._is_heard.set()

    def _watch(self) -> None:
        while not self._is_heard.wait(self._seconds):
            if self._has_begun():
                if not self._is_heard.wait(self._seconds + GRACE_S):
                    self._expire()
                return
