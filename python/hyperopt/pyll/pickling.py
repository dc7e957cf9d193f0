"""Pickling of deep graphs without meeting the recursion limit.

pickle descends from a node into its arguments, several frames for each level. So a node's state
names, before its arguments, the nodes that lie a number of levels further down: pickle then
descends in long steps first, and finds every node between two steps a few levels from known ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .graph import Apply

__all__ = ["stepping_stones"]

_LEVELS_PER_STEP = 20


def stepping_stones(root: Apply) -> list[Apply]:
    """List the nodes to pickle before a graph; none when it is not deep.

    These are the ends of all ways down of `_LEVELS_PER_STEP` arguments.
    """
    layer: dict[Apply, None] = {root: None}
    for _ in range(_LEVELS_PER_STEP):
        layer = dict.fromkeys(child for node in layer for child in node.inputs())
        if not layer:
            break
    return list(layer)
