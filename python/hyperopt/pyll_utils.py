"""Front door for the DSL and its conditions under their well-known module name.

The parts live in `hyperopt.hp` (constructors), `hyperopt.priors` (rules for their arguments) and
`hyperopt.conditions` (when a parameter is active).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, TypeVar

from .conditions import EQ, Cond, expr_to_config
from .exceptions import DuplicateLabel
from .hp import call_text, checked_label, hyperopt_param
from .hp import choice as hp_choice
from .hp import lognormal as hp_lognormal
from .hp import loguniform as hp_loguniform
from .hp import normal as hp_normal
from .hp import pchoice as hp_pchoice
from .hp import qlognormal as hp_qlognormal
from .hp import qloguniform as hp_qloguniform
from .hp import qnormal as hp_qnormal
from .hp import quniform as hp_quniform
from .hp import randint as hp_randint
from .hp import uniform as hp_uniform
from .hp import uniformint as hp_uniformint
from .priors import check_numeric
from .pyll.base import Apply, Literal, MissingArgument, as_apply, scope

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

F = TypeVar("F", bound=Callable[..., Any])


def validate_label(f: F) -> F:
    """Decorate a constructor so that its label must be a string, or a `Literal` of one."""

    @functools.wraps(f)
    def checked(label: Any, *args: Any, **kwargs: Any) -> Any:
        return f(checked_label(f.__name__, label), *args, **kwargs)

    return checked  # type: ignore[return-value]


def validate_distribution_range(f: F) -> F:
    """Decorate a constructor ``f(label, low, high, ...)`` so that low must be less than high."""

    @functools.wraps(f)
    def checked(label: Any, *args: Any, **kwargs: Any) -> Any:
        given = dict(zip(("low", "high"), args, strict=False)) | kwargs
        bounds: dict[str, Any] = {
            name: given[name]
            for name in ("low", "high")
            if name in given and not isinstance(given[name], Apply)
        }
        check_numeric(call_text(f.__name__, label, args, kwargs), "uniform", bounds)
        return f(label, *args, **kwargs)

    return checked  # type: ignore[return-value]
