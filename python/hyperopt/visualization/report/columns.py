"""Trial documents as columns of JSON: what the page's script draws."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.documents import (
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    STATUS_OK,
    Document,
    result_of,
)
from hyperopt.storage.failures import error_text

STATES = ("new", "running", "ok", "failed", "error", "cancelled", "pruned", "no number", "paused")
"""What a trial can be on the page; a column holds positions in here."""

_BY_JOB_STATE = (0, 1, 2, 4, 5)
_OK, _FAILED, _PRUNED, _NO_NUMBER, _PAUSED = 2, 3, 6, 7, 8

_MOST_CURVE_POINTS = 200_000
"""Of all learning curves together; longer ones are thinned out."""

_LONGEST_REASON = 300

_EPOCH = datetime.datetime(1970, 1, 1)


def columns_of(docs: Sequence[Document], labels: Iterable[str]) -> dict[str, Any]:
    """Columns with an entry for each document; what there is not is None.

    ``state`` holds positions in `STATES`, ``values`` a column for each label as stored (options
    by number), ``start`` and ``end`` seconds after ``epoch``; ``owner`` and ``reason`` are
    positions in ``owners`` and ``reasons``. ``curves`` and ``objectives`` have entries only for
    documents that have some, by position.
    """
    starts = [_seconds(doc.get("book_time")) for doc in docs]
    ends = [_seconds(doc.get("refresh_time")) for doc in docs]
    epoch = min((start for start in starts if start is not None), default=0.0)
    owners, reasons = _Words(), _Words()
    states = [state_of(doc) for doc in docs]
    columns = {
        "tid": [plain(doc["tid"]) for doc in docs],
        "state": states,
        "loss": [_loss(doc) for doc in docs],
        "values": {label: [_value(doc, label) for doc in docs] for label in labels},
        "epoch": epoch,
        "start": [None if start is None else round(start - epoch, 3) for start in starts],
        "end": [None if end is None else round(end - epoch, 3) for end in ends],
        "owner": [owners.number(_owner(doc)) for doc in docs],
        "reason": [
            reasons.number(_reason(doc, state)) for doc, state in zip(docs, states, strict=True)
        ],
        "curves": _curves(docs),
        "objectives": _objectives(docs),
    }
    return {**columns, "owners": owners.words, "reasons": reasons.words}


class _Words:
    """Numbers for words, in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    @property
    def words(self) -> list[str]:
        return list(self._numbers)

    def number(self, word: str | None) -> int | None:
        return None if word is None else self._numbers.setdefault(word, len(self._numbers))


def number(value: Any) -> int | float | None:
    """A finite number for JSON, to seven digits; None for anything else."""
    try:
        as_float = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(as_float):
        return None
    if as_float.is_integer() and abs(as_float) < 2**53:
        return int(as_float)
    return float(f"{as_float:.7g}")


def plain(value: Any) -> Any:
    """An id as JSON can hold it: integers and texts as they are."""
    if hasattr(value, "__index__"):
        return int(value)
    return str(value)


def _seconds(time: Any) -> float | None:
    if not isinstance(time, datetime.datetime):
        return None
    if time.tzinfo is not None:
        return time.timestamp()
    return (time - _EPOCH).total_seconds()


def state_of(doc: Document) -> int:
    """What a trial is, as a position in `STATES`."""
    state, result = doc["state"], result_of(doc)
    if state not in range(len(_BY_JOB_STATE)):
        return 0
    if state != JOB_STATE_DONE:
        return _BY_JOB_STATE[state]
    # The step at which it was pruned, which may be 0, or None if it had reported nothing.
    if result.get("pruned", False) is not False:
        return _PAUSED if is_paused(doc) else _PRUNED
    if result.get("status") != STATUS_OK:
        return _FAILED
    return _OK if _loss(doc) is not None else _NO_NUMBER


def _loss(doc: Document) -> float | None:
    """The loss in full: the page ranks by it."""
    loss: Any = result_of(doc).get("loss")
    short = number(loss)
    return short if short is None or isinstance(short, int) else float(loss)


def _value(doc: Document, label: str) -> int | float | None:
    column = doc["misc"]["vals"].get(label, ())
    return number(column[0]) if len(column) else None


def _owner(doc: Document) -> str | None:
    owner = doc.get("owner")
    if owner is None:
        return None
    parts = owner if isinstance(owner, (tuple, list)) else [owner]
    return ":".join(str(part) for part in parts)


def _reason(doc: Document, state: int) -> str | None:
    """Why a trial has no loss, in one line."""
    result = result_of(doc)
    if doc["state"] == JOB_STATE_ERROR or STATES[state] == "cancelled":
        text = error_text(doc["misc"].get("error", "for no known reason"))
    elif state == _FAILED:
        text = str(
            result.get("failure") or result.get("reason") or f"status {result.get('status')}"
        )
    elif state == _NO_NUMBER:
        text = f"the loss is {result.get('loss')}"
    else:
        return None
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"


def _curves(docs: Sequence[Document]) -> dict[int, list[list[Any]]]:
    """What trials reported on their way, ``[[step, value], ...]`` by position."""
    found = {}
    for position, doc in enumerate(docs):
        reports = result_of(doc).get("intermediate")
        if isinstance(reports, (list, tuple)) and reports:
            found[position] = reports
    most = max(10, _MOST_CURVE_POINTS // max(len(found), 1))
    return {
        position: curve
        for position, reports in found.items()
        if (curve := _curve(_thinned(reports, most)))
    }


def _thinned(reports: Sequence[Any], most: int) -> Sequence[Any]:
    if len(reports) <= most:
        return reports
    stride = -(-len(reports) // most)
    return [*reports[:-1:stride], reports[-1]]


def _curve(reports: Iterable[Any]) -> list[list[Any]]:
    curve = []
    for report in reports:
        if isinstance(report, (list, tuple)) and len(report) >= 2:
            step, value = number(report[0]), number(report[1])
            if step is not None:
                curve.append([step, value])
    return curve


def _objectives(docs: Sequence[Document]) -> dict[str, Any] | None:
    """Where results have several losses: their names, and the values by position."""
    names: dict[str, None] = {}
    values: dict[int, list[Any]] = {}
    named: list[tuple[int, dict[str, Any]]] = []
    for position, doc in enumerate(docs):
        losses = result_of(doc).get("losses")
        if isinstance(losses, Mapping):
            given = {str(name): loss for name, loss in losses.items()}
        elif isinstance(losses, (list, tuple)):
            given = {f"objective {i}": loss for i, loss in enumerate(losses)}
        else:
            continue
        names.update(dict.fromkeys(given))
        named.append((position, given))
    if len(names) < 2:
        return None
    for position, given in named:
        values[position] = [number(given.get(name)) for name in names]
    return {"names": list(names), "values": values}
