"""Counts of a run and its best loss, kept as trials end, and what they say about failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from hyperopt.storage.documents import JOB_STATE_DONE, JOB_STATE_ERROR, STATUS_OK, Document
from hyperopt.storage.failures import error_text


class RunCounts:
    """Counts trials as they end.

    Parameters
    ----------
    trials
        The trials before the run; they are examined once.

    Attributes
    ----------
    n_done
        How many trials are done: at first those before the run.
    n_ended, n_failed, n_errors
        How many trials of the run ended; how many of them without a result of status *ok*; and how
        many of those with an exception.
    n_pruned
        How many were stopped because they were hopeless; they do not count as failed.
    reasons
        How often each reason made a trial of the run fail.
    best_loss
        Smallest loss of status *ok* of all trials, infinity if there is none.
    ending
        Why the run stopped, if it was before it had done what it was to do.
    """

    def __init__(self, trials: Iterable[Document] = ()) -> None:
        self.n_done = self.n_ended = self.n_failed = self.n_errors = self.n_pruned = 0
        self.reasons: Counter[str] = Counter()
        self.best_loss = float("inf")
        self.ending = ""
        for doc in trials:
            if doc["state"] == JOB_STATE_DONE:
                self.n_done += 1
                if doc["result"].get("status") == STATUS_OK:
                    self._compare(doc["result"])

    def _compare(self, result: dict[str, Any]) -> bool:
        """Compare a result of status *ok*; one of another may hold anything as its loss."""
        loss = result.get("loss")
        if loss is None or not loss < self.best_loss:
            return False
        self.best_loss = loss
        return True

    def add(self, doc: Document) -> bool:
        """Count a trial that has ended; True if its loss is the smallest so far."""
        self.n_ended += 1
        if doc["state"] == JOB_STATE_DONE:
            self.n_done += 1
            result = doc["result"]
            status = result.get("status")
            if status == STATUS_OK:
                return self._compare(result)
            if "pruned" in result:
                self.n_pruned += 1
            else:
                self.n_failed += 1
                self.reasons[f"status {status}"] += 1
        elif doc["state"] == JOB_STATE_ERROR:
            self.n_failed += 1
            self.n_errors += 1
            self.reasons[error_text(doc["misc"].get("error"))] += 1
        return False

    def recount(self, trials: Iterable[Document]) -> None:
        """Count everything again, for trials that others change."""
        fresh = RunCounts(trials)
        self.n_ended += max(0, fresh.n_done - self.n_done)
        self.n_done = fresh.n_done
        self.best_loss = fresh.best_loss


_MANY_ERRORS = 10
"""From how many exceptions on they get a word of advice."""


def failure_summary(counts: RunCounts) -> str:
    """How many trials failed, and their most frequent error.

    Examples
    --------
    >>> from hyperopt.search.counts import RunCounts
    >>> counts = RunCounts()
    >>> counts.n_ended, counts.n_failed = 10, 3
    >>> counts.reasons.update({"ValueError: too large": 2, "status fail": 1})
    >>> failure_summary(counts)
    '3 of 10 trials failed; most frequent (2 times): ValueError: too large'
    """
    ((reason, count),) = counts.reasons.most_common(1)
    times = "once" if count == 1 else f"{count} times"
    text = (
        f"{counts.n_failed} of {counts.n_ended} trials failed; most frequent ({times}): "
        f"{reason.partition(chr(10))[0]}"
    )
    if counts.n_errors >= _MANY_ERRORS and counts.n_errors > counts.n_ended / 3:
        text += (
            "; tpe learns nothing from exceptions: return {'status': 'fail'} where a point "
            "is to be avoided"
        )
    return text
