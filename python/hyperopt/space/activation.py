"""When a parameter is active, as conditions on the parameters that decide.

A node is reached from the root of a space by paths; on every path, each switch must have selected
the option that the path goes through. So a node is active under a disjunction of conjunctions of
"this parameter has this value". A node is visited once here, not once for every path to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hyperopt.pyll.base import Apply, Literal, toposort

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ALWAYS", "Conditions", "activation", "label_of"]

Conjunction = tuple[tuple[str, int], ...]
#: A disjunction; None when only evaluation can tell.
Conditions = tuple[Conjunction, ...] | None

ALWAYS: Conditions = ((),)

_MAX_CONJUNCTIONS = 256
_MAX_LITERALS = 16_384
INTEGER_FAMILIES = ("randint", "categorical")


class _Index(NamedTuple):
    """A switch index that is the value of a parameter plus a constant."""

    label: str
    offset: int


def activation(root: Apply, *, keep_implied: bool = False) -> dict[Apply, Conditions]:
    """Find the conditions under which each node of a space is active.

    Parameters
    ----------
    root : Apply
        The space.
    keep_implied : bool
        Whether a conjunction is also listed when another implies it, as long as there are few.

    Returns
    -------
    dict
        Conditions by node. A conjunction lists its parameters from the root inward. None stands
        where a switch is decided by more than one parameter plus a constant, or where more than
        256 conjunctions would be needed.

    Raises
    ------
    ValueError
        When the expression contains a cycle.
    """
    incoming: dict[Apply, list[Conditions]] = {root: [ALWAYS]}
    found: dict[Apply, Conditions] = {}
    order = toposort(root)
    rank = {label: i for i, node in enumerate(order) if (label := label_of(node)) is not None}
    for node in reversed(order):
        conditions = found[node] = _union(incoming.pop(node), rank, keep_implied)
        for child, reached in _passed_on(node, conditions):
            incoming.setdefault(child, []).append(reached)
    return found


def label_of(node: Apply) -> str | None:
    """Return the label of a parameter node, None for any other node."""
    if node.name != "hyperopt_param":
        return None
    label = node.inputs()[0] if node.pos_args else dict(node.named_args)["label"]
    return label.obj if isinstance(label, Literal) else None


def drawn_by(node: Apply) -> Apply:
    """Return the distribution node of a parameter node."""
    return node.pos_args[1] if len(node.pos_args) > 1 else dict(node.named_args)["obj"]


def _passed_on(node: Apply, conditions: Conditions) -> Iterable[tuple[Apply, Conditions]]:
    """What the arguments of a node inherit from it."""
    if node.name != "switch" or not node.pos_args:
        for child in node.inputs():
            yield child, conditions
        return
    index_node, *options = node.pos_args
    yield index_node, conditions
    index = _simple_index(index_node)
    for number, option in enumerate(options):
        if index is None or conditions is None:
            yield option, None
        else:
            yield option, _narrow(conditions, index.label, number - index.offset)


def _simple_index(node: Apply) -> _Index | None:
    """Read a switch index as a parameter plus a constant, if it is one."""
    offset = 0
    while True:
        label = label_of(node)
        if label is not None:
            is_integer = drawn_by(node).name in INTEGER_FAMILIES
            return _Index(label, offset) if is_integer else None
        if node.named_args:
            return None
        if node.name == "int" and len(node.pos_args) == 1:
            node = node.pos_args[0]
            continue
        if node.name not in ("add", "sub") or len(node.pos_args) != 2:
            return None
        left, right = node.pos_args
        if _is_integer(right):
            offset += right.obj if node.name == "add" else -right.obj  # type: ignore[attr-defined]
            node = left
        elif _is_integer(left) and node.name == "add":
            offset += left.obj  # type: ignore[attr-defined]
            node = right
        else:
            return None


def _is_integer(node: Apply) -> bool:
    return isinstance(node, Literal) and type(node.obj) is int


def _narrow(conditions: Iterable[Conjunction], label: str, value: int) -> Conditions:
    """Add "label has value" to every conjunction, and drop those that it contradicts."""
    narrowed = []
    for conjunction in conditions:
        given = [known for name, known in conjunction if name == label]
        if not given:
            narrowed.append((*conjunction, (label, value)))
        elif given[0] == value:
            narrowed.append(conjunction)
    return tuple(narrowed)


def _union(alternatives: list[Conditions], rank: dict[str, int], keep_implied: bool) -> Conditions:
    """Join the conditions of all paths.

    The order is that in which the space is written, which `rank` tells for the labels.
    """
    if len(alternatives) == 1:
        return alternatives[0]
    always = any(conditions is not None and () in conditions for conditions in alternatives)
    dynamic = any(conditions is None for conditions in alternatives)
    joined = dict.fromkeys(c for conditions in alternatives for c in conditions or ())
    many = len(joined) > _MAX_CONJUNCTIONS or sum(map(len, joined)) > _MAX_LITERALS
    if always and (dynamic or many or not keep_implied):
        return ALWAYS
    if dynamic or many:
        return None
    in_order = sorted(joined, key=lambda c: [(rank[label], value) for label, value in c])
    return tuple(in_order) if keep_implied else _without_implied(in_order)


def _without_implied(conjunctions: list[Conjunction]) -> Conditions:
    sets = [frozenset(conjunction) for conjunction in conjunctions]
    kept = []
    for i, own in enumerate(sets):
        implied = any(other < own or (other == own and j < i) for j, other in enumerate(sets))
        if not implied:
            kept.append(conjunctions[i])
    return tuple(kept)
