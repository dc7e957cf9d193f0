"""Trials that others evaluate (`Trials.asynchronous`): somebody has to see when they end.

Workers that this process knows nothing of take new documents out of the store and change them. All
that can be done is to look again from time to time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hyperopt.evaluation.contract import Outcome
from hyperopt.storage.documents import JOB_STATE_NEW, Document, of_experiment
from hyperopt.storage.lifecycle import UNFINISHED
from hyperopt.storage.store import changes_of

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore

__all__ = ["WatchingEvaluator"]


class WatchingEvaluator:
    """Reports trials that end in the store; it evaluates nothing, and can cancel nothing.

    Parameters
    ----------
    max_queue_len
        How many trials shall wait for the workers.
    poll_interval_s
        How long to sleep between two looks.
    """

    def __init__(self, max_queue_len: int, poll_interval_s: float) -> None:
        self._max_queue_len = max_queue_len
        self._poll_interval_s = poll_interval_s
        self._watched: dict[Any, Document] = {}
        self._revision = 0

    @property
    def capacity(self) -> int:
        """As many as there are at work, and those that shall wait."""
        n_waiting = self._trials.count_by_state_unsynced(JOB_STATE_NEW)
        return self._max_queue_len + len(self._watched) - n_waiting

    def start(self, domain: Domain, trials: TrialStore) -> None:
        """Remember where to look."""
        self._trials = trials

    def submit(self, doc: Document) -> None:
        """Watch a trial, which somebody may have taken already."""
        self._watched[doc["tid"]] = doc

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Report what has ended; look once more after a sleep if nothing has."""
        outcomes = self._look()
        if not outcomes:
            pause_s = self._poll_interval_s
            time.sleep(pause_s if timeout_s is None else min(pause_s, timeout_s))
            # Some stores look at their workers when they are asked for a count, others when they
            # are refreshed.
            self._trials.count_by_state_unsynced(list(UNFINISHED))
            self._trials.refresh()
            outcomes = self._look()
        return outcomes

    def _look(self) -> list[Outcome]:
        changes = changes_of(self._trials, self._revision)
        self._revision = changes.revision
        docs = changes.documents if changes.complete else self._trials._dynamic_trials
        own = {doc["tid"]: doc for doc in of_experiment(docs, self._trials._exp_key)}
        ended = [
            doc
            for tid, doc in own.items()
            if tid in self._watched and doc["state"] not in UNFINISHED
        ]
        gone = [] if changes.complete else [tid for tid in self._watched if tid not in own]
        outcomes = [Outcome(doc["tid"], document=doc) for doc in sorted(ended, key=_end_time)]
        outcomes += [Outcome(tid, cancelled="it was taken out of the store") for tid in gone]
        for outcome in outcomes:
            del self._watched[outcome.tid]
        return outcomes

    def cancel(self, tids: Iterable[int], reason: str) -> None:
        """Nothing: the workers are not ours."""

    def close(self, *, cancel: bool) -> None:
        """Look no more."""
        self._watched.clear()


def _end_time(doc: Document) -> float:
    time = doc["refresh_time"]
    return float("-inf") if time is None else float(time.timestamp())
