"""Python's operators on expressions: each makes a node instead of computing."""

from __future__ import annotations

import sys
import warnings
from opcode import opmap
from types import FrameType
from typing import TYPE_CHECKING, Any

from hyperopt.exceptions import SpaceWarning

if TYPE_CHECKING:
    from .graph import Apply

__all__ = ["Arithmetic"]

_COMPARE = opmap["COMPARE_OP"]

_NUMBERS = frozenset({"float", "int", "add", "sub", "mul", "truediv", "floordiv", "pow", "neg"})
"""Nodes whose values are numbers, mostly."""


def _may_become(node: Any, constant: str | float) -> bool:
    """Whether a node may evaluate to a constant: an option of a switch, or a number of numbers."""
    if node.name == "switch":
        return any(option.is_literal and _equal(option.obj, constant) for option in node.pos_args)
    return node.name in _NUMBERS and not isinstance(constant, (str, bool))


def _stands_at_comparison(frame: FrameType) -> bool:
    return frame.f_code.co_code[frame.f_lasti] == _COMPARE


def _equal(option: Any, constant: str | float) -> bool:
    if not isinstance(option, (str, int, float)):
        return False
    return isinstance(option, str) == isinstance(constant, str) and option == constant


class Arithmetic:
    """Operators of `Apply`. ``==`` stays Python's own, since nodes are keys of dicts.

    It warns where it can't be meant: when a constant is compared that the expression may become.
    """

    # numpy scalars then leave `np.float64(2) * node` to the node's reflected operator.
    __array_ufunc__ = None

    @staticmethod
    def _node(name: str, *args: Any) -> Apply:
        raise NotImplementedError

    def __add__(self, other: Any) -> Apply:
        return self._node("add", self, other)

    def __radd__(self, other: Any) -> Apply:
        return self._node("add", other, self)

    def __sub__(self, other: Any) -> Apply:
        return self._node("sub", self, other)

    def __rsub__(self, other: Any) -> Apply:
        return self._node("sub", other, self)

    def __mul__(self, other: Any) -> Apply:
        return self._node("mul", self, other)

    def __rmul__(self, other: Any) -> Apply:
        return self._node("mul", other, self)

    def __truediv__(self, other: Any) -> Apply:
        return self._node("truediv", self, other)

    def __rtruediv__(self, other: Any) -> Apply:
        return self._node("truediv", other, self)

    def __floordiv__(self, other: Any) -> Apply:
        return self._node("floordiv", self, other)

    def __rfloordiv__(self, other: Any) -> Apply:
        return self._node("floordiv", other, self)

    def __pow__(self, other: Any) -> Apply:
        return self._node("pow", self, other)

    def __rpow__(self, other: Any) -> Apply:
        return self._node("pow", other, self)

    def __neg__(self) -> Apply:
        return self._node("neg", self)

    def __lt__(self, other: Any) -> Apply:
        return self._node("lt", self, other)

    def __le__(self, other: Any) -> Apply:
        return self._node("le", self, other)

    def __gt__(self, other: Any) -> Apply:
        return self._node("gt", self, other)

    def __ge__(self, other: Any) -> Apply:
        return self._node("ge", self, other)

    def __eq__(self, other: object) -> bool:
        # Not at `in`, look-ups and calls, which compare whatever lies there.
        if (
            isinstance(other, (str, int, float))
            and _stands_at_comparison(sys._getframe(1))
            and _may_become(self, other)
        ):
            warnings.warn(
                f"{self!r} == {other!r} is False, whatever is drawn: an expression has no value "
                "where the space is written. Use scope.eq(...) with scope.switch in a space, or "
                "compare in the objective",
                SpaceWarning,
                stacklevel=2,
            )
        return NotImplemented

    __hash__ = object.__hash__

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        """Make a node that calls the value of this one."""
        return self._node("call", self, args, kwargs)
