"""The symbol table: the functions that an expression graph may call, by name.

``scope.foo(...)`` does not call ``foo``: it makes a node that will, when the graph is evaluated.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from .functions import BUILTINS, implementations
from .graph import Apply, as_apply, set_symbol_table

__all__ = ["PyllImportError", "SymbolTable", "SymbolTableEntry", "scope"]

F = TypeVar("F", bound=Callable[..., Any])


class PyllImportError(ImportError):
    """A symbol asked for with ``scope.import_`` does not exist."""


class SymbolTableEntry:
    """A callable that makes nodes of one name.

    Parameters
    ----------
    symbol_table : SymbolTable
        The table that holds the function.
    apply_name : str
        Name of the function, and of the nodes.
    o_len : int or None
        Length of what the function returns, when that is fixed.
    pure : bool
        Whether equal arguments always give equal results, without side effects.
    """

    def __init__(
        self, symbol_table: SymbolTable, apply_name: str, o_len: int | None, pure: bool
    ) -> None:
        self.symbol_table = symbol_table
        self.apply_name = apply_name
        self.o_len = o_len
        self.pure = pure

    def __call__(self, *args: Any, **kwargs: Any) -> Apply:
        """Make a node over the arguments; nothing is called yet."""
        return self.symbol_table._new_apply(self.apply_name, args, kwargs, self.o_len, self.pure)

    def __repr__(self) -> str:
        return f"<scope.{self.apply_name}>"


class SymbolTable:
    """Functions by name, each offered as an attribute that makes nodes.

    Parameters
    ----------
    functions : dict, optional
        Where the functions are kept; new, with Python's own, when None.

    Examples
    --------
    >>> from hyperopt.pyll import rec_eval, scope
    >>> rec_eval(scope.int(2.9) + 1)
    3
    """

    def __init__(self, functions: builtins.dict[str, Callable[..., Any]] | None = None) -> None:
        self._impls = builtins.dict(BUILTINS) if functions is None else functions
        # Symbols that are not the library's own: a graph that uses one carries it when pickled.
        self._user_symbols: set[str] = set()
        # Symbols that arrived with a pickle; a later pickle may bring a newer definition.
        self._unpickled_symbols: set[str] = set()

    def __getattr__(self, name: str) -> SymbolTableEntry:
        raise AttributeError(
            f"scope has no function {name!r}; register one of that name with scope.define"
        )

    def __reduce__(self) -> Any:
        # The library's own table is not copied into pickles, but looked up where they are loaded.
        return "scope" if self is scope else super().__reduce__()

    def _new_apply(
        self,
        name: str,
        args: Iterable[Any],
        kwargs: dict[str, Any],
        o_len: int | None,
        pure: bool,
    ) -> Apply:
        pos_args = [as_apply(argument) for argument in args]
        named_args = [[key, as_apply(value)] for key, value in kwargs.items()]
        define_params = None
        if name in self._user_symbols:
            define_params = {"f": self._impls[name], "o_len": o_len, "pure": pure}
        return Apply(name, pos_args, named_args, o_len, pure, define_params)

    # The built-in functions whose names a def would shadow are methods, not entries.

    def dict(self, *args: Any, **kwargs: Any) -> Apply:
        """Node that makes a dict."""
        return self._new_apply("dict", args, kwargs, None, False)

    def float(self, arg: Any) -> Apply:
        """Node that converts to ``float``."""
        return self._new_apply("float", [arg], {}, None, True)

    def getattr(self, obj: Any, attr: Any, *args: Any) -> Apply:
        """Node that takes an attribute."""
        return self._new_apply("getattr", [obj, attr, *args], {}, None, False)

    def int(self, arg: Any) -> Apply:
        """Node that converts to ``int``, truncating toward zero."""
        return self._new_apply("int", [arg], {}, None, True)

    def len(self, obj: Any) -> Apply:
        """Node that takes the length."""
        return self._new_apply("len", [obj], {}, None, True)

    def list(self, init: Any) -> Apply:
        """Node that makes a list of something iterable."""
        return self._new_apply("list", [init], {}, None, False)

    def map(self, fn: Any, seq: Any, pure: bool = False) -> Apply:
        """Node that applies a function to every element of a sequence."""
        sequence = as_apply(seq)
        return self._new_apply("map", [fn, sequence], {}, sequence.o_len, pure)

    def max(self, *args: Any) -> Apply:
        """Node that takes the largest of its arguments."""
        return self._new_apply("max", [*args], {}, None, True)

    def min(self, *args: Any) -> Apply:
        """Node that takes the smallest of its arguments."""
        return self._new_apply("min", [*args], {}, None, True)

    def range(self, *args: Any) -> Apply:
        """Node that makes a range."""
        return self._new_apply("range", [*args], {}, None, False)

    def _is_taken(self, name: str) -> bool:
        # Attributes that are neither functions of graphs nor methods may be replaced.
        return name in self._impls or hasattr(type(self), name)

    def _define(self, f: Callable[..., Any], o_len: Any, pure: bool, library: bool = False) -> None:
        name = f.__name__
        entry = SymbolTableEntry(self, name, o_len, pure)
        setattr(self, name, entry)
        self._impls[name] = f
        if not library and (f.__module__ or "").partition(".")[0] != "hyperopt":
            self._user_symbols.add(name)

    def define(self, f: F, o_len: Any = None, pure: bool = False) -> F:
        """Register a function under its own name; usable as a decorator.

        Parameters
        ----------
        f : callable
            The function.
        o_len : int, optional
            Length of its result, when that is fixed; the node can then be unpacked.
        pure : bool
            Whether equal arguments always give equal results, without side effects.

        Returns
        -------
        callable
            `f` itself.

        Raises
        ------
        ValueError
            When the name is taken by another function. Running the same definition again, as a
            notebook cell does, replaces it.

        Examples
        --------
        >>> from hyperopt.pyll import rec_eval, scope
        >>> @scope.define
        ... def half(x):
        ...     return x / 2
        >>> rec_eval(scope.half(5))
        2.5
        """
        name = f.__name__
        if self._is_taken(name):
            known = self._impls.get(name)
            again = known is not None and (
                name in self._unpickled_symbols or _same_definition(known, f)
            )
            if not again:
                raise ValueError(
                    f"scope.define: cannot override the existing symbol {name!r}; give the "
                    f"function another name, or call scope.undefine({name!r}) first"
                )
        self._unpickled_symbols.discard(name)
        self._define(f, o_len, pure)
        return f

    def define_if_new(self, f: F, o_len: Any = None, pure: bool = False) -> F:
        """Register a function unless its name is taken."""
        if not self._is_taken(f.__name__):
            self._define(f, o_len, pure)
        return f

    def define_pure(self, f: F) -> F:
        """Register a function without side effects."""
        return self.define(f, o_len=None, pure=True)

    def define_info(self, o_len: Any = None, pure: bool = False) -> Callable[[F], F]:
        """Make a decorator that registers a function with a result length or purity."""

        def decorate(f: F) -> F:
            return self.define(f, o_len=o_len, pure=pure)

        return decorate

    def _define_from_pickle(self, f: Callable[..., Any], o_len: Any, pure: bool) -> None:
        """Register a function that came with a graph, unless this process has its own."""
        name = f.__name__
        if not self._is_taken(name) or name in self._unpickled_symbols:
            self._define(f, o_len, pure)
            self._user_symbols.add(name)
            self._unpickled_symbols.add(name)

    def undefine(self, f: Callable[..., Any] | str) -> None:
        """Forget a function, given as such or by name."""
        name = f if isinstance(f, str) else f.__name__
        if name not in self._impls:
            raise ValueError(f"scope.undefine: there is no symbol {name!r}")
        del self._impls[name]
        self.__dict__.pop(name, None)
        self._user_symbols.discard(name)
        self._unpickled_symbols.discard(name)

    def import_(self, _globals: builtins.dict[str, Any], *args: str, **kwargs: str) -> None:
        """Put symbols into a namespace: ``scope.import_(globals(), 'exp', 'log', ln='log')``.

        Raises
        ------
        PyllImportError
            When a symbol does not exist, or the namespace already holds something else by its name.
        """
        wanted = {name: name for name in args} | kwargs
        found = {}
        for alias, name in wanted.items():
            if not hasattr(self, name):
                raise PyllImportError(f"scope.import_: there is no symbol {name!r}")
            found[alias] = getattr(self, name)
            if alias in _globals and _globals[alias] is not found[alias]:
                raise PyllImportError(
                    f"scope.import_: {alias!r} is already defined; import it under another name "
                    f"with scope.import_(globals(), my_{alias}={name!r})"
                )
        _globals.update(found)

    def inject(self, *args: Any, **kwargs: Any) -> Any:
        """Make symbols of the functions given, keywords being their names.

        Returns
        -------
        SymbolTableEntry or list of SymbolTableEntry or None
            The new entry, or all of them when there are several.
        """
        entries = []
        named = [(function.__name__, function) for function in args] + list(kwargs.items())
        for name, function in named:
            if self._is_taken(name):
                raise ValueError(f"scope.inject: cannot override the existing symbol {name!r}")
            entry = SymbolTableEntry(self, name, None, False)
            setattr(self, name, entry)
            self._impls[name] = function
            entries.append(entry)
        if not entries:
            return None
        return entries[0] if len(entries) == 1 else entries


def _same_definition(a: Callable[..., Any], b: Callable[..., Any]) -> bool:
    """Whether two functions come from the same module or file, and have the same path in it."""
    if getattr(a, "__qualname__", None) != getattr(b, "__qualname__", None):
        return False
    files = [getattr(getattr(f, "__code__", None), "co_filename", None) for f in (a, b)]
    same_file = files[0] is not None and files[0] == files[1]
    return same_file or a.__module__ == b.__module__


scope = SymbolTable(implementations)
set_symbol_table(scope)
