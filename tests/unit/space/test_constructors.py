"""The words of the DSL: what they build, and what they refuse."""

from __future__ import annotations

import enum
import inspect
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np
import pytest

from hyperopt import hp, pyll_utils
from hyperopt.exceptions import BadSearchSpace
from hyperopt.pyll import Apply, Literal, as_apply
from hyperopt.pyll_utils import validate_distribution_range, validate_label
from hyperopt.space import compile_space

NUMERIC: dict[str, dict[str, float]] = {
    "uniform": {"low": -1, "high": 2.5},
    "quniform": {"low": -1, "high": 2.5, "q": 0.5},
    "uniformint": {"low": -1, "high": 3},
    "loguniform": {"low": -7, "high": 0},
    "qloguniform": {"low": -7, "high": 3, "q": 1},
    "normal": {"mu": 0, "sigma": 2},
    "qnormal": {"mu": 0, "sigma": 2, "q": 1},
    "lognormal": {"mu": 0, "sigma": 2},
    "qlognormal": {"mu": 0, "sigma": 2, "q": 1},
}
each_numeric = pytest.mark.parametrize("name", NUMERIC)


def skeleton(node: Apply) -> Any:
    """Nested names and constants of an expression."""
    if isinstance(node, Literal):
        return node.obj
    return (node.name, *[skeleton(child) for child in node.inputs()])


@each_numeric
def test_numeric_parameters_have_the_known_shape(name: str) -> None:
    values = list(NUMERIC[name].values())
    if name == "uniformint":
        draw = ("quniform", *values, 1.0)
        expected: Any = ("int", ("float", ("hyperopt_param", "x", draw)))
    else:
        expected = ("float", ("hyperopt_param", "x", (name, *values)))
    assert skeleton(getattr(hp, name)("x", *values)) == expected


@each_numeric
def test_arguments_may_be_given_by_keyword(name: str) -> None:
    node = getattr(hp, name)("x", **NUMERIC[name])
    draw = node.pos_args[0] if name != "uniformint" else node.pos_args[0].pos_args[0]
    draw = draw.arg["obj"]
    assert {key: draw.arg[key].obj for key in NUMERIC[name]} == NUMERIC[name]


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        (hp.randint("n", 4), ("int", ("hyperopt_param", "n", ("randint", 4)))),
        (hp.randint("n", 4, None), ("int", ("hyperopt_param", "n", ("randint", 4)))),
        (hp.randint("n", low=4), ("int", ("hyperopt_param", "n", ("randint", 4)))),
        (hp.randint("n", upper=4), ("int", ("hyperopt_param", "n", ("randint", 4)))),
        (hp.randint("n", -2, 3), ("int", ("hyperopt_param", "n", ("randint", -2, 3)))),
        (hp.randint("n", -2, high=3), ("int", ("hyperopt_param", "n", ("randint", -2, 3)))),
        (hp.randint("n", high=3, low=2), ("int", ("hyperopt_param", "n", ("randint", 2, 3)))),
        (
            hp.choice("c", ["a", [1]]),
            ("switch", ("hyperopt_param", "c", ("randint", 2)), "a", ("pos_args", 1)),
        ),
        (
            hp.pchoice("c", [(0.25, "a"), (0.75, "b")]),
            (
                "switch",
                ("hyperopt_param", "c", ("categorical", ("pos_args", 0.25, 0.75))),
                "a",
                "b",
            ),
        ),
    ],
)
def test_discrete_parameters_have_the_known_shape(node: Apply, expected: Any) -> None:
    assert skeleton(node) == expected


def test_randint_makes_integers_of_integral_floats() -> None:
    node = hp.randint("n", np.float64(2.0), 5.0)
    values = [argument.obj for argument in node.pos_args[0].arg["obj"].pos_args]  # type: ignore[attr-defined]
    assert values == [2, 5]
    assert all(type(value) is int for value in values)


@pytest.mark.parametrize("number", [Decimal("0.5"), Fraction(1, 2), np.float32(0.5), np.array(0.5)])
def test_numbers_of_every_kind_are_arguments(number: Any) -> None:
    hp.uniform("x", 0, number)


def test_zero_is_a_bound_like_any_other() -> None:
    hp.uniform("x", 0, 1)
    hp.uniform("x", -1, 0)
    hp.normal("x", 0, 1)


@pytest.mark.parametrize("label", ["", "é", "a.b c", np.str_("x"), Literal("x")])
def test_labels_are_strings_of_any_content(label: Any) -> None:
    text = label.obj if isinstance(label, Literal) else label
    node = hp.uniform(label, 0, 1).pos_args[0].arg["label"]
    assert node.obj == text
    assert type(node.obj) is str


def test_a_label_from_a_string_enum_is_its_value() -> None:
    class Name(str, enum.Enum):
        LR = "lr"

    assert hp.uniform(Name.LR, 0, 1).pos_args[0].arg["label"].obj == "lr"  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [*NUMERIC, "randint", "choice", "pchoice"])
@pytest.mark.parametrize("label", [None, 3, 0.5, b"bytes", ("x",), Literal(3), as_apply(1) + 1])
def test_other_labels_are_refused(name: str, label: Any) -> None:
    arguments = {"randint": [3], "choice": [[1]], "pchoice": [[(1.0, "a")]]}
    values = arguments.get(name) or list(NUMERIC[name].values())
    with pytest.raises(TypeError, match=rf"hp\.{name}: the label must be a string"):
        getattr(hp, name)(label, *values)


def test_a_forgotten_label_is_explained() -> None:
    with pytest.raises(TypeError, match=r"label comes first: hp\.uniform\('label'"):
        hp.uniform(0, 1)  # type: ignore[arg-type]


def bad_numeric() -> list[tuple[str, dict[str, Any], type[Exception], str]]:
    cases: list[tuple[str, dict[str, Any], type[Exception], str]] = []
    for name, good in NUMERIC.items():
        for key in good:
            for bad in (np.nan, np.inf, -np.inf):
                cases.append((name, good | {key: bad}, ValueError, f"{key} is -?(nan|inf)"))
            for wrong in ("1", None, [1], 1j, np.array([1.0]), b"1"):
                cases.append((name, good | {key: wrong}, TypeError, f"{key} must be a number"))
            if not (name == "uniformint" and key == "q"):
                rest = {other: value for other, value in good.items() if other != key}
                cases.append((name, rest, TypeError, f"{key} missing"))
        if "low" in good:
            swapped = good | {"low": good["high"], "high": good["low"]}
            cases.append((name, swapped, ValueError, r"must be less than high.*swap"))
            same = good | {"high": good["low"]}
            cases.append((name, same, ValueError, r"must be less than high.*constant"))
        for key in ("sigma", "q"):
            if key in good:
                for bad in (0, -1.5):
                    cases.append((name, good | {key: bad}, ValueError, f"{key} is .*positive"))
        cases.append((name, good | {"size": 3}, TypeError, "unknown argument 'size'"))
        if "log" in name:
            top = "high" if "high" in good else "mu"
            cases.append((name, good | {top: 1000}, ValueError, rf"did you mean {top}=log\(1000\)"))
    return cases


@pytest.mark.parametrize(("name", "arguments", "error", "message"), bad_numeric())
def test_bad_arguments_are_refused_where_the_space_is_written(
    name: str, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        getattr(hp, name)("lr", **arguments)
    assert str(caught.value).startswith(f"hp.{name}('lr', ")


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ((5, 1), "low=5 must be less than high=1"),
        ((5, 0), "low=5 must be less than high=0"),
        ((0, -5), "low=0 must be less than high=-5"),
        ((0, 0), "low=0 must be less than high=0"),
    ],
)
def test_low_must_be_less_than_high_also_around_zero(bounds: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hp.uniform("x", *bounds)


def test_too_many_arguments_are_counted() -> None:
    with pytest.raises(TypeError, match=r"hp\.uniform\('x', 0, 1, 2\): 1 arguments too many"):
        hp.uniform("x", 0, 1, 2)
    with pytest.raises(TypeError, match="low is given twice"):
        hp.uniform("x", 0, 1, low=0)


def test_uniformint_has_no_q() -> None:
    for call in (
        lambda: hp.uniformint("n", 0, 9, 2),
        lambda: hp.uniformint("n", 0, 9, q=2),
    ):
        with pytest.raises(TypeError, match=r"there is no q.*scope\.int\(hp\.quniform"):
            call()


def test_uniformint_takes_the_q_that_it_has() -> None:
    plain = str(hp.uniformint("n", 0, 9))
    assert str(hp.uniformint("n", 0, 9, q=1)) == plain
    assert str(hp.uniformint("n", 0, 9, 1.0)) == plain


def test_the_signatures_show_the_arguments() -> None:
    written = {name: str(inspect.signature(getattr(hp, name))) for name in hp.__all__}
    assert written["uniform"].startswith("(label: ")
    for name, arguments in {
        "uniform": ["label", "low", "high"],
        "qlognormal": ["label", "mu", "sigma", "q"],
        "randint": ["label", "low", "high"],
        "uniformint": ["label", "low", "high", "q"],
        "choice": ["label", "options"],
    }.items():
        assert list(inspect.signature(getattr(hp, name)).parameters) == arguments


def test_a_label_may_be_named() -> None:
    assert str(hp.uniform(label="x", low=0, high=1)) == str(hp.uniform("x", low=0, high=1))


@pytest.mark.parametrize(
    ("args", "kwargs", "error", "message"),
    [
        ((2.7,), {}, ValueError, "2.7, but must be an integer"),
        ((0,), {}, ValueError, "upper bound is 0"),
        ((-3,), {}, ValueError, "upper bound is -3"),
        ((5, 3), {}, ValueError, "low=5 must be less than high=3"),
        ((3, 3), {}, ValueError, "low=3 must be less than high=3"),
        ((0, 2.5), {}, ValueError, "high is 2.5"),
        ((0, np.nan), {}, ValueError, "high is nan"),
        ((2**53 + 1,), {}, ValueError, r"is 9007199254740993, but must lie between -2\*\*53"),
        ((2**60, 2**60 + 9), {}, ValueError, r"not every whole number is a double"),
        ((-(2**63), 5), {}, ValueError, "low is -9223372036854775808"),
        ((0, 1e17), {}, ValueError, "for a seed a smaller range"),
        (("3",), {}, TypeError, "must be a number"),
        ((None,), {}, TypeError, "must be a number"),
        ((), {}, TypeError, "low and high missing"),
        ((), {"high": 3}, TypeError, "low missing"),
        ((1, 2, 3), {}, TypeError, "1 arguments too many"),
        ((1,), {"q": 2}, TypeError, "unknown argument 'q'"),
    ],
)
def test_randint_refuses_bad_bounds(
    args: tuple[Any, ...], kwargs: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        hp.randint("n", *args, **kwargs)
    assert str(caught.value).startswith("hp.randint('n'")


def test_randint_takes_huge_ranges() -> None:
    hp.randint("n", 2**40)
    hp.randint("n", -(2**53), 2**53)


@pytest.mark.parametrize("make", [hp.uniformint, partial(hp.quniform, q=1)])
def test_whole_numbers_that_are_no_doubles_are_refused_as_bounds(make: Any) -> None:
    make("n", 0, 2**53)
    make("n", -(2**53), np.int64(2**53))
    for low, high in [(0, 2**53 + 1), (0, np.int64(2**53 + 1)), (-(2**53) - 1, 0)]:
        with pytest.raises(ValueError, match=r"not every whole number is a double"):
            make("n", low, high)
    for low, high in [(0, 2**64), (2**53, 2**53 + 10), (0, 2.0**60)]:
        with pytest.raises(ValueError, match=r"multiples of q cannot be told apart"):
            make("n", low, high)
    hp.quniform("n", 0, 10**22, 10**20)


@pytest.mark.parametrize(
    ("options", "n_options"),
    [(["a"], 1), (("a", "b"), 2), ("abc", 3), (range(4), 4), ({"k": 1, "l": 2}, 2), ({5}, 1)],
)
def test_choice_takes_anything_with_a_length_and_elements(options: Any, n_options: int) -> None:
    assert len(hp.choice("c", options).pos_args) == 1 + n_options


def test_choice_takes_the_elements_of_an_array_and_of_an_expression() -> None:
    node = hp.choice("c", np.array([1, 2]))
    assert isinstance(node.pos_args[1].obj, np.int64)  # type: ignore[attr-defined]
    assert len(hp.choice("c", as_apply([1, 2, 3])).pos_args) == 4


@pytest.mark.parametrize("options", [[], (), "", {}, np.array([])])
def test_an_empty_choice_is_refused_where_it_is_searched(options: Any) -> None:
    # Not where it is made: Lale makes empty choices that never become part of a space.
    unused = hp.choice("c", options)
    with pytest.raises(
        BadSearchSpace, match=r"hp\.choice\('c', \[\]\): there are no options"
    ) as error:
        compile_space({"x": unused})
    assert isinstance(error.value, ValueError)


@pytest.mark.parametrize("options", [3, None, (x for x in "ab")])
def test_options_without_a_length_are_refused(options: Any) -> None:
    with pytest.raises(TypeError, match="must be a list"):
        hp.choice("c", options)


@pytest.mark.parametrize(
    ("p_options", "error", "message"),
    [
        ([], ValueError, "no options"),
        ([(0.1, "a"), (0.2, "b")], ValueError, r"sum to 0\.3.*divide each of them by 0\.3"),
        ([(0.5, "a"), (0.9, "b")], ValueError, "sum to 1.4"),
        ([(-0.5, "a"), (1.5, "b")], ValueError, "option 0 is -0.5"),
        ([(np.nan, "a"), (1.0, "b")], ValueError, "option 0 is nan"),
        ([("a", 0.5), ("b", 0.5)], TypeError, "the probability comes first"),
        (["ab", "cd"], TypeError, "the probability comes first"),
        ([([1], "a")], TypeError, "option 0 must be a number"),
        ([0.5, 0.5], TypeError, "pairs"),
        ([(1.0, "a", "b")], TypeError, "pairs"),
        (3, TypeError, "pairs"),
    ],
)
def test_pchoice_refuses_bad_options(p_options: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        hp.pchoice("p", p_options)
    assert str(caught.value).startswith("hp.pchoice('p', ")


def test_pchoice_takes_rounded_and_zero_probabilities() -> None:
    hp.pchoice("p", [(0.3333333, 1), (0.3333333, 2), (0.3333334, 3)])
    hp.pchoice("p", [(0, 1), (1, 2)])


def test_arguments_that_are_expressions_wait_for_the_compiler() -> None:
    two = as_apply(1) + 1
    hp.uniform("x", two, 1)
    hp.randint("n", two)
    hp.randint("n", 0, two)
    hp.pchoice("p", [(two, "a")])


def test_constant_expressions_are_checked_at_once() -> None:
    with pytest.raises(ValueError, match="low=2"):
        hp.uniform("x", Literal(2), 1)


def test_the_aliases_are_the_same_functions() -> None:
    for name in hp.__all__:
        assert getattr(pyll_utils, f"hp_{name}") is getattr(hp, name)


def test_validate_label_decorates_a_constructor() -> None:
    @validate_label
    def own(label: str, value: int) -> tuple[str, int]:
        return label, value

    assert own(Literal("x"), 3) == ("x", 3)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"hp\.own"):
        own(3, 3)  # type: ignore[arg-type]


def test_validate_distribution_range_decorates_a_constructor() -> None:
    @validate_distribution_range
    def own(label: str, low: float, high: float) -> tuple[str, float, float]:
        return label, low, high

    assert own("x", 0, high=1) == ("x", 0, 1)
    assert own("x", 0, high=as_apply(1))[1] == 0  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="must be less than"):
        own("x", 2, 1)


def test_a_wrong_range_is_told_before_a_wrong_number_of_arguments() -> None:
    with pytest.raises(ValueError, match="low"):
        hp.loguniform("x", 10, 10, 1)
    with pytest.raises(TypeError, match="too many"):
        hp.loguniform("x", 0, 10, 1)
