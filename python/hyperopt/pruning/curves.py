"""What trials reported, read from their documents."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from hyperopt.pruning.agreement import misleads
from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.documents import JOB_STATE_DONE, STATUS_OK, Document, result_of
from hyperopt.storage.lifecycle import UNFINISHED
from hyperopt.storage.store import TrialStore, reports_changes

__all__ = ["Curve", "CurveLog", "Curves", "curve_of", "curves_of", "log_of", "reported"]


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The values that one trial reported.

    Parameters
    ----------
    tid
        The trial's id.
    steps, values
        What it reported, in that order; NaN, the worst value, as infinity.
    loss
        Its loss, if it ran to its end; None if it was stopped.
    by_fold
        Whether the steps are the numbers of folds.
    """

    tid: Any
    steps: NDArray[np.float64]
    values: NDArray[np.float64]
    loss: float | None
    by_fold: bool = False

    @property
    def finished(self) -> bool:
        """Whether the trial ran to its end and has a loss."""
        return self.loss is not None

    @property
    def standing(self) -> float:
        """Where the trial stands by its reports, at the last one or at the mean of its folds."""
        return float(self.values.mean() if self.by_fold else self.values[-1])

    def at(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """The newest value at each of these steps; NaN before the first and after the last."""
        place = np.searchsorted(self.steps, steps, side="right") - 1
        known = (place >= 0) & (steps <= self.steps[-1])
        return np.where(known, self.values[np.maximum(place, 0)], np.nan)


class Curves(Sequence[Curve]):
    """The curves of the trials that are done, in the order in which they were read.

    Parameters
    ----------
    curves
        The curves.
    """

    def __init__(self, curves: Iterable[Curve] = ()) -> None:
        self._curves = list(curves)
        self.finished = [curve for curve in self._curves if curve.loss is not None]
        """Those of trials that ran to their end."""
        self.stopped = [curve for curve in self._curves if curve.loss is None]
        """Those of trials that were stopped."""
        self._misleading: tuple[int, tuple[float, int] | None] = (0, None)

    @overload
    def __getitem__(self, index: int) -> Curve: ...
    @overload
    def __getitem__(self, index: slice) -> list[Curve]: ...
    def __getitem__(self, index: int | slice) -> Curve | list[Curve]:
        return self._curves[index]

    def __len__(self) -> int:
        return len(self._curves)

    @property
    def misleading(self) -> tuple[float, int] | None:
        """Why reports are not to be relied on, or None; see `hyperopt.pruning.agreement`."""
        count = len(self.finished)
        if self._misleading[0] != count:
            self._misleading = count, misleads(self.finished)
        return self._misleading[1]

    def append(self, curve: Curve) -> None:
        """Add the curve of a trial that has ended."""
        self._curves.append(curve)
        if curve.loss is not None:
            self.finished.append(curve)
        else:
            self.stopped.append(curve)


def reported(doc: Mapping[str, Any]) -> list[list[float]]:
    """The pairs of step and value in a document; none if it has an entry of its own there."""
    points = result_of(doc).get("intermediate")
    if not isinstance(points, (list, tuple)):
        return []
    if not all(isinstance(point, (list, tuple)) and len(point) == 2 for point in points):
        return []
    return list(points)


def _has_curve(doc: Mapping[str, Any]) -> bool:
    """Whether what a trial reported is known: it is done, or goes on after it was paused."""
    return doc["state"] == JOB_STATE_DONE or (doc["state"] in UNFINISHED and is_paused(doc))


def curve_of(doc: Mapping[str, Any]) -> Curve | None:
    """The curve in a document; None if the trial is not done, or has reported nothing.

    Of a trial that was paused and goes on it is the first part.
    """
    if not _has_curve(doc):
        return None
    result = result_of(doc)
    points = result.get("intermediate")
    if not isinstance(points, (list, tuple)) or not points:
        return None
    loss = result.get("loss") if result.get("status") == STATUS_OK else None
    if loss is None and "pruned" not in result:
        return None  # it failed for a reason of its own
    try:
        table = np.asarray(points, dtype=float)
    except (TypeError, ValueError):
        return None  # the objective's own entry of that name
    if table.ndim != 2 or table.shape[1] != 2 or not np.isfinite(table[:, 0]).all():
        return None
    values = np.where(np.isnan(table[:, 1]), math.inf, table[:, 1])
    end = None if loss is None else float(loss)
    by_fold = result.get("reported") == "folds"
    if not by_fold and (np.diff(table[:, 0]) <= 0).any():
        return None
    return Curve(doc["tid"], table[:, 0].copy(), values, end, by_fold)


def curves_of(docs: Iterable[Mapping[str, Any]]) -> Curves:
    """The curves in these documents."""
    return Curves(curve for doc in docs if (curve := curve_of(doc)) is not None)


class CurveLog:
    """Keeps the curves of one store in step with its documents, reading each of them once.

    Parameters
    ----------
    trials
        The store.
    """

    def __init__(self, trials: TrialStore) -> None:
        self._trials = trials
        self._reported = reports_changes(trials)
        self._revision = 0
        self._read: dict[int, tuple[Document, Any, Curve | None]] = {}
        self._forget()

    def _forget(self) -> None:
        self._curves = Curves()
        self._earlier, self._read = self._read, {}
        self.paused: list[tuple[Document, Curve]] = []
        """The trials that were paused, also those that go on now, and their curves."""

    def curves(self) -> Curves:
        """The curves as the documents are now."""
        changes = self._trials.changes_since(self._revision)
        complete = changes.complete and self._reported
        if not complete or not self._take_all(changes.documents):
            self._forget()
            self._take_all(self._trials.trials)
            self._earlier = {}
        self._revision = changes.revision
        return self._curves

    def _curve_of(self, doc: Document) -> Curve | None:
        """The curve of a document, which is read once, also where all are put together anew."""
        before = self._earlier.get(id(doc))
        if before is None or before[0] is not doc or before[1] is not doc["result"]:
            return curve_of(doc)
        return before[2]

    def _take_all(self, docs: Iterable[Document]) -> bool:
        """Read what is new; False if a result that was read has been replaced."""
        key, read = self._trials._exp_key, self._read
        for doc in docs:
            if not _has_curve(doc) or (key is not None and doc["exp_key"] != key):
                continue
            known = read.get(id(doc))
            if known is None:
                curve = self._curve_of(doc)
                read[id(doc)] = (doc, doc["result"], curve)
                if curve is not None:
                    self._curves.append(curve)
                    if is_paused(doc):
                        self.paused.append((doc, curve))
            elif known[0] is not doc or known[1] is not doc["result"]:
                return False
        return True


def log_of(trials: TrialStore) -> CurveLog:
    """The log of these trials, made when first asked for."""
    for cache in trials._caches:
        if isinstance(cache, CurveLog):
            return cache
    log = CurveLog(trials)
    trials._caches.append(log)
    return log
