"""The distributions of hp's priors, against scipy's consistency checks and high-precision values.

Statistical tests are seeded; alpha is 1e-3 for each.
"""

import copy
import pickle

import numpy as np
import pytest
from scipy import integrate, stats

from hyperopt import rdists

ALPHA = 1e-3

CONTINUOUS = [
    rdists.loguniform_gen(0, 1),
    rdists.loguniform_gen(-30, -2),
    rdists.lognorm_gen(0, 1),
    rdists.lognorm_gen(-4, 0.5),
]
QUANTISED = [
    rdists.quniform_gen(0, 11, 3),
    rdists.quniform_gen(-1.3, 4.2, 0.5),
    rdists.quniform_gen(0.1, 0.2, 1),
    rdists.qloguniform_gen(-3, 2, 1),
    rdists.qloguniform_gen(0, np.log(7.6), 5),
    rdists.qnormal_gen(0, 5, 2),
    rdists.qnormal_gen(0.3, 0.2, 1),
    rdists.qlognormal_gen(1, 1, 0.5),
    rdists.qlognormal_gen(-3, 0.5, 1.0),
]


def name(dist):
    return f"{type(dist).__name__}-{sorted(vars(dist).get('_updated_ctor_param', {}))}"


@pytest.mark.parametrize("dist", CONTINUOUS, ids=name)
def test_the_density_of_a_continuous_prior_integrates_to_its_distribution_function(dist):
    low, high = dist.ppf(0.01), dist.ppf(0.9)
    mass, _ = integrate.quad(lambda u: dist.pdf(np.exp(u)) * np.exp(u), np.log(low), np.log(high))
    np.testing.assert_allclose(mass, 0.89, rtol=1e-8)
    x = dist.ppf(np.linspace(0.001, 0.999, 7))
    np.testing.assert_allclose(dist.cdf(x), np.linspace(0.001, 0.999, 7), rtol=1e-12)
    np.testing.assert_allclose(dist.isf(dist.sf(x)), x, rtol=1e-9)
    np.testing.assert_allclose(np.exp(dist.logpdf(x)), dist.pdf(x), rtol=1e-12)
    np.testing.assert_allclose(np.exp(dist.logcdf(x)), dist.cdf(x), rtol=1e-12)
    np.testing.assert_allclose(np.exp(dist.logsf(x)), dist.sf(x), rtol=1e-12)


@pytest.mark.parametrize("dist", CONTINUOUS, ids=name)
def test_draws_of_a_continuous_prior_follow_its_distribution_function(dist):
    draws = dist.rvs(size=2000, random_state=1)
    assert stats.kstest(draws, dist.cdf).pvalue > ALPHA


@pytest.mark.parametrize("dist", [CONTINUOUS[0], CONTINUOUS[2], CONTINUOUS[3]], ids=name)
def test_moments_of_a_continuous_prior_are_those_of_its_density(dist):
    for power in (1, 2, 3):
        expected, _ = integrate.quad(
            lambda u, power=power: np.exp((power + 1) * u) * dist.pdf(np.exp(u)),
            np.log(max(dist.support()[0], 1e-12)),
            np.log(min(dist.support()[1], 1e6)),
            limit=200,
        )
        np.testing.assert_allclose(dist.moment(power), expected, rtol=1e-6)
    np.testing.assert_allclose(dist.var(), dist.moment(2) - dist.mean() ** 2, rtol=1e-9)


def test_the_lognormal_prior_agrees_with_scipys_in_other_coordinates():
    ours, theirs = rdists.lognorm_gen(-1, 0.7), stats.lognorm(s=0.7, scale=np.exp(-1))
    x = np.array([-1.0, 0.0, 1e-300, 0.1, 1.0, 50.0])
    for method in ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf"):
        np.testing.assert_allclose(getattr(ours, method)(x), getattr(theirs, method)(x), rtol=1e-10)
    np.testing.assert_allclose(ours.stats(moments="mvsk"), theirs.stats(moments="mvsk"), rtol=1e-12)
    np.testing.assert_allclose(ours.entropy(), theirs.entropy(), rtol=1e-12)


@pytest.mark.parametrize("dist", CONTINUOUS, ids=name)
def test_a_continuous_prior_can_be_pickled_copied_and_frozen(dist):
    x = dist.ppf(0.3)
    for twin in (pickle.loads(pickle.dumps(dist)), copy.deepcopy(dist), dist.freeze()):
        assert twin.pdf(x) == dist.pdf(x)
        assert np.all(np.isfinite(twin.rvs(size=3, random_state=0)))


def grid_of(dist):
    first, last = dist.ppf(1e-9), dist.ppf(1 - 1e-9)
    q = float(dist.q)
    return np.arange(np.round(first / q) - 2, np.round(last / q) + 3) * q


@pytest.mark.parametrize("dist", QUANTISED, ids=name)
def test_the_probabilities_of_a_quantised_prior_add_up_to_its_distribution_function(dist):
    grid = grid_of(dist)
    np.testing.assert_allclose(np.cumsum(dist.pmf(grid)), dist.cdf(grid), atol=2e-9)
    np.testing.assert_allclose(dist.pmf(grid).sum(), 1.0, atol=1e-8)
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(dist.logpmf(grid), np.log(dist.pmf(grid)), atol=1e-15)


@pytest.mark.parametrize("dist", QUANTISED, ids=name)
def test_a_quantile_is_the_first_grid_point_that_reaches_the_probability(dist):
    p = np.linspace(0.003, 0.997, 41)
    x = dist.ppf(p)
    assert np.all(dist.cdf(x) >= p - 1e-12)
    assert np.all(dist.cdf(x - float(dist.q)) < p + 1e-12)
    assert np.all(dist.in_domain(x))


@pytest.mark.parametrize("dist", QUANTISED, ids=name)
def test_draws_of_a_quantised_prior_have_its_probabilities(dist):
    draws = np.asarray(dist.rvs(size=4000, random_state=3), dtype=float)
    assert np.all(dist.in_domain(draws))
    values, counts = np.unique(draws, return_counts=True)
    expected = dist.pmf(values) * draws.size
    frequent = expected >= 5
    observed = np.append(counts[frequent], counts[~frequent].sum())
    wanted = np.append(expected[frequent], draws.size - expected[frequent].sum())
    keep = wanted > 1e-6
    if keep.sum() > 1:
        assert stats.chisquare(observed[keep], wanted[keep]).pvalue > ALPHA


@pytest.mark.parametrize("dist", QUANTISED, ids=name)
def test_values_off_the_grid_have_no_probability(dist):
    inside = float(dist.ppf(0.5))
    assert dist.pmf(inside) > 0
    assert dist.pmf(inside + 0.37 * float(dist.q)) == 0
    assert dist.logpmf(inside + 0.37 * float(dist.q)) == -np.inf
    assert dist.pmf(np.inf) == 0
    assert np.isnan(dist.pmf(np.nan))


def test_a_decimal_literal_counts_as_the_multiple_that_it_stands_for():
    dist = rdists.quniform_gen(0, 1, 0.1)
    assert 0.3 != 3 * 0.1
    assert dist.pmf(0.3) == dist.pmf(3 * 0.1) > 0.09


# 20 digits from arbitrary-precision arithmetic (60 digits, difference of two erfc).
QNORMAL = [
    ((0, 1, 1), 9, -39.197507141414293196),
    ((0, 1, 1), -9, -39.197507141414293196),
    ((0, 1, 1), 500, -124757.25755013926514),
    ((0.5, 2, 0.001), 0.3, -8.5248410030592550607),
    ((0.5, 2, 0.001), 40, -203.55108694001571575),
    ((1, 3, 0.5), 1, -2.7118548741215432419),
]
QLOGNORMAL = [
    ((0, 1, 1), 0, -1.4101420880058386365),
    ((0, 1, 1), 1, -0.8835245213470982854),
    ((0, 1, 1), 1e9, -236.36907784452620331),
    ((0, 1, 1), 1e15, -631.92125235693513419),
    ((-3, 0.5, 0.1), 0.1, -0.72795710638060873564),
    ((-3, 0.5, 0.1), 5, -46.62510210987752854),
    ((2, 0.1, 1), 0, -366.86569491109811608),
]


@pytest.mark.parametrize(("args", "x", "expected"), QNORMAL)
def test_log_probabilities_of_qnormal_are_exact_in_both_tails(args, x, expected):
    np.testing.assert_allclose(rdists.qnormal_gen(*args).logpmf(x), expected, rtol=1e-10)


@pytest.mark.parametrize(("args", "x", "expected"), QLOGNORMAL)
def test_log_probabilities_of_qlognormal_are_exact_in_both_tails(args, x, expected):
    np.testing.assert_allclose(rdists.qlognormal_gen(*args).logpmf(x), expected, rtol=1e-10)


def test_the_series_for_narrow_cells_meets_the_difference_of_distribution_functions():
    for middle in (0.0, 0.7, 4.0, 20.0):
        limit = 0.005 / max(middle, 1.0)
        masses = [
            rdists.qnormal_gen(middle, 1, limit * factor).logpmf(0.0) - np.log(factor)
            for factor in (1 - 1e-6, 1 + 1e-6)
        ]
        np.testing.assert_allclose(*masses, rtol=1e-9, atol=1e-9)


def test_the_end_cells_of_quniform_have_half_the_mass():
    dist = rdists.quniform_gen(0, 10, 1)
    assert dist.ps.tolist() == pytest.approx([0.05] + [0.1] * 9 + [0.05])
    assert dist.xs.tolist() == list(range(11))
    assert (dist.qlow, dist.qhigh) == (0, 10)


def test_a_table_of_multiples_is_looked_up_by_value():
    table = {"q": 0.5, "qlow": 1.0, "xs": [1.0, 1.5, 2.0], "ps": [0.2, 0.3, 0.5]}
    assert rdists.qtable_pmf(1.5, **table) == 0.3
    assert rdists.qtable_pmf([0.5, 1.0, 1.2, 2.0, 2.5], **table).tolist() == [0, 0.2, 0, 0.5, 0]
    assert rdists.qtable_logpmf([2.0, 2.5], **table).tolist() == [np.log(0.5), -np.inf]


@pytest.mark.parametrize("make", [rdists.quniform_gen, rdists.qloguniform_gen, rdists.qnormal_gen])
def test_draws_are_ints_exactly_when_the_step_is_one(make):
    assert type(make(0, 3, 1).rvs()) is int
    assert type(make(0, 3, 1.0).rvs()) is float
    assert make(0, 3, 2).rvs(size=(2, 3)).dtype == int
    assert make(0, 3, 0.5).rvs(size=4).dtype == float


def test_negative_zero_is_never_drawn():
    draws = rdists.quniform_gen(-1.0, 1.0, 1.0).rvs(size=200, random_state=0)
    assert not np.any(np.signbit(draws[draws == 0]))


def test_a_generator_or_a_seed_decides_the_draws():
    dist = rdists.qlognormal_gen(0, 2, 1)
    assert dist.rvs(5, random_state=7).tolist() == dist.rvs(5, random_state=7).tolist()
    twice = [dist.rvs(5, random_state=np.random.default_rng(7)).tolist() for _ in range(2)]
    assert twice[0] == twice[1]


@pytest.mark.parametrize(
    ("make", "args", "rule"),
    [
        (rdists.loguniform_gen, (1, 0), "low must be below high"),
        (rdists.lognorm_gen, (0, 0), "sigma must be positive"),
        (rdists.quniform_gen, (1, 1, 1), "low must be below high"),
        (rdists.quniform_gen, (0, 1, 0), "q must be positive"),
        (rdists.qnormal_gen, (0, -1, 1), "sigma must be positive"),
        (rdists.qlognormal_gen, (0, 1, -1), "q must be positive"),
    ],
)
def test_impossible_parameters_are_refused_at_construction(make, args, rule):
    with pytest.raises(ValueError, match=rule):
        make(*args)


def test_safe_int_cast_truncates_numbers_and_arrays():
    assert rdists.safe_int_cast(2.9) == 2
    assert rdists.safe_int_cast(np.array([1.5, -1.5])).tolist() == [1, -1]
    assert rdists.safe_int_cast([1.0, 2.0]) == [1, 2]
