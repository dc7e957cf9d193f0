"""The driver loop where others evaluate the trials: it suggests, watches, and writes no results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.environment import log
from hyperopt.evaluation.contract import Evaluator
from hyperopt.search.driver import Driver
from hyperopt.storage.documents import Document, of_experiment
from hyperopt.storage.lifecycle import UNFINISHED
from hyperopt.storage.store import changes_of

if TYPE_CHECKING:
    from hyperopt.search.run import Run

__all__ = ["WatchingDriver"]


class WatchingDriver(Driver):
    """One go at a run whose trials others evaluate; its evaluator watches the store.

    Parameters
    ----------
    run, evaluator, n_trials
        As for `Driver`.
    block
        Whether to wait until all trials have ended, or only until all are in the store.
    """

    def __init__(
        self, run: Run, evaluator: Evaluator, n_trials: int, *, block: bool = True
    ) -> None:
        super().__init__(run, evaluator, n_trials)
        self._store.queueing = True
        self._block = block
        self._strict = False  # The others' order is theirs.
        self._prescriptions = self._resumption = None  # They take the pruner of the domain.
        self._known: set[Any] = set()
        self._revision = 0

    def watch(self) -> None:
        """Wait for what others evaluate, without a progress bar or stopping rule."""
        self._open()
        self._evaluator.start(self._run.domain, self._trials)
        try:
            self._await_others()
        finally:
            self._leave(self._close)

    def _begin_with_what_waits(self) -> None:
        ended = [doc for doc in self._trials._dynamic_trials if doc["state"] not in UNFINISHED]
        self._known.update([doc["tid"] for doc in ended])

    def _hand_out(self) -> bool:
        self._adopt()
        self._suggest()
        return self._block or not (self._left <= 0 or self._exhausted)

    def _take(self, docs: list[Document]) -> int:
        return max(len(docs), self._adopt())  # Some may have been taken already.

    def _wind_up(self, reason: str) -> None:
        if self._block and not self._run.is_cancelled:
            self._await_others()

    def _adopt(self) -> int:
        """Watch all trials that are new; return how many there are."""
        changes = changes_of(self._trials, self._revision)
        self._revision = changes.revision
        docs = changes.documents if changes.complete else self._trials._dynamic_trials
        own = of_experiment(docs, self._trials._exp_key)
        fresh = {doc["tid"]: doc for doc in own if doc["tid"] not in self._known}
        self._known.update(fresh)
        for tid, doc in fresh.items():
            self._running[tid] = doc
            self._evaluator.submit(doc)
        return len(fresh)

    def _await_others(self) -> None:
        """Wait until every trial has ended, whatever the stopping rules say."""
        self._adopt()
        if self._running and self._options.verbose:
            log.info("Waiting for %d jobs to finish ...", len(self._running))
        while self._running:
            self._keep(self._evaluator.wait(None))
            for tid in list(self._arrived):
                doc = self._running[tid]
                self._record(doc)
                self._run.callbacks.trial_end(self._trials, doc)
            self._adopt()
            self._show()
        if self._saves:
            self._run.save()

    def _abandon(self, reason: str) -> list[Document]:
        return []  # They are not ours.
