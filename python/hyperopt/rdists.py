"""Front door: the distributions of `hp` in scipy's style."""

from hyperopt.compat.grid_cells import qtable_logpmf, qtable_pmf, safe_int_cast
from hyperopt.compat.quantised import qlognormal_gen, qloguniform_gen, qnormal_gen, quniform_gen
from hyperopt.compat.scipy_distributions import lognorm_gen, loguniform_gen

__all__ = [
    "lognorm_gen",
    "loguniform_gen",
    "qlognormal_gen",
    "qloguniform_gen",
    "qnormal_gen",
    "qtable_logpmf",
    "qtable_pmf",
    "quniform_gen",
    "safe_int_cast",
]
