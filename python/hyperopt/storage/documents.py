"""Trial documents: their states, their keys, and the translations between their layouts.

A document is a plain dict that anybody may read and change in place. `misc["idxs"]` and
`misc["vals"]` hold, for every label, an empty list or a list of one: the trial's id and the value.
"""

from __future__ import annotations

import datetime
import numbers
import time
from collections.abc import Hashable, Iterable, Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from hyperopt.environment.public_path import public
from hyperopt.exceptions import InvalidTrial

Document = dict[str, Any]

JOB_STATE_NEW = 0
JOB_STATE_RUNNING = 1
JOB_STATE_DONE = 2
JOB_STATE_ERROR = 3
JOB_STATE_CANCEL = 4
JOB_STATES = [
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_CANCEL,
]
JOB_VALID_STATES = {JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE}
"""The states of trials that `Trials` shows; those in error and the cancelled ones are hidden."""

STATUS_NEW = "new"
STATUS_RUNNING = "running"
STATUS_SUSPENDED = "suspended"
STATUS_OK = "ok"
STATUS_FAIL = "fail"
STATUS_STRINGS = (STATUS_NEW, STATUS_RUNNING, STATUS_SUSPENDED, STATUS_OK, STATUS_FAIL)

TRIAL_KEYS = [
    "tid",
    "spec",
    "result",
    "misc",
    "state",
    "owner",
    "book_time",
    "refresh_time",
    "exp_key",
]
TRIAL_MISC_KEYS = ["tid", "cmd", "idxs", "vals"]
_KEYS, _MISC_KEYS = frozenset(TRIAL_KEYS), frozenset(TRIAL_MISC_KEYS)

DOMAIN_ATTACHMENT = "FMinIter_Domain"
"""The attachment of a store in which workers find what to evaluate."""
CMD = ("domain_attachment", DOMAIN_ATTACHMENT)
"""What documents say of that (``misc["cmd"]``)."""

have_bson = False

_EPOCH = datetime.datetime(1970, 1, 1)
_latest = (0, _EPOCH)
"""The last millisecond that was asked for, and its time: many trials may begin and end in it."""


@public("hyperopt.utils")
def coarse_utcnow() -> datetime.datetime:
    """The time in UTC, without a zone, cut to milliseconds (what BSON can store)."""
    global _latest
    milliseconds = int(time.time() * 1000.0)
    latest = _latest
    if milliseconds != latest[0]:
        _latest = latest = (milliseconds, _EPOCH + datetime.timedelta(milliseconds=milliseconds))
    return latest[1]


@public("hyperopt.base")
def SONify(arg: Any, memo: Any = None) -> Any:
    """Copy of `arg` in which numpy scalars and arrays have become Python numbers and lists.

    Containers are copied; anything unknown is returned as it is.
    """
    if isinstance(arg, np.generic):
        return arg.item()
    if isinstance(arg, np.ndarray):
        return arg.tolist()
    if isinstance(arg, dict):
        return type(arg)((SONify(key), SONify(value)) for key, value in arg.items())
    if type(arg) in (list, tuple):
        return type(arg)(SONify(item) for item in arg)
    return arg


def validate_document(doc: Any, exp_key: Any) -> None:
    """Raise `InvalidTrial` unless `doc` is a trial document of the experiment `exp_key`."""
    if type(doc) is not dict and not _is_like_a_dict(doc):
        raise InvalidTrial("trial should be dict-like", doc)
    if type(doc) is not dict or not doc.keys() >= _KEYS:
        for key in TRIAL_KEYS:
            if key not in doc:
                raise InvalidTrial("trial missing key", key)
    misc = doc["misc"]
    if type(misc) is not dict or not misc.keys() >= _MISC_KEYS:
        for key in TRIAL_MISC_KEYS:
            if key not in misc:
                raise InvalidTrial('trial["misc"] missing key', key)
    if doc["tid"] != misc["tid"]:
        raise InvalidTrial("tid mismatch between root and misc", doc)
    if doc["exp_key"] != exp_key:
        raise InvalidTrial("wrong exp_key", (doc["exp_key"], exp_key))


def _is_like_a_dict(doc: Any) -> bool:
    return isinstance(doc, Mapping) or (hasattr(doc, "keys") and hasattr(doc, "values"))


def of_experiment(docs: Iterable[Document], exp_key: Any) -> list[Document]:
    """Those documents that belong to an experiment; all of them if its key is None."""
    if exp_key is None:
        return list(docs)
    return [doc for doc in docs if doc["exp_key"] == exp_key]


def result_of(doc: Mapping[str, Any]) -> Mapping[str, Any]:
    """The result of a document; an empty one where somebody has put anything else there."""
    result = doc["result"]
    return result if isinstance(result, Mapping) else {}


def active_values(vals: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """The values of the parameters that are active, of a document's ``misc["vals"]``."""
    return {label: column[0] for label, column in vals.items() if len(column)}


def new_misc(
    tid: Any,
    idxs: dict[str, list[Any]],
    vals: dict[str, list[Any]],
    cmd: Any = CMD,
    workdir: str | None = None,
) -> dict[str, Any]:
    """The ``misc`` part of a new document."""
    return {"tid": tid, "cmd": cmd, "workdir": workdir, "idxs": idxs, "vals": vals}


def columns_of_values(
    tid: Any, values: Mapping[str, Any], labels: Iterable[str]
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """``idxs`` and ``vals`` of one trial with these values; other labels are inactive."""
    idxs = {label: [tid] if label in values else [] for label in labels}
    return idxs, {label: [values[label]] if label in values else [] for label in idxs}


def misc_of_values(
    tid: Any,
    values: Mapping[str, Any],
    labels: Iterable[str],
    cmd: Any = CMD,
    workdir: str | None = None,
) -> dict[str, Any]:
    """The ``misc`` part of a new document with these values; other labels are inactive."""
    return new_misc(tid, *columns_of_values(tid, values, labels), cmd, workdir)


@public("hyperopt.base")
def miscs_to_idxs_vals(
    miscs: Sequence[Mapping[str, Any]], keys: Iterable[str] | None = None
) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Turn per-trial values into per-label columns ``(idxs, vals)``.

    Parameters
    ----------
    miscs
        The ``misc`` parts of documents.
    keys
        The labels to take; those of the first document when None. A document that knows nothing of
        a label is treated as one where the label is inactive.

    Raises
    ------
    ValueError
        If `keys` is None and there are no documents to infer the labels from.
    """
    if keys is None:
        if not miscs:
            raise ValueError("cannot infer keys from empty miscs: pass keys=[label, ...]")
        keys = list(miscs[0]["idxs"])
    idxs: dict[str, list[Any]] = {key: [] for key in keys}
    vals: dict[str, list[Any]] = {key: [] for key in idxs}
    for misc in miscs:
        tid, misc_idxs, misc_vals = misc["tid"], misc["idxs"], misc["vals"]
        for key in idxs:
            t_idxs = misc_idxs.get(key, ())
            t_vals = misc_vals.get(key, ())
            if len(t_idxs) != len(t_vals) or (len(t_idxs) and t_idxs[0] != tid):
                raise AssertionError(
                    f"trial {tid!r}, label {key!r}: idxs {t_idxs!r} do not fit vals {t_vals!r}; "
                    "idxs must be [tid] where vals is [value], and [] where it is []"
                )
            idxs[key].extend(t_idxs)
            vals[key].extend(t_vals)
    return idxs, vals


@public("hyperopt.base")
def miscs_update_idxs_vals(
    miscs: Sequence[MutableMapping[str, Any]],
    idxs: Mapping[str, Sequence[Any]],
    vals: Mapping[str, Sequence[Any]],
    assert_all_vals_used: bool = True,
    idxs_map: Mapping[Hashable, Any] | None = None,
) -> Sequence[MutableMapping[str, Any]]:
    """Write per-label columns into the ``misc`` of each trial; the inverse of `miscs_to_idxs_vals`.

    Parameters
    ----------
    miscs
        Changed in place: ``idxs`` and ``vals`` are replaced.
    idxs, vals
        Columns: ``vals[label][k]`` belongs to trial ``idxs[label][k]``.
    assert_all_vals_used
        Whether a value for a trial that is not in `miscs` is an error (KeyError).
    idxs_map
        Renames trials: an index ``i`` means the trial ``idxs_map[i]``.
    """
    if set(idxs) != set(vals):
        raise AssertionError(f"labels of idxs {sorted(idxs)} and of vals {sorted(vals)} differ")
    by_id = {misc["tid"]: misc for misc in miscs}
    for misc in miscs:
        misc["idxs"] = {label: [] for label in idxs}
        misc["vals"] = {label: [] for label in idxs}
    for label, tids in idxs.items():
        column = vals[label]
        if len(tids) != len(column):
            raise AssertionError(
                f"label {label!r}: {len(tids)} idxs but {len(column)} vals; give one for each"
            )
        for index, value in zip(tids, column, strict=True):
            tid = index if idxs_map is None else idxs_map.get(index, index)
            if not assert_all_vals_used and tid not in by_id:
                continue
            by_id[tid]["idxs"][label] = [tid]
            by_id[tid]["vals"][label] = [value]
    return miscs


@public("hyperopt.base")
def spec_from_misc(misc: Mapping[str, Any]) -> dict[str, Any]:
    """The active parameters of one trial: ``{label: value}``."""
    spec = {}
    for label, values in misc["vals"].items():
        if len(values) == 1:
            spec[label] = values[0]
        elif len(values):
            raise NotImplementedError("multiple values", (label, values))
    return spec


@public("hyperopt.base")
def validate_timeout(timeout: Any) -> None:
    """Raise `ValueError` unless `timeout` is None or a positive number of seconds."""
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, numbers.Number) or not timeout > 0:  # type: ignore[operator]
        # Callers compare this text.
        raise ValueError(
            f"The timeout argument should be None or a positive value. Given value: {timeout}"
        )


@public("hyperopt.base")
def validate_loss_threshold(loss_threshold: Any) -> None:
    """Raise `ValueError` unless `loss_threshold` is None or a number."""
    if loss_threshold is None:
        return
    if isinstance(loss_threshold, bool) or not isinstance(loss_threshold, numbers.Number):
        # Callers compare this text.
        raise ValueError(
            "The loss_threshold argument should be None or a numeric value. "
            f"Given value: {loss_threshold}"
        )
