"""The one list of options: every door takes them, and nobody changes them afterwards."""

from __future__ import annotations

import dataclasses
import inspect

import pytest

from hyperopt import SparkTrials, Trials, fmin, hp, rand
from hyperopt.search.options import MoreOptions, Options

FIELDS = {field.name: field for field in dataclasses.fields(Options)}
OF_THE_SHELL = {"asynchronous", "poll_interval_secs"}
DOORS = [fmin, Trials.fmin, SparkTrials.fmin]


@pytest.mark.parametrize("door", DOORS, ids=["fmin", "Trials.fmin", "SparkTrials.fmin"])
def test_every_door_takes_every_option(door) -> None:
    assert set(FIELDS) - OF_THE_SHELL <= set(inspect.signature(door).parameters)


def test_checkers_see_the_options_that_doors_take_unseen() -> None:
    own = inspect.signature(inspect.unwrap(fmin)).parameters
    for name in MoreOptions.__annotations__:
        assert own[name].default == FIELDS[name].default
        assert own[name].kind is inspect.Parameter.KEYWORD_ONLY


def test_options_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Options().timeout = 3.0  # type: ignore[misc]


@pytest.mark.parametrize("door", [fmin, Trials().fmin])
def test_an_unknown_option_is_refused_as_by_any_function(door) -> None:
    message = "got an unexpected keyword argument 'n_job'"
    with pytest.raises(TypeError, match=message):
        door(float, hp.uniform("x", 0, 1), algo=rand.suggest, max_evals=1, n_job=2)


def test_another_function_gets_what_it_takes_and_what_was_set() -> None:
    def upstream(fn, space, max_evals, verbose, **kwargs):
        pass

    options = Options(max_evals=7, n_jobs=2)
    assert options.for_function(upstream) == {"max_evals": 7, "verbose": True, "n_jobs": 2}
