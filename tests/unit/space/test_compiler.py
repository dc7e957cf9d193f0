"""The space compiler: parameters, conditions, evaluation, errors."""

from __future__ import annotations

import pickle
from types import MappingProxyType
from typing import Any

import cloudpickle
import joblib
import numpy as np
import pytest

from hyperopt import hp
from hyperopt.exceptions import BadSearchSpace, DuplicateLabel, MissingLabel
from hyperopt.pyll import Apply, as_apply, scope
from hyperopt.pyll.base import GarbageCollected, apply
from hyperopt.space import CompiledSpace, Parameter, compile_space

ALWAYS = ((),)


def conditions(space: CompiledSpace) -> dict[str, Any]:
    return {parameter.label: parameter.conditions for parameter in space.parameters}


def test_every_family_is_read_with_its_arguments() -> None:
    space = compile_space(
        [
            hp.uniform("uniform", -1, 2),
            hp.quniform("quniform", -1, 2, q=0.5),
            hp.uniformint("uniformint", low=1, high=9),
            hp.loguniform("loguniform", -5, np.float32(0)),
            hp.qloguniform("qloguniform", q=1, high=3, low=-2),
            hp.normal("normal", 0, 1),
            hp.qnormal("qnormal", 0, 1, 2),
            hp.lognormal("lognormal", mu=0, sigma=1),
            hp.qlognormal("qlognormal", 0, 1, 2),
            hp.randint("randint1", 5),
            hp.randint("randint2", -2, high=5),
            hp.choice("choice", "abc"),
            hp.pchoice("pchoice", [(0.25, "a"), (0.75, "b")]),
        ]
    )
    assert space.parameters == (
        Parameter("choice", "randint", (0, 3), ALWAYS),
        Parameter("lognormal", "lognormal", (0.0, 1.0), ALWAYS),
        Parameter("loguniform", "loguniform", (-5.0, 0.0), ALWAYS),
        Parameter("normal", "normal", (0.0, 1.0), ALWAYS),
        Parameter("pchoice", "categorical", (0.25, 0.75), ALWAYS),
        Parameter("qlognormal", "qlognormal", (0.0, 1.0, 2.0), ALWAYS),
        Parameter("qloguniform", "qloguniform", (-2.0, 3.0, 1.0), ALWAYS),
        Parameter("qnormal", "qnormal", (0.0, 1.0, 2.0), ALWAYS),
        Parameter("quniform", "quniform", (-1.0, 2.0, 0.5), ALWAYS),
        Parameter("randint1", "randint", (0, 5), ALWAYS),
        Parameter("randint2", "randint", (-2, 5), ALWAYS),
        Parameter("uniform", "uniform", (-1.0, 2.0), ALWAYS),
        Parameter("uniformint", "quniform", (1.0, 9.0, 1.0), ALWAYS),
    )
    for parameter in space.parameters:
        kind = int if parameter.family == "randint" else float
        assert all(type(value) is kind for value in parameter.args)


def test_constant_expressions_as_arguments_are_folded() -> None:
    low = as_apply(2) * 3
    space = compile_space(
        [hp.uniform("x", low, scope.sqrt(100.0)), hp.randint("n", 1, as_apply(2) + 2)]
    )
    assert [parameter.args for parameter in space.parameters] == [(1, 4), (6.0, 10.0)]


def test_folded_arguments_are_checked_like_written_ones() -> None:
    with pytest.raises(ValueError, match=r"hp\.uniform\('x', .*low=6 must be less than high=1"):
        compile_space(hp.uniform("x", as_apply(2) * 3, 1))
    with pytest.raises(ValueError, match="must be an integer"):
        compile_space(hp.randint("n", as_apply(5) / 2))
    with pytest.raises(ValueError, match=r"sum to 0\.5"):
        compile_space(hp.pchoice("p", [(as_apply(1) / 4, 0), (0.25, 1)]))


@pytest.mark.parametrize(
    "expression",
    [
        hp.uniform("x", 0, hp.uniform("y", 1, 2)),
        hp.randint("x", hp.randint("y", 3) + 1),
        hp.quniform("x", 0, 9, hp.choice("y", [1, 2])),
    ],
)
def test_random_arguments_are_refused(expression: Apply) -> None:
    with pytest.raises(BadSearchSpace, match=r"\('x', \.\.\.\): .* is random.*constants"):
        compile_space(expression)


def test_random_values_need_a_label() -> None:
    with pytest.raises(BadSearchSpace, match=r"uniform\(0, 1\).*hp\.uniform\('label'"):
        compile_space({"a": scope.uniform(0, 1)})
    with pytest.raises(BadSearchSpace, match="no label"):
        compile_space(hp.choice("c", [1, scope.randint(2)]))
    with pytest.raises(BadSearchSpace, match="no label"):
        compile_space(hp.uniform("x", 0, scope.uniform(1, 2)))


def test_a_parameter_needs_a_known_distribution() -> None:
    with pytest.raises(BadSearchSpace, match=r"'x' is drawn by sqrt\(4\.0\)"):
        compile_space(scope.hyperopt_param("x", scope.sqrt(4.0)))


def test_two_parameters_of_one_label_are_refused_even_in_exclusive_branches() -> None:
    with pytest.raises(DuplicateLabel, match="'x' names two different parameters"):
        compile_space([hp.uniform("x", 0, 1), hp.normal("x", 0, 1)])
    with pytest.raises(BadSearchSpace, match="'x'"):
        compile_space(hp.choice("c", [hp.uniform("x", 0, 1), hp.uniform("x", 0, 1)]))


def test_one_node_in_two_places_is_one_parameter() -> None:
    x = hp.uniform("x", 0, 1)
    space = compile_space([x, {"again": x * 2}])
    assert space.labels == ("x",)
    assert space.evaluate({"x": 0.25}) == (0.25, {"again": 0.5})


@pytest.mark.parametrize("constant", [5, "text", {}, [], {1, 2}, {"a": 5}, [None, len]])
def test_a_space_without_parameters_is_fine(constant: Any) -> None:
    space = compile_space(constant)
    assert space.labels == ()
    assert space.evaluate({}) == (tuple(constant) if isinstance(constant, list) else constant)
    assert space.active({}) == set()


@pytest.mark.parametrize(
    "slip", [None, hp, hp.uniform, len, dict, lambda: 0, iter([1]), as_apply(None), as_apply(len)]
)
def test_what_is_no_space_is_refused(slip: Any) -> None:
    with pytest.raises(TypeError, match="is no search space"):
        compile_space(slip)


def test_a_distribution_without_its_call_is_refused() -> None:
    with pytest.raises(BadSearchSpace, match=r"call it: hp\.uniform\('label'"):
        compile_space({"x": hp.uniform})


def test_an_unknown_function_is_refused_by_name() -> None:
    with pytest.raises(BadSearchSpace, match=r"no_such_function.*scope\.define"):
        compile_space([apply("no_such_function", 1)])


def test_conditions_follow_nested_switches() -> None:
    deep = hp.choice("a", [0, hp.pchoice("b", [(0.5, 0), (0.5, hp.choice("c", [[], 1]))])])
    assert conditions(compile_space(deep)) == {
        "a": ALWAYS,
        "b": ((("a", 1),),),
        "c": ((("a", 1), ("b", 1)),),
    }


def test_conditions_hold_the_stored_value_when_an_index_is_shifted() -> None:
    i = hp.randint("i", 1, 4)
    space = compile_space(
        scope.switch(
            scope.int(-1 + i),
            hp.uniform("x", 0, 1),
            scope.switch(2 + (i - 3), 0, hp.uniform("y", 0, 1), hp.uniform("z", 0, 1)),
        )
    )
    assert conditions(space) == {
        "i": ALWAYS,
        "x": ((("i", 1),),),
        # Reached only with i = 2, where the inner switch takes its option number 1.
        "y": ((("i", 2),),),
        "z": (),
    }
    assert not space.has_dynamic_activity


@pytest.mark.parametrize(
    "index",
    [
        scope.int(hp.randint("i", 4) // 2),
        scope.int(hp.uniform("i", 0, 1) > 0.5),
        hp.uniformint("i", 0, 1),
        1 - hp.randint("i", 2),
        scope.int(hp.randint("i", 2) + 0.0),
    ],
)
def test_arithmetic_on_an_index_leaves_activity_to_evaluation(index: Apply) -> None:
    x, y = hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)
    space = compile_space([y, scope.switch(index, x, hp.choice("c", [y, 0]))])
    assert space.has_dynamic_activity
    assert conditions(space) == {"c": None, "i": ALWAYS, "x": None, "y": ALWAYS}
    chosen = space.evaluate({"i": 0, "x": 0.125, "y": 0.5, "c": 1})[1]
    expected = {"i", "y", "x"} if chosen == 0.125 else {"i", "y", "c"}
    assert space.active({"i": 0, "x": 0.125, "y": 0.5, "c": 1}) == expected


def test_implied_conditions_are_left_out() -> None:
    x = hp.uniform("x", 0, 1)
    inner = hp.choice("b", [x, hp.choice("c", [x, 0])])
    assert conditions(compile_space(hp.choice("a", [x, [x, inner], 0])))["x"] == (
        (("a", 0),),
        (("a", 1),),
    )


def test_an_index_may_occur_in_its_own_branches() -> None:
    a = hp.randint("a", 3)
    space = compile_space(scope.switch(a, a, [a + 10], hp.uniform("x", 0, 1) + a))
    assert space.evaluate({"a": 1}) == (11,)
    assert space.evaluate({"a": 2, "x": 0.5}) == 2.5
    assert conditions(space) == {"a": ALWAYS, "x": ((("a", 2),),)}


def test_many_paths_to_a_node_do_not_blow_up() -> None:
    node: Any = hp.uniform("x", 0, 1)
    for level in range(60):
        node = hp.choice(f"c{level:02}", [node, [node]])
    space = compile_space(node)
    assert space.has_dynamic_activity
    vals = {f"c{level:02}": 0 for level in range(60)} | {"x": 0.5}
    assert space.evaluate(vals) == 0.5
    assert space.active(vals) == set(vals)
    for _ in range(60):
        node = as_apply([node, node])
    value = compile_space(node).evaluate(vals)
    assert value[0] is value[1], "a shared node is evaluated once"


def test_a_dict_of_parameters_is_evaluated_as_the_same_parameters_in_a_list() -> None:
    labels = {
        "x": hp.uniform("x", 0, 1),
        "n": hp.normal("n", 0, 1),
        "k": hp.quniform("k", 0, 9, 2),
    }
    flat, listed = compile_space(labels), compile_space([labels["k"], labels["n"], labels["x"]])
    vals = {"x": np.float64(0.25), "n": np.float64(3.0), "k": np.float64(4.0)}
    value = flat.evaluate(vals)
    assert value == {"k": 4.0, "n": 3.0, "x": 0.25}
    assert list(map(type, value.values())) == list(map(type, listed.evaluate(vals)))
    for label in labels:
        for absent in (
            {k: v for k, v in vals.items() if k != label},
            {**vals, label: GarbageCollected},
        ):
            with pytest.raises(MissingLabel, match=f"'{label}'"):
                flat.evaluate(absent)
    with pytest.raises(ValueError, match="could not convert"):
        flat.evaluate(vals | {"x": "wide"})


@pytest.mark.parametrize("ordered", [True, False])
def test_what_a_document_holds_is_evaluated_as_its_active_values(ordered: bool) -> None:
    numbers = {"z": scope.int(hp.quniform("k", 0, 9, 2)), "a": hp.normal("n", 0, 1)}
    numbers |= {"r": hp.uniform("x", 0, 1)}
    point = compile_space(numbers if ordered else {**numbers, "c": hp.choice("c", ["u", "v"])})
    columns = {"k": [np.float64(4.0)], "n": [np.float64(3.0)], "x": [np.int64(1)], "c": [1]}
    expected = point.evaluate({label: column[0] for label, column in columns.items()})
    for vals in (columns, {k: np.array(v) for k, v in columns.items()}, MappingProxyType(columns)):
        value = point.evaluate_vals(vals)
        assert list(value.items()) == list(expected.items())
        assert list(map(type, value.values())) == list(map(type, expected.values()))
    for label in ("k", "n", "x"):
        for absent in ({k: v for k, v in columns.items() if k != label}, {**columns, label: []}):
            with pytest.raises(MissingLabel, match=f"'{label}'"):
                point.evaluate_vals(absent)
    with pytest.raises(ValueError, match="could not convert"):
        point.evaluate_vals(columns | {"x": ["wide"]})
    assert point.evaluate_vals(columns | {"x": ["2.5"]})["r"] == 2.5
    assert point.evaluate_vals(columns) is not point.evaluate_vals(columns)


def test_a_thousand_nested_choices_compile_evaluate_and_report_what_is_missing() -> None:
    node: Any = hp.uniform("x", 0, 1)
    for level in range(1000):
        node = hp.choice(f"c{level}", [0, {"next": node}])
    space = compile_space(node)
    vals: dict[str, Any] = {f"c{level}": np.int64(1) for level in range(1000)}
    value = space.evaluate(vals | {"x": 0.5})
    for _ in range(1000):
        value = value["next"]
    assert value == 0.5
    assert space.active(vals | {"c500": 0}) == {f"c{level}" for level in range(500, 1000)}
    assert len(conditions(space)["x"][0]) == 1000
    with pytest.raises(MissingLabel, match="'x'"):
        space.evaluate(vals)
    for absent in ({}, {"c999": GarbageCollected}):
        with pytest.raises(MissingLabel, match="'c999'"):
            space.evaluate(absent)
    with pytest.raises(IndexError, match="3, but it has 2 options"):
        space.evaluate({"c999": 3})


def test_wide_spaces_compile() -> None:
    space = compile_space({f"x{i:04}": hp.uniform(f"x{i:04}", 0, 1) for i in range(2000)})
    assert len(space.parameters) == 2000
    assert list(space.evaluate(dict.fromkeys(space.labels, 0.5))) == list(space.labels)


def test_values_keep_the_types_that_the_constructors_promise() -> None:
    space = compile_space(
        {
            "float": hp.uniform("x", 0, 5),
            "int": hp.uniformint("k", 0, 5),
            "int2": hp.randint("n", 9),
            "cut": scope.int(hp.uniform("y", -3, 3)),
        }
    )
    value = space.evaluate({"x": np.float64(2), "k": np.float64(3.0), "n": np.int64(4), "y": -2.9})
    assert value == {"float": 2.0, "int": 3, "int2": 4, "cut": -2}
    assert {key: type(item) for key, item in value.items()} == {
        "float": float,
        "int": int,
        "int2": int,
        "cut": int,
    }


def test_values_are_converted_but_not_checked() -> None:
    space = compile_space([hp.uniform("x", 0, 1), hp.randint("n", 2)])
    assert space.evaluate({"x": "0.5", "n": 2.9, "unknown": object()}) == (0.5, 2)
    assert space.evaluate({"x": -70, "n": 1000}) == (-70.0, 1000)


@pytest.mark.parametrize("index", [True, np.int64(1), np.array([1]), np.array(1)])
def test_a_choice_takes_integers_of_every_kind(index: Any) -> None:
    assert compile_space(hp.choice("c", ["a", "b"])).evaluate({"c": index}) == "b"


@pytest.mark.parametrize(
    ("index", "error"),
    [(1.0, TypeError), ([0], TypeError), ("a", TypeError), (-1, ValueError), (2, IndexError)],
)
def test_a_choice_refuses_other_indices(index: Any, error: type[Exception]) -> None:
    space = compile_space(hp.choice("c", ["a", "b"]))
    with pytest.raises(error, match="index of a switch"):
        space.evaluate({"c": index})
    with pytest.raises(error, match="index of a switch"):
        space.active({"c": index})


@pytest.mark.parametrize("wrap", [lambda p: p, lambda p: [p * 2], lambda p: scope.float(p) + 1])
def test_a_missing_value_is_named(wrap: Any) -> None:
    space = compile_space(hp.choice("c", [1, wrap(hp.uniform("lr", 0, 1))]))
    assert space.evaluate({"c": 0}) == 1
    for vals in ({"c": 1}, {"c": 1, "lr": GarbageCollected}):
        with pytest.raises(MissingLabel, match="no value for the parameter 'lr'") as caught:
            space.evaluate(vals)
        assert isinstance(caught.value, KeyError)
        assert isinstance(caught.value, BadSearchSpace)
    for absent in ({}, {"c": GarbageCollected}):
        with pytest.raises(MissingLabel, match="'c'"):
            space.active(absent)
        with pytest.raises(MissingLabel, match="'c'"):
            space.evaluate(absent)


def test_inactive_options_are_never_evaluated() -> None:
    space = compile_space(hp.choice("c", [scope.Raise(RuntimeError), 7]))
    assert space.evaluate({"c": 1}) == 7
    with pytest.raises(RuntimeError):
        space.evaluate({"c": 0})


def test_functions_are_called_once_for_each_evaluation() -> None:
    calls: list[float] = []

    def note(x: float) -> list[float]:
        calls.append(x)
        return [x]

    node = scope.call(note, [hp.uniform("x", 0, 1)])
    space = compile_space({"a": node, "b": [node], "c": hp.choice("c", [node, 0])})
    for x in (0.25, 0.5):
        value = space.evaluate({"x": x, "c": 0})
        assert value["a"] is value["b"][0] is value["c"]
    assert calls == [0.25, 0.5]


def test_user_functions_take_positional_and_keyword_arguments() -> None:
    @scope.define
    def weighted_sum(*terms: float, weight: float = 1.0) -> float:
        return weight * sum(terms)

    try:
        x = hp.uniform("x", 0, 1)
        space = compile_space(scope.weighted_sum(x, 2, weight=hp.uniform("w", 0, 1)))
        assert space.evaluate({"x": 0.5, "w": 2.0}) == 5.0
    finally:
        scope.undefine("weighted_sum")


def test_a_users_exception_passes_through_unchanged() -> None:
    error = KeyError("mine")

    def fail(x: float) -> None:
        raise error

    space = compile_space([scope.call(fail, [hp.uniform("x", 0, 1)])])
    with pytest.raises(KeyError) as caught:
        space.evaluate({"x": 0.5})
    assert caught.value is error
    assert caught.value.args == ("mine",)


def test_a_function_may_answer_with_an_expression() -> None:
    space = compile_space(scope.call(lambda x: as_apply(x) + 1, [hp.uniform("x", 0, 1)]))
    assert space.evaluate({"x": 0.5}) == 1.5


def test_each_evaluation_makes_its_own_containers_and_hands_out_the_same_constants() -> None:
    marker = object()
    space = compile_space({"a": {"b": 1}, "m": marker, "x": hp.uniform("x", 0, 1)})
    first, second = space.evaluate({"x": 0}), space.evaluate({"x": 0})
    assert first is not second
    assert first["a"] is not second["a"]
    assert first["m"] is second["m"] is marker


def test_operators_and_functions_are_evaluated() -> None:
    x, n = hp.uniform("x", 0, 1), hp.randint("n", 1, 9)
    table = as_apply({"k": [10, 20, 30]})
    space = compile_space(
        [x + n, 1 - x, n // 2, 2**n, -x, x < n, table["k"][n], scope.max(n, 2), 3 / n, n >= n]
    )
    assert space.evaluate({"x": 0.5, "n": 2}) == (2.5, 0.5, 1, 4, -0.5, True, 30, 2, 1.5, True)


def test_activity_needs_only_the_values_that_decide() -> None:
    space = compile_space(
        {
            "c": hp.choice("c", [hp.uniform("x", 0, 1), scope.Raise(RuntimeError)]),
            "y": scope.Raise(RuntimeError, hp.uniform("y", 0, 1)),
        }
    )
    assert space.active({"c": 0}) == {"c", "x", "y"}
    assert space.active({"c": 1}) == {"c", "y"}


@pytest.mark.parametrize("dump", [pickle.dumps, cloudpickle.dumps])
def test_compiled_spaces_pickle(dump: Any) -> None:
    space = compile_space({"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", "b"])})
    copy = pickle.loads(dump(space))
    assert copy.parameters == space.parameters
    assert copy.evaluate({"x": 0.5, "c": 1}) == {"c": "b", "x": 0.5}


def test_compiled_spaces_go_through_joblib(tmp_path: Any) -> None:
    joblib.dump(compile_space([hp.uniform("x", 0, 1)]), tmp_path / "space")
    assert joblib.load(tmp_path / "space").evaluate({"x": 0.5}) == (0.5,)


def test_the_native_space_is_built_of_the_parameters() -> None:
    space = compile_space(hp.choice("c", [hp.uniform("x", 0, 1), hp.randint("n", 3)]))
    assert space.native is space.native


def test_the_repr_names_the_labels() -> None:
    assert repr(compile_space(hp.uniform("x", 0, 1))) == "<CompiledSpace of 1 parameters: x>"
