"""Front door: base classes for algorithms that decide label by label."""

from hyperopt.algorithms.label_by_label import ExprEvaluator, SuggestAlgo
from hyperopt.storage.documents import miscs_update_idxs_vals

__all__ = ["ExprEvaluator", "SuggestAlgo", "miscs_update_idxs_vals"]
