"""Front door: the Tree-structured Parzen Estimator, and the parts it is made of as functions."""

from hyperopt.algorithms.tpe import (
    _default_gamma as _default_gamma,
)
from hyperopt.algorithms.tpe import (
    _default_linear_forgetting as _default_linear_forgetting,
)
from hyperopt.algorithms.tpe import (
    _default_n_EI_candidates as _default_n_EI_candidates,
)
from hyperopt.algorithms.tpe import (
    _default_n_startup_jobs as _default_n_startup_jobs,
)
from hyperopt.algorithms.tpe import (
    _default_prior_weight as _default_prior_weight,
)
from hyperopt.algorithms.tpe import (
    suggest,
)
from hyperopt.compat.densities.distributions import (
    EPS,
    categorical_lpdf,
    lognormal_cdf,
    lognormal_lpdf,
    logsum_rows,
    normal_cdf,
    qlognormal_lpdf,
    randint_via_categorical_lpdf,
)
from hyperopt.compat.densities.estimator import (
    DEFAULT_LF,
    adaptive_parzen_normal,
    adaptive_parzen_normal_orig,
    linear_forgetting_weights,
    tpe_cat_pseudocounts,
)
from hyperopt.compat.densities.mixtures import GMM1, LGMM1, GMM1_lpdf, LGMM1_lpdf
from hyperopt.compat.densities.samplers import (
    adaptive_parzen_sampler,
    adaptive_parzen_samplers,
    ap_categorical_sampler,
    ap_loglognormal_sampler,
    ap_loguniform_sampler,
    ap_normal_sampler,
    ap_qlognormal_sampler,
    ap_qloguniform_sampler,
    ap_qnormal_sampler,
    ap_quniform_sampler,
    ap_randint_sampler,
    ap_split_trials,
    ap_uniform_sampler,
    broadcast_best,
)
from hyperopt.pyll.base import scope
from hyperopt.pyll.stochastic import implicit_stochastic
from hyperopt.storage.documents import miscs_to_idxs_vals, miscs_update_idxs_vals

__all__ = [
    "DEFAULT_LF",
    "EPS",
    "GMM1",
    "LGMM1",
    "GMM1_lpdf",
    "LGMM1_lpdf",
    "adaptive_parzen_normal",
    "adaptive_parzen_normal_orig",
    "adaptive_parzen_sampler",
    "adaptive_parzen_samplers",
    "ap_categorical_sampler",
    "ap_loglognormal_sampler",
    "ap_loguniform_sampler",
    "ap_normal_sampler",
    "ap_qlognormal_sampler",
    "ap_qloguniform_sampler",
    "ap_qnormal_sampler",
    "ap_quniform_sampler",
    "ap_randint_sampler",
    "ap_split_trials",
    "ap_uniform_sampler",
    "broadcast_best",
    "categorical_lpdf",
    "implicit_stochastic",
    "linear_forgetting_weights",
    "lognormal_cdf",
    "lognormal_lpdf",
    "logsum_rows",
    "miscs_to_idxs_vals",
    "miscs_update_idxs_vals",
    "normal_cdf",
    "qlognormal_lpdf",
    "randint_via_categorical_lpdf",
    "scope",
    "suggest",
    "tpe_cat_pseudocounts",
]
