"""The options of a space's choices, by name, to label axes with."""

from __future__ import annotations

from typing import Any

from hyperopt.pyll.base import Apply, Literal, as_apply, dfs
from hyperopt.space.option_names import option_names

__all__ = ["option_names_of"]


def option_names_of(space: Any) -> dict[str, list[str]]:
    """Name the options of every choice of a space, or of a domain.

    Examples
    --------
    >>> from hyperopt import hp
    >>> option_names_of(hp.choice("a", ["relu", None, {"b": hp.uniform("b", 0, 1)}]))
    {'a': ['relu', 'None', '#2']}
    """
    expression = getattr(space, "expr", None)
    names = {}
    for node in dfs(expression if isinstance(expression, Apply) else as_apply(space)):
        if node.name == "switch" and node.pos_args[0].name == "hyperopt_param":
            label = node.pos_args[0].pos_args[0]
            if isinstance(label, Literal):
                names[label.obj] = option_names(node.pos_args[1:])
    return names
