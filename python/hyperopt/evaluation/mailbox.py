"""Where other threads leave the outcomes of trials, and the driver collects them."""

from __future__ import annotations

from collections.abc import Iterable
from queue import Empty, SimpleQueue

from hyperopt.evaluation.contract import Outcome

__all__ = ["Mailbox"]


class Mailbox:
    """Outcomes of the trials that are expected; of several for one trial, the first counts.

    A trial that was given up is reported at once, and may still end later on: that is dropped.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Outcome | Exception] = SimpleQueue()
        self._expected: set[int] = set()

    def __len__(self) -> int:
        return len(self._expected)

    def __contains__(self, tid: object) -> bool:
        return tid in self._expected

    def expect(self, tid: int) -> None:
        """Announce a trial."""
        self._expected.add(tid)

    def put(self, outcome: Outcome | Exception) -> None:
        """Leave an outcome, or an exception for the next `collect` to raise; from any thread."""
        self._queue.put(outcome)

    def cancel(self, tids: Iterable[int], reason: str) -> set[int]:
        """Report the trials among these that are expected as cancelled; return their ids."""
        doomed = self._expected.intersection(tids)
        for tid in doomed:
            self.put(Outcome(tid, cancelled=reason))
        return doomed

    def collect(self, timeout_s: float | None) -> list[Outcome]:
        """Block until there is an outcome, or until the timeout (then: empty list)."""
        outcomes: list[Outcome] = []
        try:
            while not outcomes:
                self._keep(self._queue.get(timeout=timeout_s), outcomes)
            while True:
                self._keep(self._queue.get_nowait(), outcomes)
        except Empty:
            return outcomes

    def forget(self) -> None:
        """Expect nothing any more."""
        self._expected.clear()

    def _keep(self, outcome: Outcome | Exception, outcomes: list[Outcome]) -> None:
        if isinstance(outcome, Exception):
            raise outcome
        if outcome.tid in self._expected:
            self._expected.remove(outcome.tid)
            outcomes.append(outcome)
