"""A finished trial in the terms that trackers share: parameters, metrics, curves, an outcome."""

from __future__ import annotations

import datetime
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.space.values import native
from hyperopt.storage.documents import active_values
from hyperopt.visualization.report.columns import STATES, columns_of
from hyperopt.visualization.report.parameters import parameters_of

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.documents import Document

_UTC = datetime.timezone.utc


@dataclass(frozen=True)
class Record:
    """What trackers are told of a trial.

    Attributes
    ----------
    tid
        Its id.
    params
        The active parameters; a choice is given by the name of its option.
    metrics
        The loss and every other number at the top of the result, and its several losses.
    curve
        What was reported on the way: ``(step, value)``.
    state
        One of `STATES`.
    reason
        Why there is no loss, or None.
    begin_s, end_s
        When it began and ended, in seconds since 1970.
    """

    tid: Any
    params: dict[str, Any]
    metrics: dict[str, float]
    curve: list[tuple[float, float]]
    state: str
    reason: str | None
    begin_s: float
    end_s: float

    @property
    def is_ok(self) -> bool:
        """Whether it ran to its end and has a loss that is a number."""
        return self.state == "ok"


class Recorder:
    """Makes records of the trials of one study.

    Parameters
    ----------
    space
        The space, or None if it is not known.
    """

    def __init__(self, space: CompiledSpace | None) -> None:
        described = parameters_of(space) if space is not None else []
        self._options = {p["label"]: p["options"] for p in described if p["options"]}

    def __call__(self, doc: Document) -> Record:
        """The record of a document."""
        columns = columns_of([doc], ())
        state = STATES[columns["state"][0]]
        reason = columns["reasons"][0] if columns["reasons"] else None
        begin, end = doc.get("book_time"), doc.get("refresh_time")
        now = time.time()
        return Record(
            tid=doc["tid"],
            params=self._params(doc),
            metrics=_metrics(doc["result"]),
            curve=_curve(doc["result"]),
            state=state,
            reason=reason,
            begin_s=_seconds(begin, now),
            end_s=_seconds(end, now),
        )

    def _params(self, doc: Document) -> dict[str, Any]:
        params = {}
        for label, stored in active_values(doc["misc"]["vals"]).items():
            value = native(stored)
            options = self._options.get(label)
            named = options is not None and 0 <= value < len(options)
            params[label] = options[int(value)] if options is not None and named else value
        return params


def _seconds(moment: Any, otherwise: float) -> float:
    if not isinstance(moment, datetime.datetime):
        return otherwise
    # Documents have times of UTC without a zone.
    return (moment if moment.tzinfo else moment.replace(tzinfo=_UTC)).timestamp()


def _metrics(result: Any) -> dict[str, float]:
    if not isinstance(result, Mapping):
        return {}
    metrics = {
        str(name): float(value)
        for name, value in result.items()
        if isinstance(native(value), (int, float)) and not isinstance(native(value), bool)
    }
    losses = result.get("losses")
    if isinstance(losses, (list, tuple)):
        losses = dict(enumerate(losses))
    if isinstance(losses, Mapping):
        for name, value in losses.items():
            if isinstance(native(value), (int, float)):
                metrics[f"losses/{name}"] = float(value)
    return metrics


def _curve(result: Any) -> list[tuple[float, float]]:
    reports = result.get("intermediate") if isinstance(result, Mapping) else None
    curve = []
    for report in reports or ():
        try:
            step, value = float(report[0]), float(report[1])
        except (TypeError, ValueError, IndexError):
            continue
        if math.isfinite(step):
            curve.append((step, value))
    return curve
