"""The Gaussian process beside scikit-learn's, its improvement beside arbitrary precision."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern

from hyperopt import _native


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("offset", [0.0, 0.7])
def test_mean_and_variance_are_scikit_learns(seed: int, offset: float) -> None:
    rng = np.random.default_rng(seed)
    n, d = (1, 5, 20, 60, 120, 200)[seed], (1, 2, 3, 8, 20, 5)[seed]
    points, at = rng.random((n, d)), rng.random((30, d))
    losses = np.sin(4 * points).sum(1) + 0.1 * rng.normal(size=n)
    lengths, scale, noise = rng.uniform(0.3, 3.0, d), 1.7, 1e-2
    kernel = ConstantKernel(scale) * Matern(lengths, nu=2.5)
    if offset:
        kernel += ConstantKernel(offset)
    theirs = GaussianProcessRegressor(kernel, alpha=noise, optimizer=None).fit(points, losses)
    mean, deviation = theirs.predict(at, return_std=True)
    got_mean, got_variance = _native.gp_predict(
        points.tolist(),
        losses.tolist(),
        at.tolist(),
        unordered=[False] * d,
        lengths=lengths.tolist(),
        scale=scale,
        noise=noise,
        mean_variance=offset,
    )
    np.testing.assert_allclose(got_mean, mean, rtol=0, atol=1e-8)
    np.testing.assert_allclose(got_variance, deviation**2, rtol=0, atol=1e-8)


# erfc is relatively accurate; what cancels in phi(z) + z Phi(z) costs a factor of 12 at z = -3.
@pytest.mark.parametrize("z", [-1e6, -1e3, -38.0, -9.0, -3.001, -2.999, -1.0, 0.0, 1.5, 6.0])
def test_the_expected_improvement_is_accurate_in_the_tails(z: float) -> None:
    deviation = 0.3
    with mpmath.workdps(60):
        x = mpmath.mpf(-z * deviation) / mpmath.sqrt(mpmath.mpf(deviation**2))
        # h(-x) = phi(x) (1 - x M(x)) with the Mills ratio M; M by the complementary error function.
        density = -x * x / 2 - mpmath.log(mpmath.sqrt(2 * mpmath.pi))
        if x > 30:
            series = mpmath.nsum(
                lambda k: (-1) ** int(k) * mpmath.fac2(2 * k + 1) / x ** (2 * k + 2), [0, 12]
            )
            want = density + mpmath.log(series)
        else:
            want = mpmath.log(mpmath.npdf(x) - x * mpmath.ncdf(-x))
        want = float(want + mpmath.log(mpmath.mpf(deviation)))
    got = _native.log_expected_improvement(-z * deviation, deviation**2, 0.0)
    assert got == pytest.approx(want, rel=1e-13, abs=1e-13)


def test_arrays_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="equal lengths"):
        _native.gp_predict(
            [[0.0]],
            [0.0, 1.0],
            [],
            unordered=[False],
            lengths=[1.0],
            scale=1.0,
            noise=0.1,
            mean_variance=0.0,
        )
