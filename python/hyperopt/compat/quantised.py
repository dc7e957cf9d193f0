"""Distributions of rounded variables: the quantised priors of ``hp``, with their parameters fixed.

They round a continuous variable ``Y`` to the grid: ``X = round(Y / q) * q``, so
``P(X = k q) = P((k - 1/2) q < Y < (k + 1/2) q)``, and a bounded ``Y`` may give an ``X`` up to
``q / 2`` outside its bounds. They offer `pmf`, `logpmf`, `cdf`, `ppf`, `rvs` and `in_domain`;
probabilities are differences taken in logs, so that they stay accurate in both tails.
"""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import log_ndtr, ndtr, ndtri

from hyperopt.compat.grid_cells import (
    cast_like,
    grid_index,
    log_cell,
    log_nonnegative,
    normal_log_mass,
)
from hyperopt.environment.public_path import public

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["qlognormal_gen", "qloguniform_gen", "qnormal_gen", "quniform_gen"]


class _Quantised:
    """``round(Y / q) * q`` for a continuous ``Y`` that the subclasses describe.

    Draws are Python ints when `q` is an int, as ``hp`` users of whole steps expect.
    """

    q: Any

    def rvs(self, size: Any = (), random_state: Any = None) -> Any:
        """Draw variates.

        Parameters
        ----------
        size : int or tuple of int
            Shape of the result; a scalar by default.
        random_state : None, int, RandomState or Generator
            As in scipy; None is numpy's global state.
        """
        draws = self._draw(_generator(random_state), size)
        # Adding zero turns the -0.0 that rounding a small negative number gives into 0.0.
        return cast_like(np.round(draws / self.q) * self.q + 0.0, self.q)

    def logpmf(self, x: ArrayLike) -> Any:
        """Logarithm of the probability of `x`; minus infinity off the grid."""
        values = np.asarray(x, dtype=float)
        k, on_grid = grid_index(values, float(self.q))
        log_mass = np.where(on_grid, self._log_mass(np.where(on_grid, k, 0.0)), -np.inf)
        return np.where(np.isnan(values), np.nan, log_mass)[()]

    def pmf(self, x: ArrayLike) -> Any:
        """Probability of `x`; zero off the grid."""
        return np.exp(self.logpmf(x))

    def cdf(self, x: ArrayLike) -> Any:
        """Probability of values up to and including `x`."""
        values = np.asarray(x, dtype=float)
        k, on_grid = grid_index(values, float(self.q))
        cell = np.where(on_grid, k, np.floor(values / float(self.q)))
        return np.asarray(self._below((cell + 0.5) * float(self.q)))[()]

    def ppf(self, p: ArrayLike) -> Any:
        """Quantile function: the smallest grid point whose :meth:`cdf` reaches `p`."""
        with np.errstate(invalid="ignore"):
            grid = np.ceil(self._quantile(np.asarray(p, dtype=float)) / float(self.q) - 0.5)
        return (grid * float(self.q) + 0.0)[()]

    def in_domain(self, x: ArrayLike) -> Any:
        """Whether `x` is a value that can occur."""
        return self.logpmf(x) > -np.inf

    def _draw(self, rng: Any, size: Any) -> Any:
        raise NotImplementedError

    def _log_mass(self, k: NDArray[np.float64]) -> Any:
        """Log probability that Y lies in ``[(k - 1/2) q, (k + 1/2) q]``."""
        raise NotImplementedError

    def _below(self, y: NDArray[np.float64]) -> Any:
        """Distribution function of Y."""
        raise NotImplementedError

    def _quantile(self, p: NDArray[np.float64]) -> Any:
        """Quantile function of Y."""
        raise NotImplementedError


@public("hyperopt.rdists")
class quniform_gen(_Quantised):  # noqa: N801
    """``round(U / q) * q`` with ``U`` uniform on ``[low, high]``: the prior of ``hp.quniform``.

    The two end cells reach beyond the bounds and have less mass (half, if the bound is a multiple
    of `q`). The table is at hand: ``xs`` with probabilities ``ps``, from ``qlow`` to ``qhigh``.
    """

    def __init__(self, low: float, high: float, q: float) -> None:
        name = type(self).__name__
        _require(low < high, f"{name}({low!r}, {high!r}, {q!r}): low must be below high")
        _require(q > 0, f"{name}({low!r}, {high!r}, {q!r}): q must be positive")
        self.low = float(low)
        self.high = float(high)
        self.q = q
        first, last = self._ends()
        self.qlow = cast_like(np.float64(first * q), q)
        self.qhigh = cast_like(np.float64(last * q), q)

    @property
    def xs(self) -> NDArray[np.float64]:
        """The values that can occur, ascending."""
        first, last = self._ends()
        return np.asarray(np.arange(first, last + 1.0) * float(self.q))

    @property
    def ps(self) -> NDArray[np.float64]:
        """The probabilities of :attr:`xs`."""
        return np.asarray(self.pmf(self.xs))

    def _ends(self) -> tuple[float, float]:
        """Grid indices of the lowest and the highest value."""
        return float(np.round(self.low / self.q)), float(np.round(self.high / self.q))

    def in_domain(self, x: ArrayLike) -> Any:
        """Whether `x` is a value that can occur; the ends count even where their cell is empty."""
        k, on_grid = grid_index(np.asarray(x, dtype=float), float(self.q))
        first, last = self._ends()
        return (on_grid & (k >= first) & (k <= last))[()]

    def _draw(self, rng: Any, size: Any) -> Any:
        return rng.uniform(self.low, self.high, size=size)

    def _log_mass(self, k: NDArray[np.float64]) -> Any:
        q = float(self.q)
        covered = np.minimum((k + 0.5) * q, self.high) - np.maximum((k - 0.5) * q, self.low)
        return log_nonnegative(covered) - np.log(self.high - self.low)

    def _below(self, y: NDArray[np.float64]) -> Any:
        return np.clip((y - self.low) / (self.high - self.low), 0.0, 1.0)

    def _quantile(self, p: NDArray[np.float64]) -> Any:
        return np.where((p >= 0.0) & (p <= 1.0), self.low + p * (self.high - self.low), np.nan)


@public("hyperopt.rdists")
class qloguniform_gen(quniform_gen):  # noqa: N801
    """``round(exp(U) / q) * q``, ``U`` uniform on ``[low, high]``: ``hp.qloguniform``'s prior.

    `low` and `high` bound the logarithm; `q` is on the natural scale. Zero can occur.
    """

    def _ends(self) -> tuple[float, float]:
        return (
            float(np.round(np.exp(self.low) / self.q)),
            float(np.round(np.exp(self.high) / self.q)),
        )

    def _draw(self, rng: Any, size: Any) -> Any:
        return np.exp(rng.uniform(self.low, self.high, size=size))

    def _log_mass(self, k: NDArray[np.float64]) -> Any:
        log_below, log_above, log_ratio = log_cell(k, float(self.q))
        clipped = np.minimum(log_above, self.high) - np.maximum(log_below, self.low)
        inside = (log_below >= self.low) & (log_above <= self.high)
        covered = np.where(k < 0.0, 0.0, np.where(inside, log_ratio, clipped))
        return log_nonnegative(covered) - np.log(self.high - self.low)

    def _below(self, y: NDArray[np.float64]) -> Any:
        return super()._below(log_nonnegative(y))

    def _quantile(self, p: NDArray[np.float64]) -> Any:
        return np.exp(super()._quantile(p))


@public("hyperopt.rdists")
class qnormal_gen(_Quantised):  # noqa: N801
    """``round(N / q) * q`` with ``N`` normal: the prior of ``hp.qnormal``."""

    def __init__(self, mu: float, sigma: float, q: float) -> None:
        name = type(self).__name__
        _require(sigma > 0, f"{name}({mu!r}, {sigma!r}, {q!r}): sigma must be positive")
        _require(q > 0, f"{name}({mu!r}, {sigma!r}, {q!r}): q must be positive")
        self.mu = float(mu)
        self.sigma = float(sigma)
        self.q = q

    def in_domain(self, x: ArrayLike) -> Any:
        """Whether `x` is on the grid."""
        return grid_index(np.asarray(x, dtype=float), float(self.q))[1][()]

    def _draw(self, rng: Any, size: Any) -> Any:
        return rng.normal(self.mu, self.sigma, size=size)

    def _log_mass(self, k: NDArray[np.float64]) -> Any:
        q = float(self.q)
        return normal_log_mass(((k - 0.5) * q - self.mu) / self.sigma, q / self.sigma)

    def _below(self, y: NDArray[np.float64]) -> Any:
        return ndtr((y - self.mu) / self.sigma)

    def _quantile(self, p: NDArray[np.float64]) -> Any:
        return self.mu + self.sigma * ndtri(p)


@public("hyperopt.rdists")
class qlognormal_gen(qnormal_gen):  # noqa: N801
    """``round(exp(N) / q) * q`` with ``N`` normal: ``hp.qlognormal``'s prior. Zero can occur."""

    def in_domain(self, x: ArrayLike) -> Any:
        """Whether `x` is on the grid and not negative."""
        k, on_grid = grid_index(np.asarray(x, dtype=float), float(self.q))
        return (on_grid & (k >= 0.0))[()]

    def _draw(self, rng: Any, size: Any) -> Any:
        return np.exp(rng.normal(self.mu, self.sigma, size=size))

    def _log_mass(self, k: NDArray[np.float64]) -> Any:
        log_below, log_above, log_ratio = log_cell(k, float(self.q))
        lowest = log_ndtr((log_above - self.mu) / self.sigma)
        start = np.where(k > 0.0, (log_below - self.mu) / self.sigma, 0.0)
        width = np.where(k > 0.0, log_ratio / self.sigma, 1.0)
        others = normal_log_mass(start, width)
        return np.where(k < 0.0, -np.inf, np.where(k > 0.0, others, lowest))

    def _below(self, y: NDArray[np.float64]) -> Any:
        return super()._below(log_nonnegative(y))

    def _quantile(self, p: NDArray[np.float64]) -> Any:
        return np.exp(super()._quantile(p))


def _generator(random_state: Any) -> Any:
    """Turn scipy's ways of naming a source of randomness into something that draws."""
    if random_state is None:
        return np.random
    if isinstance(random_state, numbers.Integral):
        return np.random.RandomState(int(random_state))
    return random_state


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise ValueError(message)
