"""Front door: a space as an expression over many trials at once."""

from hyperopt.pyll import stochastic
from hyperopt.pyll.base import Apply, as_apply, dfs, scope, toposort
from hyperopt.pyll.stochastic import implicit_stochastic_symbols as stoch
from hyperopt.space.vectorize import (
    ERR,
    VectorizeHelper,
    idxs_map,
    idxs_take,
    replace_repeat_stochastic,
    uniq,
    vchoice_merge,
    vchoice_split,
    vectorize_stochastic,
)

__all__ = [
    "ERR",
    "Apply",
    "VectorizeHelper",
    "as_apply",
    "dfs",
    "idxs_map",
    "idxs_take",
    "replace_repeat_stochastic",
    "scope",
    "stoch",
    "stochastic",
    "toposort",
    "uniq",
    "vchoice_merge",
    "vchoice_split",
    "vectorize_stochastic",
]
