"""The expected true loss of the best trial, when losses are noisy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.environment.public_path import public
from hyperopt.storage.documents import STATUS_OK

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore


def average_best_error(trials: TrialStore, bandit: Domain | None) -> float:
    """Mean of the true losses, weighted by the probability of each to be the smallest.

    Without a `bandit` the results' own ``loss_variance`` and ``true_loss`` are taken, if given.
    Losses without variance: the mean of the true losses of all trials that share the smallest
    loss. Otherwise only trials within three standard deviations of the best upper bound compete,
    and the probabilities are estimated by sampling (`pmin_sampled`).
    """
    rows = []
    for result, spec in zip(trials.results, trials.specs, strict=True):
        if result.get("status") != STATUS_OK:
            continue
        if bandit is None:
            loss = result["loss"]
            row = (loss, result.get("loss_variance", 0.0), result.get("true_loss", loss))
        else:
            row = (
                bandit.loss(result, spec),
                bandit.loss_variance(result, spec),
                bandit.true_loss(result, spec),
            )
        rows.append(tuple(float(number) for number in row))
    if not rows:
        raise ValueError("average_best_error: no trial has status 'ok', so there is no best error")
    table = np.asarray(sorted(rows))
    losses, variances, true_losses = table.T
    if np.all(variances == 0):
        return float(np.mean(true_losses[losses == losses[0]]))
    upper = losses + 3 * np.sqrt(variances)
    lower = losses - 3 * np.sqrt(variances)
    rivals = lower <= upper.min()
    weights = pmin_sampled(losses[rivals], variances[rivals])
    return float(np.dot(weights, true_losses[rivals]))


@public("hyperopt.utils")
def pmin_sampled(
    mean: ArrayLike, var: ArrayLike, n_samples: int = 1000, rng: Any = None
) -> NDArray[np.float64]:
    """Estimate for each of several Gaussians the probability that its value is the smallest.

    Parameters
    ----------
    mean, var : array_like, shape (n,)
        Means and variances.
    n_samples : int
        How many joint draws the estimate is made from.
    rng : numpy.random.Generator or numpy.random.RandomState, optional
        Source of the draws; by default a generator with a fixed seed, so that calls agree.

    Returns
    -------
    ndarray, shape (n,)
        Non-negative, with sum 1.
    """
    mu, variance = np.broadcast_arrays(np.asarray(mean, dtype=float), np.asarray(var, dtype=float))
    generator = np.random.default_rng(232342) if rng is None else rng
    draws = generator.normal(size=(n_samples, mu.size)) * np.sqrt(variance) + mu
    wins = np.bincount(draws.argmin(axis=1), minlength=mu.size)
    return np.asarray(wins / n_samples, dtype=np.float64)
