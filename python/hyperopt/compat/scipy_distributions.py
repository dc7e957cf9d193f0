"""The priors of ``hp`` that scipy lacks, as scipy-style distributions with their parameters fixed.

``loguniform_gen`` and ``lognorm_gen``, defined here, are scipy continuous distributions (`pdf`,
`cdf`, `ppf`, `rvs`, `mean`, ...). The quantised ones come from :mod:`hyperopt.compat.quantised`.

Needs scipy, which is not installed with the package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.environment.public_path import public

try:
    from scipy.special import log_ndtr, ndtr, ndtri
    from scipy.stats import lognorm, rv_continuous
except ImportError as error:  # pragma: no cover - scipy is there in every test environment
    raise ImportError(
        "hyperopt.rdists builds on scipy, which is not installed: pip install scipy"
    ) from error


if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["lognorm_gen", "loguniform_gen"]

_LOG_SQRT_2PI = 0.5 * float(np.log(2.0 * np.pi))


@public("hyperopt.rdists")
class loguniform_gen(rv_continuous):  # type: ignore[misc]  # noqa: N801
    """``exp(U)`` with ``U`` uniform on ``[low, high]``: the prior of ``hp.loguniform``.

    Parameters
    ----------
    low, high : float
        Bounds of the *logarithm*; the support is ``[exp(low), exp(high)]``.
    """

    def __init__(self, low: float = 0, high: float = 1) -> None:
        if not low < high:
            raise ValueError(f"loguniform_gen({low!r}, {high!r}): low must be below high")
        super().__init__(a=np.exp(low), b=np.exp(high), name="loguniform", momtype=1, shapes=None)
        self.log_low = float(low)
        self.log_high = float(high)

    def _updated_ctor_param(self) -> dict[str, Any]:
        return {"low": self.log_low, "high": self.log_high}

    def _shape_info(self) -> list[Any]:
        return []

    @property
    def _width(self) -> float:
        return self.log_high - self.log_low

    def _pdf(self, x: NDArray[np.float64]) -> Any:
        return 1.0 / (x * self._width)

    def _logpdf(self, x: NDArray[np.float64]) -> Any:
        return -np.log(x) - np.log(self._width)

    def _cdf(self, x: NDArray[np.float64]) -> Any:
        return (np.log(x) - self.log_low) / self._width

    def _sf(self, x: NDArray[np.float64]) -> Any:
        return (self.log_high - np.log(x)) / self._width

    def _ppf(self, p: NDArray[np.float64]) -> Any:
        return np.exp(self.log_low + p * self._width)

    def _isf(self, p: NDArray[np.float64]) -> Any:
        return np.exp(self.log_high - p * self._width)

    def _rvs(self, size: Any = None, random_state: Any = None) -> Any:
        return np.exp(random_state.uniform(self.log_low, self.log_high, size=size))

    def _munp(self, n: float) -> Any:
        if n == 0:
            return 1.0
        width = n * self._width
        return np.exp(n * self.log_low) * np.expm1(width) / width

    def _entropy(self) -> Any:
        return 0.5 * (self.log_low + self.log_high) + np.log(self._width)


@public("hyperopt.rdists")
class lognorm_gen(type(lognorm)):  # type: ignore[misc]  # noqa: N801
    """``exp(N)`` with ``N`` normal: the prior of ``hp.lognormal``.

    Parameters
    ----------
    mu, sigma : float
        Mean and standard deviation of the *logarithm*.
    """

    def __init__(self, mu: float, sigma: float) -> None:
        if not sigma > 0:
            raise ValueError(f"lognorm_gen({mu!r}, {sigma!r}): sigma must be positive")
        super().__init__(a=0.0, name="lognorm", momtype=1, shapes=None)
        self.mu = float(mu)
        self.sigma = float(sigma)

    def _updated_ctor_param(self) -> dict[str, Any]:
        return {"mu": self.mu, "sigma": self.sigma}

    def _shape_info(self) -> list[Any]:
        return []

    def _score(self, x: NDArray[np.float64]) -> Any:
        with np.errstate(divide="ignore"):
            return (np.log(x) - self.mu) / self.sigma

    def _pdf(self, x: NDArray[np.float64]) -> Any:
        return np.exp(self._logpdf(x))

    def _logpdf(self, x: NDArray[np.float64]) -> Any:
        with np.errstate(divide="ignore", invalid="ignore"):
            log_x = np.log(x)
            z = (log_x - self.mu) / self.sigma
            density = -0.5 * z * z - _LOG_SQRT_2PI - np.log(self.sigma) - log_x
        return np.where(x > 0.0, density, -np.inf)

    def _cdf(self, x: NDArray[np.float64]) -> Any:
        return ndtr(self._score(x))

    def _logcdf(self, x: NDArray[np.float64]) -> Any:
        return log_ndtr(self._score(x))

    def _sf(self, x: NDArray[np.float64]) -> Any:
        return ndtr(-self._score(x))

    def _logsf(self, x: NDArray[np.float64]) -> Any:
        return log_ndtr(-self._score(x))

    def _ppf(self, p: NDArray[np.float64]) -> Any:
        return np.exp(self.mu + self.sigma * ndtri(p))

    def _isf(self, p: NDArray[np.float64]) -> Any:
        return np.exp(self.mu - self.sigma * ndtri(p))

    def _rvs(self, size: Any = None, random_state: Any = None) -> Any:
        return np.exp(random_state.normal(self.mu, self.sigma, size=size))

    def _munp(self, n: float) -> Any:
        return np.exp(n * self.mu + 0.5 * (n * self.sigma) ** 2)

    def _stats(self) -> Any:
        spread = np.exp(self.sigma**2)
        mean = np.exp(self.mu + 0.5 * self.sigma**2)
        variance = np.expm1(self.sigma**2) * mean**2
        skewness = np.sqrt(np.expm1(self.sigma**2)) * (2.0 + spread)
        kurtosis = spread**4 + 2.0 * spread**3 + 3.0 * spread**2 - 6.0
        return mean, variance, skewness, kurtosis

    def _entropy(self) -> Any:
        return 0.5 + _LOG_SQRT_2PI + np.log(self.sigma) + self.mu
