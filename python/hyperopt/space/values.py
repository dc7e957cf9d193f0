"""Parameters by value: what the objective sees, in native Python types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.pyll.base import Apply, dfs

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace


def native(value: Any) -> Any:
    """`value` with numpy scalars as Python numbers, also inside of containers."""
    if isinstance(value, np.generic):
        return value.item()
    if type(value) is dict:
        return {native(key): native(item) for key, item in value.items()}
    if type(value) in (list, tuple):
        return type(value)(native(item) for item in value)
    return value


class ValuesOf:
    """Translates what trials store into values, label by label.

    A choice gives its option, as it is evaluated in that trial. A parameter that the space only
    uses as an integer is an ``int``.

    Parameters
    ----------
    space
        The compiled space.

    Examples
    --------
    >>> from hyperopt import hp
    >>> from hyperopt.pyll import scope
    >>> from hyperopt.space import compile_space
    >>> space = compile_space([hp.choice("c", ["a", "b"]), scope.int(hp.quniform("n", 0, 9, 1))])
    >>> ValuesOf(space)({"c": 1, "n": 3.0})
    {'c': 'b', 'n': 3}
    """

    def __init__(self, space: CompiledSpace) -> None:
        users: dict[Apply, list[Apply]] = {}
        for node in dfs(space.expression):
            for child in node.inputs():
                users.setdefault(child, []).append(node)
        self._translate = {
            label: _translation(node, users.get(node, [])) or _number(node, users)
            for label, node in space.nodes.items()
        }

    def __call__(self, vals: Mapping[str, Any]) -> dict[str, Any]:
        """The values of the labels in `vals`, which must be those of an active point."""
        return {
            label: translate(vals) for label, translate in self._translate.items() if label in vals
        }


def _translation(parameter: Apply, users: list[Apply]) -> Callable[[Mapping[str, Any]], Any] | None:
    """The option that is chosen, if all that the parameter does is to choose one."""
    from hyperopt.space.compiler import compile_space

    if len(users) != 1 or users[0].name != "switch" or users[0].pos_args[0] is not parameter:
        return None
    switch = compile_space(users[0])
    return lambda vals: native(switch.evaluate(vals))


def _number(
    parameter: Apply, users: dict[Apply, list[Apply]]
) -> Callable[[Mapping[str, Any]], Any]:
    label = parameter.arg["label"].obj
    wrappers = users.get(parameter, [])
    if len(wrappers) == 1 and wrappers[0].name == "float":
        wrappers = users.get(wrappers[0], [])
    if wrappers and all(wrapper.name == "int" for wrapper in wrappers):
        return lambda vals: int(vals[label])
    return lambda vals: native(vals[label])
