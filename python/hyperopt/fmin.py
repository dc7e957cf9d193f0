"""Front door: `fmin` and what goes with it."""

from typing import TYPE_CHECKING

from hyperopt.environment.lazy_exports import lazy_exports
from hyperopt.storage.documents import coarse_utcnow, validate_loss_threshold, validate_timeout
from hyperopt.study.fmin import (
    fmin,
    fmin_pass_expr_memo_ctrl,
    generate_trial,
    generate_trials_to_calculate,
    partial,
    space_eval,
)

if TYPE_CHECKING:
    from hyperopt.search.iterator import FMinIter

__all__ = [
    "FMinIter",
    "coarse_utcnow",
    "fmin",
    "fmin_pass_expr_memo_ctrl",
    "generate_trial",
    "generate_trials_to_calculate",
    "partial",
    "space_eval",
    "validate_loss_threshold",
    "validate_timeout",
]

__getattr__ = lazy_exports(__name__, {"FMinIter": "hyperopt.search.iterator"})[0]
