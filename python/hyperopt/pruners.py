"""Front door: pruners for ``fmin(..., pruner=...)``."""

from hyperopt.pruning.choice import as_pruner
from hyperopt.pruning.contract import Pruner, Rule
from hyperopt.pruning.curves import Curve, Curves
from hyperopt.pruning.folds import Folds
from hyperopt.pruning.halving import ASHA, Hyperband
from hyperopt.pruning.hopeless import Hopeless
from hyperopt.pruning.percentile import Median, Percentile

__all__ = [
    "ASHA",
    "Curve",
    "Curves",
    "Folds",
    "Hopeless",
    "Hyperband",
    "Median",
    "Percentile",
    "Pruner",
    "Rule",
    "as_pruner",
]
