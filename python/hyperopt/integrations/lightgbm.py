"""Report the rounds of LightGBM: ``lightgbm.train(..., callbacks=[report_rounds()])``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hyperopt.integrations.monitored import chosen
from hyperopt.pruning.reporting import report

__all__ = ["report_rounds"]


def report_rounds(data: str | None = None, metric: str | None = None) -> Callable[[Any], None]:
    """A callback that reports a metric after each round, and so stops a hopeless trial.

    It works with `lightgbm.train`, `lightgbm.cv`, and the ``callbacks`` of the estimators' ``fit``.
    Where more is better, as LightGBM knows of its metrics, the negated metric is reported.

    Parameters
    ----------
    data
        Which of the data sets that are watched; the last one when None.
    metric
        Which metric; the last one when None.
    """

    def callback(env: Any) -> None:
        log: dict[str, dict[str, float]] = {}
        for name, measure, value, more_is_better, *_ in env.evaluation_result_list or ():
            log.setdefault(name, {})[measure] = -value if more_is_better else value
        report(chosen("metric", metric, chosen("data", data, log)), step=env.iteration + 1)

    callback.order = 15  # type: ignore[attr-defined]  # before LightGBM's own early stopping (30)
    return callback
