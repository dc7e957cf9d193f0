"""A study as the page gets it: one JSON object."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hyperopt.analysis.guessed_space import guessed_space
from hyperopt.analysis.importance import ENOUGH_TRIALS, finished_loss, importance_of_documents
from hyperopt.storage.documents import Document, of_experiment
from hyperopt.visualization.report.columns import STATES, columns_of
from hyperopt.visualization.report.facts import best_code, facts_of
from hyperopt.visualization.report.parameters import parameters_of

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.results import Results

_RESAMPLES = 100
_MOST_FOR_INTERVALS = 20_000
"""Beyond as many trials intervals are narrow, and would take longer than the rest."""


def shown_documents(trials: Results) -> list[Document]:
    """The documents of the experiment, those in error and the cancelled ones too."""
    return of_experiment(trials._dynamic_trials, trials._exp_key)


def study_data(
    docs: Sequence[Document],
    space: CompiledSpace | None,
    name: str,
    run: Mapping[str, Any] | None = None,
    *,
    intervals: bool = True,
) -> dict[str, Any]:
    """All that the page shows of one study.

    Parameters
    ----------
    docs
        Its documents.
    space
        Its space; without one it is guessed from the values.
    name
        What the page calls it.
    run
        What was recorded of the run.
    intervals
        Whether to compute the bootstrap intervals of the importance.
    """
    guessed = space is None
    known = guessed_space(docs)[0] if space is None else space
    parameters = parameters_of(known, guessed=guessed)
    columns = columns_of(docs, known.labels)
    return {
        "name": name,
        "states": STATES,
        "parameters": parameters,
        "guessed": guessed,
        "columns": columns,
        **summary_data(docs, space, columns, parameters, run or {}, intervals=intervals),
    }


def summary_data(
    docs: Sequence[Document],
    space: CompiledSpace | None,
    columns: Mapping[str, Any],
    parameters: Sequence[Mapping[str, Any]],
    run: Mapping[str, Any],
    *,
    intervals: bool,
) -> dict[str, Any]:
    """What depends on all trials together: importance, the best point as code, the facts."""
    best = best_document(docs)
    return {
        "importance": importance_data(docs, space, intervals=intervals),
        "best": None if best is None else best_code(best, space),
        "facts": facts_of(columns, parameters, run),
    }


def best_document(docs: Sequence[Document]) -> Document | None:
    """The finished trial with the smallest loss; of equals, the first."""
    best, best_loss = None, math.inf
    for doc in docs:
        loss = finished_loss(doc)
        if loss < best_loss:
            best, best_loss = doc, loss
    return best


def importance_data(
    docs: Sequence[Document], space: CompiledSpace | None, *, intervals: bool
) -> dict[str, Any]:
    """Shares with intervals, and how many trials they are of."""
    with_intervals = intervals and len(docs) <= _MOST_FOR_INTERVALS
    found = importance_of_documents(
        list(docs), space, intervals=with_intervals, n_resamples=_RESAMPLES
    )
    bounds = found.intervals or {}
    return {
        "labels": list(found),
        "shares": [round(share, 5) for share in found.values()],
        "intervals": [[round(b, 5) for b in bounds[label]] for label in found] if bounds else None,
        "n_trials": found.n_trials,
        "n_left_out": found.n_left_out,
        "enough": ENOUGH_TRIALS,
        "best": found.best,
    }
