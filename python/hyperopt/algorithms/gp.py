"""Bayesian optimisation with a Gaussian process.

A Gaussian process says of every point of the space what loss is expected there and how sure that
is; the point with the largest expected improvement is tried next. In the first hundred trials of a
space without many conditions nothing else needs as few evaluations::

    best = fmin(objective, space, algo=hyperopt.gp.suggest, max_evals=50)

The first trials are random ones that keep their distance from each other, as in `hyperopt.jtpe`.
From `max_trials` trials on, and in spaces with more than `max_parameters` parameters, where its
matrices would become large, `hyperopt.jtpe` proposes. No point is proposed twice while the space
has others.

References
----------
Jones, Schonlau and Welch, *Efficient Global Optimization of Expensive Black-Box Functions*, 1998.
Rasmussen and Williams, *Gaussian Processes for Machine Learning*, 2006. Hvarfner, Hellsten and
Nardi, *Vanilla Bayesian Optimization Performs Great in High Dimensions*, ICML 2024: the prior of
the length-scales. Ament et al., *Unexpected Improvements to Expected Improvement*, NeurIPS 2023.
Song et al., *The Vizier Gaussian Process Bandit Algorithm*, 2024: the scale of the losses.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from hyperopt import _native
from hyperopt.algorithms.arguments import count
from hyperopt.algorithms.assignments import as_seed, assignments_in_turn, documents, native_ids
from hyperopt.algorithms.rungs import learning_feed
from hyperopt.environment.public_path import public
from hyperopt.storage.documents import Document

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore

__all__ = ["suggest"]

_CLIMBS = 4
"""So many candidates climb to the top of the expected improvement near them."""

_CLIMB = (2, 15)
"""In so many rounds at most, with so many evaluations of the gradient in each."""

_FIT_EVALUATIONS = (40, 10)
"""So often the likelihood is computed, at most, to fit the hyperparameters: from the means of their
priors, and from an earlier fit."""


@public("hyperopt.gp")
def suggest(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int,
    n_startup_jobs: int = 10,
    n_EI_candidates: int = 192,
    max_trials: int = 300,
    max_parameters: int = 150,
    length_prior: tuple[float, float] = (2**0.5, 3**0.5),
    scale_prior: tuple[float, float] = (0.0, 1.0),
    noise_prior: tuple[float, float] = (-6.0, 2.0),
    mean_variance: float = 1.0,
    epsilon: float = 0.0,
    trust: tuple[float, float, int, int] | None = None,
) -> list[Document]:
    """Suggest trials by a Gaussian process.

    Losses are put on a robust scale first: what is worse than the median counts by its rank only,
    so that outliers do no harm, and the result has mean 0 and standard deviation 1. Numbers have
    coordinates in which their prior's range is 1; the options of `hp.choice` and `hp.pchoice` are
    alike or not. A parameter that is not active has the coordinate of the middle of its range.

    Parameters
    ----------
    new_ids
        Ids of the trials to suggest. The earlier trials of a batch count as pending for the later
        ones, so the suggestions differ.
    domain
        The objective and its space.
    trials
        What was tried so far. Pending trials count as if they got the loss that is expected of
        them; failed ones, and those whose objective raised an exception (with
        ``catch_eval_exceptions``), as the worst ones.
    seed
        An integer. The same seed and history give the same suggestions.
    n_startup_jobs
        Random trials, spread out over every parameter, until there are this many (failed and
        pending ones count).
    n_EI_candidates
        At how many points the expected improvement is looked at before the best of them are
        improved: a third from the joint estimator's density of good trials, a third from the prior,
        a third near the best trials.
    max_trials
        From this many trials on, failed and pending ones included, `hyperopt.jtpe` proposes.
    max_parameters
        In spaces with more parameters, too.
    length_prior
        Mean and standard deviation of the logarithm of a parameter's length-scale, to whose mean
        half of the logarithm of the number of parameters is added (Hvarfner et al. 2024).
    scale_prior, noise_prior
        Mean and standard deviation of the logarithm of the function's variance, and of the noise's.
    mean_variance
        Variance of the function's mean, which is not known either.
    epsilon
        With this probability `hyperopt.jtpe` proposes instead.
    trust
        ``(least, most, from, to)``: the Gaussian process proposes with the probability of its
        skill, the part of the losses' variance that it predicts of each from the others (in a
        conditional space: among the better half), at least `least` and at most `most`; it fades
        from `from` to `to` trials with a loss. None trusts it.

    Returns
    -------
    list of dict
        One document in state *new* for each id.

    Raises
    ------
    ValueError
        If an option is out of range; the message names the option, the value and the range.
    TypeError
        If a count is not an integer.

    Examples
    --------
    >>> import numpy as np
    >>> from hyperopt import fmin, gp, hp
    >>> space = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}
    >>> best = fmin(
    ...     lambda p: (p["x"] - p["y"]) ** 2 + (p["x"] - 1) ** 2,
    ...     space,
    ...     algo=gp.suggest,
    ...     max_evals=30,
    ...     rstate=np.random.default_rng(0),
    ...     show_progressbar=False,
    ... )
    >>> bool(abs(best["x"] - 1) < 0.1)
    True
    """
    candidates = count("n_EI_candidates", n_EI_candidates, 1)
    near = candidates // 3
    prior = (candidates - near) // 2
    options: dict[str, Any] = {
        "n_startup_jobs": count("n_startup_jobs", n_startup_jobs, 0),
        "n_candidates": (candidates - near - prior, prior, near),
        "max_trials": count("max_trials", max_trials, 0),
        "max_parameters": count("max_parameters", max_parameters, 0),
        "mean_variance": mean_variance,
        "length_prior": tuple(length_prior),
        "scale_prior": tuple(scale_prior),
        "noise_prior": tuple(noise_prior),
        "fit_evaluations": _FIT_EVALUATIONS,
        "climbs": _CLIMBS,
        "climb": _CLIMB,
        "epsilon": epsilon,
        "trust": None if trust is None else tuple(trust),
    }
    space = domain.space
    feed = learning_feed(trials, space)
    history = feed.native
    ids = native_ids(new_ids, feed.number)
    unordered = space.selectors
    suggest_gp = partial(
        _native.suggest_gp, history, seed=as_seed(seed), unordered=unordered, options=options
    )
    assignments = assignments_in_turn(ids, space, history, suggest_gp)
    return documents(list(new_ids), domain, trials, assignments)
