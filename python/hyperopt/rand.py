"""Front door: random search."""

from hyperopt.algorithms.random_search import suggest, suggest_batch
from hyperopt.storage.documents import miscs_update_idxs_vals

__all__ = ["miscs_update_idxs_vals", "suggest", "suggest_batch"]
