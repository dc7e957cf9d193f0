"""Trials as a table: one row per trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.space.values import ValuesOf, native
from hyperopt.storage.documents import of_experiment

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.store import TrialStore

_BEFORE = ("tid", "state", "status", "loss")
_AFTER = ("book_time", "refresh_time", "duration_s")
STATE_NAMES = ("new", "running", "done", "error", "cancelled")


def rows_of(trials: TrialStore, space: CompiledSpace | None) -> list[dict[str, Any]]:
    """One dict per trial: ``tid state status loss``, the parameters, and the times.

    A parameter that has one of these names, such as ``loss``, comes as ``param_loss``.

    Parameters
    ----------
    trials
        All its documents are listed, those in error as well.
    space
        Gives options of choices for their numbers; without it the numbers stay.
    """
    values = ValuesOf(space) if space is not None else native
    docs = of_experiment(trials._dynamic_trials, trials._exp_key)
    active = [
        {label: column[0] for label, column in doc["misc"]["vals"].items() if len(column)}
        for doc in docs
    ]
    labels: dict[str, None] = dict.fromkeys(space.labels if space is not None else ())
    for vals in active:
        labels.update(dict.fromkeys(vals))
    columns = {label: f"param_{label}" if label in _BEFORE + _AFTER else label for label in labels}
    rows = []
    for doc, vals in zip(docs, active, strict=True):
        given = values(vals)
        begin, end = doc["book_time"], doc["refresh_time"]
        rows.append(
            {
                "tid": doc["tid"],
                "state": STATE_NAMES[doc["state"]],
                "status": doc["result"].get("status"),
                "loss": native(doc["result"].get("loss")),
                **{column: given.get(label) for label, column in columns.items()},
                "book_time": begin,
                "refresh_time": end,
                "duration_s": (end - begin).total_seconds() if begin and end else None,
            }
        )
    return rows


def dataframe_of(rows: list[dict[str, Any]]) -> Any:
    """A pandas DataFrame of the rows; the rows themselves where pandas is not installed."""
    try:
        import pandas as pd
    except ImportError:
        return rows
    frame = pd.DataFrame(rows)
    for column in frame.columns:
        # pandas would make floats of integers where some are missing.
        given = [row[column] for row in rows if row[column] is not None]
        if 0 < len(given) < len(rows) and all(type(value) is int for value in given):
            frame[column] = pd.array([row[column] for row in rows], dtype="Int64")
    return frame
