"""Callbacks that tell other people's trackers of a study: MLflow, TensorBoard, Weights & Biases.

Each imports its library when it is made, and none is installed with this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.environment.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from hyperopt.integrations.callbacks.mlflow import MLflowCallback
    from hyperopt.integrations.callbacks.tensorboard import TensorBoardCallback
    from hyperopt.integrations.callbacks.wandb import WandbCallback

__all__ = ["MLflowCallback", "TensorBoardCallback", "WandbCallback"]

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "MLflowCallback": f"{__name__}.mlflow",
        "TensorBoardCallback": f"{__name__}.tensorboard",
        "WandbCallback": f"{__name__}.wandb",
    },
)
