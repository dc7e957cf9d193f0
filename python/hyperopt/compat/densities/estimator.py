"""The Parzen estimator itself: observations and a prior in, a mixture of Gaussians out.

The arithmetic is in Rust (`rust/parzen/src/parzen`); here shapes and defaults are settled.
Functions that third parties reach as ``scope.<name>`` are registered as symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hyperopt import _native
from hyperopt.environment.public_path import public
from hyperopt.pyll.base import scope

__all__ = [
    "DEFAULT_LF",
    "adaptive_parzen_normal",
    "adaptive_parzen_normal_orig",
    "linear_forgetting_weights",
    "tpe_cat_pseudocounts",
]

Floats = npt.NDArray[np.float64]

#: How many of the newest observations keep their full weight.
DEFAULT_LF = 25


def vector(name: str, values: npt.ArrayLike) -> Floats:
    """Take a one-dimensional float64 array, or say what is wrong."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise TypeError(f"{name} must be a vector, got an array of shape {array.shape}")
    return array


@public("hyperopt.tpe")
@scope.define
def linear_forgetting_weights(N: int, LF: int) -> Floats:
    """Weights of `N` observations in chronological order.

    The newest `LF` weigh 1, older ones fall linearly to 1/N for the oldest.

    Parameters
    ----------
    N : int
        Number of observations, at least 0.
    LF : int
        How many keep their full weight, at least 1.

    Returns
    -------
    ndarray of shape (N,)

    Raises
    ------
    ValueError
        When `N` is negative or `LF` is not positive.
    """
    if N < 0:
        raise ValueError(f"N={N!r} must be at least 0")
    if LF <= 0:
        raise ValueError(f"LF={LF!r} must be at least 1")
    return _native.forgetting_weights(N, LF)


@public("hyperopt.tpe")
@scope.define_info(o_len=3)
def adaptive_parzen_normal(
    mus: npt.ArrayLike,
    prior_weight: float,
    prior_mu: float,
    prior_sigma: float,
    LF: int = DEFAULT_LF,
) -> tuple[Floats, Floats, Floats]:
    """Make a mixture of Gaussians of observations and a prior.

    One Gaussian per observation and one for the prior. An observation's scale is the larger
    distance to its neighbours, clipped to ``[prior_sigma / min(100, N + 2), prior_sigma]``.

    Parameters
    ----------
    mus : array_like of shape (N,)
        Observations in chronological order.
    prior_weight : float
        Weight of the prior; a recent observation weighs 1.
    prior_mu, prior_sigma : float
        Centre and scale of the prior.
    LF : int
        How many observations keep their full weight; 0 for all.

    Returns
    -------
    weights, mus, sigmas : ndarray of shape (N + 1,)
        Ordered by centre; the weights sum to 1.

    Raises
    ------
    TypeError
        When `mus` is not a vector.
    ValueError
        When something is not finite, `prior_sigma` is not positive or `prior_weight` is negative.

    Examples
    --------
    >>> weights, mus, sigmas = adaptive_parzen_normal([0.7, 0.2], 1.0, 0.5, 1.0)
    >>> mus.tolist(), sigmas.tolist()
    ([0.2, 0.5, 0.7], [0.3, 1.0, 0.25])
    """
    return _native.adaptive_parzen(
        vector("mus", mus), float(prior_weight), float(prior_mu), float(prior_sigma), int(LF or 0)
    )


@public("hyperopt.tpe")
@scope.define_info(o_len=3)
def adaptive_parzen_normal_orig(
    mus: npt.ArrayLike, prior_weight: float, prior_mu: float, prior_sigma: float
) -> tuple[Floats, Floats, Floats]:
    """Make a mixture as the first version of the estimator did.

    All observations weigh 1, the prior comes first, and scales are clipped to
    ``[prior_sigma / sqrt(N + 2), prior_sigma]``. See `adaptive_parzen_normal` for the parameters.

    Returns
    -------
    weights, mus, sigmas : ndarray of shape (N + 1,)
        The prior, then the observations in the order given.
    """
    return _native.elastic_parzen(
        vector("mus", mus), float(prior_weight), float(prior_mu), float(prior_sigma)
    )


@public("hyperopt.tpe")
@scope.define
def tpe_cat_pseudocounts(
    counts: npt.ArrayLike, prior_weight: float, p: npt.ArrayLike, size: int | Sequence[int]
) -> Any:
    """Compute posterior probabilities of K options: ``counts + K * prior_weight * p``, normalised.

    Parameters
    ----------
    counts : array_like of shape (K,)
        Weighted counts of the options.
    prior_weight : float
        Weight of the prior.
    p : array_like of shape (K,) or (1, K)
        Prior probabilities, used as written.
    size : int or tuple of int
        How many draws are wanted; for none the result is an empty list.

    Returns
    -------
    ndarray of shape (K,), or an empty list
    """
    if np.prod(size) == 0:
        return []
    prior = np.atleast_1d(np.asarray(p, dtype=np.float64))
    if prior.ndim == 2:
        prior = prior[0]
    pseudocounts = vector("counts", counts) + prior.size * (prior_weight * prior)
    return pseudocounts / np.sum(pseudocounts)
