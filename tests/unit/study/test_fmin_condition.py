"""Relations between parameters: `condition` in `fmin` and in ask and tell."""

from __future__ import annotations

from functools import partial

import pytest

from hyperopt import Trials, anneal, fmin, gp, grid, hp, jtpe, mix, qmc, rand, tpe
from hyperopt.exceptions import ConditionNotMet

SPACE = {"a": hp.uniform("a", 0, 1), "b": hp.uniform("b", 0, 1)}
ALGORITHMS = {
    "tpe": tpe.suggest,
    "jtpe": jtpe.suggest,
    "gp": gp.suggest,
    "rand": rand.suggest,
    "anneal": anneal.suggest,
    "qmc": qmc.suggest,
    "grid": partial(grid.suggest, n=9),
    "mix": partial(mix.suggest, p_suggest=[(0.5, rand.suggest), (0.5, tpe.suggest)]),
    "default": None,
}


def ordered(point):
    return point["a"] < point["b"]


def loss(point):
    return (point["a"] - 0.5) ** 2 + (point["b"] - 0.4) ** 2


def run(algo=rand.suggest, n=30, space=SPACE, objective=loss, **options):
    trials = Trials()
    options = {"condition": ordered, "verbose": False, "rstate": 0, **options}
    fmin(objective, space, algo, n, trials=trials, **options)
    return trials


@pytest.mark.parametrize("name", ALGORITHMS)
def test_no_algorithm_suggests_what_is_not_allowed(name):
    seen = []
    trials = run(ALGORITHMS[name], objective=lambda p: seen.append(p) or loss(p))
    assert len(seen) == len(trials) == len(trials._dynamic_trials) == 30
    assert all(map(ordered, seen))


def test_it_goes_with_trials_in_threads():
    trials = run(jtpe.suggest, executor="threads", n_jobs=3)
    assert len(trials) == 30
    assert all(a < b for a, b in zip(trials.vals["a"], trials.vals["b"], strict=True))


def test_the_same_seed_gives_the_same_points():
    assert run(jtpe.suggest).vals == run(jtpe.suggest).vals


def test_a_grid_keeps_what_is_allowed_and_ends():
    trials = run(partial(grid.suggest, n=5), None)
    points = sorted(zip(trials.vals["a"], trials.vals["b"], strict=True))
    values = [0.1, 0.3, 0.5, 0.7, 0.9]
    expected = [(a, b) for a in values for b in values if a < b]
    assert points == [pytest.approx(pair) for pair in expected]


def test_a_finite_space_without_duplicates_ends_with_what_is_allowed():
    space = {"a": hp.randint("a", 4), "b": hp.randint("b", 4)}
    trials = run(jtpe.suggest, 100, space, avoid_duplicates=True)
    points = list(zip(trials.vals["a"], trials.vals["b"], strict=True))
    assert sorted(points) == [(a, b) for a in range(4) for b in range(4) if a < b]


def test_a_rare_point_is_found_in_the_prior():
    trials = run(n=3, condition=lambda p: p["a"] < 0.003)
    assert len(trials) == 3


def test_a_condition_that_nothing_meets_says_which_share_was_refused():
    for algo in (rand.suggest, jtpe.suggest, qmc.suggest, partial(grid.suggest, n=4)):
        with pytest.raises(ConditionNotMet, match=r"refused \d+ of \d+ points \(100 %\)"):
            run(algo, 5, condition=lambda p: False)


def test_what_a_condition_raises_passes_through():
    class Broken(Exception):
        pass

    def broken(point):
        raise Broken

    with pytest.raises(Broken):
        run(condition=broken)


@pytest.mark.parametrize("condition", ["a < b", 3, {"a": 1}])
def test_only_a_function_is_a_condition(condition):
    with pytest.raises(TypeError, match=r"condition=.*give a function"):
        run(condition=condition)
    with pytest.raises(TypeError, match=r"condition=.*give a function"):
        Trials().study(SPACE, condition=condition)


def test_asking_gives_what_is_allowed():
    study = Trials().study(SPACE, jtpe.suggest, 0, condition=ordered)
    asked = study.ask(20)
    assert len(asked) == 20
    assert all(ordered(trial.params) for trial in asked)
    assert len(study.trials) == 20


def test_the_condition_sees_the_point_as_the_objective_does():
    seen = []
    space = {"c": hp.choice("c", ["x", {"n": hp.randint("n", 3)}])}

    def allowed(point):
        seen.append(point["c"])
        return point["c"] != {"n": 1}

    trials = run(space=space, objective=lambda p: 0.0, condition=allowed)
    assert {"n": 1} in seen
    assert 1 not in trials.vals["n"]
