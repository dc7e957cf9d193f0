"""What `hyperopt.fmin` does when no algorithm is given: two models, each where it predicts.

A Gaussian process (`hyperopt.gp`) needs the fewest evaluations where it can predict losses; where
it can't, the joint estimator (`hyperopt.jtpe`), which asks only where good trials lie, does better.
Which of the two proposes is decided from trial to trial by the evidence: the *skill* of the process
is the part of the losses' variance that it predicts of each trial from the others (in a conditional
space: among the better half of the trials), and it proposes with this probability, between bounds.
The estimator's proposals are trials like others, so each model learns from what the other one has
found.

From 80 trials on the process steps back, and from 240 on it is silent: its matrices grow, while
the estimator and its local searches cost the same however long the study is. In spaces with more
than 150 parameters the estimator is alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyperopt.algorithms import gp
from hyperopt.environment.public_path import public
from hyperopt.storage.documents import Document

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore

__all__ = ["suggest"]

_LEAST, _MOST = 0.3, 0.95
"""The bounds of the probability that the Gaussian process proposes."""

FADES = (80, 240)
"""The process becomes silent between these numbers of trials."""


@public("hyperopt.auto")
def suggest(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int,
    n_startup_jobs: int = 10,
) -> list[Document]:
    """Suggest trials by a Gaussian process and the joint estimator, whichever the evidence favours.

    Parameters
    ----------
    new_ids
        Ids of the trials to suggest. The earlier trials of a batch count as pending for the later
        ones, so the suggestions differ.
    domain
        The objective and its space.
    trials
        What was tried so far.
    seed
        An integer. The same seed and history give the same suggestions.
    n_startup_jobs
        Random trials, spread out over every parameter, until there are this many (failed and
        pending ones count).

    Returns
    -------
    list of dict
        One document in state *new* for each id.

    Raises
    ------
    ValueError
        If `n_startup_jobs` is negative.
    TypeError
        If it is not an integer.

    Examples
    --------
    >>> from hyperopt import auto, fmin, hp
    >>> space = {"x": hp.uniform("x", -5, 5), "kind": hp.choice("kind", ["a", "b"])}
    >>> best = fmin(
    ...     lambda p: (p["x"] - 1) ** 2 + (p["kind"] == "a"),
    ...     space,
    ...     algo=auto.suggest,
    ...     max_evals=30,
    ...     rstate=0,
    ...     show_progressbar=False,
    ... )
    >>> int(best["kind"]), bool(abs(best["x"] - 1) < 0.1)
    (1, True)
    """
    return gp.suggest(
        new_ids,
        domain,
        trials,
        seed,
        n_startup_jobs=n_startup_jobs,
        max_trials=FADES[1],
        trust=(_LEAST, _MOST, *FADES),
    )
