"""A joint Tree-structured Parzen Estimator.

`hyperopt.tpe` models every parameter on its own. This algorithm models all parameters of a trial
together, so it sees which values belong together, and it decides about a branch of the space and
about what is in the branch at once. It needs fewer trials than `hyperopt.tpe` to get equally far::

    best = fmin(objective, space, algo=hyperopt.jtpe.suggest, max_evals=100)

The first trials are random ones that keep their distance from each other. After that, the trials
with a loss are split into a few good ones and the rest; both groups become mixtures with one kernel
for each trial, a product over the trial's parameters; candidates are drawn from the good mixture,
and the one that is likeliest there relative to the rest is proposed (one time in ten the first one,
to keep exploring). No point is proposed twice while the space has others.

The model finds the region of the optimum. After 100 trials, it takes turns with an evolution
strategy that starts there and converges, and with the minimum of a quadratic through the best
trials: whoever succeeds gets more turns, and each learns from the others' trials.

References
----------
Bergstra, Bardenet, Bengio and Kegl, *Algorithms for Hyper-Parameter Optimization*, NeurIPS 2011:
the estimator and its bandwidths. Bergstra, Yamins and Cox, *Making a Science of Model Search*, ICML
2013: linear forgetting. Falkner, Klein and Hutter, *BOHB*, ICML 2018: product kernels. Watanabe,
*Tree-Structured Parzen Estimator: Understanding Its Algorithm Components*, 2023, arXiv 2304.11127:
an ablation of the ingredients. Hansen, *The CMA Evolution Strategy: A Tutorial*, 2016, arXiv
1604.00772: the evolution strategy. Hansen, *A Global Surrogate Assisted CMA-ES*, GECCO 2019: the
quadratic.
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


@public("hyperopt.jtpe")
def suggest(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int,
    n_startup_jobs: int = 10,
    n_EI_candidates: int = 24,
    gamma: float = 0.1,
    max_good: int = 25,
    prior_weight: float = 1.0,
    linear_forgetting: int = 25,
    min_bandwidth: float = 0.01,
    good_exponent: float = 1.5,
    discrete_exponent: float = 1.2,
    rest_exponent: float = 1.0,
    option_weight: float = 1.0,
    epsilon: float = 0.1,
    max_rest: int = 2048,
    evolve_after: int = 100,
    evolve_share: float = 0.95,
    evolve_step: float = 0.05,
) -> list[Document]:
    """Suggest trials by the joint Tree-structured Parzen Estimator.

    The parameters of `hp.choice` and `hp.pchoice` are sets of options; those of all others,
    `hp.randint` included, are ordered numbers.

    Parameters
    ----------
    new_ids
        Ids of the trials to suggest. The earlier trials of a batch count as pending for the later
        ones, so the suggestions differ.
    domain
        The objective and its space.
    trials
        What was tried so far. Pending and failed trials count as bad ones, and so do those whose
        objective raised an exception (with ``catch_eval_exceptions``). Those that a pruner stopped
        are compared by the last value that they reported.
    seed
        An integer. The same seed and history give the same suggestions.
    n_startup_jobs
        Random trials, spread out over every parameter, until there are this many (failed and
        pending ones count). 10 is Optuna's number; hyperopt's 20 cost more than they taught in our
        benchmark.
    n_EI_candidates
        How many candidates are drawn for each suggestion (Bergstra et al. 2011 use 24).
    gamma
        The good trials are this fraction of those with a loss, rounded up: between 0 and 1
        (Watanabe 2023 recommends 0.05 to 0.15).
    max_good
        There are never more good trials than this (hyperopt and Optuna: 25).
    prior_weight
        Weight of the prior among the trials, each of which weighs about 1 (Bergstra et al. 2011).
    linear_forgetting
        So many of the newest bad trials have full weight; older ones fade (Bergstra et al. 2013).
    min_bandwidth
        No kernel is narrower than this fraction of a parameter's range (hyperopt and Optuna:
        1/100). For a normal prior the range is sqrt(12) standard deviations.
    good_exponent
        For continuous parameters, kernels of n good trials are at least ``(n + 2) **
        -good_exponent`` of the range wide. Hyperopt and Optuna have 1; 1.5 lets a few good trials
        narrow the search sooner, 2 was too narrow in our benchmark.
    discrete_exponent
        The same for the ordered discrete parameters of good trials (hyperopt and Optuna: 1; 1.5
        was too narrow in our benchmark).
    rest_exponent
        The same for all parameters of the rest (hyperopt and Optuna: 1).
    option_weight
        Pseudo-count, spread over n + 1 kernels, of every option of a choice (Optuna: 1).
    epsilon
        With this probability the first candidate is proposed, however it compares: a draw from the
        density of the good trials (epsilon-greedy; Sutton and Barto, *Reinforcement Learning*,
        2018, section 2.2). It costs little on smooth functions and helps where losses mislead.
    max_rest
        About so many of the other trials are modelled: the newest ones, as one half, and a random
        sample of all older ones. It bounds the cost of a suggestion, however long the study is.
    evolve_after
        Once so many trials have a loss, local searches around the best ones take part: a CMA
        evolution strategy (Hansen 2016), and the minimum of a quadratic through the best trials
        (Hansen 2019). They move the numbers and leave options and branches alone.
    evolve_share
        Then they make at most this fraction of the suggestions, and a fifth of it at least:
        whoever has found better points lately, they or the model, gets more turns. 0 leaves all
        to the model, which does not refine below `min_bandwidth`.
    evolve_step
        The first step of a local search: a standard deviation, as a fraction of the range.

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
    >>> from hyperopt import fmin, hp, jtpe
    >>> space = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5)}
    >>> best = fmin(
    ...     lambda p: (p["x"] - p["y"]) ** 2 + (p["x"] - 1) ** 2,
    ...     space,
    ...     algo=jtpe.suggest,
    ...     max_evals=100,
    ...     rstate=np.random.default_rng(0),
    ...     show_progressbar=False,
    ... )
    >>> bool(abs(best["x"] - 1) < 1)
    True
    """
    space = domain.space
    feed = learning_feed(trials, space)
    history = feed.native
    ids = native_ids(new_ids, feed.number)
    options: dict[str, Any] = {
        "unordered": space.selectors,
        "n_startup_jobs": count("n_startup_jobs", n_startup_jobs, 0),
        "n_candidates": count("n_EI_candidates", n_EI_candidates, 1),
        "gamma": gamma,
        "max_good": count("max_good", max_good, 1),
        "max_rest": count("max_rest", max_rest, 1),
        "prior_weight": prior_weight,
        "linear_forgetting": count("linear_forgetting", linear_forgetting, 0),
        "min_bandwidth": min_bandwidth,
        "good_exponent": good_exponent,
        "discrete_exponent": discrete_exponent,
        "rest_exponent": rest_exponent,
        "option_weight": option_weight,
        "epsilon": epsilon,
        "evolve_after": count("evolve_after", evolve_after, 0),
        "evolve_share": evolve_share,
        "evolve_step": evolve_step,
    }
    suggest_joint = partial(_native.suggest_joint, history, seed=as_seed(seed), **options)
    assignments = assignments_in_turn(ids, space, history, suggest_joint)
    return documents(list(new_ids), domain, trials, assignments)
