"""What algorithms check and find out before they ask the core."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from hyperopt.pyll.base import dfs

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

_unordered: WeakKeyDictionary[CompiledSpace, list[bool]] = WeakKeyDictionary()


def count(name: str, value: int, least: int) -> int:
    """The value of the option `name`, an integer that is at least `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r} is not allowed: must be an integer") from None
    if number < least:
        raise ValueError(f"{name}={number} is not allowed: must be at least {least}")
    return number


def unordered_parameters(space: CompiledSpace) -> list[bool]:
    """Whether each parameter selects an option by its number, as those of `hp.choice` do."""
    known = _unordered.get(space)
    if known is None:
        selectors = {
            id(node.pos_args[0]) for node in dfs(space.expression) if node.name == "switch"
        }
        known = [id(space.nodes[label]) in selectors for label in space.labels]
        _unordered[space] = known
    return known
