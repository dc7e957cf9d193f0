"""Front door: annealing, and the names that upstream's module happens to import."""

from hyperopt.algorithms.anneal import AnnealingAlgo, suggest, suggest_batch
from hyperopt.algorithms.label_by_label import ExprEvaluator, SuggestAlgo
from hyperopt.pyll.base import bincount
from hyperopt.pyll.stochastic import (
    categorical,
    lognormal,
    loguniform,
    normal,
    qlognormal,
    qloguniform,
    qnormal,
    quniform,
    uniform,
)
from hyperopt.storage.documents import miscs_to_idxs_vals

__all__ = [
    "AnnealingAlgo",
    "ExprEvaluator",
    "SuggestAlgo",
    "bincount",
    "categorical",
    "lognormal",
    "loguniform",
    "miscs_to_idxs_vals",
    "normal",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "suggest",
    "suggest_batch",
    "uniform",
]
