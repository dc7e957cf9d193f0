"""Where other threads leave the outcomes of trials, and the driver collects them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from queue import Empty, SimpleQueue

from hyperopt.evaluation.contract import Outcome
from hyperopt.evaluation.outbox import Outbox

__all__ = ["Mailbox"]


class Mailbox:
    """Outcomes of the trials that are expected; of several for one trial, the first counts.

    A trial that was given up is reported at once, and may still end later on: that is dropped.
    """

    def __init__(self) -> None:
        # The queue only wakes the driver: what is taken out of one can get lost on the way.
        self._left: deque[Outcome | Exception] = deque()
        self._bell: SimpleQueue[None] = SimpleQueue()
        self._expected: set[int] = set()
        self._outbox = Outbox()

    def __len__(self) -> int:
        return len(self._expected)

    def __contains__(self, tid: object) -> bool:
        return tid in self._expected

    def expect(self, tid: int) -> None:
        """Announce a trial."""
        self._outbox.forget(tid)
        self._expected.add(tid)

    def put(self, outcome: Outcome | Exception) -> None:
        """Leave an outcome, or an exception for the next `collect` to raise; from any thread."""
        self._left.append(outcome)
        self._bell.put(None)

    def cancel(self, tids: Iterable[int], reason: str) -> set[int]:
        """Report the trials among these as cancelled that have not ended; return their ids."""
        named = set(tids)
        self._outbox.recall(named)
        doomed = {tid for tid in named if tid not in self._outbox}
        self._expected |= doomed  # one that was being announced, perhaps
        for tid in doomed:
            self.put(Outcome(tid, cancelled=reason))
        return doomed

    def collect(self, timeout_s: float | None) -> list[Outcome]:
        """Block until there is an outcome, or until the timeout (then: empty list)."""
        self._sort()
        try:
            while not self._outbox:
                self._bell.get(timeout=timeout_s)
                self._sort()
        except Empty:
            return []
        return self._outbox.deliver()

    def forget(self) -> None:
        """Expect nothing any more."""
        self._expected.clear()

    def _sort(self) -> None:
        """Move what was left into the outbox; an outcome is nowhere missing in between."""
        while self._left:
            outcome = self._left[0]
            if isinstance(outcome, Exception):
                self._left.popleft()
                raise outcome
            if outcome.tid in self._expected:
                self._outbox.put(outcome)
                self._expected.discard(outcome.tid)
            self._left.popleft()
