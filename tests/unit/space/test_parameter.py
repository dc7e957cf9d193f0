"""What a parameter knows of its values, held to its prior's draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hyperopt import hp, space_eval
from hyperopt.pyll.stochastic import sample
from hyperopt.space import compile_space

PRIORS = [
    hp.uniform("x", -2, 3),
    hp.loguniform("x", -2, 3),
    hp.quniform("x", -2, 3, 0.5),
    hp.qloguniform("x", 1, 3, 2),
    hp.normal("x", 1, 2),
    hp.qnormal("x", 1, 2, 0.25),
    hp.lognormal("x", 0, 1),
    hp.qlognormal("x", 0, 1, 0.5),
    hp.randint("x", 7),
    hp.randint("x", 3, 9),
    hp.uniformint("x", 1, 4),
    hp.choice("x", ["a", "b", "c"]),
    hp.pchoice("x", [(0.3, "a"), (0.7, "b")]),
]


@pytest.mark.parametrize("prior", PRIORS, ids=[str(n) for n in range(len(PRIORS))])
def test_draws_are_among_the_values_and_within_the_bounds(prior):
    (parameter,) = compile_space(prior).parameters
    draws = compile_space(prior).native.suggest_random(list(range(500)), 7)
    found = {vals["x"][0] for _, vals in draws}
    low, high = parameter.bounds
    room = (parameter.step or 0.0) / 2
    assert all(low - room <= value <= high + room for value in found)
    assert parameter.is_bounded == math.isfinite(high)
    if parameter.step is not None:
        assert all(value == round(value / parameter.step) * parameter.step for value in found)
    if parameter.values is None:
        assert len(found) > 15 or parameter.step is not None
    else:
        assert sorted(found) == sorted(parameter.values)
        assert [list(parameter.values).index(v) for v in found] == [
            parameter.values.index(v) for v in found
        ]
    assert parameter.is_whole == all(isinstance(value, np.integer) for value in found)


def test_only_what_decides_a_switch_has_options():
    space = {
        "c": hp.choice("c", ["a", {"n": hp.randint("n", 2)}]),
        "p": hp.pchoice("p", [(0.5, 1), (0.5, 2)]),
        "x": hp.uniform("x", 0, 1),
    }
    compiled = compile_space(space)
    assert {p.label for p in compiled.parameters if p.options is not None} == {"c", "p"}
    assert list(compiled.options) == ["c", "p"]
    assert compiled.selectors == [True, False, True, False]
    first = space_eval(compiled.options["c"][0], {})
    assert first == "a"
    assert len(compiled.options["c"]) == 2
    assert sample(space["x"], np.random.default_rng(0)) < 1


def test_parameters_of_equal_priors_are_equal_whatever_they_select():
    (one,) = compile_space(hp.choice("c", ["a", "b"])).parameters
    (other,) = compile_space(hp.choice("c", ["a", "z"])).parameters
    assert one == other
    assert hash(one) == hash(other)
