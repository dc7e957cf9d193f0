"""The study as a stopping rule sees it: the trials that are done, in the order they ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from hyperopt.storage.documents import JOB_STATE_DONE, JOB_STATE_ERROR, Document, of_experiment

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
        self._seen: dict[Any, int | None] = {}
        for doc in self._own():
            self.add(doc)

    def add(self, doc: Document) -> None:
        """Take note that a trial has ended, with a result or without."""
        is_done = doc["state"] == JOB_STATE_DONE
        self._seen[doc["tid"]] = len(self._done) if is_done else None
        if is_done:
            self._done.append(doc)

    def news(self) -> list[Document]:
        """The trials that others have ended since, in the order in which they did."""
        fresh = []
        for doc in self._own():
            if doc["tid"] not in self._seen:
                fresh.append(doc)
            elif (position := self._seen[doc["tid"]]) is not None:
                self._done[position] = doc  # which the store may have read anew
        return sorted(fresh, key=_end_time)

    def _own(self) -> list[Document]:
        own = of_experiment(self._trials._dynamic_trials, self._trials._exp_key)
        return [doc for doc in own if doc["state"] in (JOB_STATE_DONE, JOB_STATE_ERROR)]

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


def _end_time(doc: Document) -> float:
    time = doc["refresh_time"]
    return float("-inf") if time is None else float(time.timestamp())
