"""Walks over an expression graph, and copies of it. None of them recurses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .node import is_literal

if TYPE_CHECKING:
    from .graph import Apply

__all__ = ["clone", "clone_merge", "dfs", "toposort"]


def dfs(aa: Apply, seq: list[Apply] | None = None, seqset: Any = None) -> list[Apply]:
    """List every node of a graph once, arguments before the nodes that use them.

    Parameters
    ----------
    aa : Apply
        Root of the graph.
    seq : list of Apply, optional
        List to append to.
    seqset : set or dict of Apply, optional
        Nodes already seen; they and what only they reach are left out.

    Returns
    -------
    list of Apply
        `seq`, the root last.
    """
    if seq is None:
        seq, seqset = [], set()
    elif seqset is None:
        seqset = set(seq)
    mark = seqset.add if isinstance(seqset, set) else seqset.setdefault
    stack: list[tuple[Apply, bool]] = [(aa, False)]
    while stack:
        node, inputs_done = stack.pop()
        if inputs_done:
            seq.append(node)
        elif node not in seqset:
            mark(node)
            stack.append((node, True))
            for child in reversed(node.inputs()):
                if child not in seqset:
                    stack.append((child, False))  # noqa: PERF401
    return seq


def toposort(expr: Apply) -> list[Apply]:
    """List every node of a graph once, arguments before the nodes that use them.

    Raises
    ------
    ValueError
        When the graph contains a cycle.
    """
    order = dfs(expr)
    position = {node: index for index, node in enumerate(order)}
    for node in order:
        for child in node.inputs():
            if position[child] >= position[node]:
                raise ValueError(f"the expression contains a cycle through the node {node.name!r}")
    return order


def clone(expr: Apply, memo: dict[Apply, Apply] | None = None) -> Apply:
    """Copy a graph.

    Parameters
    ----------
    expr : Apply
        Root of the graph.
    memo : dict, optional
        Replacements: a node found here is not copied but replaced. Gets the copies added.

    Returns
    -------
    Apply
        Root of the copy. Constants are not copied themselves.
    """
    if memo is None:
        memo = {}
    for node in dfs(expr, seq=[], seqset=set(memo)):
        memo[node] = node.clone_from_inputs([memo[child] for child in node.inputs()])
    return memo[expr]


def clone_merge(
    expr: Apply, memo: dict[Apply, Apply] | None = None, merge_literals: bool = False
) -> Apply:
    """Copy a graph, with equal nodes made one.

    Two nodes are equal when they are pure and name the same function over the same arguments.

    Parameters
    ----------
    expr : Apply
        Root of the graph.
    memo : dict, optional
        Replacements, as in `clone`.
    merge_literals : bool
        Whether constants of the same type and value count as equal.

    Returns
    -------
    Apply
        Root of the copy.
    """
    if memo is None:
        memo = {}
    known: dict[Any, Apply] = {}
    for node in dfs(expr, seq=[], seqset=set(memo)):
        inputs = [memo[child] for child in node.inputs()]
        key = _merge_key(node, inputs, merge_literals)
        if key is None:
            memo[node] = node.clone_from_inputs(inputs)
            continue
        if key not in known:
            known[key] = node.clone_from_inputs(inputs)
        memo[node] = known[key]
    return memo[expr]


def _merge_key(node: Apply, inputs: list[Apply], merge_literals: bool) -> Any:
    """What two nodes have in common when one can stand for both; None when nothing can."""
    if is_literal(node):
        if not merge_literals:
            return None
        try:
            hash(node.obj)
        except TypeError:
            return None
        # The repr tells 0.0 from -0.0.
        return type(node.obj), node.obj, repr(node.obj)
    if not node.pure:
        return None
    names = tuple(pair[0] for pair in node.named_args)
    return node.name, tuple(id(child) for child in inputs), names


for _function in (clone, clone_merge, dfs, toposort):
    _function.__module__ = "hyperopt.pyll.base"
