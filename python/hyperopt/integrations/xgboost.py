"""Report the rounds of XGBoost: ``xgboost.train(..., callbacks=[ReportRounds()])``."""

from __future__ import annotations

from typing import Any

from xgboost.callback import TrainingCallback

from hyperopt.integrations.monitored import newest_value
from hyperopt.pruning.reporting import report

__all__ = ["ReportRounds"]


class ReportRounds(TrainingCallback):
    """Reports a metric after each round, and so stops a hopeless trial.

    It works with `xgboost.train`, `xgboost.cv`, and the ``callbacks`` of the estimators.

    Parameters
    ----------
    data
        Which of the data sets that are watched; the last one when None.
    metric
        Which metric; the last one when None, as XGBoost's own early stopping does.
    maximise
        Whether more is better: then what is reported is the negated metric.
    """

    def __init__(
        self, data: str | None = None, metric: str | None = None, maximise: bool = False
    ) -> None:
        super().__init__()
        self.data, self.metric, self.sign = data, metric, -1.0 if maximise else 1.0

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        """Report; XGBoost calls this."""
        report(self.sign * newest_value(evals_log, self.data, self.metric), step=epoch + 1)
        return False
