"""Outcomes on their way from an evaluator to the driver."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hyperopt.evaluation.contract import Outcome

__all__ = ["Outbox"]


class Outbox:
    """Outcomes on their way to the driver.

    An interrupt may strike at any line, also between the one that takes an outcome out of here and
    the one that stores it in the driver. So what was delivered last stays at hand.
    """

    def __init__(self) -> None:
        self.ready: dict[Any, Outcome] = {}
        """What is to be delivered next, by trial."""
        self._delivered: dict[Any, Outcome] = {}

    def __len__(self) -> int:
        return len(self.ready)

    def __contains__(self, tid: object) -> bool:
        return tid in self.ready

    def put(self, outcome: Outcome) -> None:
        """Add an outcome; a trial has one at most."""
        self.ready[outcome.tid] = outcome

    def deliver(self) -> list[Outcome]:
        """Take out everything."""
        self._delivered = self.ready
        self.ready = {}
        return list(self._delivered.values())

    def forget(self, tid: Any) -> None:
        """A trial begins again: what was said of it before is out of date."""
        self._delivered.pop(tid, None)

    def recall(self, tids: Iterable[Any]) -> None:
        """Put back what was delivered last of these trials: it has not arrived."""
        for tid in tids:
            if tid in self._delivered:
                self.ready.setdefault(tid, self._delivered[tid])
