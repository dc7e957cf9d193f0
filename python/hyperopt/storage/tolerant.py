"""Unpickling what can be unpickled: an object that can't be rebuilt here costs nothing beside it.

A class may be gone, or a method of the user's may raise. `loads` then reads the pickle again, puts
an `Unloaded` in the place of every such object, and keeps what is needed to build it elsewhere.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any, ClassVar

import cloudpickle

from hyperopt.environment.strangers import text_of
from hyperopt.storage.unloaded import FAULTS, Unloaded, call, make_new, named, note, noting

__all__ = ["loads"]

_MOST_READINGS = 50
"""Each reading finds more that can't be rebuilt, or is the last."""


def loads(data: bytes) -> Any:
    """Unpickle; an `Unloaded` takes the place of each object that can't be rebuilt here.

    Raises
    ------
    Exception
        What ``pickle.loads`` raises, if the pickle is damaged, or is as a whole of such an object.
    """
    with noting() as kept:
        try:
            value, found = pickle.loads(data), kept
        except FAULTS as error:
            kept.clear()
            value, found = _read(data, error)
            found += kept
    note(found)
    return value


def _read(data: bytes, error: BaseException) -> tuple[Any, list[Unloaded]]:
    """What a pickle holds that could not be loaded because of `error`."""
    hopeless: dict[int, str] = {}
    for _ in range(_MOST_READINGS):
        n_known = len(hopeless)
        reading = _Reading(data, hopeless)
        try:
            value = reading.load()
        except Exception:
            raise error from None
        if len(hopeless) == n_known and not isinstance(value, Unloaded):
            return value, reading.keep_pickles()
    raise error


class _Recipe:
    """What a pickle says of how an object is made."""

    def __init__(self, name: str, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
        self.name, self.function, self.args = name, function, args
        self.state: Any = None
        self.items: list[Any] = []
        self.pairs: list[tuple[Any, Any]] = []

    def reduced(self) -> tuple[Any, ...]:
        return self.function, self.args, self.state, iter(self.items), iter(self.pairs)


class _Reading(pickle._Unpickler):
    """One reading of a pickle.

    An object that fails only after it was made, in ``__setstate__``, may be in use by then. Its
    number in the order of making goes into `hopeless`, with the reason; in the next reading it is
    an `Unloaded` from the start.
    """

    # What typeshed leaves out of the class.
    stack: list[Any]
    append: Callable[[Any], None]
    pop_mark: Callable[[], list[Any]]

    dispatch: ClassVar[dict[int, Callable[..., None]]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, data: bytes, hopeless: dict[int, str]) -> None:
        super().__init__(BytesIO(data))
        self._hopeless = hopeless
        self._n_made = 0
        # By identity, with the objects themselves, so that none of these numbers is used again.
        self._made: dict[int, tuple[Any, int]] = {}
        self._recipes: dict[int, tuple[Unloaded, _Recipe]] = {}

    def keep_pickles(self) -> list[Unloaded]:
        """Give each `Unloaded` its pickle; return them all."""
        found = [unloaded for unloaded, _ in self._recipes.values()]
        for unloaded in found:
            file = BytesIO()
            try:
                _Rebuilder(file, self._recipes).dump(unloaded)
            except FAULTS:
                continue
            unloaded.pickled = file.getvalue()
        return found

    def find_class(self, module: str, name: str) -> Any:
        try:
            return super().find_class(module, name)
        except FAULTS as error:
            return self._unloaded(f"{module}.{name}", named, (module, name), _why(error))

    def _make(self, origin: Any, function: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        self._n_made += 1
        if origin is function:
            function, args = call, (function, args)
        name = self._name(origin)
        if isinstance(origin, Unloaded):
            return self._unloaded(name, function, args, origin.text.removeprefix(f"{name}: "))
        if self._n_made in self._hopeless:
            return self._unloaded(name, function, args, self._hopeless[self._n_made])
        try:
            made = function(*args)
        except FAULTS as error:
            return self._unloaded(name, function, args, _why(error))
        self._made[id(made)] = made, self._n_made
        return made

    def _name(self, origin: Any) -> str:
        if isinstance(origin, Unloaded) and id(origin) in self._recipes:
            return self._recipes[id(origin)][1].name
        module, name = getattr(origin, "__module__", None), getattr(origin, "__qualname__", None)
        return f"{module}.{name}" if isinstance(name, str) else type(origin).__qualname__

    def _unloaded(
        self, name: str, function: Callable[..., Any], args: tuple[Any, ...], why: str
    ) -> Unloaded:
        unloaded = Unloaded(f"{name}: {why}"[:300], None)
        self._recipes[id(unloaded)] = unloaded, _Recipe(name, function, args)
        return unloaded

    def _give_up(self, objects: Iterable[Any], error: BaseException) -> None:
        """Note that these objects can't be made; raise the error if it is not theirs."""
        numbers = {self._made[id(value)][1] for value in objects if id(value) in self._made}
        if not numbers:
            raise error
        self._hopeless.update(dict.fromkeys(numbers, _why(error)))

    # -- the opcodes at which code of the user's runs

    def _instantiate(self, klass: Any, args: Iterable[Any]) -> None:
        if args or not isinstance(klass, type) or hasattr(klass, "__getinitargs__"):
            self.append(self._make(klass, klass, tuple(args)))
        else:
            self.append(self._make(klass, make_new, (klass, (), {})))

    def load_reduce(self) -> None:
        args, function = self.stack.pop(), self.stack.pop()
        if getattr(function, "__module__", None) == "copyreg" and args:
            self.append(self._make(args[0], call, (function, args)))  # of a class
        else:
            self.append(self._make(function, function, args))

    def load_newobj(self) -> None:
        args, kind = self.stack.pop(), self.stack.pop()
        self.append(self._make(kind, make_new, (kind, args, {})))

    def load_newobj_ex(self) -> None:
        kwargs, args, kind = self.stack.pop(), self.stack.pop(), self.stack.pop()
        self.append(self._make(kind, make_new, (kind, args, kwargs)))

    def load_build(self) -> None:
        recipe = self._recipe(self.stack[-2])
        if recipe is not None:
            recipe.state = self.stack.pop()
            return
        try:
            super().load_build()  # type: ignore[misc]
        except FAULTS as error:
            self._give_up([self.stack[-1]], error)

    def load_append(self) -> None:
        self._extend([self.stack.pop()])

    def load_appends(self) -> None:
        self._extend(self.pop_mark())

    def load_additems(self) -> None:
        self._extend(self.pop_mark())

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self._update([(key, value)])

    def load_setitems(self) -> None:
        parts = self.pop_mark()
        self._update(list(zip(parts[::2], parts[1::2], strict=True)))

    def load_frozenset(self) -> None:
        items = self.pop_mark()
        try:
            self.append(frozenset(items))
        except FAULTS as error:
            self._give_up(items, error)
            self.append(frozenset())

    def _extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        recipe = self._recipe(target)
        if recipe is not None:
            recipe.items += items
            return
        try:
            if isinstance(target, list):
                target.extend(items)
                return
            add = target.add if isinstance(target, set) else target.append
            for item in items:
                add(item)
        except FAULTS as error:
            self._give_up([target, *items], error)

    def _update(self, pairs: list[tuple[Any, Any]]) -> None:
        target = self.stack[-1]
        recipe = self._recipe(target)
        if recipe is not None:
            recipe.pairs += pairs
            return
        try:
            for key, value in pairs:
                target[key] = value
        except FAULTS as error:
            self._give_up([target, *(key for key, _ in pairs)], error)

    def _recipe(self, value: Any) -> _Recipe | None:
        if not isinstance(value, Unloaded) or id(value) not in self._recipes:
            return None
        return self._recipes[id(value)][1]

    for _opcode, _method in (
        (pickle.REDUCE, load_reduce),
        (pickle.NEWOBJ, load_newobj),
        (pickle.NEWOBJ_EX, load_newobj_ex),
        (pickle.BUILD, load_build),
        (pickle.APPEND, load_append),
        (pickle.APPENDS, load_appends),
        (pickle.ADDITEMS, load_additems),
        (pickle.SETITEM, load_setitem),
        (pickle.SETITEMS, load_setitems),
        (pickle.FROZENSET, load_frozenset),
    ):
        dispatch[_opcode[0]] = _method
    del _opcode, _method


class _Rebuilder(cloudpickle.Pickler):  # type: ignore[misc]
    """Writes an `Unloaded` as what it stands for, by its recipe."""

    def __init__(self, file: BytesIO, recipes: dict[int, tuple[Unloaded, _Recipe]]) -> None:
        super().__init__(file, protocol=4)
        self._recipes = recipes

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, Unloaded) and id(obj) in self._recipes:
            return self._recipes[id(obj)][1].reduced()
        return super().reducer_override(obj)


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {text_of(error)}"
