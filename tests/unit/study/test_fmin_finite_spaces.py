"""Finite spaces: no repetitions when asked, and a hint otherwise."""

from __future__ import annotations

import warnings

import pytest

from hyperopt import SpaceWarning, Trials, fmin, hp
from hyperopt.algorithms.distinct import point_of
from hyperopt.pyll import scope
from hyperopt.space import compile_space
from hyperopt.space.enumeration import all_points

FINITE = {
    "c": hp.choice("c", ["z", "a", {"n": hp.randint("n", 2, 5), "q": hp.quniform("q", 0, 1, 0.5)}]),
    "p": hp.pchoice("p", [(0.5, "x"), (0.5, "y"), (0.0, "never")]),
}
N_POINTS = (2 + 3 * 3) * 2


def distinct(trials):
    points = [point_of(doc) for doc in trials._dynamic_trials]
    return len(set(points)) == len(points)


def test_every_point_of_a_finite_space_is_listed():
    points = all_points(compile_space(FINITE))
    assert len(points) == len(set(points)) == N_POINTS
    assert all_points(compile_space({"u": hp.uniform("u", 0, 1)})) is None
    assert all_points(compile_space({"n": hp.randint("n", 10**9)})) is None
    assert all_points(compile_space({str(i): hp.randint(str(i), 100) for i in range(9)})) is None
    dynamic = scope.switch(hp.randint("i", 2) + 0, hp.randint("a", 2), 7)
    assert len(all_points(compile_space(dynamic))) == 3
    assert all_points(compile_space(5)) == [()]


def test_a_finite_space_is_searched_without_repetition_until_it_is_exhausted(suggest, capsys):
    trials = Trials()
    options = {"trials": trials, "avoid_duplicates": True, "rstate": 0}
    fmin(lambda p: len(str(p)), FINITE, suggest, 1000, **options)
    assert len(trials) == N_POINTS
    assert distinct(trials)
    assert "every point of the space" in capsys.readouterr().out
    fmin(lambda p: len(str(p)), FINITE, suggest, 1000, **options)
    assert len(trials) == N_POINTS


@pytest.mark.parametrize("options", [{"max_queue_len": 5}, {"executor": "threads", "n_jobs": 3}])
def test_pending_points_are_not_proposed_again(suggest, options):
    trials = Trials()
    fmin(
        lambda _: 0.0,
        FINITE,
        suggest,
        1000,
        trials=trials,
        avoid_duplicates=True,
        rstate=0,
        verbose=False,
        **options,
    )
    assert len(trials) == N_POINTS
    assert distinct(trials)


def test_failed_points_are_not_tried_again(suggest):
    trials = Trials()
    fmin(
        lambda _: 1 / 0,
        FINITE,
        suggest,
        1000,
        trials=trials,
        avoid_duplicates=True,
        catch_eval_exceptions=True,
        return_argmin=False,
        rstate=0,
        verbose=False,
    )
    assert len(trials._dynamic_trials) == N_POINTS


def test_a_continuous_space_is_never_exhausted(suggest):
    trials = Trials()
    space = {"q": hp.qnormal("q", 0, 1, 5), "u": hp.choice("u", [0])}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SpaceWarning)
        fmin(
            lambda _: 0.0,
            space,
            suggest,
            30,
            trials=trials,
            avoid_duplicates=True,
            rstate=0,
            verbose=False,
        )
    assert len(trials) == 30


def test_many_repetitions_in_a_finite_space_are_worth_a_hint(suggest):
    space = hp.choice("c", ["b", "a", "d"])
    with pytest.warns(SpaceWarning, match=r"only 3 of 120 trials.*avoid_duplicates=True"):
        fmin(len, space, suggest, 120, rstate=0, verbose=False)
    fmin(len, space, suggest, 99, rstate=0, verbose=False)


def test_fmin_gives_the_advice_of_the_linter_once_and_points_at_the_call(suggest):
    with pytest.warns(SpaceWarning, match="loguniform") as caught:
        fmin(lambda x: x, hp.loguniform("lr", 1e-5, 0.1), suggest, 2, rstate=0, verbose=False)
    assert len(caught) == 1
    assert caught[0].filename == __file__


def test_warnings_name_the_users_line_however_fmin_is_called(suggest):
    space = hp.choice("c", [1, 2, 3])
    with pytest.warns(SpaceWarning) as caught:
        Trials().fmin(lambda c: c, space, algo=suggest, max_evals=120)
    assert {warning.filename for warning in caught} == {__file__}
    assert len(caught) == 2
