"""Trial documents as rows: the columns that the database looks at, and the rest as one text.

Most of a document is its parameters, and nearly always they are what an algorithm made: one
``np.float64`` or ``np.int64`` for each active label. Those are written as plain numbers.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from hyperopt._native import read_stored, write_stored
from hyperopt.storage.documents import CMD
from hyperopt.storage.sql import codec

__all__ = ["Row", "document_of", "documents_of", "read_text", "row_of", "text_of"]

_EPOCH = datetime.datetime(1970, 1, 1)
_MILLISECOND = datetime.timedelta(milliseconds=1)
_COLUMNS = frozenset(
    ("tid", "state", "exp_key", "owner", "book_time", "refresh_time", "misc", "spec", "result")
)
_MISC = frozenset(("tid", "idxs", "vals", "cmd", "workdir"))
_USUAL_CMD = {"cmd": CMD, "workdir": None}
_REST = {"version": 0}
_USUAL = _COLUMNS | _REST.keys()
_BARE = {"result"}
_DONE = 2

_encoder = json.JSONEncoder(allow_nan=False, separators=(",", ":"), check_circular=False).encode


class Row(NamedTuple):
    """What the table of trials holds of one document."""

    tid: int
    state: int
    exp_key: str | None
    owner: str | None
    booked: int | None
    refreshed: int | None
    loss: float | None
    doc: str


def row_of(doc: dict[str, Any]) -> Row:
    """The row of a document."""
    exp_key, owner = doc["exp_key"], doc["owner"]
    booked, refreshed = _to_ms(doc["book_time"]), _to_ms(doc["refresh_time"])
    return Row(
        doc["tid"],
        doc["state"],
        None if exp_key is None else codec.to_text(exp_key),
        None if owner is None else codec.to_text(owner),
        booked,
        refreshed,
        _loss(doc),
        _text(doc, booked, refreshed),
    )


def text_of(doc: dict[str, Any]) -> str:
    """What a document holds beside the columns, as text."""
    return _text(doc, _to_ms(doc["book_time"]), _to_ms(doc["refresh_time"]))


def _text(doc: dict[str, Any], booked: int | None, refreshed: int | None) -> str:
    content = _content(doc, booked, refreshed)
    if content.keys() == _BARE:
        misc = doc["misc"]
        text = write_stored(misc["idxs"], misc["vals"], doc["tid"], doc["result"])
        if text is not None:
            return text
    return write_text(doc, content)


def _content(doc: dict[str, Any], booked: int | None, refreshed: int | None) -> dict[str, Any]:
    """What the text holds beside the parameters: the result, and what is out of the ordinary."""
    misc = doc["misc"]
    content: dict[str, Any] = {}
    if misc.get("cmd") != CMD or "workdir" not in misc or misc["workdir"] is not None:
        content["cmd"] = {k: misc[k] for k in ("cmd", "workdir") if k in misc}
    if not misc.keys() <= _MISC:
        content["misc"] = {key: value for key, value in misc.items() if key not in _MISC}
    if doc["spec"] is not None:
        content["spec"] = doc["spec"]
    content["result"] = doc["result"]
    if doc.keys() != _USUAL or doc["version"] != _REST["version"]:
        rest = {key: value for key, value in doc.items() if key not in _COLUMNS}
        if rest != _REST:
            content["rest"] = rest
    times = (("book_time", booked), ("refresh_time", refreshed))
    odd = {k: doc[k] for k, ms in times if ms is None and doc[k] is not None}
    if odd:
        content["times"] = odd
    return content


def write_text(doc: dict[str, Any], content: dict[str, Any]) -> str:
    """The text of a document, whatever it is.

    The core writes the same, where it can, in a tenth of the time.

    Parameters
    ----------
    doc
        Has the parameters.
    content
        Everything else, by the name that it has in the text.
    """
    misc = doc["misc"]
    params = _plain_params(misc["idxs"], misc["vals"], doc["tid"])
    text: dict[str, Any] = {}
    if params is None:
        text["idxs"] = codec.encode(misc["idxs"])
        text["vals"] = codec.encode(misc["vals"])
    else:
        text["v"] = params
    for name, value in content.items():
        text[name] = _encode_result(value) if name == "result" else codec.encode(value)
    return _encoder(text)


def document_of(row: Any) -> dict[str, Any]:
    """The document of a row, whose first eight fields are those of `Row`."""
    return documents_of([row])[0]


def documents_of(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """The documents of rows, whose first eight fields are those of `Row`.

    The core reads their texts, many at once, in a third of the time that `read_text` takes. That
    one reads those that hold anything out of the ordinary.

    Raises
    ------
    ValueError
        A row is damaged; the message names its trial.
    """
    try:
        return _documents(rows)
    except Exception:
        for row in rows:
            _check(row)
        raise


def _check(row: Any) -> None:
    try:
        _documents([row])
    except Exception as error:
        what = f"{type(error).__name__}: {error}"
        raise ValueError(f"trial {row[0]!r} cannot be read: {what}") from error


def _documents(rows: Sequence[Any]) -> list[dict[str, Any]]:
    parts = read_stored([row[7] for row in rows], [row[0] for row in rows])
    return [
        _document(row, *(read_text(row[7], row[0]) if part is None else part))
        for row, part in zip(rows, parts, strict=True)
    ]


def read_text(text: str, tid: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """What `text_of` wrote: ``idxs``, ``vals``, and everything else by the name it has there."""
    content = codec.from_text(text)
    params = content.pop("v", None)
    if params is None:
        return content.pop("idxs"), content.pop("vals"), content
    idxs: dict[str, list[Any]] = {}
    vals: dict[str, list[Any]] = {}
    for label, value in params.items():
        if value is None:
            idxs[label], vals[label] = [], []
        else:
            idxs[label] = [tid]
            vals[label] = [np.float64(value) if type(value) is float else np.int64(value)]
    return idxs, vals, content


def _document(
    row: Any, idxs: dict[str, Any], vals: dict[str, Any], content: dict[str, Any]
) -> dict[str, Any]:
    tid, state, exp_key, owner, booked, refreshed = row[:6]
    misc: dict[str, Any] = {"tid": tid}
    misc.update(content.get("cmd", _USUAL_CMD))
    misc["idxs"], misc["vals"] = idxs, vals
    if "misc" in content:
        misc.update(content["misc"])
    doc = {
        "state": state,
        "tid": tid,
        "spec": content.get("spec"),
        "result": content["result"],
        "misc": misc,
        "exp_key": None if exp_key is None else codec.from_text(exp_key),
        "owner": None if owner is None else codec.from_text(owner),
        **content.get("rest", _REST),
        "book_time": None if booked is None else _EPOCH + booked * _MILLISECOND,
        "refresh_time": None if refreshed is None else _EPOCH + refreshed * _MILLISECOND,
    }
    if "times" in content:
        doc.update(content["times"])
    return doc


def _plain_params(idxs: Any, vals: Any, tid: int) -> dict[str, Any] | None:
    """``{label: number or None}``, if that says it all."""
    if type(idxs) is not dict or type(vals) is not dict or list(idxs) != list(vals):
        return None
    params: dict[str, Any] = {}
    active = [tid]
    for label, values in vals.items():
        if values == [] and idxs[label] == [] and type(values) is list:
            params[label] = None
            continue
        if type(label) is not str or label.startswith("$") or idxs[label] != active:
            return None
        if type(values) is not list or len(values) != 1:
            return None
        value = values[0]
        if type(value) is np.float64 and -np.inf < value < np.inf:
            params[label] = float(value)
        elif type(value) is np.int64:
            params[label] = int(value)
        else:
            return None
    return params


def _encode_result(result: Any) -> Any:
    if type(result) is dict and "loss" in result:
        loss = result["loss"]
        if loss is not None and type(loss) not in (int, float, np.float64):
            # Others can read a number, and may lack the class of what stands for one.
            number = _as_float(loss)
            if number is not None and not isinstance(loss, np.generic):
                result = {**result, "loss": number}
    return codec.encode(result)


def _as_float(value: Any) -> float | None:
    try:
        return float(value)
    except Exception:
        return None


def _loss(doc: dict[str, Any]) -> float | None:
    """The loss of a trial that is done with status *ok*, if it is a finite number."""
    result = doc["result"]
    if doc["state"] != _DONE or not hasattr(result, "get") or result.get("status") != "ok":
        return None
    loss = _as_float(result.get("loss"))
    return loss if loss is not None and loss - loss == 0.0 else None


def _to_ms(time: Any) -> int | None:
    """Milliseconds since 1970, if the time is exactly that and has no zone."""
    if type(time) is not datetime.datetime or time.tzinfo is not None or time.microsecond % 1000:
        return None
    return (time - _EPOCH) // _MILLISECOND
