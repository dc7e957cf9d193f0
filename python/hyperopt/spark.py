"""Front door: `SparkTrials`."""

from hyperopt.integrations.spark_trials import (
    FMIN_CANCELLED_REASON_EARLY_STOPPING,
    FMIN_CANCELLED_REASON_TIMEOUT,
    FMIN_CANCELLED_REASON_USER,
    SparkTrials,
)
from hyperopt.storage.documents import (
    STATUS_OK,
    coarse_utcnow,
    validate_loss_threshold,
    validate_timeout,
)
from hyperopt.study.fmin import fmin
from hyperopt.study.trials import Trials

__all__ = [
    "FMIN_CANCELLED_REASON_EARLY_STOPPING",
    "FMIN_CANCELLED_REASON_TIMEOUT",
    "FMIN_CANCELLED_REASON_USER",
    "STATUS_OK",
    "SparkTrials",
    "Trials",
    "coarse_utcnow",
    "fmin",
    "validate_loss_threshold",
    "validate_timeout",
]
