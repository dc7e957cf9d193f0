"""Pickles of which some objects can't be rebuilt."""

from __future__ import annotations

import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest

from hyperopt.storage.sql.codec import Opaque, from_text, to_text
from hyperopt.storage.tolerant import loads
from hyperopt.storage.unloaded import noting, paths_of_unloaded

SOURCE = """
import enum

class Plain:
    pass

class Colour(enum.Enum):
    RED = 1

class SubList(list):
    pass

class SubDict(dict):
    pass

class Slots:
    __slots__ = ("a",)

class Stateful:
    refuses = False

    def __setstate__(self, state):
        if Stateful.refuses:
            raise ValueError("no way back")
        self.__dict__.update(state)

class Leaves(Stateful):
    def __setstate__(self, state):
        if Stateful.refuses:
            raise SystemExit(3)
        self.__dict__.update(state)

class Hashed(Stateful):
    def __hash__(self):
        return hash(self.name)

    def __eq__(self, other):
        return self.name == other.name

class Keyword:
    def __new__(cls, *, a):
        return super().__new__(cls)

    def __getnewargs_ex__(self):
        return (), {"a": 1}

def make(*args):
    if Stateful.refuses:
        raise RuntimeError("not today")
    return args

class Reduced:
    def __reduce__(self):
        return make, (1, 2)
"""


@pytest.fixture
def theirs() -> Iterator[Any]:
    """A module of the user's."""
    module: Any = types.ModuleType("module_of_the_users")
    sys.modules[module.__name__] = module
    exec(SOURCE, module.__dict__)
    yield module
    sys.modules.pop(module.__name__, None)


def filled(kind: Any, **attributes: Any) -> Any:
    value = kind()
    for name, content in attributes.items():
        setattr(value, name, content)
    return value


def test_what_can_be_unpickled_is_what_pickle_gives() -> None:
    value = {"a": [1, (2.5, "x")], "b": {3}, "c": np.arange(3.0)}
    assert repr(loads(pickle.dumps(value))) == repr(value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_vanished_class_costs_its_objects_only(theirs: Any, protocol: int) -> None:
    value = {
        "loss": 0.5,
        "model": filled(theirs.Plain, weights=np.arange(3)),
        "list": filled(theirs.SubList, z=1),
        "class": theirs.Plain,
        "colour": theirs.Colour.RED,
        "array": np.arange(3.0),
        "text": ["a", None, True, b"b"],
        "partial": partial(theirs.make, 1),
    }
    value["list"].append(value["model"])
    data = pickle.dumps(value, protocol=protocol)
    del sys.modules[theirs.__name__]
    with noting() as noted:
        read = loads(data)
    lost = {"model", "list", "class", "colour", "partial"}
    assert {key for key, part in read.items() if isinstance(part, Opaque)} == lost
    assert noted
    assert (read["loss"], read["text"]) == (0.5, value["text"])
    np.testing.assert_array_equal(read["array"], value["array"])
    assert "module_of_the_users.Plain: ModuleNotFoundError" in repr(read["model"])
    assert list(paths_of_unloaded("r", {"a": [read["model"]]})) == ["r['a'][0]"]

    # Through any number of pickles it comes back where its class is.
    again = pickle.dumps(loads(pickle.dumps(read)))
    sys.modules[theirs.__name__] = theirs
    back = pickle.loads(again)
    assert back["model"].weights.tolist() == [0, 1, 2]
    assert (type(back["list"]), back["list"].z, len(back["list"])) == (theirs.SubList, 1, 1)
    assert back["list"][0].weights.tolist() == [0, 1, 2]
    assert back["class"] is theirs.Plain
    assert back["colour"] is theirs.Colour.RED
    assert back["partial"](2) == (1, 2)
    assert read["model"].load().weights.tolist() == [0, 1, 2]


@pytest.mark.parametrize("kind", ["Stateful", "Leaves", "Hashed"])
def test_an_object_that_refuses_its_state_is_replaced_wherever_it_is_used(
    theirs: Any, kind: str
) -> None:
    broken = filled(getattr(theirs, kind), name="n")
    broken.itself = broken
    value = {"one": broken, "two": [broken], "set": {broken}, "dict": {broken: 1}, "x": 2.0}
    value["frozen"] = frozenset([broken])
    data = pickle.dumps(value)
    theirs.Stateful.refuses = True
    read = loads(data)
    stand_in = read["one"]
    assert isinstance(stand_in, Opaque)
    assert f"module_of_the_users.{kind}: " in repr(stand_in)
    assert read["two"][0] is stand_in
    assert list(read["set"]) == list(read["dict"]) == list(read["frozen"]) == [stand_in]
    assert read["dict"] == {stand_in: 1}
    assert read["x"] == 2.0

    theirs.Stateful.refuses = False
    back = pickle.loads(pickle.dumps(read))
    assert back["one"].name == "n"
    assert back["one"].itself is back["one"]


def test_a_function_that_raises_costs_what_it_makes(theirs: Any) -> None:
    data = pickle.dumps([theirs.Reduced(), filled(theirs.Slots, a=1), theirs.Keyword(a=1)])
    theirs.Stateful.refuses = True
    read = loads(data)
    assert isinstance(read[0], Opaque)
    assert "make: RuntimeError: not today" in repr(read[0])
    assert (read[1].a, type(read[2])) == (1, theirs.Keyword)
    theirs.Stateful.refuses = False
    assert read[0].load() == (1, 2)


def test_all_ways_to_make_an_object_come_back(theirs: Any) -> None:
    ordered = filled(theirs.SubDict, z=1)
    ordered["a"] = OrderedDict(b=theirs.Keyword(a=1))
    data = pickle.dumps([ordered, filled(theirs.Slots, a=1)])
    del sys.modules[theirs.__name__]
    read = pickle.dumps(loads(data))
    sys.modules[theirs.__name__] = theirs
    back, slots = pickle.loads(read)
    assert (type(back), back.z, type(back["a"]["b"])) == (theirs.SubDict, 1, theirs.Keyword)
    assert slots.a == 1


def test_a_database_keeps_the_pickle_of_what_is_opaque(theirs: Any) -> None:
    data = pickle.dumps([filled(theirs.Plain, a=1)])
    del sys.modules[theirs.__name__]
    (kept,) = from_text(to_text(loads(data)))
    sys.modules[theirs.__name__] = theirs
    assert kept.load().a == 1


def test_a_damaged_pickle_raises_what_pickle_raises(theirs: Any) -> None:
    data = pickle.dumps([filled(theirs.Plain, a=list(range(100)))])
    with pytest.raises((pickle.UnpicklingError, EOFError)):
        loads(data[:-20])
    whole = pickle.dumps(filled(theirs.Plain, a=1))
    del sys.modules[theirs.__name__]
    with pytest.raises(ModuleNotFoundError):
        loads(whole)
