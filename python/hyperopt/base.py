"""Front door: documents, stores, domains and control under the name that upstream gave them.

The code lives in `documents`, `trials`, `ctrl` and `domain`. Pickles name `hyperopt.base.Trials`,
`hyperopt.base.Ctrl` and `hyperopt.base.Domain`.
"""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt import log, pyll
from hyperopt.ctrl import Ctrl
from hyperopt.documents import (
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
from hyperopt.domain import Domain
from hyperopt.exceptions import (
    AllTrialsFailed,
    DuplicateLabel,
    InvalidLoss,
    InvalidResultStatus,
    InvalidTrial,
)
from hyperopt.pyll.stochastic import recursive_set_rng_kwarg
from hyperopt.trials import Trials, trials_from_docs

if TYPE_CHECKING:
    from hyperopt.utils import pmin_sampled, use_obj_for_literal_in_memo
    from hyperopt.vectorize import VectorizeHelper

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


def __getattr__(name: str) -> Any:
    """What is imported, or made, when it is first asked for."""
    if name == "logger":
        return log.get_logger()
    if name == "VectorizeHelper":
        from hyperopt import vectorize

        return vectorize.VectorizeHelper
    if name in ("pmin_sampled", "use_obj_for_literal_in_memo"):
        from hyperopt import utils

        return getattr(utils, name)
    raise AttributeError(f"module 'hyperopt.base' has no attribute {name!r}")
