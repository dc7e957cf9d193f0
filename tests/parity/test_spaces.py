"""Search spaces against the reference vectors: labels, distributions, conditions, values."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperopt import hp
from hyperopt.pyll import as_apply, rec_eval, scope
from hyperopt.pyll_utils import EQ, expr_to_config
from hyperopt.space import compile_space

CASES = json.loads(Path(__file__).with_name("spaces.json").read_text(encoding="utf-8"))["cases"]
each_case = pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])


def build(case: dict[str, Any]) -> Any:
    return eval(case["space_src"], {"hp": hp, "scope": scope, "np": np})


def tagged(value: Any) -> dict[str, Any]:
    """Write a value as the vectors do, with its type and the order of its keys."""
    if value is None:
        return {"t": "none"}
    if isinstance(value, dict):
        return {"t": "dict", "v": [[tagged(key), tagged(item)] for key, item in value.items()]}
    if isinstance(value, tuple):
        return {"t": "tuple", "v": [tagged(item) for item in value]}
    if isinstance(value, np.generic):
        return {"t": f"np.{type(value).__name__}", "v": value.item()}
    return {"t": type(value).__name__, "v": value}


def agree(given: Any, expected: Any) -> bool:
    """Whether two tagged values are equal in type, order and bits, numpy's own mathematics aside.

    What a `scope` function computed with numpy differs from processor to processor by a unit in the
    last place or so: numpy promises 4 for its float64 functions. All else is ours, and exact.
    """
    if isinstance(expected, dict) and expected.get("t") == "np.float64":
        return given.get("t") == "np.float64" and _within_ulps(given["v"], expected["v"], 4)
    if isinstance(expected, dict):
        return given.keys() == expected.keys() and all(agree(given[k], expected[k]) for k in given)
    if isinstance(expected, list):
        return len(given) == len(expected) and all(map(agree, given, expected))
    # The repr tells -0.0 from 0.0 and 1 from True.
    return repr(given) == repr(expected)


def _within_ulps(a: float, b: float, ulps: int) -> bool:
    if a == b:
        return math.copysign(1.0, a) == math.copysign(1.0, b)
    return abs(a - b) <= ulps * math.ulp(b)


def without_implied(conjunctions: list[list[list[Any]]]) -> list[frozenset[tuple[str, int]]]:
    sets = [frozenset((label, value) for label, value in c) for c in conjunctions]
    return [own for own in sets if not any(other < own for other in sets)]


@each_case
def test_labels_and_distributions_agree(case: dict[str, Any]) -> None:
    space = compile_space(build(case))
    assert list(space.labels) == case["labels"]
    assert {p.label: p.family for p in space.parameters} == case["dist"]


@each_case
def test_conditions_agree_up_to_implied_ones(case: dict[str, Any]) -> None:
    space = compile_space(build(case))
    if case["conditions"] is None:
        # The reference has no list here; ours is checked by the points below.
        return
    for parameter in space.parameters:
        assert parameter.conditions is not None
        expected = without_implied(case["conditions"][parameter.label])
        assert [frozenset(c) for c in parameter.conditions] == expected


@each_case
def test_the_listed_conditions_agree(case: dict[str, Any]) -> None:
    if case["conditions"] is None:
        return
    listed: dict[str, Any] = {}
    expr_to_config(build(case), (), listed)
    assert {label: entry["conditions"] for label, entry in listed.items()} == {
        label: {tuple(EQ(name, value) for name, value in path) for path in paths}
        for label, paths in case["conditions"].items()
    }


@each_case
def test_points_agree_in_value_type_and_order(case: dict[str, Any]) -> None:
    space = compile_space(build(case))
    for vals, point in case["samples"]:
        given = tagged(space.evaluate(vals))
        assert agree(given, point), (given, point)


@each_case
def test_the_general_evaluator_gives_the_same_points(case: dict[str, Any]) -> None:
    expression = as_apply(build(case))
    nodes = compile_space(expression).nodes
    for vals, point in case["samples"]:
        memo = {nodes[label]: value for label, value in vals.items()}
        given = tagged(rec_eval(expression, memo=memo))
        assert agree(given, point), (given, point)


def test_the_comparison_sees_a_sign_a_type_an_order_and_five_units_in_the_last_place() -> None:
    one = {"t": "np.float64", "v": 1.0}
    assert agree({"t": "np.float64", "v": 1.0 + 4 * math.ulp(1.0)}, one)
    assert not agree({"t": "np.float64", "v": 1.0 + 5 * math.ulp(1.0)}, one)
    assert not agree({"t": "float", "v": 1.0}, one)
    assert not agree({"t": "float", "v": 1.0 + math.ulp(1.0)}, {"t": "float", "v": 1.0})
    assert not agree({"t": "np.float64", "v": -0.0}, {"t": "np.float64", "v": 0.0})
    assert not agree({"t": "int", "v": True}, {"t": "int", "v": 1})
    assert not agree({"t": "tuple", "v": [one]}, {"t": "tuple", "v": [one, one]})


@each_case
def test_the_labels_of_a_point_are_the_active_ones(case: dict[str, Any]) -> None:
    space = compile_space(build(case))
    for vals, _ in case["samples"]:
        assert space.active(vals) == set(vals)
        for parameter in space.parameters:
            if parameter.conditions is not None:
                met = any(
                    all(vals.get(label) == value for label, value in conjunction)
                    for conjunction in parameter.conditions
                )
                assert met == (parameter.label in vals)
