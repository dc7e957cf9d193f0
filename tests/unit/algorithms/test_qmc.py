"""Quasi-random search: scipy's Sobol points through the priors."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.stats import kstest, norm
from scipy.stats.qmc import Sobol

from hyperopt import Trials, fmin, hp, qmc
from hyperopt.algorithms.qmc import _points

SPACE = {
    "x": hp.uniform("x", -1, 3),
    "lr": hp.loguniform("lr", -5, 0),
    "z": hp.normal("z", 1, 2),
    "c": hp.pchoice("c", [(0.25, "a"), (0.75, {"n": hp.randint("n", 4)})]),
}


def run(algo=qmc.suggest, n=64, **options):
    trials = Trials()
    fmin(lambda _: 0.0, SPACE, algo, n, trials=trials, verbose=False, **options)
    return trials


def sobol(n, **options):
    """The points, one column for each label in order: c, lr, n, x, z."""
    try:
        return Sobol(5, bits=30, rng=np.random.default_rng(0), **options).random(n)
    except TypeError:  # scipy before 1.15
        return Sobol(5, bits=30, seed=np.random.default_rng(0), **options).random(n)


@pytest.mark.parametrize("scramble", [0, None])
def test_the_points_are_those_of_scipy(scramble):
    trials = run(partial(qmc.suggest, scramble=scramble))
    points = np.clip(sobol(64, scramble=scramble is not None), 2.0**-53, 1 - 2.0**-53)
    np.testing.assert_allclose(trials.vals["x"], -1 + 4 * points[:, 3], rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(np.log(trials.vals["lr"]), -5 + 5 * points[:, 1], rtol=1e-9)
    np.testing.assert_allclose(trials.vals["z"], norm(1, 2).ppf(points[:, 4]), rtol=1e-9)
    assert trials.vals["c"] == (points[:, 0] >= 0.25).astype(int).tolist()
    active = points[points[:, 0] >= 0.25, 2]
    assert trials.vals["n"] == np.floor(active * 4).astype(int).tolist()


def test_the_trial_with_an_id_is_the_point_of_that_number():
    trials = Trials()
    domain = trials.study(SPACE, qmc.suggest).domain
    one_by_one = [qmc.suggest([i], domain, trials, seed=i)[0] for i in (0, 1, 300, 301)]
    together = qmc.suggest([301, 300, 1, 0], domain, trials, seed=7)[::-1]
    assert [doc["misc"]["vals"] for doc in one_by_one] == [doc["misc"]["vals"] for doc in together]


def test_workers_do_not_change_the_points():
    alone = run(n=24)
    several = run(n=24, executor="threads", n_jobs=4)
    by_id = {doc["tid"]: doc["misc"]["vals"] for doc in several.trials}
    assert by_id == {doc["tid"]: doc["misc"]["vals"] for doc in alone.trials}


def test_another_scramble_gives_another_sequence_of_the_same_distribution():
    first, second = (run(partial(qmc.suggest, scramble=s), 256) for s in (1, 2))
    assert first.vals["x"] != second.vals["x"]
    for trials in (first, second):  # alpha = 0.01 for each
        assert kstest(np.array(trials.vals["x"]), "uniform", args=(-1, 4)).pvalue > 0.01


def test_beginnings_are_more_even_than_chance():
    # A scrambled net of 64 points has exactly one in each of 64 strips along every axis; 64 random
    # points do with probability 64!/64^64 < 1e-26.
    strips = np.floor((np.array(run().vals["x"]) + 1) / 4 * 64).astype(int)
    assert sorted(strips) == list(range(64))


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match=r"scramble=1.5 is not allowed"):
        run(partial(qmc.suggest, scramble=1.5))


def test_a_space_with_too_many_parameters_is_refused():
    with pytest.raises(ValueError, match=r"21201 dimensions; use rand\.suggest"):
        _points(21202, 0, 0)


def test_quantised_values_follow_their_prior():
    study = Trials().study(hp.quniform("q", 0, 4, 2), qmc.suggest)
    values, counts = np.unique([asked.params for asked in study.ask(256)], return_counts=True)
    assert values.tolist() == [0.0, 2.0, 4.0]
    assert np.abs(counts / 256 - [0.25, 0.5, 0.25]).max() < 0.01
