"""The list of a space's parameters with their conditions, as pyll_utils gives it."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from hyperopt import hp
from hyperopt.exceptions import BadSearchSpace, DuplicateLabel
from hyperopt.pyll import scope
from hyperopt.pyll_utils import EQ, Cond, expr_to_config


def listed(space: Any, prefix: tuple[Any, ...] = (True,)) -> dict[str, Any]:
    found: dict[str, Any] = {}
    expr_to_config(space, prefix, found)
    return {label: entry["conditions"] for label, entry in found.items()}


def test_each_branch_adds_its_condition() -> None:
    space = hp.choice("a", [0, hp.pchoice("b", [(0.5, hp.normal("x", 0, 1)), (0.5, 1)])])
    assert listed(space) == {
        "a": {(True,)},
        "b": {(True, EQ("a", 1))},
        "x": {(True, EQ("a", 1), EQ("b", 0))},
    }


def test_a_node_in_several_branches_has_several_conditions() -> None:
    x = hp.normal("x", 0, 1)
    assert listed(hp.choice("a", [x, 0, x]))["x"] == {(True, EQ("a", 0)), (True, EQ("a", 2))}


def test_a_node_in_all_branches_keeps_its_conditions() -> None:
    x = hp.normal("x", 0, 1)
    assert listed(hp.choice("a", [x, x]), ())["x"] == {(EQ("a", 0),), (EQ("a", 1),)}


def test_every_way_to_a_node_is_listed() -> None:
    x = hp.normal("x", 0, 1)
    assert listed([x, hp.choice("a", [x, 0])])["x"] == {(True,), (True, EQ("a", 0))}
    assert listed(x, None)["x"] == {()}  # type: ignore[arg-type]


def test_very_many_ways_are_summed_up() -> None:
    x = hp.normal("x", 0, 1)
    node: Any = x
    for level in range(8):
        node = hp.choice(f"c{level}", [node, [node]])
    assert listed([x, node])["x"] == {(True,)}


def test_an_entry_holds_label_and_distribution() -> None:
    found: dict[str, Any] = {}
    expr_to_config({"x": hp.uniform("x", 0, 1)}, (), found)
    assert found["x"]["label"] == "x"
    assert found["x"]["node"].name == "uniform"


def test_duplicate_labels_are_refused() -> None:
    with pytest.raises(DuplicateLabel, match="x"):
        listed([hp.normal("x", 0, 1), hp.normal("x", 0, 1)])
    with pytest.raises(DuplicateLabel, match="x"):
        expr_to_config(hp.normal("x", 0, 1), (), {"x": {}})


def test_a_node_that_very_many_ways_lead_to_has_no_list() -> None:
    node: Any = hp.normal("x", 0, 1)
    for level in range(30):
        node = hp.choice(f"c{level}", [node, [node]])
    with pytest.raises(BadSearchSpace, match="too many ways"):
        listed(node)


def test_a_computed_index_has_no_list() -> None:
    index = scope.int(hp.randint("i", 4) // 2)
    with pytest.raises(BadSearchSpace, match="'x' cannot be listed"):
        listed(scope.switch(index, hp.normal("x", 0, 1), 0))


def test_conditions_compare_by_content() -> None:
    assert EQ("a", 1) == Cond("a", 1, "=")
    assert EQ("a", 1) != EQ("a", 2)
    assert EQ("a", 1) != "a"
    assert len({EQ("a", 1), EQ("a", 1)}) == 1
    assert str(EQ("a", 1)) == "Cond{a = 1}"
    assert pickle.loads(pickle.dumps(EQ("a", 1))) == EQ("a", 1)


def test_conditions_can_be_asked() -> None:
    assert EQ("a", 1)(1)
    assert not EQ("a", 1)(2)
    assert Cond("a", 1, ">")(2)
