"""Advice on search spaces: what is warned about, what is not, and what to write instead."""

from __future__ import annotations

import inspect
import math
import warnings
from typing import Any

import numpy as np
import pytest

from hyperopt import hp
from hyperopt.exceptions import SpaceWarning
from hyperopt.pyll import scope
from hyperopt.space import compile_space
from hyperopt.space.advice import check_space

ADVICE = [
    (
        hp.loguniform("lr", 1e-5, 0.1),
        r"hp.loguniform\('lr', 1e-05, 0.1\) draws values from exp\(low\)=1.00001 to ",
        "hp.loguniform('lr', math.log(1e-05), math.log(0.1))",
    ),
    (
        hp.loguniform("c", 0.01, 100),
        "bounds are exponents",
        "hp.loguniform('c', math.log(0.01), math.log(100))",
    ),
    (
        hp.loguniform("m", 0.1, 0.5),
        "bounds are exponents",
        "hp.loguniform('m', math.log(0.1), math.log(0.5))",
    ),
    (
        hp.loguniform("d", 1, 32),
        "bounds are exponents",
        "hp.loguniform('d', math.log(1), math.log(32))",
    ),
    (
        hp.loguniform("n", 1, 500),
        "bounds are exponents",
        "hp.loguniform('n', math.log(1), math.log(500))",
    ),
    (
        hp.qloguniform("n", 16, 30, 16),
        r"from exp\(low\)=8.88611e\+06",
        "hp.qloguniform('n', math.log(16), math.log(30), 16)",
    ),
    (hp.loguniform("x", 0, 100), "bounds are exponents", "hp.uniform('x', 0, 100)"),
    (hp.lognormal("x", 100, 1), "mu is a natural log", "hp.lognormal('x', math.log(100), 1)"),
    (hp.choice("c", ["only"]), "always takes the same option", "'only'"),
    (hp.choice("c", [{"x": hp.uniform("x", 0, 1)}]), "same option", "that option itself"),
    (hp.pchoice("c", [(0, "a"), (1, "b")]), "same option", "'b'"),
    (hp.randint("n", 1), r"hp.randint\('n', 1\) has only one value, 0", "0"),
    (hp.randint("n", 3, 4), "only one value, 3", "3"),
    (hp.quniform("x", 0.1, 0.4, 1), "only one value, 0", "0"),
    (hp.quniform("x", 1, 10, 3), "can give 0, which is below low=1", "hp.quniform('x', 3, 9, 3)"),
    (
        hp.quniform("x", 0, 11, 3),
        "can give 12, which is above high=11",
        "hp.quniform('x', 0, 9, 3)",
    ),
    (hp.uniformint("n", 0.4, 4), r"hp.uniformint\('n', 0.4, 4\)", "hp.uniformint('n', 1, 4)"),
    (
        hp.qloguniform("x", -3, math.log(7), 1),
        r"can give 0, which is below exp\(low\)=0.0497",
        "hp.qloguniform('x', math.log(1), math.log(7), 1)",
    ),
    (hp.choice("n", [1, 2, 3]), "numbers in order", "hp.uniformint('n', 1, 3)"),
    (hp.choice("n", range(5)), r"\[0, 1, 2, 3, \.\.\.\]", "hp.uniformint('n', 0, 4)"),
    (
        hp.choice("n", [100, 200, 300]),
        "in order",
        "scope.int(hp.quniform('n', 100, 300, 100))",
    ),
    (hp.choice("n", [5, 3, 1]), "in order", "1 + 2 * hp.uniformint('n', 0, 2)"),
    (hp.choice("n", np.array([16, 32, 64])), "in order", "2 ** hp.uniformint('n', 4, 6)"),
    (hp.choice("lr", [1e-3, 1e-2, 1e-1]), "in order", "10.0 ** hp.uniformint('lr', -3, -1)"),
    (hp.choice("x", [0.1, 0.2, 0.3]), "in order", "hp.uniform('x', 0.1, 0.3)"),
    (hp.choice("x", [0.1, 0.25, 0.3]), "in order", "hp.uniform('x', 0.1, 0.3)"),
    (
        hp.choice("n", [10, 50, 200]),
        "in order",
        "scope.int(hp.qloguniform('n', math.log(10), math.log(200), 1))",
    ),
    (
        hp.choice("x", [0.1, 0.5, 2.0]),
        "in order",
        "hp.loguniform('x', math.log(0.1), math.log(2))",
    ),
    (hp.choice("n", np.array([3, 2, 1], dtype=np.uint8)), "in order", "hp.uniformint('n', 1, 3)"),
    (hp.choice("n", [2, 5, 7]), "in order", "hp.uniformint('n', 2, 7)"),
]


@pytest.mark.parametrize(("space", "problem", "write"), ADVICE)
def test_each_warning_shows_the_call_to_write(space: Any, problem: str, write: str) -> None:
    with pytest.warns(SpaceWarning, match=problem) as caught:
        found = check_space({"p": space})
    assert len(found) == len(caught) == 1
    assert str(found[0]) == str(caught[0].message)
    assert f"; write {write}" in str(found[0])


@pytest.mark.parametrize("write", [write for _, _, write in ADVICE if "hp." in write])
def test_what_is_advised_is_not_warned_about(write: str) -> None:
    assert check_space(eval(write, {"hp": hp, "math": math, "scope": scope})) == []


SENSIBLE = [
    hp.loguniform("lr", math.log(1e-5), math.log(0.1)),
    hp.loguniform("lr", -7, 0),
    hp.loguniform("x", 0, 5),
    hp.loguniform("x", 1, 10),
    hp.loguniform("x", math.log(1.01), math.log(20)),
    hp.loguniform("x", -0.5, 0.5),
    hp.loguniform("x", math.log(1e-10), math.log(1e10)),
    hp.loguniform("x", math.log(1.001), math.log(1.5)),
    hp.qloguniform("n", math.log(10), math.log(1000), 10),
    hp.qloguniform("n", math.log(1), math.log(100), 1),
    hp.qloguniform("n", 0, math.log(1e6), 1),
    hp.lognormal("wd", -6, 2),
    hp.qlognormal("n", 3, 1, 1),
    hp.normal("x", 100, 10),
    hp.quniform("x", 0, 1, 0.1),
    hp.quniform("x", -0.3, 0.3, 0.1),
    hp.quniform("n", 50, 500, 25),
    scope.int(hp.quniform("n", 1, 9, 1)),
    hp.uniformint("n", -3, 7),
    hp.uniformint("n", -0.5, 9.5),
    scope.int(hp.quniform("n", 0.5, 9.5, 1)),
    scope.int(hp.quniform("n", 1.5, 10.5, 1)),
    scope.int(hp.quniform("n", -9.5, -0.5, 1)),
    scope.int(hp.qloguniform("n", math.log(10.5), math.log(1000.5), 1)),
    scope.int(hp.qloguniform("n", math.log(1.5), math.log(9.5), 1)),
    hp.randint("n", 2),
    hp.randint("n", -3, 3),
    hp.choice("c", ["gini", "entropy"]),
    hp.choice("c", [None, 0.5, 1.0]),
    hp.choice("c", [True, False]),
    hp.choice("c", [False, True, None]),
    hp.choice("c", [0, 1]),
    hp.choice("c", [3, 1, 2]),
    hp.choice("c", [1, 1, 1]),
    hp.choice("c", ["1", "2", "3"]),
    hp.choice("c", [(1,), (2,), (3,)]),
    hp.choice("c", [1, 2, hp.uniform("x", 3, 4)]),
    hp.choice("c", [1, 2, float("inf")]),
    hp.choice("c", [1, 2, float("nan")]),
    hp.choice("c", [1j, 2j, 3j]),
    hp.pchoice("p", [(0.5, 1), (0.3, 2), (0.2, 3)]),
    scope.switch(hp.randint("i", 1, 4) - 1, "a", "b", "c"),
    5,
]


@pytest.mark.parametrize("space", SENSIBLE)
def test_sensible_spaces_are_left_alone(space: Any) -> None:
    assert check_space(space) == []


def test_each_parameter_is_warned_about_once() -> None:
    shared = hp.choice("n", [1, 2, 3])
    with pytest.warns(SpaceWarning) as caught:
        check_space([shared, {"again": shared}, hp.quniform("x", 0, 11, 3)])
    assert len(caught) == 2


def test_a_loop_shows_a_warning_once() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            check_space(hp.choice("n", [1, 2, 3]))
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_the_standard_filters_silence_it() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpaceWarning)
        assert len(check_space(hp.choice("n", [1, 2, 3]))) == 1
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"hp\.choice\('n'")
        check_space(hp.choice("n", [1, 2, 3]))


def test_compiled_spaces_are_checked_too() -> None:
    with pytest.warns(SpaceWarning):
        check_space(compile_space(hp.choice("n", [1, 2, 3])))


def test_a_caller_may_point_the_warning_at_its_own_caller() -> None:
    def library() -> None:
        check_space(hp.choice("n", [1, 2, 3]), stacklevel=2)

    with pytest.warns(SpaceWarning) as caught:
        library()
    assert caught[0].lineno == inspect.currentframe().f_lineno - 1  # type: ignore[union-attr]


def test_bounds_that_cannot_be_exponents_are_refused_with_what_was_meant():
    with pytest.raises(ValueError, match=r"natural log.*did you mean high=log\(512\)=6.238\?"):
        hp.qloguniform("n", 16, 512, 16)
