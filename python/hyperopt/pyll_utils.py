"""Front door: the words of `hp` under upstream's first names, and conditions of parameters."""

from hyperopt.compat.label_decorators import validate_distribution_range, validate_label
from hyperopt.exceptions import DuplicateLabel
from hyperopt.pyll.base import Apply, Literal, MissingArgument, as_apply, scope
from hyperopt.space.conditions import EQ, Cond, expr_to_config
from hyperopt.space.constructors import choice as hp_choice
from hyperopt.space.constructors import hyperopt_param
from hyperopt.space.constructors import lognormal as hp_lognormal
from hyperopt.space.constructors import loguniform as hp_loguniform
from hyperopt.space.constructors import normal as hp_normal
from hyperopt.space.constructors import pchoice as hp_pchoice
from hyperopt.space.constructors import qlognormal as hp_qlognormal
from hyperopt.space.constructors import qloguniform as hp_qloguniform
from hyperopt.space.constructors import qnormal as hp_qnormal
from hyperopt.space.constructors import quniform as hp_quniform
from hyperopt.space.constructors import randint as hp_randint
from hyperopt.space.constructors import uniform as hp_uniform
from hyperopt.space.constructors import uniformint as hp_uniformint

__all__ = [
    "EQ",
    "Apply",
    "Cond",
    "DuplicateLabel",
    "Literal",
    "MissingArgument",
    "as_apply",
    "expr_to_config",
    "hp_choice",
    "hp_lognormal",
    "hp_loguniform",
    "hp_normal",
    "hp_pchoice",
    "hp_qlognormal",
    "hp_qloguniform",
    "hp_qnormal",
    "hp_quniform",
    "hp_randint",
    "hp_uniform",
    "hp_uniformint",
    "hyperopt_param",
    "scope",
    "validate_distribution_range",
    "validate_label",
]
