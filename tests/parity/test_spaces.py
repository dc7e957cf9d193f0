"""Search spaces against the reference vectors: labels, distributions, conditions, values."""

from __future__ import annotations

import json
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
        # The repr tells -0.0 from 0.0 and 1 from True.
        assert repr(tagged(space.evaluate(vals))) == repr(point)


@each_case
def test_the_general_evaluator_gives_the_same_points(case: dict[str, Any]) -> None:
    expression = as_apply(build(case))
    nodes = compile_space(expression).nodes
    for vals, point in case["samples"]:
        memo = {nodes[label]: value for label, value in vals.items()}
        assert repr(tagged(rec_eval(expression, memo=memo))) == repr(point)


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
