"""A plain node, and the marks that stand where a value or an argument is missing.

What walks, prints and evaluates a graph needs no more of it than this; `graph.Apply`, which people
build expressions of, stands on top of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from typing_extensions import Self

    from .graph import Apply, Literal

__all__ = [
    "GarbageCollected",
    "MissingArgument",
    "Node",
    "UndefinedValue",
    "argument_name",
    "is_expression",
    "is_literal",
]


class UndefinedValue:
    """Marks a value that was never computed."""


class MissingArgument:
    """Marks a parameter, in `Apply.arg`, that the node has no argument for."""


class GarbageCollected:
    """Marks, in a memo, a node whose value is absent: not needed any more, or not active."""


class Node:
    """A function, by name, and the nodes of its arguments; see `hyperopt.pyll.base.Apply`."""

    is_literal = False
    """Whether the node is a constant, whose value is its `obj`."""

    def __init__(
        self,
        name: str,
        pos_args: Iterable[Apply],
        named_args: Any,
        o_len: int | None = None,
        pure: bool = False,
        define_params: dict[str, Any] | None = None,
    ) -> None:
        self.name = name
        self.pos_args: list[Apply] = list(pos_args)
        items = named_args.items() if isinstance(named_args, dict) else named_args
        self.named_args: list[list[Any]] = [[key, node] for key, node in items]
        self.named_args.sort(key=argument_name)
        self.o_len = o_len
        self.pure = pure
        self.define_params = define_params
        for node in self.inputs():
            if not isinstance(node, Node):
                raise TypeError(
                    f"argument {node!r} of the node {name!r} is no expression; wrap it with "
                    "hyperopt.pyll.as_apply"
                )

    def inputs(self) -> list[Apply]:
        """Nodes of all arguments, the positional ones first."""
        if not self.named_args:
            return list(self.pos_args)
        return self.pos_args + [node for _, node in self.named_args]

    def replace_input(self, old_node: Apply, new_node: Apply) -> list[int]:
        """Put `new_node` wherever `old_node` is an argument; return the positions in `inputs`."""
        replaced = []
        for position, node in enumerate(self.pos_args):
            if node is old_node:
                self.pos_args[position] = new_node
                replaced.append(position)
        for position, (name, node) in enumerate(self.named_args):
            if node is old_node:
                self.named_args[position] = [name, new_node]
                replaced.append(len(self.pos_args) + position)
        return replaced

    def clone_from_inputs(self, inputs: Sequence[Apply], o_len: Any = "same") -> Self:
        """Make a node like this one over other argument nodes, in the order of `inputs`."""
        if len(inputs) != len(self.pos_args) + len(self.named_args):
            raise TypeError(
                f"the node {self.name!r} has {len(self.inputs())} inputs, not {len(inputs)}"
            )
        split = len(self.pos_args)
        named = [
            [pair[0], node] for pair, node in zip(self.named_args, inputs[split:], strict=False)
        ]
        return type(self)(
            self.name,
            inputs[:split],
            named,
            self.o_len if o_len == "same" else o_len,
            self.pure,
            self.define_params,
        )


def argument_name(pair: Sequence[Any]) -> Any:
    """The name in a pair of name and node."""
    return pair[0]


def is_expression(value: Any) -> TypeGuard[Apply]:
    """Whether a value is a node of a graph."""
    return isinstance(value, Node)


def is_literal(node: Node) -> TypeGuard[Literal]:
    """Whether a node is a constant."""
    return node.is_literal


for _mark in (GarbageCollected, MissingArgument, UndefinedValue):
    _mark.__module__ = "hyperopt.pyll.base"
