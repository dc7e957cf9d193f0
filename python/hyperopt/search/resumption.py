"""Which of the trials that were paused go on now."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from hyperopt.environment.warning_levels import levels_to_user
from hyperopt.pruning.agreement import rule_for
from hyperopt.pruning.contract import stops
from hyperopt.pruning.curves import Curve, CurveLog, log_of
from hyperopt.storage.checkpoints import has_checkpoint
from hyperopt.storage.documents import JOB_STATE_DONE, Document, result_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hyperopt.search.run import Run

__all__ = ["Resumption"]

_PAUSED_PER_LOOK = 64
"""A look at so many paused trials costs no more than a suggestion."""


class Resumption:
    """Finds the trials that the pruner would not stop any more, by what is known now.

    Parameters
    ----------
    run
        The search; it has a pruner.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: tuple[Any, int] = (None, 0)
        """What was known when nothing was found."""

    def heed(self, result: Mapping[str, Any]) -> None:
        """Say once if trials give checkpoints that can't be kept, so that they never go on."""
        why = result.get("unsaved")
        if why is not None and not self._run.warned_of_checkpoints:
            self._run.warned_of_checkpoints = True
            warnings.warn(
                f"report(checkpoint=...): it can't be pickled ({why}), so the trial stops for good."
                " Give bytes (of a model: what its own save function writes), or plain data",
                RuntimeWarning,
                stacklevel=levels_to_user(),
            )

    def due(self, most: int) -> list[Document]:
        """Up to `most` trials that would not be stopped any more: those that have come furthest.

        Of several that have come equally far the best ones. Where many are paused, all of them are
        looked at only after several others have ended.
        """
        log = log_of(self._run.trials)
        curves = log.curves()
        known, count = self._seen
        if known is curves and len(curves) - count < 1 + len(log.paused) // _PAUSED_PER_LOOK:
            return []
        return self._look(log, most)

    def _look(self, log: CurveLog, most: int) -> list[Document]:
        curves = log.curves()
        pruner = self._run.options.pruner
        found = []
        for doc, curve in self._waiting(log):
            rule = rule_for(pruner, curves, doc["tid"])
            steps, values = curve.steps.tolist(), curve.values.tolist()
            if rule is None or not stops(rule, steps, values, resumable=True):
                found.append((doc, curve))
        if not found:
            self._seen = curves, len(curves)
        found.sort(key=_order)
        return [doc for doc, _ in found[:most]]

    def last_resort(self, most: int) -> list[Document]:
        """When nothing else is left to do: `due`, or else the furthest if none has finished yet."""
        log = log_of(self._run.trials)
        found = self._look(log, most)
        if found or log.curves().finished:
            return found
        return [doc for doc, _ in sorted(self._waiting(log), key=_order)[:1]]

    def _waiting(self, log: CurveLog) -> Iterator[tuple[Document, Curve]]:
        """The trials that are paused, and can go on here."""
        for doc, curve in log.paused:
            is_paused = doc["state"] == JOB_STATE_DONE and _got_further(doc)
            if is_paused and has_checkpoint(self._run.trials, doc):
                yield doc, curve


def _order(pair: tuple[Document, Curve]) -> tuple[float, float]:
    curve = pair[1]
    return -float(curve.steps[-1]), curve.standing


def _got_further(doc: Document) -> bool:
    """Whether the last time that it went on, if there was one, it got any further."""
    result = result_of(doc)
    before = result.get("resumed")
    return not before or result["pruned"] > before[-1]
