"""Density functions of `hyperopt.tpe`: arguments, shapes, limits, and draws that follow them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import integrate, stats

from hyperopt import tpe
from hyperopt.pyll import rec_eval, scope
from hyperopt.pyll.stochastic import sample

WEIGHTS, MUS, SIGMAS = [0.2, 0.5, 0.3], [-0.2, 0.6, 1.4], [0.3, 0.05, 0.4]

#: Every statistical test here: seeded, and rejecting a true hypothesis once in a million.
ALPHA = 1e-6


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3), (0,), (0, 2)])
@pytest.mark.parametrize("q", [None, 0.5])
@pytest.mark.parametrize("name", ["GMM1_lpdf", "LGMM1_lpdf"])
def test_log_densities_keep_the_shape_of_their_samples(name: str, q: Any, shape: Any) -> None:
    got = getattr(tpe, name)(np.full(shape, 1.0), WEIGHTS, MUS, SIGMAS, low=-1, high=2, q=q)
    assert got.shape == shape
    assert np.isfinite(got).all()


@pytest.mark.parametrize("rng", [np.random.default_rng(0), np.random.RandomState(0), 7, None])
@pytest.mark.parametrize("size", [(), 4, (4,), [2, 3], 0])
def test_draws_have_the_size_asked_for_whatever_the_generator(rng: Any, size: Any) -> None:
    for draw in (tpe.GMM1, tpe.LGMM1):
        got = draw(WEIGHTS, MUS, SIGMAS, low=-1, high=2, rng=rng, size=size)
        assert got.shape == np.empty(size).shape


def test_equal_generators_give_equal_draws_and_advance() -> None:
    one, two = np.random.default_rng(5), np.random.default_rng(5)
    first = tpe.GMM1(WEIGHTS, MUS, SIGMAS, rng=one, size=10)
    np.testing.assert_array_equal(first, tpe.GMM1(WEIGHTS, MUS, SIGMAS, rng=two, size=10))
    assert not np.array_equal(first, tpe.GMM1(WEIGHTS, MUS, SIGMAS, rng=one, size=10))


@pytest.mark.parametrize("bounds", [(None, None), (0.0, 1.0), (1.2, None), (None, -0.5)])
@pytest.mark.parametrize("log", [False, True])
def test_continuous_draws_follow_the_mixture(log: bool, bounds: tuple[Any, Any]) -> None:
    low, high = bounds
    draw = tpe.LGMM1 if log else tpe.GMM1
    got = draw(WEIGHTS, MUS, SIGMAS, low=low, high=high, rng=np.random.default_rng(1), size=20_000)
    model = np.log(got) if log else got

    def mixture_cdf(z: Any) -> Any:
        parts = stats.norm.cdf((np.atleast_1d(z)[:, None] - MUS) / SIGMAS)
        return parts @ np.array(WEIGHTS)

    start = 0.0 if low is None else mixture_cdf(low)
    mass = (1.0 if high is None else mixture_cdf(high)) - start
    result = stats.kstest(model, lambda z: np.clip((mixture_cdf(z) - start) / mass, 0, 1))
    assert result.pvalue > ALPHA


@pytest.mark.parametrize("bounds", [(None, None), (-0.4, 1.3)])
@pytest.mark.parametrize("log", [False, True])
def test_quantised_draws_follow_their_log_probabilities(log: bool, bounds: Any) -> None:
    draw, lpdf = (tpe.LGMM1, tpe.LGMM1_lpdf) if log else (tpe.GMM1, tpe.GMM1_lpdf)
    parts, q, n = (WEIGHTS, MUS, SIGMAS), 0.25, 40_000
    got = draw(*parts, *bounds, q, rng=np.random.default_rng(2), size=n)
    values, seen = np.unique(got, return_counts=True)
    expected = n * np.exp(lpdf(values, *parts, *bounds, q))
    frequent = expected >= 20
    rest = n - expected[frequent].sum()
    observed = [*seen[frequent], n - seen[frequent].sum()]
    if rest < 5:
        observed[-2:] = [sum(observed[-2:])]
        expected_counts = [*expected[frequent][:-1], expected[frequent][-1] + rest]
    else:
        expected_counts = [*expected[frequent], rest]
    assert stats.chisquare(observed, expected_counts).pvalue > ALPHA


def test_densities_integrate_to_one_within_their_truncation() -> None:
    grid = np.linspace(-0.4, 1.3, 40_001)
    density = np.exp(tpe.GMM1_lpdf(grid, WEIGHTS, MUS, SIGMAS, -0.4, 1.3))
    assert integrate.simpson(density, x=grid) == pytest.approx(1, abs=1e-6)


def test_log_probabilities_stay_finite_where_a_difference_of_cdfs_is_noise() -> None:
    for x in (9.0, -9.0, 40.0, 1e6):
        assert np.isfinite(tpe.GMM1_lpdf(x, [1.0], [0.0], [1.0], q=1.0))
    assert np.isfinite(tpe.LGMM1_lpdf(1e21, [1.0], [0.0], [1.0], q=1.0))
    want = stats.norm.logsf(8.5) + np.log1p(-np.exp(stats.norm.logsf(9.5) - stats.norm.logsf(8.5)))
    assert tpe.GMM1_lpdf(9.0, [1.0], [0.0], [1.0], q=1.0) == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: tpe.GMM1_lpdf(0.0, [[1.0]], [0.0], [1.0]), TypeError, "weights must be a vector"),
        (lambda: tpe.GMM1_lpdf(0.0, [1.0], [0.0, 1.0], [1.0]), ValueError, "weights and mus"),
        (lambda: tpe.GMM1_lpdf(0.0, [], [], []), ValueError, "at least one component"),
        (
            lambda: tpe.GMM1_lpdf(0.0, [1.0], [0.0], [1.0], q=0),
            ValueError,
            "q=0.0 must be positive",
        ),
        (lambda: tpe.LGMM1_lpdf(-3.0, [1.0], [0.0], [1.0], q=1), ValueError, "below -q/2"),
        (lambda: tpe.GMM1([0.0], [0.0], [1.0]), ValueError, "sum"),
        (lambda: tpe.GMM1([1.0], [0.0], [1.0], low=1, high=0), ValueError, "greater than low"),
        (lambda: tpe.adaptive_parzen_normal([[1.0]], 1, 0, 1), TypeError, "mus must be a vector"),
        (lambda: tpe.adaptive_parzen_normal([1.0], 1, 0, 0), ValueError, "prior_sigma=0.0"),
        (lambda: tpe.adaptive_parzen_normal([np.nan], 1, 0, 1), ValueError, "observation=NaN"),
        (lambda: tpe.linear_forgetting_weights(3, 0), ValueError, "LF=0"),
        (lambda: tpe.linear_forgetting_weights(-1, 5), ValueError, "N=-1"),
        (lambda: tpe.categorical_lpdf([3], [0.5, 0.5]), IndexError, "0 ... 1"),
        (lambda: tpe.lognormal_cdf(-1.0, 0, 1), ValueError, "negative"),
        (lambda: tpe.ap_split_trials([0], [1], [0], [1.0], -1), ValueError, "gamma=-1"),
        (lambda: tpe.broadcast_best([1, 2], [0.0], [0.0]), ValueError, "2 samples"),
        (lambda: tpe.logsum_rows([1.0]), TypeError, "matrix"),
    ],
)
def test_impossible_arguments_are_named(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_single_distributions_agree_with_scipy_and_broadcast() -> None:
    x, mu, sigma = np.array([[0.3], [1.0], [4.0]]), np.array([0.0, 1.0]), np.array([1.0, 0.5])
    np.testing.assert_allclose(tpe.normal_cdf(x, mu, sigma), stats.norm.cdf(x, mu, sigma))
    lognorm = stats.lognorm(sigma, scale=np.exp(mu))
    np.testing.assert_allclose(tpe.lognormal_cdf(x, mu, sigma), lognorm.cdf(x))
    np.testing.assert_allclose(tpe.lognormal_lpdf(x, mu, sigma), lognorm.logpdf(x))
    cell = np.log(lognorm.cdf(x) - lognorm.cdf(x - 0.25))
    np.testing.assert_allclose(tpe.qlognormal_lpdf(x, mu, sigma, 0.25), cell)
    assert isinstance(tpe.normal_cdf(0.0, 0.0, 1.0), np.float64)


def test_rows_are_summed_in_logs() -> None:
    rows = np.array([[1000.0, 1000.0], [-np.inf, -np.inf], [0.0, -np.inf]])
    np.testing.assert_allclose(tpe.logsum_rows(rows), [1000 + np.log(2), -np.inf, 0])


def test_the_first_best_sample_is_broadcast_and_nan_never_wins() -> None:
    assert tpe.broadcast_best([1, 2, 3], [0.1, 0.5, 0.5], [0.0, 0.0, 0.0]) == [2, 2, 2]
    assert tpe.broadcast_best([1, 2], [np.nan, -5.0], [0.0, 0.0]) == [2, 2]
    assert tpe.broadcast_best([], [], []) == []


def test_trials_are_split_by_loss_and_keep_the_order_given() -> None:
    below, above = tpe.ap_split_trials([3, 1, 2, 0], [1, 2, 3, 4], [0, 1, 2, 3], [5, 1, 2, 9], 0.5)
    assert (below.tolist(), above.tolist()) == ([2], [1, 3, 4])
    below, above = tpe.ap_split_trials([0, 1], [1, 2], [0, 1], [np.nan, 3.0], 1.0, gamma_cap=1)
    assert (below.tolist(), above.tolist()) == ([2], [1])


@pytest.mark.parametrize(
    ("family", "args", "support"),
    [
        ("uniform", (0, 4), (0, 4)),
        ("quniform", (0, 4, 0.5), (0, 4)),
        ("loguniform", (-2, 1), (np.exp(-2), np.e)),
        ("qloguniform", (-2, 1, 0.5), (0, 3)),
        ("normal", (0, 1), (-10, 10)),
        ("qnormal", (0, 1, 0.5), (-10, 10)),
        ("lognormal", (0, 1), (0, np.inf)),
        ("qlognormal", (0, 1, 0.5), (0, np.inf)),
        ("randint", (1, 5), (1, 4)),
        ("categorical", ([0.2, 0.3, 0.5],), (0, 2)),
    ],
)
def test_sampler_graphs_evaluate_to_draws_within_the_support(
    family: str, args: Any, support: Any
) -> None:
    node = tpe.adaptive_parzen_samplers[family]([1, 2, 2, 1], 1.0, *args, size=(50,))
    draws = np.asarray(sample(node, np.random.default_rng(3)))
    assert draws.shape == (50,)
    assert support[0] <= draws.min()
    assert draws.max() <= support[1]
    if "q" in family:
        assert np.all(draws % 0.5 == 0)


def test_density_functions_are_symbols_of_the_scope() -> None:
    weights, mus, sigmas = scope.adaptive_parzen_normal([0.7, 0.2], 1.0, 0.5, 1.0)
    got = rec_eval(scope.GMM1_lpdf([0.5], weights, mus, sigmas, low=0, high=1))
    want = tpe.GMM1_lpdf([0.5], *tpe.adaptive_parzen_normal([0.7, 0.2], 1.0, 0.5, 1.0), 0, 1)
    np.testing.assert_array_equal(got, want)
