"""Densities of single distributions and of options, under the names of `hyperopt.tpe`.

The arithmetic is in Rust (`rust/parzen/src/parzen`); here operands are broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from hyperopt import _native
from hyperopt.compat.densities.estimator import vector
from hyperopt.environment.public_path import public
from hyperopt.pyll.base import scope

__all__ = [
    "EPS",
    "categorical_lpdf",
    "lognormal_cdf",
    "lognormal_lpdf",
    "logsum_rows",
    "normal_cdf",
    "qlognormal_lpdf",
    "randint_via_categorical_lpdf",
]

Floats = npt.NDArray[np.float64]

#: Smallest natural value, and smallest scale, that densities tell from 0.
EPS = 1e-12


def _elementwise(function: Callable[..., Floats], *operands: npt.ArrayLike) -> Any:
    """Call a native function over broadcast operands; scalars in, a numpy scalar out."""
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=np.float64) for x in operands))
    values = function(*(np.ascontiguousarray(array.ravel()) for array in arrays))
    return values.reshape(arrays[0].shape)[()]


@public("hyperopt.tpe")
@scope.define
def normal_cdf(x: npt.ArrayLike, mu: npt.ArrayLike, sigma: npt.ArrayLike) -> Any:
    """Compute the distribution function of N(mu, sigma**2); operands broadcast."""
    return _elementwise(_native.normal_cdf, x, mu, sigma)


@public("hyperopt.tpe")
@scope.define
def lognormal_cdf(x: npt.ArrayLike, mu: npt.ArrayLike, sigma: npt.ArrayLike) -> Any:
    """Compute the distribution function of exp N(mu, sigma**2); operands broadcast.

    Values are floored at `EPS`.

    Raises
    ------
    ValueError
        When a value is negative.
    """
    return normal_cdf(np.log(np.maximum(_not_negative(x), EPS)), mu, sigma)


@public("hyperopt.tpe")
@scope.define
def lognormal_lpdf(x: npt.ArrayLike, mu: npt.ArrayLike, sigma: npt.ArrayLike) -> Any:
    """Compute the log-density of exp N(mu, sigma**2); operands broadcast. NaN for ``x <= 0``."""
    return _elementwise(_native.lognormal_log_density, x, mu, sigma)


@public("hyperopt.tpe")
@scope.define
def qlognormal_lpdf(x: npt.ArrayLike, mu: npt.ArrayLike, sigma: npt.ArrayLike, q: float) -> Any:
    """Compute the log-probability that exp N(mu, sigma**2) lies between ``x - q`` and ``x``.

    Raises
    ------
    ValueError
        When ``x - q`` is negative.
    """
    _not_negative(np.asarray(x, dtype=np.float64) - q)
    return _elementwise(
        lambda x, mu, sigma: _native.lognormal_cell_log_density(x, mu, sigma, float(q)),
        x,
        mu,
        sigma,
    )


def _not_negative(x: npt.ArrayLike) -> Floats:
    values = np.asarray(x, dtype=np.float64)
    if np.any(values < 0):
        raise ValueError(f"x: a lognormal has no negative values, got {values.min()}")
    return values


@public("hyperopt.tpe")
def logsum_rows(x: npt.ArrayLike) -> Floats:
    """Compute ``log(sum(exp(row)))`` of every row of a matrix, without overflow.

    Returns
    -------
    ndarray of shape (rows,)
        -inf for a row that is empty or holds nothing but -inf.
    """
    matrix = np.asarray(x, dtype=np.float64)
    if matrix.ndim != 2:
        raise TypeError(f"x must be a matrix, got an array of shape {matrix.shape}")
    return _native.log_sum_exp_rows(matrix)


@public("hyperopt.tpe")
@scope.define
def categorical_lpdf(sample: npt.ArrayLike, p: npt.ArrayLike) -> Any:
    """Look up the log-probability of option numbers, of any shape.

    Raises
    ------
    IndexError
        When an option number is not in ``0 ... len(p) - 1``.
    """
    options = np.asarray(sample)
    if options.size == 0:
        return np.empty(options.shape)
    probabilities = vector("p", p)
    numbers = options.astype(np.int64)
    if numbers.min() < 0 or numbers.max() >= probabilities.size:
        raise IndexError(f"sample: option numbers must lie in 0 ... {probabilities.size - 1}")
    with np.errstate(divide="ignore"):
        return np.log(probabilities)[numbers]


@public("hyperopt.tpe")
@scope.define
def randint_via_categorical_lpdf(sample: npt.ArrayLike, p: npt.ArrayLike) -> Any:
    """Look up the log-probability of zero-based integers; see `categorical_lpdf`."""
    return categorical_lpdf(sample, p)
