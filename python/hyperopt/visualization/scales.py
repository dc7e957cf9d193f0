"""What a space says about axes: options of choices by name, and which scales are logarithmic."""

from __future__ import annotations

from typing import Any

from hyperopt.pyll.base import Apply
from hyperopt.space.compiler import CompiledSpace, compile_space
from hyperopt.space.option_names import option_names

__all__ = ["option_names_of", "scales_of"]


def option_names_of(space: Any) -> dict[str, list[str]]:
    """Name the options of every choice of a space, or of a domain.

    Examples
    --------
    >>> from hyperopt import hp
    >>> option_names_of(hp.choice("a", ["relu", None, {"b": hp.uniform("b", 0, 1)}]))
    {'a': ['relu', 'None', 'b']}
    """
    return {label: option_names(options) for label, options in _compiled(space).options.items()}


def scales_of(space: Any) -> dict[str, bool]:
    """Whether each parameter's scale is logarithmic, as its prior is.

    Examples
    --------
    >>> from hyperopt import hp
    >>> scales_of({"a": hp.uniform("a", 1e-6, 1), "b": hp.loguniform("b", -9, 0)})
    {'a': False, 'b': True}
    """
    return {p.label: p.is_log for p in _compiled(space).parameters}


def _compiled(space: Any) -> CompiledSpace:
    if isinstance(space, CompiledSpace):
        return space
    expression = getattr(space, "expr", None)  # of a domain
    return compile_space(expression if isinstance(expression, Apply) else space)
