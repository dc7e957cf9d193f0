"""Python's operators on expressions: each makes a node instead of computing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .graph import Apply

__all__ = ["Arithmetic"]


class Arithmetic:
    """Operators of `Apply`. ``==`` stays Python's own, since nodes are keys of dicts."""

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

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        """Make a node that calls the value of this one."""
        return self._node("call", self, args, kwargs)
