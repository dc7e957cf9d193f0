"""Front door: documents, trials, domains and control; pickles name `hyperopt.base.Trials`."""

from __future__ import annotations

import importlib
import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt import pyll
from hyperopt.environment import log
from hyperopt.exceptions import (
    AllTrialsFailed,
    DuplicateLabel,
    InvalidLoss,
    InvalidResultStatus,
    InvalidTrial,
)
from hyperopt.objective.ctrl import Ctrl
from hyperopt.objective.domain import Domain
from hyperopt.pyll.stochastic import recursive_set_rng_kwarg
from hyperopt.storage.documents import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    JOB_STATES,
    JOB_VALID_STATES,
    STATUS_FAIL,
    STATUS_NEW,
    STATUS_OK,
    STATUS_RUNNING,
    STATUS_STRINGS,
    STATUS_SUSPENDED,
    TRIAL_KEYS,
    TRIAL_MISC_KEYS,
    SONify,
    have_bson,
    miscs_to_idxs_vals,
    miscs_update_idxs_vals,
    spec_from_misc,
    validate_loss_threshold,
    validate_timeout,
)
from hyperopt.study.trials import Trials, trials_from_docs

if TYPE_CHECKING:
    from hyperopt.analysis.averaging import pmin_sampled
    from hyperopt.compat.lookups import use_obj_for_literal_in_memo
    from hyperopt.space.vectorize import VectorizeHelper

__all__ = [
    "JOB_STATES",
    "JOB_STATE_CANCEL",
    "JOB_STATE_DONE",
    "JOB_STATE_ERROR",
    "JOB_STATE_NEW",
    "JOB_STATE_RUNNING",
    "JOB_VALID_STATES",
    "STATUS_FAIL",
    "STATUS_NEW",
    "STATUS_OK",
    "STATUS_RUNNING",
    "STATUS_STRINGS",
    "STATUS_SUSPENDED",
    "TRIAL_KEYS",
    "TRIAL_MISC_KEYS",
    "AllTrialsFailed",
    "Ctrl",
    "Domain",
    "DuplicateLabel",
    "InvalidLoss",
    "InvalidResultStatus",
    "InvalidTrial",
    "SONify",
    "Trials",
    "VectorizeHelper",
    "have_bson",
    "miscs_to_idxs_vals",
    "miscs_update_idxs_vals",
    "np",
    "numbers",
    "pmin_sampled",
    "pyll",
    "recursive_set_rng_kwarg",
    "spec_from_misc",
    "trials_from_docs",
    "use_obj_for_literal_in_memo",
    "validate_loss_threshold",
    "validate_timeout",
]


_LATER = {
    "VectorizeHelper": "hyperopt.space.vectorize",
    "pmin_sampled": "hyperopt.analysis.averaging",
    "use_obj_for_literal_in_memo": "hyperopt.compat.lookups",
}


def __getattr__(name: str) -> Any:
    """What is imported, or made, when it is first asked for."""
    if name == "logger":
        return log.get_logger()
    if name in _LATER:
        return getattr(importlib.import_module(_LATER[name]), name)
    raise AttributeError(f"module 'hyperopt.base' has no attribute {name!r}")
