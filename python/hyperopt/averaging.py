"""The expected true loss of the best trial, when losses are noisy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hyperopt.documents import STATUS_OK

if TYPE_CHECKING:
    from hyperopt.domain import Domain
    from hyperopt.trials import Trials


def average_best_error(trials: Trials, bandit: Domain | None) -> float:
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
    from hyperopt.utils import pmin_sampled

    upper = losses + 3 * np.sqrt(variances)
    lower = losses - 3 * np.sqrt(variances)
    rivals = lower <= upper.min()
    weights = pmin_sampled(losses[rivals], variances[rivals])
    return float(np.dot(weights, true_losses[rivals]))
