"""Posterior samplers as expression graphs, and the steps around them, as `hyperopt.tpe` names them.

The suggestion algorithm does not use these: it samples and scores in Rust. They are kept for code
that builds its own posteriors out of expression graphs, and give the same distributions.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from hyperopt.compat.densities import mixtures as _mixtures  # noqa: F401 - registers GMM1 and LGMM1
from hyperopt.compat.densities.distributions import EPS
from hyperopt.compat.densities.estimator import DEFAULT_LF
from hyperopt.environment.public_path import public
from hyperopt.pyll.base import Apply, as_apply, scope

__all__ = [
    "adaptive_parzen_sampler",
    "adaptive_parzen_samplers",
    "ap_categorical_sampler",
    "ap_loglognormal_sampler",
    "ap_loguniform_sampler",
    "ap_normal_sampler",
    "ap_qlognormal_sampler",
    "ap_qloguniform_sampler",
    "ap_qnormal_sampler",
    "ap_quniform_sampler",
    "ap_randint_sampler",
    "ap_split_trials",
    "ap_uniform_sampler",
    "broadcast_best",
]

F = TypeVar("F", bound=Callable[..., Apply])

#: Family of a prior -> function that makes the node of its posterior sampler.
adaptive_parzen_samplers: dict[str, Callable[..., Apply]] = {}


@public("hyperopt.tpe")
def adaptive_parzen_sampler(name: str) -> Callable[[F], F]:
    """Make a decorator that enters a function into `adaptive_parzen_samplers`.

    Raises
    ------
    ValueError
        When the family has a sampler already.
    """

    def register(f: F) -> F:
        if name in adaptive_parzen_samplers:
            raise ValueError(f"family {name!r} already has a sampler")
        adaptive_parzen_samplers[name] = f
        return f

    return register


def _bounded(
    obs: Any, prior_weight: Any, low: Any, high: Any, q: Any, size: Any, rng: Any, log: bool
) -> Apply:
    low, high = as_apply(low), as_apply(high)
    parts = scope.adaptive_parzen_normal(obs, prior_weight, 0.5 * (high + low), high - low)
    mixture = scope.LGMM1 if log else scope.GMM1
    return mixture(*parts, low=low, high=high, q=q, size=size, rng=rng)


def _gaussian(
    obs: Any, prior_weight: Any, mu: Any, sigma: Any, q: Any, size: Any, rng: Any, log: bool
) -> Apply:
    parts = scope.adaptive_parzen_normal(obs, prior_weight, mu, sigma)
    return (scope.LGMM1 if log else scope.GMM1)(*parts, q=q, size=size, rng=rng)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("uniform")
def ap_uniform_sampler(
    obs: Any, prior_weight: Any, low: Any, high: Any, size: Any = (), rng: Any = None
) -> Apply:
    """Make the sampler node of a uniform parameter.

    Parameters
    ----------
    obs : Apply or array_like
        Observations in chronological order, on the natural scale.
    prior_weight : Apply or float
        Weight of the prior.
    low, high : Apply or float
        Arguments of the prior.
    size : Apply, int or tuple of int
        Shape of the draws.
    rng : numpy.random.Generator, optional
        The generator; nodes without one get it from `hyperopt.pyll.stochastic.sample`.

    Returns
    -------
    Apply
    """
    return _bounded(obs, prior_weight, low, high, None, size, rng, log=False)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("quniform")
def ap_quniform_sampler(
    obs: Any, prior_weight: Any, low: Any, high: Any, q: Any, size: Any = (), rng: Any = None
) -> Apply:
    """Make the sampler node of a quniform parameter; see `ap_uniform_sampler`."""
    return _bounded(obs, prior_weight, low, high, q, size, rng, log=False)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("loguniform")
def ap_loguniform_sampler(
    obs: Any, prior_weight: Any, low: Any, high: Any, size: Any = (), rng: Any = None
) -> Apply:
    """Make the sampler node of a loguniform parameter; see `ap_uniform_sampler`."""
    return _bounded(scope.log(obs), prior_weight, low, high, None, size, rng, log=True)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("qloguniform")
def ap_qloguniform_sampler(
    obs: Any, prior_weight: Any, low: Any, high: Any, q: Any, size: Any = (), rng: Any = None
) -> Apply:
    """Make the sampler node of a qloguniform parameter; see `ap_uniform_sampler`."""
    floor = scope.maximum(EPS, scope.exp(low))
    log_obs = scope.log(scope.maximum(obs, floor))
    return _bounded(log_obs, prior_weight, low, high, q, size, rng, log=True)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("normal")
def ap_normal_sampler(
    obs: Any, prior_weight: Any, mu: Any, sigma: Any, size: Any = (), rng: Any = None
) -> Apply:
    """Make the sampler node of a normal parameter; see `ap_uniform_sampler`."""
    return _gaussian(obs, prior_weight, mu, sigma, None, size, rng, log=False)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("qnormal")
def ap_qnormal_sampler(
    obs: Any, prior_weight: Any, mu: Any, sigma: Any, q: Any, size: Any = (), rng: Any = None
) -> Apply:
    """Make the sampler node of a qnormal parameter; see `ap_uniform_sampler`."""
    return _gaussian(obs, prior_weight, mu, sigma, q, size, rng, log=False)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("lognormal")
def ap_loglognormal_sampler(
    obs: Any, prior_weight: Any, mu: Any, sigma: Any, size: Any = (), rng: Any = None
) -> Apply:
    """Make the sampler node of a lognormal parameter; see `ap_uniform_sampler`."""
    return _gaussian(scope.log(obs), prior_weight, mu, sigma, None, size, rng, log=True)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("qlognormal")
def ap_qlognormal_sampler(
    obs: Any, prior_weight: Any, mu: Any, sigma: Any, q: Any, size: Any = (), rng: Any = None
) -> Apply:
    """Make the sampler node of a qlognormal parameter; see `ap_uniform_sampler`."""
    log_obs = scope.log(scope.maximum(obs, EPS))
    return _gaussian(log_obs, prior_weight, mu, sigma, q, size, rng, log=True)


@public("hyperopt.tpe")
@adaptive_parzen_sampler("randint")
def ap_randint_sampler(
    obs: Any,
    prior_weight: Any,
    low: Any,
    high: Any = None,
    size: Any = (),
    rng: Any = None,
    LF: int = DEFAULT_LF,
) -> Apply:
    """Make the sampler node of an integer parameter; see `ap_uniform_sampler`.

    `obs` and the draws are actual integers, `low` included.
    """
    if high is None:
        low, high = 0, low
    low, n = as_apply(low), as_apply(high) - low
    weights = scope.linear_forgetting_weights(scope.len(obs), LF)
    counts = scope.bincount(obs, offset=low, minlength=n, weights=weights)
    uniform = scope.asarray(scope.repeat(n, 1.0)) / n
    p = scope.tpe_cat_pseudocounts(counts, prior_weight, uniform, size)
    node: Apply = low + scope.randint_via_categorical(p, size=size, rng=rng)
    return node


@public("hyperopt.tpe")
@adaptive_parzen_sampler("categorical")
def ap_categorical_sampler(
    obs: Any, prior_weight: Any, p: Any, size: Any = (), rng: Any = None, LF: int = DEFAULT_LF
) -> Apply:
    """Make the sampler node of a choice with probabilities `p`; see `ap_uniform_sampler`."""
    weights = scope.linear_forgetting_weights(scope.len(obs), LF)
    counts = scope.bincount(obs, p=p, weights=weights)
    posterior = scope.tpe_cat_pseudocounts(counts, prior_weight, p, size)
    return scope.categorical(posterior, size=size, rng=rng)


@public("hyperopt.tpe")
@scope.define_info(o_len=2)
def ap_split_trials(
    o_idxs: npt.ArrayLike,
    o_vals: npt.ArrayLike,
    l_idxs: npt.ArrayLike,
    l_vals: npt.ArrayLike,
    gamma: float,
    gamma_cap: int = DEFAULT_LF,
) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Split observations by whether their trial is among the best.

    The best are the ``min(ceil(gamma * sqrt(n)), gamma_cap)`` trials of lowest loss; equal losses
    keep their order, NaN comes last.

    Parameters
    ----------
    o_idxs, o_vals : array_like of shape (m,)
        Trial ids and values of the observations.
    l_idxs, l_vals : array_like of shape (n,)
        Trial ids and losses.
    gamma : float
        At least 0.
    gamma_cap : int
        Largest size of the good group.

    Returns
    -------
    below, above : ndarray
        Values of the good and of the other trials, each in the order given.

    Raises
    ------
    ValueError
        When `gamma` is negative.

    Examples
    --------
    >>> below, above = ap_split_trials([0, 1, 2], [0.1, 0.2, 0.3], [0, 1, 2], [5.0, 1.0, 2.0], 0.25)
    >>> below.tolist(), above.tolist()
    ([0.2], [0.1, 0.3])
    """
    if not gamma >= 0:
        raise ValueError(f"gamma={gamma!r} must not be negative")
    ids, values = np.asarray(o_idxs), np.asarray(o_vals)
    keys, losses = np.asarray(l_idxs), np.asarray(l_vals, dtype=np.float64)
    n_below = min(math.ceil(gamma * math.sqrt(losses.size)), gamma_cap)
    by_loss = np.argsort(losses, kind="stable")
    good = np.isin(ids, keys[by_loss[:n_below]])
    return values[good], values[~good]


@public("hyperopt.tpe")
@scope.define
def broadcast_best(samples: Any, below_llik: npt.ArrayLike, above_llik: npt.ArrayLike) -> list[Any]:
    """Repeat the sample of the largest ``below_llik - above_llik``, once per sample.

    The first of equal ones wins; NaN counts as lowest.

    Raises
    ------
    ValueError
        When the numbers of samples and likelihoods differ.
    """
    if len(samples) == 0:
        return []
    score = np.subtract(below_llik, above_llik, dtype=np.float64)
    if score.shape != (len(samples),):
        raise ValueError(f"{len(samples)} samples need as many likelihoods, got {score.shape}")
    best = int(np.argmax(np.where(np.isnan(score), -np.inf, score)))
    return [samples[best]] * len(samples)
