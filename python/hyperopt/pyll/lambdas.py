"""Expressions with open parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .graph import Apply, as_apply
from .traversal import clone

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Lambda"]


class Lambda:
    """An expression with open parameters.

    Parameters
    ----------
    name : str
        A name, for display.
    params : sequence of (str, Apply)
        Names of the parameters, and the nodes that stand for them in `expr`.
    expr : Apply
        The body.
    """

    def __init__(self, name: str, params: Sequence[tuple[str, Apply]], expr: Apply) -> None:
        self.__name__ = name
        self.params = params
        self.expr = expr

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        """Return the body with the arguments in place of the parameters."""
        names = [name for name, _ in self.params]
        if len(args) > len(names):
            raise TypeError(f"{self.__name__}() takes {len(names)} arguments, got {len(args)}")
        given = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name in given or name not in names:
                problem = "got several values for" if name in given else "has no parameter"
                raise TypeError(f"{self.__name__}() {problem} {name!r}")
            given[name] = value
        memo = {node: as_apply(given[name]) for name, node in self.params if name in given}
        return clone(self.expr, memo)


Lambda.__module__ = "hyperopt.pyll.base"
