"""The Tree-structured Parzen Estimator.

Each parameter is modelled on its own: the trials are split into a few good ones and the rest, the
values of both groups are turned into densities l(x) and g(x), candidates are drawn from l, and the
one with the largest l(x) / g(x) is proposed, which maximises expected improvement (Bergstra,
Bardenet, Bengio and Kegl, *Algorithms for Hyper-Parameter Optimization*, NeurIPS 2011).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from hyperopt.algorithms.assignments import as_seed, assignments_in_turn, documents, native_ids
from hyperopt.algorithms.feed import feed_of
from hyperopt.algorithms.history import HistoryFeed
from hyperopt.environment.public_path import public
from hyperopt.storage.documents import Document

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore

__all__ = ["suggest"]

_default_prior_weight = 1.0
_default_n_EI_candidates = 24
_default_gamma = 0.25
_default_n_startup_jobs = 20
_default_linear_forgetting = 25


@public("hyperopt.tpe")
def suggest(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int,
    prior_weight: float = _default_prior_weight,
    n_startup_jobs: int = _default_n_startup_jobs,
    n_EI_candidates: int = _default_n_EI_candidates,
    gamma: float = _default_gamma,
    verbose: bool = True,
) -> list[Document]:
    """Suggest trials by the Tree-structured Parzen Estimator.

    Parameters
    ----------
    new_ids
        Ids of the trials to suggest. The earlier trials of a batch count as pending for the later
        ones, so the suggestions differ.
    domain
        The objective and its space.
    trials
        What was tried so far. Pending and failed trials count as bad ones.
    seed
        An integer. The same seed and history give the same suggestions.
    prior_weight
        Weight of the prior among the observations of a parameter, each of which weighs at most 1.
    n_startup_jobs
        Random search until there are this many trials (failed and pending ones count).
    n_EI_candidates
        How many candidates are drawn for each parameter.
    gamma
        The good group has ``ceil(gamma * sqrt(n))`` of n trials, at most 25.
    verbose
        Ignored; kept for callers that pass it.

    Returns
    -------
    list of dict
        One document in state *new* for each id.

    Raises
    ------
    ValueError
        If an option is out of range: ``n_EI_candidates`` < 1, ``gamma`` < 0, ``prior_weight`` < 0.
    """
    space = domain.space
    feed = feed_of(HistoryFeed, trials, space)
    history = feed.update(trials)
    ids = native_ids(new_ids, feed.number)
    suggest_tpe = partial(
        history.suggest_tpe,
        seed=as_seed(seed),
        prior_weight=prior_weight,
        n_startup_jobs=n_startup_jobs,
        n_candidates=n_EI_candidates,
        gamma=gamma,
    )
    assignments = assignments_in_turn(ids, space, history, suggest_tpe)
    return documents(new_ids, domain, trials, assignments)
