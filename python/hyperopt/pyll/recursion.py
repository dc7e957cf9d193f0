"""Functions of a space that call themselves without an end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .graph import Apply

__all__ = ["EndlessRecursion", "endless"]


class EndlessRecursion(RecursionError):  # noqa: N818 (its end is missing, which is the error)
    """A `RecursionError` that says what to do."""

    def __reduce__(self) -> tuple[type[RecursionError], tuple[object, ...]]:
        return RecursionError, self.args


def endless(error: RecursionError, node: Apply) -> RecursionError:
    """What to raise when the evaluation of a node went too deep; an error that says so stays."""
    if isinstance(error, EndlessRecursion):
        return error
    told = EndlessRecursion(
        f"scope.{node.name} went deeper than Python allows. A function that samples or returns "
        "an expression of itself has to end by itself, at a depth that it is given as an argument; "
        "and what it draws is no parameter of the search. To have it searched, write the "
        "recursion where the space is made, to a fixed depth: "
        "hp.choice(f'node{depth}', [leaf, branch(depth - 1)]), each with labels of its own"
    )
    told.__cause__ = error
    return told
