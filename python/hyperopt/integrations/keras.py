"""Report the epochs of Keras: ``model.fit(..., callbacks=[ReportEpochs()])``."""

from __future__ import annotations

from typing import Any

from keras.callbacks import Callback

from hyperopt.integrations.monitored import chosen
from hyperopt.pruning.reporting import report

__all__ = ["ReportEpochs"]


class ReportEpochs(Callback):  # type: ignore[misc]
    """Reports a number after each epoch, and so stops a hopeless trial.

    Parameters
    ----------
    monitor
        Its name among the logs of the epoch.
    maximise
        Whether more is better: then what is reported is its negative.
    """

    def __init__(self, monitor: str = "val_loss", maximise: bool = False) -> None:
        super().__init__()
        self.monitor, self.sign = monitor, -1.0 if maximise else 1.0

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Report; Keras calls this."""
        report(self.sign * float(chosen("monitor", self.monitor, logs or {})), step=epoch + 1)
