"""MLflow: a run for the study, and below it one for each trial."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from typing import Any

from hyperopt.integrations.callbacks.record import Record, Recorder
from hyperopt.search.callbacks import Callback

_LONGEST_PARAM = 6000
_LONGEST_NAME = 250
_BATCH = 1000
"""MLflow takes no more metrics at a time."""

_STATUS = {"ok": "FINISHED", "pruned": "FINISHED", "paused": "FINISHED", "cancelled": "KILLED"}


class MLflowCallback(Callback):
    """Logs each trial as a nested MLflow run: parameters, metrics, learning curve, outcome.

    The runs lie below a run for the study: the one that is active, if there is one, else a new one,
    which gets the best loss and the best parameters in the end. Needs ``mlflow`` or
    ``mlflow-skinny``.

    Parameters
    ----------
    tracking_uri
        Where MLflow keeps its runs; its own setting when None.
    experiment
        The experiment; when None that of the active run, or of the environment variable
        ``MLFLOW_EXPERIMENT_NAME`` or ``MLFLOW_EXPERIMENT_ID``, or MLflow's default.
    run_name
        What to call the run of the study.
    tags
        Tags of every run.

    Examples
    --------
    .. code-block:: python

        fmin(objective, space, max_evals=100, callbacks=[MLflowCallback(experiment="forest")])
    """

    def __init__(
        self,
        tracking_uri: str | None = None,
        experiment: str | None = None,
        *,
        run_name: str | None = None,
        tags: Mapping[str, Any] | None = None,
    ) -> None:
        try:
            import mlflow
        except ImportError as error:
            raise ImportError(
                "MLflowCallback needs MLflow, which is not installed: pip install mlflow-skinny"
            ) from error
        self._mlflow = mlflow
        self._uri = tracking_uri
        self._experiment = experiment
        self._run_name = run_name
        self._tags = {str(key): str(value) for key, value in (tags or {}).items()}

    def on_start(self, trials: Any) -> None:
        """Find or make the run of the study."""
        self._client = self._mlflow.MlflowClient(tracking_uri=self._uri)
        active = self._mlflow.active_run() if self._uri is None else None
        if active is not None and self._experiment is None:
            self._experiment_id, self._parent = active.info.experiment_id, active.info.run_id
            self._own_parent = False
        else:
            self._experiment_id = self._find_experiment()
            run = self._client.create_run(
                self._experiment_id, tags=self._tags, run_name=self._run_name or "hyperopt"
            )
            self._parent, self._own_parent = run.info.run_id, True
        self._recorder = Recorder(getattr(trials, "_space", None))
        self._best: Record | None = None
        self._n_ended = 0

    def _find_experiment(self) -> str:
        name = self._experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME")
        if name is None:
            return os.environ.get("MLFLOW_EXPERIMENT_ID", "0")
        found = self._client.get_experiment_by_name(name)
        return str(self._client.create_experiment(name) if found is None else found.experiment_id)

    def on_trial_end(self, trials: Any, trial: Any) -> None:
        """Log a trial as a run of its own."""
        record = self._recorder(trial)
        self._n_ended += 1
        tags = {
            **self._tags,
            "mlflow.parentRunId": self._parent,
            "hyperopt.tid": str(record.tid),
            "hyperopt.state": record.state,
        }
        if record.reason is not None:
            tags["hyperopt.reason"] = record.reason
        run = self._client.create_run(
            self._experiment_id,
            start_time=round(1000 * record.begin_s),
            tags=tags,
            run_name=f"trial {record.tid}",
        )
        run_id = run.info.run_id
        self._log(run_id, record)
        status = _STATUS.get(record.state, "FAILED")
        self._client.set_terminated(run_id, status, end_time=round(1000 * record.end_s))
        if record.is_ok and (
            self._best is None or record.metrics["loss"] < self._best.metrics["loss"]
        ):
            self._best = record
            self._metric(self._parent, "best_loss", record.metrics["loss"], self._n_ended)

    def _log(self, run_id: str, record: Record) -> None:
        from mlflow.entities import Metric, Param

        at = round(1000 * record.end_s)
        metrics = [Metric(_name(name), value, at, 0) for name, value in record.metrics.items()]
        metrics += [Metric("intermediate", value, at, int(step)) for step, value in record.curve]
        params = [
            Param(_name(label), str(value)[:_LONGEST_PARAM])
            for label, value in record.params.items()
        ]
        self._client.log_batch(run_id, metrics=metrics[:_BATCH], params=params[:100])
        for start in range(100, len(params), 100):
            self._client.log_batch(run_id, params=params[start : start + 100])
        for start in range(_BATCH, len(metrics), _BATCH):
            self._client.log_batch(run_id, metrics=metrics[start : start + _BATCH])

    def _metric(self, run_id: str, name: str, value: float, step: int) -> None:
        self._client.log_metric(run_id, name, value, step=step)

    def on_end(self, trials: Any) -> None:
        """Log the best trial with the run of the study, and end that run if it was made here."""
        if self._best is not None:
            self._client.set_tag(self._parent, "hyperopt.best_tid", str(self._best.tid))
            for label, value in self._best.params.items():
                self._client.set_tag(self._parent, f"best.{_name(label)}", str(value)[:500])
        if self._own_parent:
            self._client.set_terminated(self._parent, _status_of_run(sys.exc_info()[0]))


def _status_of_run(error: type[BaseException] | None) -> str:
    if error is None:
        return "FINISHED"
    return "KILLED" if issubclass(error, KeyboardInterrupt) else "FAILED"


def _name(label: str) -> str:
    """A label in the characters that MLflow takes for names."""
    return re.sub(r"[^\w\-. /]", "_", label)[:_LONGEST_NAME] or "_"
