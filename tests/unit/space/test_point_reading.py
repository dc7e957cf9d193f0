"""Points that users write: by label, by option, or as the objective gets them."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperopt import Trials, fmin, hp, rand, space_eval
from hyperopt.pyll import scope
from hyperopt.space import compile_space
from hyperopt.space.point_reading import assignment_by_structure, is_option
from hyperopt.space.points import assignment_of


class Uncomparable:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("do not compare me")

    __hash__ = None  # type: ignore[assignment]


STRANGE = Uncomparable()
TABLE = np.arange(4.0)

SPACE: dict[str, Any] = {
    "constant": 7,
    "units": hp.choice("units", [3, 0, 2, 1]),
    "kind": hp.choice("kind", ["plain", {"dropout": hp.uniform("dropout", 0.0, 0.7)}]),
    "lr": 10 ** hp.uniform("log10_lr", -5, 0),
    "depth": hp.uniformint("depth", 1, 6),
    "even": scope.int(hp.quniform("even", 0, 10, 2)),
    "pair": (hp.normal("mean", 0, 1) * 2 + 1, "x"),
    "sizes": hp.choice("sizes", [[1, 2], [1, 3]]),
    "missing": hp.choice("missing", [float("nan"), None]),
    "table": hp.choice("table", [TABLE, TABLE[:2]]),
    "strange": hp.choice("strange", ["a", STRANGE]),
    "flag": hp.pchoice("flag", [(0.3, True), (0.7, False)]),
    "nested": hp.choice("nested", [{"a": [1, 2]}, {"a": [1, {"b": hp.randint("b", 2, 5)}]}]),
}
COMPILED = compile_space(SPACE)


def tried(n: int) -> list[dict[str, Any]]:
    trials = Trials()
    fmin(lambda _: 0.0, SPACE, rand.suggest, n, trials=trials, rstate=3, verbose=False)
    return [
        {label: values[0] for label, values in misc["vals"].items() if len(values)}
        for misc in trials.miscs
    ]


@pytest.mark.parametrize("values_first", [True, False])
def test_what_the_objective_gets_is_read_as_the_point_that_it_came_from(values_first):
    for values in tried(60):
        point = space_eval(SPACE, values)
        read = assignment_of(COMPILED, point, "the point", values_first=values_first)
        assert read.keys() == values.keys()
        for label in values:
            assert math.isclose(read[label], values[label], rel_tol=1e-9), label


def test_best_params_is_a_point_for_everything_that_takes_one():
    trials = Trials()
    run = {"trials": trials, "rstate": 0, "verbose": False}
    fmin(lambda p: p["lr"] + p["units"], SPACE, rand.suggest, 20, **run)
    best = trials.best_params
    argmin = trials.argmin
    added = trials.add_observation(best, -1.0)
    assert trials.argmin == pytest.approx(argmin)
    assert trials.best_trial["tid"] == added
    asked = trials.study(SPACE).enqueue(best)
    assert asked.assignment == pytest.approx(argmin)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fmin(lambda _: -2.0, SPACE, rand.suggest, 23, points_to_evaluate=[best], **run)


def test_a_space_that_is_no_dict_takes_what_the_objective_gets():
    seen = []
    space = [hp.uniform("x", 0, 1), hp.choice("c", ["a", "b"])]
    run = {"algo": rand.suggest, "rstate": 0, "verbose": False}
    fmin(
        lambda p: seen.append(p) or 0.0, space, max_evals=1, points_to_evaluate=[(0.5, "b")], **run
    )
    assert seen[0] == (0.5, "b")


def test_an_integer_option_is_that_option_and_not_its_number():
    trials = Trials()
    space = {"n": hp.choice("n", [3, 0, 2, 1])}
    trials.add_observation({"n": 3}, 0.5, space=space)
    assert trials.best_params == {"n": 3}
    assert trials.study(space).enqueue({"n": 1}).params == {"n": 1}


def test_an_integer_that_is_no_option_is_the_number_of_one():
    trials = Trials()
    trials.add_observation({"n": 1}, 0.5, space={"n": hp.choice("n", [16, 32, 64])})
    assert trials.best_params == {"n": 32}


def test_points_to_evaluate_warn_of_an_integer_with_two_readings_and_take_the_number():
    seen = []
    with pytest.warns(UserWarning, match=r"\['n'\] is 3.*number 3, the option 1.*option 3.*, 0$"):
        fmin(
            lambda p: seen.append(p["n"]) or 0.0,
            {"n": hp.choice("n", [3, 0, 2, 1]), "x": hp.uniform("x", 0, 1)},
            rand.suggest,
            1,
            points_to_evaluate=[{"n": 3, "x": 0.5}],
            verbose=False,
        )
    assert seen[0] == 1


def test_points_to_evaluate_do_not_warn_where_both_readings_are_one():
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        for options, point in ([0, 1, 2], 1), ([16, 32], 1), (["a", "b"], 1), ([True, False], 1):
            space = hp.choice("c", options)
            read = assignment_of(compile_space(space), {"c": point}, "p", values_first=False)
            assert read == {"c": point}


def test_true_is_not_one():
    space = compile_space(hp.choice("c", [1, True, 0, False]))
    for number, option in enumerate([1, True, 0, False]):
        assert assignment_of(space, {"c": option}, "p") == {"c": number}


def test_a_point_that_can_be_read_in_two_ways_is_refused():
    space = compile_space({"a": hp.uniform("b", 0, 1), "b": hp.uniform("a", 0, 1)})
    with pytest.raises(ValueError, match="two ways"):
        assignment_of(space, {"a": 0.25, "b": 0.75}, "p")
    assert assignment_of(space, {"a": 0.5, "b": 0.5}, "p") == {"a": 0.5, "b": 0.5}


@pytest.mark.parametrize(
    "option",
    [
        [1, [2, 3]],
        {"a": [1, 2], "b": {"c": (3,)}},
        float("nan"),
        [float("nan"), 1],
        np.array([1.0, np.nan]),
        STRANGE,
        [STRANGE, 1],
        None,
        "text",
    ],
    ids=repr,
)
def test_an_option_given_itself_is_found(option):
    space = compile_space({"c": hp.choice("c", ["other", option, {"x": 1}])})
    assert assignment_of(space, {"c": option}, "p") == {"c": 1}


def test_a_frame_is_found_as_an_option():
    pandas = pytest.importorskip("pandas")
    frames = [pandas.DataFrame({"a": [1, 2]}), pandas.DataFrame({"a": [1, 3]})]
    space = compile_space(hp.choice("c", frames))
    assert assignment_of(space, {"c": frames[1]}, "p") == {"c": 1}
    assert assignment_of(space, {"c": pandas.DataFrame({"a": [1, 3]})}, "p") == {"c": 1}


def test_an_option_with_parameters_inside_is_found_by_their_values():
    read = assignment_of(
        compile_space(SPACE["kind"]), {"kind": {"dropout": 0.25}}, "p", values_first=False
    )
    assert read == {"kind": 1, "dropout": 0.25}


def test_values_outside_of_the_support_of_a_parameter_are_not_read_as_it():
    for space, point in (
        (hp.choice("c", ["a", hp.randint("n", 3)]), 7),
        (hp.choice("c", ["a", hp.uniform("u", 0, 1)]), 1.5),
        (hp.choice("c", ["a", hp.loguniform("u", 0, 1)]), 0.5),
        (hp.choice("c", ["a", hp.lognormal("u", 0, 1)]), -0.5),
    ):
        compiled = compile_space(space)
        assert assignment_by_structure(compiled, compiled.expression, point) is None
        with pytest.raises(ValueError, match="no option"):
            assignment_of(compiled, {"c": point}, "p")


nested = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=8,
)


@given(nested)
def test_an_option_of_any_shape_equals_what_it_is_evaluated_to(option):
    space = compile_space({"c": hp.choice("c", [option])})
    assert is_option(option, space.evaluate({"c": 0})["c"])
    assert is_option(space.evaluate({"c": 0})["c"], option)
