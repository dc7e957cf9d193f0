"""The nodes of an expression graph.

An expression is a graph of `Apply` nodes; a node names a function of `hyperopt.pyll.scope` and
holds the nodes of its arguments. Constants are `Literal` nodes. Building a graph calls nothing.
"""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, TextIO

from .arithmetic import Arithmetic
from .binding import bind_arguments
from .evaluation import evaluate
from .functions import implementations
from .node import GarbageCollected, MissingArgument, Node, UndefinedValue, argument_name
from .pickling import stepping_stones
from .printing import one_line, tree_text, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .symbols import SymbolTable

__all__ = [
    "Apply",
    "GarbageCollected",
    "Literal",
    "MissingArgument",
    "UndefinedValue",
    "as_apply",
    "rec_eval",
]


_ROUNDED = "hp.quniform or hp.uniformint, or scope.int(...)"

_HOLDS_ITSELF = "a list or a dict of the space holds itself, or is nested thousands deep"

_scope: SymbolTable | None = None


def set_symbol_table(table: SymbolTable) -> None:
    """Tell the nodes where the functions that come with a pickle are registered."""
    global _scope
    _scope = table


def _symbols() -> SymbolTable:
    assert _scope is not None, "hyperopt.pyll.symbols is imported with the package"
    return _scope


class Apply(Arithmetic, Node):
    """A node: a function, by name, and the nodes of its arguments.

    Parameters
    ----------
    name : str
        Name of a function in `scope`.
    pos_args : sequence of Apply
        Nodes of the positional arguments.
    named_args : sequence of (str, Apply), or dict
        Names and nodes of the keyword arguments; kept in ascending order of name.
    o_len : int, optional
        Length of the value, when it is known before evaluation.
    pure : bool
        Whether equal arguments always give equal results, without side effects.
    define_params : dict, optional
        Arguments to ``scope.define`` that make the function known where the node is unpickled.
    """

    def __getstate__(self) -> dict[str, Any]:
        stones = stepping_stones(self)
        return {"_pickled_first": stones, **self.__dict__} if stones else self.__dict__

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.__dict__.pop("_pickled_first", None)
        if self.__dict__.setdefault("define_params", None):
            assert self.define_params is not None
            _symbols()._define_from_pickle(**self.define_params)

    @property
    def arg(self) -> dict[str, Any]:
        """Argument nodes by the parameter names of the node's function.

        A parameter without an argument maps to its default as a `Literal`, or to
        `MissingArgument`. Extra positional and keyword arguments are a list and a dict under the
        names that the function gives them.

        Raises
        ------
        NotImplementedError
            When the function is unknown, or has no signature to go by.
        TypeError
            When the arguments do not fit the function.
        """
        function = implementations.get(self.name)
        if function is None:
            raise NotImplementedError(f"scope has no function {self.name!r}")
        try:
            parameters = inspect.signature(function).parameters.values()
        except ValueError:
            raise NotImplementedError(f"scope.{self.name} has no signature") from None
        return bind_arguments(self, list(parameters), Literal)

    def set_kwarg(self, name: str, value: Any) -> None:
        """Set the keyword argument `name`, replacing the one that is there."""
        for position, pair in enumerate(self.named_args):
            if pair[0] == name:
                self.named_args[position] = [name, as_apply(value)]
                return
        self.named_args.append([name, as_apply(value)])
        self.named_args.sort(key=argument_name)

    def eval(self, memo: dict[Apply, Any] | None = None) -> Any:
        """Evaluate the graph below this node; see `rec_eval`."""
        return evaluate(self, memo=memo)

    def pprint(
        self,
        ofile: TextIO,
        lineno: list[int] | None = None,
        indent: int = 0,
        memo: dict[Apply, int] | None = None,
    ) -> None:
        """Write the graph below this node as an indented tree.

        Parameters
        ----------
        ofile : text file
            Where to write.
        lineno : list of one int, optional
            Number of the next line, counted up; without it, lines carry no numbers.
        indent : int
            Columns to indent by.
        memo : dict, optional
            Line number of the nodes written before; those are referred to instead of repeated.
        """
        write_tree(self, ofile, lineno, indent, memo)

    def __str__(self) -> str:
        return tree_text(self)

    def __repr__(self) -> str:
        return one_line(self)

    def __float__(self) -> float:
        raise self._no_value("float", "scope.float(...), or scope.exp and the like for functions")

    def __int__(self) -> int:
        raise self._no_value("int", "scope.int(...)")

    def __index__(self) -> int:
        raise self._no_value("an index or a range", "the value in the objective")

    def __round__(self, ndigits: int | None = None) -> Apply:
        raise self._no_value("a rounded number", _ROUNDED)

    def __trunc__(self) -> int:
        raise self._no_value("a truncated number", _ROUNDED)

    def __floor__(self) -> int:
        raise self._no_value("a rounded number", _ROUNDED)

    def __ceil__(self) -> int:
        raise self._no_value("a rounded number", _ROUNDED)

    def _no_value(self, wanted: str, instead: str) -> TypeError:
        return TypeError(
            f"{one_line(self)} has no value yet, so it can't be used as {wanted} where the space "
            f"is written; use {instead}"
        )

    def __len__(self) -> int:
        if self.o_len is None:
            raise TypeError(
                f"{one_line(self)} has neither a length nor a truth value before it is evaluated; "
                "use scope.len, or hyperopt.pyll.scope.switch to decide on it"
            )
        return self.o_len

    def __iter__(self) -> Iterator[Apply]:
        if self.o_len is None:
            raise TypeError(
                f"{one_line(self)} cannot be iterated over before it is evaluated: "
                "its length is not known; index it, or give its function a length with "
                "scope.define_info(o_len=...)"
            )
        return (self[position] for position in range(self.o_len))

    def __getitem__(self, idx: Any) -> Apply:
        if self.o_len is not None and isinstance(idx, int) and idx >= self.o_len:
            raise IndexError(f"index {idx} of an expression of length {self.o_len}")
        return self._node("getitem", self, idx)

    @staticmethod
    def _node(name: str, *args: Any) -> Apply:
        return Apply(name, [as_apply(argument) for argument in args], [], None, True)


class Literal(Apply):
    """A constant: any object, handed out as it is.

    Parameters
    ----------
    obj : object
        The constant.
    """

    is_literal = True

    def __init__(self, obj: Any = None) -> None:
        # A string has a length, but is no container of expressions.
        try:
            o_len = len(obj)
        except Exception:
            o_len = None
        super().__init__("literal", [], {}, o_len, pure=True)
        self._obj = obj

    @property
    def obj(self) -> Any:
        """The constant."""
        return self._obj

    @property
    def arg(self) -> dict[str, Any]:
        """A literal has no arguments."""
        return {}

    def eval(self, memo: dict[Apply, Any] | None = None) -> Any:
        """Return the constant, or what `memo` holds for this node."""
        return self._obj if memo is None else memo.get(self, self._obj)

    def pprint(
        self,
        ofile: TextIO,
        lineno: list[int] | None = None,
        indent: int = 0,
        memo: dict[Apply, int] | None = None,
    ) -> None:
        """Write the constant as one line; see `Apply.pprint`."""
        super().pprint(ofile, lineno, indent, memo)

    def replace_input(self, old_node: Apply, new_node: Apply) -> list[int]:
        """A literal has no inputs to replace."""
        return []

    def clone_from_inputs(self, inputs: Sequence[Apply], o_len: Any = "same") -> Literal:
        """Make another node of the same constant."""
        return type(self)(self._obj)


def as_apply(obj: Any) -> Apply:
    """Turn a Python object into an expression.

    Lists, tuples and dicts become nodes over their elements, which evaluate to tuples and to
    dicts in ascending order of key. An expression is returned as it is. Anything else is a
    `Literal`.

    Raises
    ------
    TypeError
        When the keys of a dict cannot be put in order, or are expressions.
    RecursionError
        When a list or a dict holds itself.

    Examples
    --------
    >>> from hyperopt.pyll import as_apply, rec_eval
    >>> rec_eval(as_apply({"b": [1, 2], "a": "text"}))
    {'a': 'text', 'b': (1, 2)}
    """
    if isinstance(obj, Apply):
        return obj
    if not isinstance(obj, (list, tuple, dict)):
        return Literal(obj)
    try:
        if isinstance(obj, dict):
            return _dict_node(obj)
        return Apply("pos_args", [as_apply(item) for item in obj], [], len(obj))
    except RecursionError as error:
        if error.args == (_HOLDS_ITSELF,):
            raise
        raise RecursionError(_HOLDS_ITSELF) from None


def _dict_node(obj: dict[Any, Any]) -> Apply:
    if any(isinstance(key, Apply) for key in obj):
        raise TypeError("a key of a dict in a search space cannot be an expression")
    try:
        keys = sorted(obj)
    except TypeError:
        kinds = sorted({type(key).__name__ for key in obj})
        raise TypeError(
            f"the keys of a dict in a search space must be orderable, but they are of the types "
            f"{', '.join(kinds)}; use keys of one type, for instance strings"
        ) from None
    if all(isinstance(key, str) for key in keys):
        return Apply("dict", [], [[key, as_apply(obj[key])] for key in keys], len(keys))
    pairs = [Apply("pos_args", [Literal(key), as_apply(obj[key])], [], 2) for key in keys]
    return Apply("dict", [Apply("pos_args", pairs, [], len(pairs))], [], len(pairs))


def rec_eval(
    expr: Any,
    deepcopy_inputs: bool = False,
    memo: dict[Apply, Any] | None = None,
    max_program_len: int | None = None,
    memo_gc: bool = True,
    print_trace: bool = False,
    print_node_on_error: bool = True,
) -> Any:
    """Evaluate an expression.

    Parameters
    ----------
    expr : Apply or object
        The expression; anything else goes through `as_apply`.
    deepcopy_inputs : bool
        Whether every function gets deep copies of its arguments, so that it cannot change them.
    memo : dict, optional
        Values of nodes, which are then not evaluated. Left unchanged.
    max_program_len : int, optional
        Most nodes that may wait for evaluation at once; default `DEFAULT_MAX_PROGRAM_LEN`.
    memo_gc : bool
        Whether values are released as soon as no node needs them any more.
    print_trace : bool
        Whether to print every node as it is evaluated.
    print_node_on_error : bool
        Whether an exception from a function says which node called it: as a note on the exception,
        or on stderr before Python 3.11. The exception itself passes through unchanged.

    Returns
    -------
    object
        The value of `expr`.

    Raises
    ------
    NotImplementedError
        When the graph names a function that `scope` does not have.
    RuntimeError
        When the graph is too long, or contains a cycle.
    TypeError, ValueError, IndexError
        When a switch gets a bad index, or a value that is needed is `GarbageCollected`.

    Examples
    --------
    >>> from hyperopt.pyll import rec_eval, scope
    >>> rec_eval({"a": scope.switch(1, scope.Raise(KeyError), 7), "b": [scope.int(2.9)]})
    {'a': 7, 'b': (2,)}
    """
    return evaluate(
        as_apply(expr),
        deepcopy_inputs,
        memo,
        max_program_len,
        memo_gc,
        print_trace,
        print_node_on_error,
    )


def _keep_class_path(*classes: Callable[..., Any]) -> None:
    """Pickles name the module that upstream has these classes in."""
    for cls in classes:
        cls.__module__ = "hyperopt.pyll.base"


_keep_class_path(Apply, Literal, as_apply, rec_eval)
