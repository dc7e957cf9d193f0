"""Mistakes that people make, and the sentences that they get for them."""

from __future__ import annotations

import dataclasses
import functools
import math
import random
from collections import deque

import numpy as np
import pytest

from hyperopt import Trials, fmin, hp, rand, space_eval
from hyperopt.base import spec_from_misc
from hyperopt.exceptions import BadSearchSpace
from hyperopt.pyll import scope
from hyperopt.pyll.stochastic import sample


class Model:
    """Holds what it is given, as estimators do."""

    def __init__(self, c):
        self.c = c


@dataclasses.dataclass
class Config:
    """Holds it in a field."""

    rate: object


def C():
    return hp.uniform("C", 0, 1)


HIDDEN = {
    "values": lambda: {"a": C()}.values(),
    "array": lambda: np.array([C(), C()], dtype=object),
    "set": lambda: {C()},
    "deque": lambda: deque([C()]),
    "object": lambda: Model(C()),
    "object in an option": lambda: hp.choice("k", [Model(hp.uniform("C", 0, 1)), 1]),
    "object in an object": lambda: {"a": hp.normal("a", 0, 1), "b": Model([Model(C())])},
    "dataclass": lambda: Config(C()),
    "partial": lambda: {"p": functools.partial(print, sep=C())},
    "text": lambda: {"m": f"m_{hp.choice('k', ['a', 'b'])}"},
}


@pytest.mark.parametrize("make", HIDDEN.values(), ids=HIDDEN)
def test_an_expression_that_a_search_cannot_see_is_an_error_that_says_where(make):
    ran = []
    with pytest.raises(BadSearchSpace, match=r"the space holds (hp|hyperopt_param|float|the text)"):
        fmin(ran.append, make(), rand.suggest, 3, verbose=False)
    with pytest.raises(BadSearchSpace, match="the space holds"):
        Trials().study(make())
    assert not ran


def test_the_place_of_a_hidden_expression_is_named():
    with pytest.raises(BadSearchSpace, match=r"at Model\.c\[0\]\.c, .* in a dict or a list"):
        fmin(abs, [Model([Model(C())])], rand.suggest, 3, verbose=False)


def test_objects_that_hold_nothing_random_and_those_that_hate_to_be_looked_at_are_constants():
    class Shy:
        @property
        def __dict__(self):
            raise RuntimeError

    point = fmin(lambda point: point[0], [hp.uniform("x", 0, 1), Model([1]), Shy(), {1, 2}, print],
                 rand.suggest, 2, verbose=False, return_argmin=False, rstate=0)  # fmt: skip
    assert isinstance(point[1], Model)


class rv_frozen:
    """Is called as scipy's distributions are."""


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"C": [0.1, 1, 10]}, r"the list at 'C' is a constant; did you mean hp.choice\('C'"),
        ({"C": rv_frozen()}, "rv_frozen is a distribution of scipy"),
        ({}, "a space is made of hp expressions"),
        (5, "a space is made of hp expressions"),
        (scope.add(1, 2), "a space is made of hp expressions"),
    ],
)
def test_a_space_without_parameters_is_an_error_that_says_what_a_space_looks_like(space, words):
    ran = []
    with pytest.raises(BadSearchSpace, match=f"has no parameters: {words}"):
        fmin(ran.append, space, rand.suggest, 3, verbose=False)
    with pytest.raises(BadSearchSpace, match="has no parameters"):
        Trials().study(space)
    assert not ran


SPACE = {"k": hp.choice("k", ["v", {"w": hp.normal("n", 0, 1)}])}


@pytest.mark.parametrize("given", [{"k": "v"}, {"k": 5}, {"k": -1}, {"k": 0.5}, {"k": None}])
def test_a_choice_that_is_no_number_is_named_with_its_options(given):
    with pytest.raises(
        (TypeError, ValueError, IndexError),
        match=r"'k' is .*, and the choice 'k' is given by the number of an option: {0: 'v', 1: ",
    ):
        space_eval(SPACE, given)


def test_a_trial_and_its_vals_get_a_hint():
    trials = Trials()
    fmin(lambda point: 1.0, SPACE, rand.suggest, 2, trials=trials, verbose=False, rstate=0)
    trial = trials.best_trial
    with pytest.raises(KeyError, match="that is a whole trial; give spec_from_misc"):
        space_eval(SPACE, trial)
    with pytest.raises(TypeError, match=r"a list, as in misc\['vals'\]; give"):
        space_eval(SPACE, trial["misc"]["vals"])
    assert "k" in space_eval(SPACE, spec_from_misc(trial["misc"]))


def test_errors_of_the_users_own_functions_pass_through_space_eval():
    @scope.define
    def mistakes_fail(x):
        raise TypeError("mine")

    with pytest.raises(TypeError, match=r"^mine$"):
        space_eval(scope.mistakes_fail(hp.uniform("x", 0, 1)), {"x": 0.5})


@scope.define
def mistakes_grow(n):
    return sample(scope.mistakes_grow(hp.randint("m", n + 1)))


@scope.define
def mistakes_answer(n):
    return scope.mistakes_answer(n)


@pytest.mark.parametrize("name", ["grow", "answer"])
def test_a_recursion_without_an_end_is_told_with_what_to_do(name):
    expression = getattr(scope, f"mistakes_{name}")(hp.randint("n", 1, 4))
    words = rf"^scope\.mistakes_{name} went deeper .* hp\.choice"
    for search in (
        lambda: fmin(abs, expression, rand.suggest, 1, verbose=False),
        lambda: sample(expression, rng=0),
    ):
        with pytest.raises(RecursionError, match=words):
            search()


def two(x, y):
    return x


MISTAKES = {
    "random": (
        lambda: fmin(abs, C(), rand.suggest, 2, rstate=random.Random(1)),
        ValueError,
        "Python's module random: give a seed",
    ),
    "two arguments": (
        lambda: fmin(two, {"x": C(), "y": hp.normal("y", 0, 1)}, rand.suggest, 2),
        TypeError,
        r"called with one argument, the point, and this function takes \(x, y\)",
    ),
    "two arguments, of a list": (
        lambda: fmin(two, [C(), hp.normal("y", 0, 1)], rand.suggest, 2),
        TypeError,
        r"with point\[0\] for the parts; or lambda point: fn\(\*point\)",
    ),
    "no argument": (
        lambda: fmin(lambda: 1.0, C(), rand.suggest, 2),
        TypeError,
        "called with one argument",
    ),
    "hp.int": (lambda: hp.int("n", 0, 9), AttributeError, r"did you mean hp\.uniformint or"),
    "hp.quniformint": (lambda: hp.quniformint, AttributeError, r"did you mean hp\.uniformint\?"),
    "hp.nothing": (lambda: hp.nothing, AttributeError, "has no attribute 'nothing'$"),
    "int": (lambda: int(C()), TypeError, r"has no value yet.* use scope\.int"),
    "float": (lambda: float(C()), TypeError, "has no value yet"),
    "range": (lambda: range(hp.randint("n", 5)), TypeError, "an index or a range"),
    "index": (lambda: [1, 2][hp.randint("n", 2)], TypeError, "has no value yet"),
    "math": (lambda: math.exp(C()), TypeError, r"scope\.exp"),
}


@pytest.mark.parametrize(("mistake", "error", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_gets_a_sentence_that_says_what_to_do(mistake, error, words):
    with pytest.raises(error, match=words):
        mistake()


def test_objectives_that_can_be_called_with_a_point_are_accepted():
    for objective in (abs, lambda x, y=1: x, lambda *args: args[0], functools.partial(two, y=1)):
        fmin(objective, C(), rand.suggest, 1, verbose=False, rstate=0)


@pytest.mark.parametrize("space", [hp.uniform("x", 0, 1), {"x": hp.uniform("x", 0, 1)}])
def test_telling_the_params_instead_of_the_trial_gets_a_hint(space):
    study = Trials().study(space, rand.suggest, 0)
    trial = study.ask()
    with pytest.raises(ValueError, match="these are its params: give the trial itself"):
        study.tell(trial.params, 1.0)
    study.tell(trial, 1.0)
