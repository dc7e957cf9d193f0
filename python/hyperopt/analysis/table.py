"""Trials as a table: one row per trial."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.space.option_names import option_names
from hyperopt.space.values import ValuesOf, native
from hyperopt.storage.documents import active_values, of_experiment
from hyperopt.storage.failures import error_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.store import TrialStore

_BEFORE = ("tid", "state", "status", "loss")
_AFTER = ("error", "book_time", "refresh_time", "duration_s")
STATE_NAMES = ("new", "running", "done", "error", "cancelled")


def rows_of(trials: TrialStore, space: CompiledSpace | None) -> list[dict[str, Any]]:
    """One dict per trial: ``tid state status loss``, parameters, other results, error, times.

    A parameter that has one of these names, such as ``loss``, comes as ``param_loss``; another key
    of a result that has the name of a parameter, say ``x``, as ``result_x``.

    Parameters
    ----------
    trials
        All its documents are listed, those in error as well.
    space
        Gives options of choices for their numbers; without it the numbers stay.
    """
    docs = of_experiment(trials._dynamic_trials, trials._exp_key)
    active = [active_values(doc["misc"]["vals"]) for doc in docs]
    labels: dict[str, None] = dict.fromkeys(space.labels if space is not None else ())
    keys: dict[str, None] = {}
    for doc, vals in zip(docs, active, strict=True):
        labels.update(dict.fromkeys(vals))
        keys.update(dict.fromkeys(doc["result"]))
    fixed = (*_BEFORE, *_AFTER)
    parameters = {label: f"param_{label}" if label in fixed else label for label in labels}
    taken = {*fixed, *parameters.values()}
    results = {
        key: f"result_{key}" if key in taken else key for key in keys if key not in _BEFORE[2:]
    }
    shown = _Shown(space)
    return [
        _row(doc, shown(vals), parameters, results) for doc, vals in zip(docs, active, strict=True)
    ]


def _row(
    doc: Mapping[str, Any],
    given: Mapping[str, Any],
    parameters: Mapping[str, str],
    results: Mapping[str, str],
) -> dict[str, Any]:
    result = doc["result"]
    begin, end = doc["book_time"], doc["refresh_time"]
    return {
        "tid": doc["tid"],
        "state": STATE_NAMES[doc["state"]],
        "status": result.get("status"),
        "loss": native(result.get("loss")),
        **{column: given.get(label) for label, column in parameters.items()},
        **{column: native(result.get(key)) for key, column in results.items()},
        "error": error_text(doc["misc"]["error"]) if doc["misc"].get("error") else None,
        "book_time": begin,
        "refresh_time": end,
        "duration_s": (end - begin).total_seconds() if begin and end else None,
    }


class _Shown:
    """Values as a table shows them: options that are no plain value by a name to group by."""

    def __init__(self, space: CompiledSpace | None) -> None:
        self._values = ValuesOf(space) if space is not None else native
        self._names = {
            label: option_names(options)
            for label, options in (space.options.items() if space is not None else ())
        }

    def __call__(self, vals: Mapping[str, Any]) -> dict[str, Any]:
        shown: dict[str, Any] = self._values(vals)
        for label, names in self._names.items():
            if label in shown and not isinstance(shown[label], (str, int, float, type(None))):
                shown[label] = names[vals[label]]
        return shown


def dataframe_of(rows: list[dict[str, Any]], method: str) -> Any:
    """A pandas DataFrame of the rows, which `method` gives.

    Raises
    ------
    ImportError
        If pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise ImportError(
            f"{method}() needs pandas: pip install 'hyperopt-rs[pandas]'; trials.trials has the "
            "documents themselves"
        ) from error
    frame = pd.DataFrame(rows)
    for column in frame.columns:
        # pandas would make floats of integers where some are missing.
        given = [row[column] for row in rows if row[column] is not None]
        if 0 < len(given) < len(rows) and all(type(value) is int for value in given):
            frame[column] = pd.array([row[column] for row in rows], dtype="Int64")
    return frame
