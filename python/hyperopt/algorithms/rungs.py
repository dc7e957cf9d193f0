"""What is learnt from trials that were stopped: where they stood when they were.

A trial that was stopped has no loss, only values. Its last one is put on the scale of losses by the
trials that ran to their end, where both are known: it counts as the loss of a finished trial whose
last value was the same. So a trial stopped early, with the high value of an early step, counts as
worse than one that came further down; all that is needed of a trial that will never be the best is
which of two directions was the better one.

Optuna ranks stopped trials by their step first, so that a bad one at step 10 is better than a good
one at step 9; BOHB (Falkner et al., 2018) learns from the highest rung with enough trials, and from
nothing below.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hyperopt.algorithms.feed import feed_of
from hyperopt.algorithms.history import HistoryFeed
from hyperopt.pruning.curves import Curve, Curves, log_of
from hyperopt.storage.documents import (
    JOB_STATE_DONE,
    STATUS_FAIL,
    STATUS_SUSPENDED,
    Document,
    result_of,
)
from hyperopt.storage.store import TrialStore

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

__all__ = ["RungFeed", "learning_feed", "losses_of_stopped"]


class RungFeed(HistoryFeed):
    """A history in which stopped trials have a loss, as far as they have reported anything."""

    def _forget(self) -> None:
        super()._forget()
        self._stopped: dict[int, Document] = {}
        self._known: dict[int, float] = {}
        self._unplaced: set[int] = set()
        self._curve_of: dict[int, Curve] = {}
        self._scale: tuple[Any, int] = (None, 0)
        self._placed = 0

    def _read(self, docs: list[Document]) -> None:
        super()._read(docs)
        for doc in docs:
            if "from_tid" in doc["misc"]:
                continue
            key = self.number(doc["tid"])
            self._known.pop(key, None)  # the loss was read anew, and is infinite
            if _is_stopped(doc) and self._documents.get(key) is doc:
                self._stopped[key] = doc
                self._unplaced.add(key)
            else:
                self._stopped.pop(key, None)

    def _agrees(self, trials: TrialStore) -> bool:
        return False  # the documents of stopped trials say less than the history

    def learn(self, curves: Curves) -> None:
        """Give the stopped trials the losses that follow from what is known now.

        Where reports are misleading, none follow: the trials are forgotten, so that the algorithm
        may try what is near them, and in a finite space the same points, again.
        """
        if curves.misleading:
            for key in self._stopped:
                self.native.remove(key)
            self._known.clear()
            self._scale = (None, 0)
            return
        scale = (curves, len(curves.finished))
        if scale != self._scale:
            self._scale, self._placed = scale, 0
            todo = set(self._stopped)
        else:
            todo = {key for key in self._unplaced if key in self._stopped}
        for curve in curves.stopped[self._placed :]:
            self._curve_of[self.number(curve.tid)] = curve
        self._placed = len(curves.stopped)
        keys = sorted(key for key in todo if key in self._curve_of)
        losses = losses_of_stopped(curves.finished, [self._curve_of[key] for key in keys])
        for key, loss in zip(keys, losses.tolist(), strict=True):
            if loss < np.inf and self._known.get(key) != loss:
                self.native.upsert(key, loss, self._stopped[key]["misc"]["vals"])
                self._known[key] = loss
        self._unplaced.clear()


def _is_stopped(doc: Document) -> bool:
    result = result_of(doc)
    is_stop = "pruned" in result and result.get("status") in (STATUS_FAIL, STATUS_SUSPENDED)
    return is_stop and doc["state"] == JOB_STATE_DONE


def losses_of_stopped(finished: list[Curve], stopped: list[Curve]) -> NDArray[np.float64]:
    """Where the stopped trials stand among the losses of the finished ones; infinite if unknown.

    Parameters
    ----------
    finished
        Their last values and losses are the points of a piecewise linear function, which never
        falls (of two trials, the one with the lower last value counts as no worse) and goes on
        beyond them with slope 1. Where the last value is the loss, it is the identity.
    stopped
        The trials to place, by their last values. A cross-validation is placed by its mean.
    """
    values = np.array([curve.standing for curve in stopped], dtype=float)
    pairs = [(c.standing, float(c.loss)) for c in finished if c.loss is not None]
    pairs = sorted(pair for pair in pairs if np.isfinite(pair).all())
    if not pairs or not len(values):
        return values
    ends, losses = np.array(pairs).T
    losses = np.maximum.accumulate(losses)
    ends, first = np.unique(ends[::-1], return_index=True)  # of equal ends, the worst loss
    losses = losses[::-1][first]
    placed: NDArray[np.float64] = np.interp(values, ends, losses)
    below, above = values < ends[0], values > ends[-1]
    placed[below] = losses[0] + (values[below] - ends[0])
    placed[above] = losses[-1] + (values[above] - ends[-1])
    return placed


def learning_feed(trials: TrialStore, space: CompiledSpace) -> HistoryFeed:
    """The history of these trials, up to date, in which those that were stopped have a loss."""
    curves = log_of(trials).curves()
    if not curves.stopped:
        history = feed_of(HistoryFeed, trials, space)
        history.update(trials)
        return history
    feed = feed_of(RungFeed, trials, space)
    feed.update(trials)
    feed.learn(curves)
    return feed
