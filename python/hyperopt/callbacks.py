"""Front door: callbacks for ``fmin(callbacks=[...])``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.environment.lazy_exports import lazy_exports

if TYPE_CHECKING:
    from hyperopt.integrations.callbacks import MLflowCallback, TensorBoardCallback, WandbCallback
    from hyperopt.search.callbacks import Callback

__all__ = ["Callback", "MLflowCallback", "TensorBoardCallback", "WandbCallback"]

_TRACKERS = "hyperopt.integrations.callbacks"

__getattr__, __dir__ = lazy_exports(
    __name__,
    {
        "Callback": "hyperopt.search.callbacks",
        "MLflowCallback": _TRACKERS,
        "TensorBoardCallback": _TRACKERS,
        "WandbCallback": _TRACKERS,
    },
)
