"""Expected improvement and its logarithm, against arbitrary-precision values and simulation."""

import numpy as np
import pytest
from scipy.special import log_ndtr

from hyperopt import criteria

# log(z cdf(z) + pdf(z)) of the standard normal, from 60-digit arithmetic.
LOG_EI = [
    (3.0, 1.0987396653277077727),
    (0.5, -0.35982768374506381859),
    (-0.5, -1.6205162643873199193),
    (-1.0, -2.4851210257126413368),
    (-1.5, -3.5299359208057098515),
    (-5.0, -16.744301162660990143),
    (-20.0, -206.91783850942509785),
    (-39.9, -804.29857146543724532),
    (-40.1, -812.30855281756851762),
    (-100.0, -5010.1295788002497923),
    (-1000.0, -500014.73445209115845),
    (-1000000.0, -500000000028.54995965),
]


@pytest.mark.parametrize(("z", "expected"), LOG_EI)
def test_log_expected_improvement_is_exact_however_far_the_threshold(z, expected):
    np.testing.assert_allclose(criteria.logEI_gaussian(z, 1.0, 0.0), expected, rtol=1e-12)


def test_log_expected_improvement_is_smooth_where_its_formulas_meet():
    for meeting in (-1.0, -40.0):
        z = meeting + np.array([-1e-9, 1e-9])
        values = criteria.logEI_gaussian(z, 1.0, 0.0)
        slope = np.exp(log_ndtr(meeting) - criteria.logEI_gaussian(meeting, 1.0, 0.0))
        assert (values[1] - values[0]) / 2e-9 == pytest.approx(slope, rel=1e-2)


def test_expected_improvement_scales_with_the_standard_deviation():
    np.testing.assert_allclose(
        criteria.EI_gaussian(1.0, 4.0, 3.0), 2.0 * criteria.EI_gaussian(0.0, 1.0, 1.0), rtol=1e-13
    )


def test_expected_improvement_agrees_with_simulation():
    # 40,000 draws: four standard errors of the mean improvement, so alpha is about 1e-4 each.
    rng = np.random.default_rng(5)
    mean, var, thresh = np.array([0.0, -4.0, 2.0]), np.array([1.0, 9.0, 0.25]), 0.5
    simulated = criteria.EI_gaussian_empirical(mean, var, thresh, rng, 40_000)
    tolerance = 4.0 * np.sqrt(var / 40_000)
    assert np.all(np.abs(simulated - criteria.EI_gaussian(mean, var, thresh)) < tolerance)


def test_the_empirical_improvement_counts_only_what_exceeds_the_threshold():
    assert criteria.EI_empirical([1.0, 2.0, 5.0], 2.0) == 1.0
    assert criteria.EI_empirical([1.0, 2.0, 5.0], [2.0, 6.0]).tolist() == [1.0, 0.0]
    assert np.isnan(criteria.EI_empirical([], 0.0))


def test_without_variance_the_improvement_is_certain():
    assert criteria.EI_gaussian(3.0, 0.0, 1.0) == pytest.approx(2.0)
    assert criteria.EI_gaussian(1.0, 0.0, 3.0) == 0.0
    assert criteria.logEI_gaussian(1.0, 0.0, 1.0) == -np.inf


def test_scalars_give_scalars_and_arrays_give_arrays():
    for function in (criteria.EI_gaussian, criteria.logEI_gaussian, criteria.UCB):
        assert np.ndim(function(0.0, 1.0, 1.0)) == 0
        assert function(np.zeros((2, 1)), np.ones(3), 1.0).shape == (2, 3)


def test_the_upper_confidence_bound_adds_standard_deviations():
    assert criteria.UCB(1.0, 4.0, 1.5) == 4.0


def test_a_negative_variance_is_refused():
    with pytest.raises(ValueError, match="cannot be negative"):
        criteria.EI_gaussian(0.0, -1.0, 0.0)
