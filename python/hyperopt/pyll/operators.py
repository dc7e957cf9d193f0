"""The functions that every expression can call, registered in `scope`."""

from __future__ import annotations

import copy
import operator
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from .graph import Apply, as_apply, rec_eval
from .lambdas import Lambda
from .symbols import SymbolTableEntry, scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

__all__ = [
    "Raise",
    "apply",
    "array_union",
    "array_union1",
    "asarray",
    "bincount",
    "call",
    "call_method",
    "call_method_pure",
    "callpipe1",
    "copy_call_method_pure",
    "cos",
    "curtime",
    "exp",
    "identity",
    "log",
    "maximum",
    "minimum",
    "p0",
    "p1",
    "p2",
    "p3",
    "p4",
    "partial",
    "pdb_settrace",
    "pos_args",
    "pow",
    "repeat",
    "sin",
    "sqrt",
    "str_join",
    "sum",
    "switch",
    "tan",
]

for _operator in (
    operator.add,
    operator.sub,
    operator.mul,
    operator.truediv,
    operator.floordiv,
    operator.neg,
    operator.eq,
    operator.lt,
    operator.le,
    operator.gt,
    operator.ge,
    operator.getitem,
):
    scope._define(_operator, None, pure=True, library=True)


def apply(name: str, *args: Any, **kwargs: Any) -> Apply:
    """Make a node by the name of its function, which need not be defined yet."""
    return Apply(
        name,
        [as_apply(argument) for argument in args],
        {key: as_apply(value) for key, value in kwargs.items()},
    )


#: Nodes that stand for the parameters of a `Lambda`; left open, they cannot be evaluated.
p0, p1, p2, p3, p4 = (apply(name) for name in ("p0", "p1", "p2", "p3", "p4"))


@scope.define
def partial(name: str | SymbolTableEntry, *args: Any, **kwargs: Any) -> Lambda:
    """Make a function of one argument out of a symbol, the other arguments being given."""
    symbol = name.apply_name if isinstance(name, SymbolTableEntry) else name
    return Lambda(f"partial_{symbol}", [("x", p0)], apply(symbol, *args, p0, **kwargs))


@scope.define
def call(fn: Callable[..., Any], args: Sequence[Any] = (), kwargs: dict[str, Any] = {}) -> Any:  # noqa: B006
    """Call a function that is itself a value of the graph."""
    return fn(*args, **kwargs)


@scope.define
def callpipe1(fn_list: Iterable[Callable[[Any], Any]], arg: Any) -> Any:
    """Send a value through functions, one after the other; they may answer with expressions."""
    for function in fn_list:
        value = function(arg)
        arg = rec_eval(value) if isinstance(value, Apply) else value
    return arg


@scope.define
def call_method(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    """Call a method by name."""
    return getattr(obj, methodname)(*args, **kwargs)


@scope.define_pure
def call_method_pure(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    """Call a method by name that does not change its object."""
    return getattr(obj, methodname)(*args, **kwargs)


@scope.define_pure
def copy_call_method_pure(obj: Any, methodname: str, *args: Any, **kwargs: Any) -> Any:
    """Call a method by name on a shallow copy of the object."""
    return getattr(copy.copy(obj), methodname)(*args, **kwargs)


@scope.define_pure
def switch(pos: Any, *args: Any) -> Any:
    """Select the option at a position; in a graph, the others are not evaluated."""
    return args[pos]


def kwswitch(kw: Any, **kwargs: Any) -> Apply:
    """Make a node that selects the option of a given name; the others are not evaluated."""
    number = scope.call_method_pure(as_apply(list(kwargs)), "index", kw)
    return scope.switch(number, *kwargs.values())


# It makes a switch, so it is no symbol.
scope.__dict__.update(kwswitch=kwswitch)


@scope.define_pure
def pos_args(*args: Any) -> tuple[Any, ...]:
    """Make a tuple; lists and tuples in a space are nodes of this."""
    return args


@scope.define_pure
def identity(obj: Any) -> Any:
    """Return the argument."""
    return obj


@scope.define_pure
def repeat(n_times: int, obj: Any) -> list[Any]:
    """Return a list that holds an object several times."""
    return [obj] * n_times


@scope.define_pure
def str_join(s: str, seq: Iterable[str]) -> str:
    """Join strings."""
    return s.join(seq)


@scope.define
def Raise(etype: Callable[..., BaseException], *args: Any, **kwargs: Any) -> Any:
    """Raise an exception."""
    raise etype(*args, **kwargs)


@scope.define
def curtime(obj: Any) -> float:
    """Return the time of day in seconds, evaluated after the argument."""
    return time.time()


@scope.define
def pdb_settrace(obj: Any) -> Any:
    """Stop in the debugger, then return the argument."""
    import pdb

    pdb.set_trace()
    return obj


@scope.define_pure
def pow(a: Any, b: Any) -> Any:  # noqa: A001
    """Raise to a power."""
    return a**b


@scope.define_pure
def exp(a: Any) -> Any:
    """Exponential, elementwise."""
    return np.exp(a)


@scope.define_pure
def log(a: Any) -> Any:
    """Natural logarithm, elementwise."""
    return np.log(a)


@scope.define_pure
def sin(a: Any) -> Any:
    """Sine, elementwise."""
    return np.sin(a)


@scope.define_pure
def cos(a: Any) -> Any:
    """Cosine, elementwise."""
    return np.cos(a)


@scope.define_pure
def tan(a: Any) -> Any:
    """Tangent, elementwise."""
    return np.tan(a)


@scope.define_pure
def sqrt(x: Any) -> Any:
    """Square root, elementwise."""
    return np.sqrt(x)


@scope.define_pure
def minimum(x: Any, y: Any) -> Any:
    """Smaller of two, elementwise."""
    return np.minimum(x, y)


@scope.define_pure
def maximum(x: Any, y: Any) -> Any:
    """Larger of two, elementwise."""
    return np.maximum(x, y)


@scope.define_pure
def sum(x: Any, axis: int | None = None) -> Any:  # noqa: A001
    """Sum over an axis, or over everything."""
    return np.sum(x, axis=axis)


@scope.define_pure
def asarray(a: Any, dtype: Any = None) -> Any:
    """Convert to a numpy array."""
    return np.asarray(a, dtype=dtype)


@scope.define_pure
def array_union1(args: Iterable[Any]) -> Any:
    """Sorted distinct elements of several sequences."""
    arrays = [np.ravel(argument) for argument in args]
    return np.unique(np.concatenate(arrays)) if arrays else np.asarray([])


@scope.define_pure
def array_union(*args: Any) -> Any:
    """Sorted distinct elements of all arguments."""
    return array_union1(args)


@scope.define_pure
def bincount(
    x: Any, offset: int = 0, weights: Any = None, minlength: int = 0, p: Any = None
) -> Any:
    """Count integers from `offset` on; at least as many bins as `minlength` and `p` have."""
    n_bins = minlength if p is None else max(minlength, len(p))
    shifted = np.asarray(x, dtype=np.int64) - offset
    return np.bincount(shifted, weights=weights, minlength=n_bins)


for _name in __all__:
    globals()[_name].__module__ = "hyperopt.pyll.base"
