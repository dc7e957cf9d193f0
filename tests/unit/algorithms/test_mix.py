"""mix.suggest hands each suggestion to one of several algorithms."""

from functools import partial

import numpy as np
import pytest
from scipy import stats

from hyperopt import Domain, Trials, fmin, hp, mix, rand, tpe

DOMAIN = Domain(lambda x: x, hp.uniform("x", 0, 1))


def recording(name, calls):
    def suggest(new_ids, domain, trials, seed):
        calls.append((name, seed))
        return rand.suggest(new_ids, domain, trials, seed)

    return suggest


def calls_of(probabilities, n, first_seed=0):
    calls = []
    p_suggest = [(p, recording(i, calls)) for i, p in enumerate(probabilities)]
    for seed in range(first_seed, first_seed + n):
        mix.suggest([seed], DOMAIN, Trials(), seed, p_suggest=p_suggest)
    return calls


def test_algorithms_are_chosen_with_their_probabilities():
    # Chi-squared test at alpha 1e-3.
    names = [name for name, _ in calls_of([0.1, 0.3, 0.6], 2000)]
    assert stats.chisquare(np.bincount(names), np.array([0.1, 0.3, 0.6]) * 2000).pvalue > 1e-3


def test_an_algorithm_without_probability_is_never_chosen():
    assert {name for name, _ in calls_of([0.0, 1.0, 0.0], 200)} == {1}


def test_the_chosen_algorithm_gets_a_seed_of_its_own():
    # Kolmogorov-Smirnov test at alpha 1e-3.
    seeds = [seed for _, seed in calls_of([1.0], 500)]
    assert all(type(seed) is int and 0 <= seed < 2**31 for seed in seeds)
    assert stats.kstest(np.array(seeds) / 2**31, "uniform").pvalue > 1e-3


def test_the_same_seed_gives_the_same_suggestion():
    assert calls_of([0.5, 0.5], 20) == calls_of([0.5, 0.5], 20)


def test_probabilities_may_miss_one_by_rounding():
    thirds = [1 / 3, 1 / 3, 0.333334]
    assert len(calls_of(thirds, 3)) == 3
    assert len(calls_of([0.1] * 10, 3)) == 3


@pytest.mark.parametrize(
    "probabilities", [[0.5, 0.4], [0.5, 0.6], [], [1.5, -0.5], [np.nan, 1.0], [0.99998]]
)
def test_probabilities_that_do_not_sum_to_one_are_refused(probabilities):
    with pytest.raises(ValueError, match="sum to 1"):
        calls_of(probabilities, 1)


@pytest.mark.parametrize("p_suggest", [[rand.suggest], [(rand.suggest, 1.0)], [(1.0, "tpe")]])
def test_what_is_not_a_pair_is_refused(p_suggest):
    with pytest.raises(ValueError, match="pairs"):
        mix.suggest([0], DOMAIN, Trials(), 0, p_suggest=p_suggest)


def test_a_mix_drives_fmin():
    algo = partial(mix.suggest, p_suggest=[(0.2, rand.suggest), (0.8, tpe.suggest)])
    trials = Trials()
    fmin(
        lambda x: x**2,
        hp.uniform("x", -1, 1),
        algo=algo,
        max_evals=40,
        trials=trials,
        show_progressbar=False,
        rstate=np.random.default_rng(0),
    )
    assert len(trials) == 40
