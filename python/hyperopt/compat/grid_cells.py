"""Cells of a grid with step q: which one a value is in, and how much probability lies in one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import log_ndtr

from hyperopt.environment.public_path import public

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "cast_like",
    "grid_index",
    "log_cell",
    "log_nonnegative",
    "normal_log_mass",
    "qtable_logpmf",
    "qtable_pmf",
    "safe_int_cast",
]

_LOG_SQRT_2PI = 0.5 * float(np.log(2.0 * np.pi))
# A point belongs to the grid if it is this close to it, in units of q and relatively (so that 0.3
# counts as a multiple of 0.1, whose third multiple is 0.30000000000000004).
_GRID_TOLERANCE = 1e-9
_GRID_RTOL = 1e-14
# Narrower cells than this (in standard deviations, times the distance from the centre) are
# integrated by a Taylor series, whose first neglected term is below 1e-16 relative.
_NARROW = 0.005


@public("hyperopt.rdists")
def qtable_pmf(x: ArrayLike, q: float, qlow: float, xs: ArrayLike, ps: ArrayLike) -> Any:
    """Look probabilities up in a table of multiples of `q`.

    Parameters
    ----------
    x : array_like
        Where.
    q, qlow : float
        Distance of neighbours in the table, and its first value.
    xs, ps : array_like
        The table: values ``qlow, qlow + q, ...`` and their probabilities.

    Returns
    -------
    float or ndarray
        Zero off the grid and outside the table.
    """
    table = np.asarray(ps, dtype=float)
    values = np.asarray(x, dtype=float)
    k, on_grid = grid_index(values, float(q))
    row = k - np.round(float(qlow) / float(q))
    known = on_grid & (row >= 0) & (row < min(len(table), np.size(xs)))
    return np.where(known, table[np.where(known, row, 0).astype(int)], 0.0)[()]


@public("hyperopt.rdists")
def qtable_logpmf(x: ArrayLike, q: float, qlow: float, xs: ArrayLike, ps: ArrayLike) -> Any:
    """Logarithm of :func:`qtable_pmf`; minus infinity where that is zero."""
    with np.errstate(divide="ignore"):
        return np.log(qtable_pmf(x, q, qlow, xs, ps))


@public("hyperopt.rdists")
def safe_int_cast(obj: Any) -> Any:
    """Cast a number or an array to integers, truncating; an array stays an array."""
    if isinstance(obj, np.ndarray):
        return obj.astype(int)
    if isinstance(obj, list):
        return [safe_int_cast(item) for item in obj]
    return int(obj)


def cast_like(values: Any, q: Any) -> Any:
    """Give multiples of `q` the kind of `q`: ints if it is one, floats otherwise."""
    scalar = np.ndim(values) == 0
    if isinstance(q, (int, np.integer)):
        return safe_int_cast(values[()]) if scalar else safe_int_cast(values)
    return float(values) if scalar else values


def grid_index(
    values: NDArray[np.float64], q: float
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Index of the nearest multiple of q, and whether the value is one."""
    with np.errstate(invalid="ignore", over="ignore"):
        k = np.round(values / q)
        distance = np.abs(values - k * q)
        on_grid = distance <= _GRID_TOLERANCE * q + _GRID_RTOL * np.abs(values)
    return k, np.asarray(on_grid & np.isfinite(values))


def log_cell(
    k: NDArray[np.float64], q: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Logs of a cell's ends on a positive axis, and of their ratio without cancellation."""
    log_below = log_nonnegative((k - 0.5) * q)
    log_above = log_nonnegative((k + 0.5) * q)
    log_ratio = np.log1p(1.0 / np.maximum(k - 0.5, 0.5))
    return log_below, log_above, np.asarray(np.where(k > 0.0, log_ratio, np.inf))


def normal_log_mass(start: NDArray[np.float64], width: ArrayLike) -> Any:
    """Log of the standard normal's mass on ``[start, start + width]``, for finite starts.

    The cell is mirrored so that it lies mostly below zero, where the distribution function keeps
    its relative accuracy; there ``log(F(b) - F(a)) = log F(b) + log(1 - F(a)/F(b))``. A narrow cell
    is ``w f(m) (1 + (m^2 - 1) w^2 / 24)`` around its middle m.
    """
    width = np.broadcast_to(np.asarray(width, dtype=float), start.shape)
    middle = np.abs(start + 0.5 * width)
    log_upper = log_ndtr(-middle + 0.5 * width)
    log_lower = log_ndtr(-middle - 0.5 * width)
    with np.errstate(divide="ignore", invalid="ignore"):
        wide = log_upper + np.log(-np.expm1(log_lower - log_upper))
        centre = -0.5 * middle * middle - _LOG_SQRT_2PI + np.log(width)
        narrow = centre + np.log1p((middle * middle - 1.0) * width * width / 24.0)
    return np.where(width * np.maximum(middle, 1.0) < _NARROW, narrow, wide)


def log_nonnegative(values: ArrayLike) -> NDArray[np.float64]:
    """Logarithm, minus infinity for zero and below, without a warning."""
    array = np.asarray(values, dtype=float)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.maximum(array, 0.0)))
