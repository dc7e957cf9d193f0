"""TensorBoard: each trial as a row of the HParams dashboard."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from hyperopt.integrations.callbacks.record import Record, Recorder
from hyperopt.search.callbacks import Callback


class TensorBoardCallback(Callback):
    """Writes a folder for each trial, with its hyperparameters, metrics and learning curve.

    ``tensorboard --logdir FOLDER`` shows them in its HParams and Time Series dashboards. Needs
    ``tensorboard``; TensorFlow is not needed.

    Parameters
    ----------
    logdir
        The folder; it is made if it is not there. Trials of a study that goes on are added.
    """

    def __init__(self, logdir: str | os.PathLike[str]) -> None:
        try:
            import tensorboard.summary.writer.event_file_writer as events
            from tensorboard.compat.proto import event_pb2, summary_pb2
            from tensorboard.plugins.hparams import summary_v2
        except ImportError as error:
            raise ImportError(
                "TensorBoardCallback needs TensorBoard, which is not installed: "
                "pip install tensorboard"
            ) from error
        self._writer_of = events.EventFileWriter
        self._event_of = event_pb2.Event
        self._summary_of = summary_pb2.Summary
        self._hparams = summary_v2
        self._logdir = Path(logdir)

    def on_start(self, trials: Any) -> None:
        """Tell which metric to compare trials by."""
        self._logdir.mkdir(parents=True, exist_ok=True)
        self._recorder = Recorder(getattr(trials, "_space", None))
        space = getattr(trials, "_space", None)
        labels = space.labels if space is not None else ()
        config = self._hparams.hparams_config_pb(
            hparams=[self._hparams.HParam(label) for label in labels],
            metrics=[self._hparams.Metric("loss", display_name="loss")],
        )
        self._write(self._logdir, [(config, 0)], None)

    def on_trial_end(self, trials: Any, trial: Any) -> None:
        """Write the folder of a trial."""
        record = self._recorder(trial)
        name = f"trial-{record.tid}"
        hparams = self._hparams
        summaries = [
            (hparams.hparams_pb(_plain(record), trial_id=name, start_time_secs=record.begin_s), 0)
        ]
        summaries += [
            (self._scalar("intermediate", value), int(step)) for step, value in record.curve
        ]
        summaries += [(self._scalar(key, value), 0) for key, value in record.metrics.items()]
        summaries.append((self._session_end(record), 0))
        self._write(self._logdir / name, summaries, record.end_s)

    def _scalar(self, tag: str, value: float) -> Any:
        return self._summary_of(value=[self._summary_of.Value(tag=tag, simple_value=value)])

    def _session_end(self, record: Record) -> Any:
        from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2

        status = api_pb2.STATUS_SUCCESS if record.is_ok else api_pb2.STATUS_FAILURE
        data = plugin_data_pb2.HParamsPluginData(
            session_end_info=plugin_data_pb2.SessionEndInfo(
                status=status, end_time_secs=record.end_s
            )
        )
        value = self._summary_of.Value(
            tag=metadata.SESSION_END_INFO_TAG,
            metadata=metadata.create_summary_metadata(data),
            tensor=metadata.NULL_TENSOR,
        )
        return self._summary_of(value=[value])

    def _write(self, folder: Path, summaries: list[tuple[Any, int]], at_s: float | None) -> None:
        writer = self._writer_of(str(folder))
        for summary, step in summaries:
            event = self._event_of(summary=summary, step=step)
            if at_s is not None:
                event.wall_time = at_s
            writer.add_event(event)
        writer.close()


def _plain(record: Record) -> dict[str, Any]:
    """Parameters as the plugin takes them: numbers, booleans and texts."""
    return {
        label: value
        if isinstance(value, (bool, str))
        or (isinstance(value, (int, float)) and math.isfinite(value))
        else str(value)
        for label, value in record.params.items()
    }
