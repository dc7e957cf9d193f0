"""The arguments of a node, laid out under the parameter names of its function."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .node import MissingArgument

if TYPE_CHECKING:
    import inspect
    from collections.abc import Callable

    from .graph import Apply

__all__ = ["bind_arguments"]


def bind_arguments(
    node: Apply, parameters: list[inspect.Parameter], constant: Callable[[Any], Apply]
) -> dict[str, Any]:
    """Lay out the arguments of a node under the parameters of its function.

    `constant` makes a node of a parameter's default.
    """
    bound: dict[str, Any] = {}
    positional = list(node.pos_args)
    named = dict(node.named_args)
    for parameter in parameters:
        if parameter.kind is parameter.VAR_POSITIONAL:
            bound[parameter.name] = positional
            positional = []
        elif parameter.kind is parameter.VAR_KEYWORD:
            bound[parameter.name] = named
            named = {}
        elif positional and parameter.kind is not parameter.KEYWORD_ONLY:
            bound[parameter.name] = positional.pop(0)
            if parameter.name in named:
                raise TypeError(f"{node.name}() got two values for {parameter.name!r}")
        elif parameter.name in named:
            bound[parameter.name] = named.pop(parameter.name)
        elif parameter.default is not parameter.empty:
            bound[parameter.name] = constant(parameter.default)
        else:
            bound[parameter.name] = MissingArgument
    if positional or named:
        raise TypeError(f"{node.name}() got arguments that it has no parameters for")
    return bound
