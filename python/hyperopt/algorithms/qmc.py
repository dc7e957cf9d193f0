"""Quasi-random search: scrambled Sobol points, more even than chance."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hyperopt.algorithms.assignments import assignment, documents, native_ids
from hyperopt.environment.public_path import public
from hyperopt.space.quantiles import quantile
from hyperopt.storage.documents import Document

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.store import TrialStore

__all__ = ["suggest"]

_BLOCK = 256


@public("hyperopt.qmc")
def suggest(
    new_ids: Sequence[int],
    domain: Domain,
    trials: TrialStore,
    seed: int | None = None,
    scramble: int | None = 0,
) -> list[Document]:
    """The points of a scrambled Sobol sequence, each through the quantiles of the priors.

    The trial with id i is the i-th point, whatever the number of workers and whoever suggested the
    others. A parameter has its own dimension, whether it is active or not.

    Parameters
    ----------
    new_ids
        Ids of the trials to suggest.
    domain
        The objective and its space.
    trials
        Its experiment key matters.
    seed
        Not used: it changes from call to call, and all points of a study are of one sequence.
    scramble
        Seed of the scrambling, an integer: another one gives another sequence. None takes the
        sequence as it is, whose first point is the lower corner.

    Returns
    -------
    list of dict
        One document in state *new* for each id.

    Raises
    ------
    ImportError
        If scipy is not installed.
    ValueError
        If `scramble` is no integer, or the space has more parameters than Sobol has dimensions
        (21,201).

    Notes
    -----
    `scipy.stats.qmc.Sobol` makes the points (A. B. Owen, 1998, "Scrambling Sobol' and
    Niederreiter-Xing points", J. Complexity 14).
    """
    if scramble is not None and (isinstance(scramble, bool) or not hasattr(scramble, "__index__")):
        raise ValueError(f"scramble={scramble!r} is not allowed: a whole number, or None")
    space = domain.space
    assignments = [
        assignment(space, tid, _point(space, int(number), scramble))
        for tid, number in zip(new_ids, native_ids(new_ids), strict=True)
    ]
    return documents(new_ids, domain, trials, assignments)


def _point(space: CompiledSpace, number: int, scramble: int | None) -> dict[str, float]:
    if not space.labels:
        return {}
    block, row = divmod(number % (1 << 30), _BLOCK)
    shares = _points(len(space.labels), scramble, block)[row]
    values = {
        parameter.label: quantile(parameter, float(share))
        for parameter, share in zip(space.parameters, shares, strict=True)
    }
    active = space.active(space.as_stored(values))
    return {label: value for label, value in values.items() if label in active}


@lru_cache(maxsize=16)
def _points(dimensions: int, scramble: int | None, block: int) -> NDArray[np.float64]:
    """Points ``block * 256`` to ``block * 256 + 255`` of the sequence."""
    try:
        from scipy.stats.qmc import Sobol
    except ImportError as error:
        raise ImportError("qmc.suggest needs scipy: pip install 'hyperopt-rs[qmc]'") from error
    if dimensions > Sobol.MAXDIM:
        raise ValueError(
            f"the space has {dimensions} parameters, but a Sobol sequence has at most "
            f"{Sobol.MAXDIM} dimensions; use rand.suggest"
        )
    # One way of passing a seed was renamed in scipy 1.15; a generator is taken by position in both.
    rng = np.random.default_rng(scramble)
    sequence = Sobol(dimensions, scramble=scramble is not None, bits=30, **{_seed_name(): rng})
    if block:
        sequence.fast_forward(block * _BLOCK)
    points: NDArray[np.float64] = sequence.random(_BLOCK)
    return points


@lru_cache(maxsize=1)
def _seed_name() -> str:
    import inspect

    from scipy.stats.qmc import Sobol

    return "rng" if "rng" in inspect.signature(Sobol).parameters else "seed"
