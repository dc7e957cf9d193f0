"""Grid search: exact sets of points, orders, resuming, and errors."""

from __future__ import annotations

import itertools
import math
import pickle
import tracemalloc
from functools import partial
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperopt import Trials, fmin, grid, hp, rand
from hyperopt.pyll import scope
from hyperopt.space.compiler import compile_space
from hyperopt.space.enumeration import Grid

TREE = hp.choice(
    "model",
    [
        "linear",
        {
            "depth": hp.randint("depth", 1, 4),
            "leaf": hp.choice("leaf", [1, {"q": hp.quniform("q", 0, 4, 2)}]),
        },
        {"k": hp.uniformint("k", 1, 2)},
    ],
)


def run(space, algo=grid.suggest, max_evals=None, trials=None, **options):
    trials = Trials() if trials is None else trials
    fmin(lambda _: 0.0, space, algo, max_evals, trials=trials, verbose=False, **options)
    return trials


def points_of(trials):
    return [
        tuple(sorted((label, float(v[0])) for label, v in misc["vals"].items() if len(v)))
        for misc in trials.miscs
    ]


def test_a_conditional_tree_is_crossed_within_its_branches_only():
    expected = {(("model", 0.0),)}
    for depth in (1.0, 2.0, 3.0):
        expected.add((("depth", depth), ("leaf", 0.0), ("model", 1.0)))
        for q in (0.0, 2.0, 4.0):
            expected.add((("depth", depth), ("leaf", 1.0), ("model", 1.0), ("q", q)))
    expected |= {(("k", k), ("model", 2.0)) for k in (1.0, 2.0)}
    points = points_of(run(TREE))
    assert len(points) == len(expected) == grid.size(TREE)
    assert set(points) == expected


def test_a_parameter_in_two_branches_is_one_parameter():
    shared = hp.randint("shared", 3)
    space = hp.choice("c", [{"a": shared}, {"a": shared, "b": hp.randint("b", 2)}, 5])
    assert grid.size(space) == 3 + 6 + 1
    assert len(set(points_of(run(space)))) == 10


def test_arithmetic_that_decides_is_evaluated():
    space = scope.switch(hp.randint("i", 2) + 0, hp.randint("a", 2), 7)
    assert grid.size(space) == 3
    assert set(points_of(run(space))) == {
        (("a", 0.0), ("i", 0.0)),
        (("a", 1.0), ("i", 0.0)),
        (("i", 1.0),),
    }


def test_continuous_parameters_are_taken_at_quantiles_of_their_priors():
    space = {
        "lr": hp.loguniform("lr", math.log(1e-5), math.log(1e0)),
        "x": hp.normal("x", 1, 2),
        "c": hp.choice("c", ["a", "b"]),
    }
    trials = run(space, partial(grid.suggest, n={"lr": 5, "x": 3}))
    assert len(trials) == 30
    assert sorted(set(trials.vals["lr"])) == pytest.approx(10.0 ** np.arange(-4.5, 0, 1))
    normal = NormalDist(1, 2)
    assert sorted(set(trials.vals["x"])) == pytest.approx(
        [normal.inv_cdf(p / 6) for p in (1, 3, 5)]
    )
    assert grid.size(space, n=4) == 4 * 4 * 2


def test_a_label_that_n_names_is_thinned():
    assert grid.size(hp.randint("n", 1000), n={"n": 4}) == 4
    assert sorted(run(hp.randint("n", 1000), partial(grid.suggest, n={"n": 4})).vals["n"]) == [
        125,
        375,
        625,
        875,
    ]
    assert grid.size(hp.choice("c", [1, 2]), n={"c": 9}) == 2


def test_values_have_the_types_that_other_algorithms_store():
    space = [hp.randint("n", 3), hp.quniform("q", 0, 1, 0.5), hp.choice("c", [1, 2])]
    ours, theirs = run(space).miscs[0]["vals"], run(space, rand.suggest, 1).miscs[0]["vals"]
    assert {label: type(v[0]) for label, v in ours.items()} == {
        label: type(v[0]) for label, v in theirs.items()
    }


def test_rows_let_the_last_label_vary_fastest():
    space = {"a": hp.randint("a", 2), "b": hp.randint("b", 3)}
    points = points_of(run(space, partial(grid.suggest, order="lexical")))
    assert points == [
        (("a", float(a)), ("b", float(b))) for a, b in itertools.product(range(2), range(3))
    ]


def star_discrepancy(points):
    """The largest difference of share and volume over boxes at 0 whose corner is a point."""
    return max(
        abs(np.mean(np.all(points <= corner, axis=1)) - np.prod(corner)) for corner in points
    )


def test_beginnings_are_spread_out_better_than_chance():
    # Sign test over 12 prefixes of two grids: by chance each is better than the median of random
    # prefixes with probability 1/2, all of them with 2^-12: alpha = 0.0003.
    rng = np.random.default_rng(5)
    for sizes in ((20, 20), (9, 16, 7)):
        the_grid = Grid(compile_space([hp.randint(str(i), n) for i, n in enumerate(sizes)]))
        cells = np.array([list(the_grid.lexical(k).values()) for k in range(the_grid.size)])
        labels = list(the_grid.lexical(0))
        cells = cells[:, np.argsort(labels)]
        unit = (cells + 0.5) / np.array(sizes)
        order = [the_grid.spread(k) for k in range(the_grid.size)]
        for length in (15, 25, 40, 60, 90, 130):
            ours = star_discrepancy(unit[order[:length]])
            chance = [
                star_discrepancy(unit[rng.permutation(the_grid.size)[:length]]) for _ in range(41)
            ]
            assert ours < np.median(chance), (sizes, length)


branches = st.recursive(
    st.integers(1, 4),
    lambda inner: st.lists(inner, min_size=1, max_size=3) | st.tuples(inner, inner),
    max_leaves=7,
)


def as_space(shape, path="x"):
    """An integer is a parameter with so many values, a list a choice, a tuple a container."""
    if isinstance(shape, int):
        return hp.randint(path, shape)
    inner = [as_space(part, f"{path}{i}") for i, part in enumerate(shape)]
    return hp.choice(path, inner) if isinstance(shape, list) else inner


def number_of_points(shape):
    if isinstance(shape, int):
        return shape
    counts = map(number_of_points, shape)
    return sum(counts) if isinstance(shape, list) else math.prod(counts)


@given(branches)
def test_both_orders_are_permutations_of_all_points(shape):
    space = compile_space(as_space(shape))
    the_grid = Grid(space)
    assert the_grid.size == number_of_points(shape)
    if the_grid.size > 2000:
        return
    points = [the_grid.lexical(k) for k in range(the_grid.size)]
    assert len({tuple(sorted(point.items())) for point in points}) == the_grid.size
    assert [the_grid.rank(point) for point in points] == list(range(the_grid.size))
    assert sorted(map(the_grid.spread, range(the_grid.size))) == list(range(the_grid.size))
    for point in points:
        assert space.active({label: int(v) for label, v in point.items()}) == set(point)


def test_a_grid_of_a_million_points_starts_at_once_and_takes_no_memory():
    space = {str(i): hp.randint(str(i), 10) for i in range(6)}
    tracemalloc.start()
    trials = run(space, max_evals=10)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grid.size(space) == 10**6
    assert len(set(points_of(trials))) == 10
    assert peak < 2_000_000


def test_a_run_goes_on_where_it_ended_and_repeats_nothing():
    trials = run(TREE, max_evals=5)
    run(TREE, trials=pickle.loads(pickle.dumps(trials)))
    run(TREE, trials=trials)
    assert len(set(points_of(trials))) == len(trials) == grid.size(TREE)


def test_points_of_other_algorithms_are_not_repeated():
    space = [hp.randint("a", 4), hp.randint("b", 5)]
    trials = run(space, rand.suggest, 12, rstate=0)
    before = len(set(points_of(trials)))
    run(space, trials=trials)
    points = points_of(trials)
    assert len(points[12:]) == 20 - before
    assert len(set(points)) == 20


def test_cancelled_points_come_again():
    trials = run(TREE, max_evals=6)
    trials._dynamic_trials[2]["state"] = 4
    trials.refresh()
    run(TREE, trials=trials)
    assert len(set(points_of(trials))) == grid.size(TREE)


def test_workers_that_do_not_see_each_other_take_different_points():
    space = [hp.randint("a", 6), hp.randint("b", 7)]
    compiled = Trials().study(space, grid.suggest)
    first = grid.suggest([0, 2, 4], compiled.domain, Trials(), 0)
    second = grid.suggest([1, 3, 5], compiled.domain, Trials(), 0)
    points = [str(doc["misc"]["vals"]) for doc in first + second]
    assert len(set(points)) == 6


def test_asking_ends_with_the_grid():
    study = Trials().study(hp.choice("c", ["a", "b", "c"]), grid.suggest)
    assert len({asked.params for asked in study.ask(10)}) == 3
    assert study.ask(2) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, r"'x' \(uniform\) has no end of values; .*n=\{'x': 5\}"),
        ({"n": 0}, "n=0 is not allowed"),
        ({"n": 2.5}, "n=2.5 is not allowed"),
        ({"n": {"y": 3}}, "'y', which is no parameter of the space; the parameters are 'k', 'x'"),
        ({"n": {"x": True}}, r"n\['x'\]=True is not allowed"),
        ({"n": 3, "order": "rows"}, "order='rows' is not allowed"),
        (
            {"n": 3, "max_size": 10},
            "the grid has 150 points, more than max_size=10; 'k' alone has 50",
        ),
    ],
)
def test_bad_arguments_are_named(options, message):
    space = {"x": hp.uniform("x", 0, 1), "k": hp.randint("k", 50)}
    with pytest.raises(ValueError, match=message):
        run(space, partial(grid.suggest, **options))


def test_an_endless_range_is_refused_and_not_listed():
    with pytest.raises(ValueError, match="more than max_size"):
        run(hp.randint("n", 2**53))
    with pytest.raises(ValueError, match="'n'"):
        run([hp.qnormal("n", 0, 1, 1)])


def test_the_size_is_told_before_anything_runs(caplog):
    caplog.set_level("INFO", logger="hyperopt")
    run(TREE)
    assert "the grid has 15 points" in caplog.text


def test_it_goes_through_pickles_and_threads():
    algo = pickle.loads(pickle.dumps(partial(grid.suggest, n={"x": 3})))
    space = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", "b"])}
    trials = run(space, algo, executor="threads", n_jobs=3)
    assert len(set(points_of(trials))) == len(trials) == 6
    run(space, algo, trials=pickle.loads(pickle.dumps(trials)))
