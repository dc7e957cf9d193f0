"""Report the epochs of PyTorch Lightning: ``Trainer(callbacks=[ReportEpochs()])``."""

from __future__ import annotations

from typing import Any

try:
    from lightning.pytorch.callbacks import Callback
except ImportError:  # the package's former name
    from pytorch_lightning.callbacks import Callback

from hyperopt.integrations.monitored import chosen
from hyperopt.pruning.reporting import report

__all__ = ["ReportEpochs"]


class ReportEpochs(Callback):  # type: ignore[misc]
    """Reports a logged number after each validation, and so stops a hopeless trial.

    Parameters
    ----------
    monitor
        The name under which the module logs it.
    maximise
        Whether more is better: then what is reported is its negative.
    """

    def __init__(self, monitor: str = "val_loss", maximise: bool = False) -> None:
        super().__init__()
        self.monitor, self.sign = monitor, -1.0 if maximise else 1.0

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """Report; Lightning calls this, also once before the training, which does not count."""
        if not trainer.sanity_checking:
            value = chosen("monitor", self.monitor, trainer.callback_metrics)
            report(self.sign * float(value), step=trainer.current_epoch + 1)
