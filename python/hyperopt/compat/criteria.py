"""Acquisition criteria: how promising a prediction is, for losses that are to be *exceeded*.

Every criterion looks at a predicted value ``Y`` and a threshold ``t`` that it should exceed.
The expected improvement is ``E[max(Y - t, 0)]`` (Mockus, 1978; Jones, Schonlau and Welch,
*Efficient global optimization of expensive black-box functions*, J. Global Optimization 13, 1998).
All functions broadcast their arguments; scalars in, a scalar out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.environment.public_path import public

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["UCB", "EI_empirical", "EI_gaussian", "EI_gaussian_empirical", "logEI_gaussian"]

# Below this score `1 - t * mills(t)` has lost ~1e-13 to cancellation, and the asymptotic series
# of `_log_tail_factor` is exact to rounding: the two meet here.
_SERIES_SCORE = -40.0
_LOG_SQRT_2PI = 0.5 * float(np.log(2.0 * np.pi))


@public("hyperopt.criteria")
def EI_empirical(samples: ArrayLike, thresh: ArrayLike) -> Any:
    """Expected improvement of a sample over a threshold: the mean of ``max(sample - thresh, 0)``.

    Parameters
    ----------
    samples : array_like
        Draws of the predicted value; all of them are used, whatever the shape.
    thresh : array_like
        One threshold, or an array of them.

    Returns
    -------
    float or ndarray
        One value for each threshold. No samples give NaN.

    Examples
    --------
    >>> float(EI_empirical([1.0, 2.0, 5.0], 2.0))
    1.0
    """
    draws = np.asarray(samples, dtype=float).ravel()
    thresholds = np.asarray(thresh, dtype=float)
    if draws.size == 0:
        return _scalar_or_array(np.full(thresholds.shape, np.nan))
    improvement = np.maximum(draws - thresholds[..., np.newaxis], 0.0)
    return _scalar_or_array(improvement.mean(axis=-1))


@public("hyperopt.criteria")
def EI_gaussian_empirical(
    mean: ArrayLike, var: ArrayLike, thresh: ArrayLike, rng: Any, N: int
) -> Any:
    """Expected improvement of a Gaussian prediction, estimated from ``N`` draws.

    Parameters
    ----------
    mean, var : array_like
        Mean and variance of the prediction.
    thresh : array_like
        What is to be exceeded.
    rng : numpy.random.Generator or numpy.random.RandomState
        Source of the draws; the same draws serve every element.
    N : int
        How many draws.
    """
    mu, sigma, threshold = _prediction(mean, var, thresh)
    draws = np.asarray(rng.normal(size=N))
    improvement = np.maximum(
        draws * sigma[..., np.newaxis] + (mu - threshold)[..., np.newaxis], 0.0
    )
    return _scalar_or_array(improvement.mean(axis=-1))


@public("hyperopt.criteria")
def EI_gaussian(mean: ArrayLike, var: ArrayLike, thresh: ArrayLike) -> Any:
    r"""Expected improvement of a Gaussian prediction over a threshold.

    With :math:`z = (\mu - t)/\sigma`:
    :math:`EI = \sigma\,(z\,\Phi(z) + \varphi(z))`, or :math:`\max(\mu - t, 0)` where
    :math:`\sigma = 0`. Accurate to about 1e-12 relative until it underflows (38 deviations out).

    Raises
    ------
    ValueError
        If a variance is negative.

    Examples
    --------
    >>> round(float(EI_gaussian(0.0, 1.0, 1.0)), 6)
    0.083315
    """
    return np.exp(logEI_gaussian(mean, var, thresh))


@public("hyperopt.criteria")
def logEI_gaussian(mean: ArrayLike, var: ArrayLike, thresh: ArrayLike) -> Any:
    r"""Logarithm of :func:`EI_gaussian`, finite and accurate however far the threshold is.

    For :math:`z < -1` it is computed as
    :math:`\log\sigma + \log\varphi(z) + \log(1 + z\,\Phi(z)/\varphi(z))`, the ratio from the
    scaled complementary error function, and from the asymptotic series of Mills' ratio beyond 40
    deviations (Abramowitz and Stegun, 26.2.13). Minus infinity where the improvement is impossible
    (no variance, and a mean that does not exceed the threshold).

    Raises
    ------
    ValueError
        If a variance is negative.
    """
    mu, sigma, threshold = _prediction(mean, var, thresh)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        z = (mu - threshold) / sigma
        certain = np.log(np.maximum(mu - threshold, 0.0))
        value = np.where(sigma > 0.0, np.log(sigma) + _log_unit_improvement(z), certain)
    return _scalar_or_array(value)


@public("hyperopt.criteria")
def UCB(mean: ArrayLike, var: ArrayLike, zscore: ArrayLike) -> Any:
    """Upper confidence bound: the mean plus ``zscore`` standard deviations.

    Examples
    --------
    >>> float(UCB(1.0, 4.0, 1.5))
    4.0
    """
    mu, sigma, z = _prediction(mean, var, zscore)
    return _scalar_or_array(mu + sigma * z)


def _prediction(
    mean: ArrayLike, var: ArrayLike, third: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Broadcast the arguments and turn the variance into a standard deviation."""
    mu, variance, other = np.broadcast_arrays(
        np.asarray(mean, dtype=float), np.asarray(var, dtype=float), np.asarray(third, dtype=float)
    )
    if np.any(variance < 0.0):
        raise ValueError(f"var={float(variance.min())}: a variance cannot be negative")
    return mu, np.sqrt(variance), other


def _log_unit_improvement(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """``log(z * cdf(z) + pdf(z))`` of the standard normal."""
    from scipy.special import ndtr

    near = np.maximum(z, -1.0)
    above = np.log(near * ndtr(near) + np.exp(-0.5 * near * near - _LOG_SQRT_2PI))
    far = np.minimum(z, -1.0)
    below = -0.5 * far * far - _LOG_SQRT_2PI + _log_tail_factor(far)
    return np.asarray(np.where(z > -1.0, above, below))


def _log_tail_factor(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """``log(1 + z * cdf(z) / pdf(z))`` for z <= -1, which behaves like ``-2 log(-z)``."""
    from scipy.special import erfcx

    near = np.maximum(z, _SERIES_SCORE)
    mills = np.sqrt(np.pi / 2.0) * erfcx(-near / np.sqrt(2.0))
    direct = np.log1p(near * mills)
    s = 1.0 / np.square(np.minimum(z, _SERIES_SCORE))
    tail = -s * (3.0 - s * (15.0 - s * (105.0 - s * (945.0 - s * 10395.0))))
    series = np.log(s) + np.log1p(tail)
    return np.asarray(np.where(z > _SERIES_SCORE, direct, series))


def _scalar_or_array(value: NDArray[np.float64]) -> Any:
    return value[()] if value.ndim == 0 else value
