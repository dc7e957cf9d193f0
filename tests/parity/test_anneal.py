"""Annealing against the reference vectors (section 6.3): anchors, shrinking, steps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperopt import _native, hp
from hyperopt.pyll import scope
from hyperopt.space import compile_space

CASES = json.loads(Path(__file__).with_name("anneal.json").read_text(encoding="utf-8"))["cases"]


def annealer_of(case: dict[str, Any]) -> tuple[Any, Any]:
    """The space of a case, and an annealer that knows its history."""
    space = compile_space(eval(case["space_src"], {"hp": hp, "scope": scope, "np": np}))
    annealer = _native.Annealer(space.native)
    for tid, loss, values in case["history"]:
        named = zip(case["labels"], values, strict=True)
        vals = {label: [] if value is None else [value] for label, value in named}
        annealer.upsert(tid, float("inf" if loss is None else loss), vals)
    return space, annealer


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_steps_and_anchors_are_those_of_the_reference(case: dict[str, Any]) -> None:
    space, annealer = annealer_of(case)
    parameters = {p.label: p for p in space.parameters}
    draws, anchors = iter(case["geometric_draws"]), []
    for record in case["records"]:
        label, t = record["label"], record["T"]
        assert annealer.count(label) == t
        if t == 0:
            continue
        anchor = annealer.anchor(label, anchors)
        if anchor is None:
            anchor = annealer.ranked(label, next(draws) - 1)
            anchors.append(anchor)
        assert anchors == record["picked_so_far"]
        kind, first, second = annealer.step(label, anchor, case["shrink_coef"])
        if kind == "stay":
            parameter = parameters[label]
            if parameter.family == "randint":
                low, high = parameter.args
                prior = np.full(high - low, 1 / (high - low))
            else:
                low, prior = 0, np.array(parameter.args)
            p = (1 - second) * prior
            p[int(first) - low] += second
            np.testing.assert_allclose(p, record["p"], rtol=1e-12)
        else:
            assert kind == record["kind"]
            np.testing.assert_allclose([first, second], [record["p1"], record["p2"]], rtol=1e-12)
    assert next(draws, None) is None
