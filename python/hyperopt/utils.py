"""Front door to small helpers that live with what they are about.

Directories are in :mod:`hyperopt.workdirs`, calls by dotted name in :mod:`hyperopt.named_calls`;
here remain the few functions that belong nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .documents import coarse_utcnow
from .named_calls import get_obj, import_tokens, json_call, json_lookup, load_tokens
from .workdirs import get_closest_dir, path_split_all, temp_dir, working_dir

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "coarse_utcnow",
    "fast_isin",
    "get_closest_dir",
    "get_most_recent_inds",
    "get_obj",
    "import_tokens",
    "json_call",
    "json_lookup",
    "load_tokens",
    "path_split_all",
    "pmin_sampled",
    "temp_dir",
    "use_obj_for_literal_in_memo",
    "working_dir",
]


def fast_isin(X: ArrayLike, Y: ArrayLike) -> NDArray[np.bool_]:
    """Tell for each element of `X` whether it occurs in `Y`.

    Examples
    --------
    >>> fast_isin([3, 1, 2], [2, 3]).tolist()
    [True, False, True]
    """
    return np.isin(np.asarray(X), np.asarray(Y))


def get_most_recent_inds(obj: Sequence[Mapping[str, Any]]) -> NDArray[np.intp]:
    """Find the newest version of each document.

    Parameters
    ----------
    obj : sequence of mappings
        Documents with ``"_id"`` and ``"version"``.

    Returns
    -------
    ndarray of int
        Positions in `obj`, by ascending id; of equal versions the last one counts.
    """
    newest: dict[Any, int] = {}
    for position, document in enumerate(obj):
        kept = newest.get(document["_id"])
        if kept is None or document["version"] >= obj[kept]["version"]:
            newest[document["_id"]] = position
    return np.array([newest[key] for key in sorted(newest)], dtype=np.intp)


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


def use_obj_for_literal_in_memo(expr: Any, obj: Any, lit: Any, memo: dict[Any, Any]) -> Any:
    """Make evaluation with `memo` see `obj` wherever `expr` holds the literal `lit`.

    This is how an object that must not be part of a stored expression (a control handle, say) takes
    the place of its stand-in just before evaluation.

    Returns
    -------
    dict
        `memo` itself, with an entry for each such literal node.
    """
    from .pyll.base import Literal, dfs

    for node in dfs(expr):
        if isinstance(node, Literal) and _same(node.obj, lit):
            memo[node] = obj
    return memo


def _same(left: Any, right: Any) -> bool:
    """Equality that is False, not an error or an array, for values that do not compare."""
    if left is right:
        return True
    try:
        return bool(left == right)
    except (TypeError, ValueError):
        return False
