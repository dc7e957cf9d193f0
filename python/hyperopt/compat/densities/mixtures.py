"""Mixtures of Gaussians, linear and logarithmic: their draws and densities.

The arithmetic is in Rust (`rust/parzen/src/parzen`); here shapes, defaults and generators
are settled.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hyperopt import _native
from hyperopt.compat.densities.estimator import vector
from hyperopt.environment.public_path import public
from hyperopt.pyll.base import scope
from hyperopt.pyll.stochastic import implicit_stochastic

__all__ = ["GMM1", "LGMM1", "GMM1_lpdf", "LGMM1_lpdf"]

Floats = npt.NDArray[np.float64]


def _seed(rng: Any) -> int:
    """Draw a seed for a native stream from a Generator, a RandomState, an int or None (fresh)."""
    if rng is None or isinstance(rng, (int, np.integer)):
        rng = np.random.default_rng(rng)
    draw = rng.integers if hasattr(rng, "integers") else rng.randint
    return int(draw(0, 2**63 - 1, dtype=np.int64))


def _bound(value: Any) -> float | None:
    return None if value is None else float(value)


def _components(
    weights: npt.ArrayLike, mus: npt.ArrayLike, sigmas: npt.ArrayLike
) -> tuple[Floats, Floats, Floats]:
    return vector("weights", weights), vector("mus", mus), vector("sigmas", sigmas)


def _draw(log: bool, components: Any, low: Any, high: Any, q: Any, rng: Any, size: Any) -> Floats:
    shape = (int(size),) if np.ndim(size) == 0 else tuple(int(n) for n in size)
    frame = (log, _bound(low), _bound(high), _bound(q))
    draws = _native.mixture_sample(_components(*components), frame, math.prod(shape), _seed(rng))
    return draws.reshape(shape)


def _log_density(
    log: bool, samples: npt.ArrayLike, components: Any, low: Any, high: Any, q: Any
) -> Floats:
    xs = np.asarray(samples, dtype=np.float64)
    frame = (log, _bound(low), _bound(high), _bound(q))
    flat = np.ascontiguousarray(xs.ravel())
    return _native.mixture_log_density(flat, _components(*components), frame).reshape(xs.shape)


@public("hyperopt.tpe")
@implicit_stochastic
@scope.define
def GMM1(
    weights: npt.ArrayLike,
    mus: npt.ArrayLike,
    sigmas: npt.ArrayLike,
    low: float | None = None,
    high: float | None = None,
    q: float | None = None,
    rng: Any = None,
    size: int | Sequence[int] = (),
) -> Floats:
    """Draw from a (truncated, quantised) mixture of Gaussians.

    Parameters
    ----------
    weights, mus, sigmas : array_like of shape (K,)
        The components; weights need not sum to 1.
    low, high : float, optional
        Draws are kept to ``low <= x < high`` (before rounding).
    q : float, optional
        Round to multiples of this, half to even.
    rng : numpy.random.Generator, numpy.random.RandomState or int, optional
        Where the seed of the draws comes from; fresh entropy by default.
    size : int or tuple of int
        Shape of the result.

    Returns
    -------
    ndarray of shape `size`

    Raises
    ------
    ValueError
        When the components differ in number, none has weight, a scale or weight is negative, `q` is
        not positive, or ``low >= high``.
    """
    return _draw(False, (weights, mus, sigmas), low, high, q, rng, size)


@public("hyperopt.tpe")
@implicit_stochastic
@scope.define
def LGMM1(
    weights: npt.ArrayLike,
    mus: npt.ArrayLike,
    sigmas: npt.ArrayLike,
    low: float | None = None,
    high: float | None = None,
    q: float | None = None,
    rng: Any = None,
    size: int | Sequence[int] = (),
) -> Floats:
    """Draw values whose logarithm follows a (truncated) mixture of Gaussians.

    `mus`, `sigmas`, `low` and `high` are of the logarithm, `q` is on the natural scale. Otherwise
    as `GMM1`.
    """
    return _draw(True, (weights, mus, sigmas), low, high, q, rng, size)


@public("hyperopt.tpe")
@scope.define
def GMM1_lpdf(
    samples: npt.ArrayLike,
    weights: npt.ArrayLike,
    mus: npt.ArrayLike,
    sigmas: npt.ArrayLike,
    low: float | None = None,
    high: float | None = None,
    q: float | None = None,
) -> Floats:
    """Compute the log-density of `GMM1`, or the log-probability of a value if quantised.

    Parameters
    ----------
    samples : array_like
        Values, of any shape.
    weights, mus, sigmas : array_like of shape (K,)
        The components.
    low, high, q : float, optional
        Truncation and quantum. Without `q` a value outside the truncation is not treated apart.

    Returns
    -------
    ndarray of the shape of `samples`
        NaN for a NaN, and for a value whose cell ``x -+ q/2`` lies wholly outside the truncation.
    """
    return _log_density(False, samples, (weights, mus, sigmas), low, high, q)


@public("hyperopt.tpe")
@scope.define
def LGMM1_lpdf(
    samples: npt.ArrayLike,
    weights: npt.ArrayLike,
    mus: npt.ArrayLike,
    sigmas: npt.ArrayLike,
    low: float | None = None,
    high: float | None = None,
    q: float | None = None,
) -> Floats:
    """Compute the log-density of `LGMM1`, or the log-probability of a value if quantised.

    Without `q` the density is that of the untruncated mixture: the mass cut off is not divided out,
    which shifts it by a constant. Values up to 0 give NaN then. Otherwise as `GMM1_lpdf`.

    Raises
    ------
    ValueError
        When ``x + q/2`` is negative for a quantised value.
    """
    if q is not None and np.any(np.asarray(samples, dtype=np.float64) + q / 2 < 0):
        raise ValueError(f"samples: a log-scale value with q={q!r} must not lie below -q/2")
    return _log_density(True, samples, (weights, mus, sigmas), low, high, q)
