"""Mix algorithms: each suggestion comes from one of several, chosen at random."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.environment.public_path import public

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hyperopt.objective.domain import Domain
    from hyperopt.storage.store import TrialStore

__all__ = ["suggest"]


@public("hyperopt.mix")
def suggest(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int,
    p_suggest: Sequence[tuple[float, Any]],
) -> Any:
    """Let one of several algorithms make the suggestion.

    Parameters
    ----------
    new_ids, domain, trials, seed
        What ``fmin`` passes to any algorithm.
    p_suggest : sequence of (float, callable)
        Probabilities, with sum 1, and algorithms.

    Returns
    -------
    list of dict
        The trial documents of the algorithm that was drawn.

    Raises
    ------
    ValueError
        If a probability is negative or NaN, or their sum is not 1.

    Examples
    --------
    One trial in ten is a random one:

    >>> from functools import partial
    >>> from hyperopt import mix, rand, tpe
    >>> algo = partial(mix.suggest, p_suggest=[(0.1, rand.suggest), (0.9, tpe.suggest)])
    """
    probabilities = _probabilities(p_suggest)
    rng = np.random.default_rng(seed)
    chosen = int(rng.choice(len(probabilities), p=probabilities))
    return p_suggest[chosen][1](new_ids, domain, trials, seed=int(rng.integers(2**31)))


def _probabilities(p_suggest: Sequence[tuple[float, Any]]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Check the probabilities, and remove the rounding error of their sum."""
    try:
        written = np.array([float(p) for p, algorithm in p_suggest if callable(algorithm)])
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"p_suggest={p_suggest!r}: expected pairs (probability, suggest function)"
        ) from error
    if len(written) != len(p_suggest):
        raise ValueError(f"p_suggest={p_suggest!r}: expected pairs (probability, suggest function)")
    # Written this way NaN is refused too.
    if not (np.all(written >= 0.0) and np.isclose(written.sum(), 1.0)):
        raise ValueError(
            f"p_suggest: the probabilities {written.tolist()} must be non-negative and sum to 1, "
            f"but their sum is {written.sum()}"
        )
    return np.asarray(written / written.sum())
