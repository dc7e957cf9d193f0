"""Train a scikit-learn estimator step by step, and report each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.base import is_classifier

from hyperopt.pruning.reporting import report
from hyperopt.pruning.reporting import resume as checkpoint

__all__ = ["fit_in_steps"]


def fit_in_steps(
    estimator: Any,
    X: Any,
    y: Any,
    X_val: Any,
    y_val: Any,
    n_steps: int,
    loss: Callable[[Any, Any, Any], float] | None = None,
    resume: bool = True,
    **fit_params: Any,
) -> float:
    """Call ``estimator.partial_fit`` on all of the data `n_steps` times, and report after each.

    Parameters
    ----------
    estimator
        Has ``partial_fit``; it is trained in place.
    X, y
        What it is trained on.
    X_val, y_val
        What it is measured on.
    n_steps
        How many times the data are gone through.
    loss
        ``loss(estimator, X_val, y_val)``, lower is better; 1 minus ``estimator.score`` when None.
    resume
        Whether the trial can be paused and go on: then what its estimator has learnt is kept,
        pickled, with the trials, until it has finished.
    **fit_params
        For ``partial_fit``, such as ``classes``, which a classifier needs at the first call; here
        it may be left out, and is taken from `y`.

    Returns
    -------
    float
        The loss after the last step.
    """
    if n_steps < 1:
        raise ValueError(f"n_steps={n_steps!r}: must be at least 1")
    if "classes" not in fit_params and is_classifier(estimator):
        fit_params["classes"] = np.unique(y)
    measure = _score_loss if loss is None else loss
    done, value, learnt = (checkpoint() if resume else None) or (0, float("nan"), {})
    estimator.__dict__.update(learnt)
    for step in range(done + 1, n_steps + 1):
        estimator.partial_fit(X, y, **fit_params)
        value = float(measure(estimator, X_val, y_val))
        report(value, step=step, checkpoint=(step, value, vars(estimator)) if resume else None)
    return value


def _score_loss(estimator: Any, X: Any, y: Any) -> float:
    return float(1 - estimator.score(X, y))
