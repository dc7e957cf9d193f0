"""Short names for the options of choices, to label axes with."""

from __future__ import annotations

from typing import Any

from hyperopt.pyll.base import Apply, Literal, as_apply, dfs

__all__ = ["option_names"]

_LONGEST = 14


def option_names(space: Any) -> dict[str, list[str]]:
    """Name the options of every choice of a space: what they are, if that is short, else a number.

    Examples
    --------
    >>> from hyperopt import hp
    >>> option_names(hp.choice("a", ["relu", None, {"b": hp.uniform("b", 0, 1)}]))
    {'a': ["'relu'", 'None', '#2']}
    """
    expression = getattr(space, "expr", None)
    names = {}
    for node in dfs(expression if isinstance(expression, Apply) else as_apply(space)):
        if node.name == "switch" and node.pos_args[0].name == "hyperopt_param":
            label = node.pos_args[0].pos_args[0]
            if isinstance(label, Literal):
                names[label.obj] = [_name(i, option) for i, option in enumerate(node.pos_args[1:])]
    return names


def _name(index: int, option: Any) -> str:
    text = repr(option.obj) if isinstance(option, Literal) else ""
    return text if 0 < len(text) <= _LONGEST else f"#{index}"
