"""Counts of a run and its best loss, and what they say about failures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.documents import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    STATUS_OK,
    Document,
    of_experiment,
    result_of,
)
from hyperopt.storage.failures import error_text
from hyperopt.storage.store import changes_of

if TYPE_CHECKING:
    from hyperopt.storage.store import TrialStore

_ENDED = (JOB_STATE_DONE, JOB_STATE_ERROR)


class RunCounts:
    """Counts the trials that end during a run: a reader of the change log.

    Nothing is counted until `update` is called, so a run that shows nobody its counts counts once.

    Parameters
    ----------
    trials
        The study. What has ended in it before the run counts as done, and no more.

    Attributes
    ----------
    n_done
        How many trials are done: at first those before the run.
    n_ended, n_failed, n_errors
        How many trials of the run ended; how many of them without a result of status *ok*; and how
        many of those with an exception. One that was cancelled has not ended.
    n_pruned, n_paused
        How many were stopped because they were hopeless, for good, and for the time being; they do
        not count as failed. One that goes on has not ended.
    reasons
        How often each reason made a trial of the run fail.
    best_loss
        Smallest loss of status *ok* of all trials, infinity if there is none.
    ending
        Why the run stopped, if it was before it had done what it was to do.
    """

    def __init__(self, trials: TrialStore) -> None:
        self.n_ended = self.n_failed = self.n_errors = 0
        self.n_pruned = self.n_paused = 0
        self.reasons: Counter[str] = Counter()
        self.ending = ""
        self._revision = changes_of(trials, 0).revision
        docs = of_experiment(trials._dynamic_trials, trials._exp_key)
        self._ended = {doc["tid"] for doc in docs if doc["state"] in _ENDED}
        self._paused: dict[Any, tuple[Any, bool]] = {}
        """By id, of the trials that are paused: the result, and whether the run has paused it."""
        for doc in docs:
            if doc["state"] == JOB_STATE_DONE and is_paused(doc):
                self._paused[doc["tid"]] = doc["result"], False
        self._look_at_all(docs)

    def _look_at_all(self, docs: Iterable[Document]) -> None:
        """Count what is done, and find the best of it, whoever did it and when."""
        self.n_done, self.best_loss = 0, float("inf")
        for doc in docs:
            if doc["state"] == JOB_STATE_DONE:
                self._add_done(result_of(doc))

    def update(self, trials: TrialStore) -> list[Document]:
        """Count what has ended since; return those that were the best so far, in their order."""
        changes = changes_of(trials, self._revision)
        docs = changes.documents if changes.complete else trials._dynamic_trials
        bests = []
        for doc in of_experiment(docs, trials._exp_key):
            if doc["tid"] in self._paused:
                self._see_paused(doc)
            if doc["state"] in _ENDED and doc["tid"] not in self._ended:
                self._ended.add(doc["tid"])
                if self._add(doc):
                    bests.append(doc)
        if not changes.complete:  # Others may have been changed, or taken away.
            self._look_at_all(of_experiment(docs, trials._exp_key))
        self._revision = changes.revision
        return bests

    def _see_paused(self, doc: Document) -> None:
        """Take back what was counted of a trial that was paused, if it goes on or has gone on."""
        result, is_own = self._paused[doc["tid"]]
        if doc["state"] == JOB_STATE_DONE and doc["result"] is result:
            return
        del self._paused[doc["tid"]]
        self._ended.discard(doc["tid"])
        self.n_done -= 1
        if is_own:
            self.n_ended -= 1
            self.n_paused -= 1

    def _add(self, doc: Document) -> bool:
        """Count a trial that has ended; True if its loss is the smallest so far."""
        self.n_ended += 1
        if doc["state"] == JOB_STATE_ERROR:
            self._add_failure(error_text(doc["misc"].get("error")))
            self.n_errors += 1
            return False
        result = result_of(doc)
        status = result.get("status")
        if status != STATUS_OK:
            if is_paused(doc):
                self.n_paused += 1
                self._paused[doc["tid"]] = doc["result"], True
            elif "pruned" in result:
                self.n_pruned += 1
            else:
                self._add_failure(f"status {status}")
        return self._add_done(result)

    def _add_failure(self, reason: str) -> None:
        self.n_failed += 1
        self.reasons[reason] += 1

    def _add_done(self, result: Mapping[str, Any]) -> bool:
        """Count a result; True if its loss is the smallest so far."""
        self.n_done += 1
        if result.get("status") != STATUS_OK:  # it may hold anything as its loss
            return False
        loss = result.get("loss")
        if loss is None or not loss < self.best_loss:
            return False
        self.best_loss = loss
        return True


_MANY_ERRORS = 10
"""From how many exceptions on they get a word of advice."""


def failure_summary(counts: RunCounts) -> str:
    """How many trials failed, and their most frequent error.

    Examples
    --------
    >>> from hyperopt import Trials
    >>> from hyperopt.search.counts import RunCounts
    >>> counts = RunCounts(Trials())
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
