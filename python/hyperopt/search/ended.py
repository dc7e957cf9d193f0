"""The study as a stopping rule sees it: the trials that are done, in the order they ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hyperopt.storage.documents import JOB_STATE_DONE, Document, of_experiment, result_of

if TYPE_CHECKING:
    from hyperopt.storage.store import TrialStore

__all__ = ["Ended"]


class Ended:
    """The trials of a study that are done, in the order in which they ended.

    Trials that wait or run are left out, so that ``trials.trials[-1]`` is the one that has just
    ended, however many run at once.

    Parameters
    ----------
    trials
        The study. What is done already comes first, in the order of the documents.
    """

    def __init__(self, trials: TrialStore) -> None:
        self._trials = trials
        self._done: list[Document] = []
        for doc in of_experiment(trials._dynamic_trials, trials._exp_key):
            self.add(doc)

    def add(self, doc: Document) -> None:
        """Take note that a trial has ended, with a result or without."""
        if doc["state"] == JOB_STATE_DONE:
            if "resumed" in result_of(doc):  # it has ended before, when it was paused
                self._done = [other for other in self._done if other is not doc]
            self._done.append(doc)

    @contextmanager
    def shown(self) -> Iterator[TrialStore]:
        """The study, which shows these trials only in the meantime."""
        trials = self._trials
        shown = trials._trials
        trials._trials = self._done
        try:
            yield trials
        finally:
            if trials._trials is self._done:  # else the rule has called `refresh`
                trials._trials = shown
