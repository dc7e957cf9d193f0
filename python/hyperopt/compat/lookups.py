"""Small look-ups that `hyperopt.utils` offers: elements, newest documents, literals in a graph."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.environment.public_path import public
from hyperopt.pyll.base import Literal, dfs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

__all__ = ["fast_isin", "get_most_recent_inds", "use_obj_for_literal_in_memo"]


@public("hyperopt.utils")
def fast_isin(X: ArrayLike, Y: ArrayLike) -> NDArray[np.bool_]:
    """Tell for each element of `X` whether it occurs in `Y`.

    Examples
    --------
    >>> fast_isin([3, 1, 2], [2, 3]).tolist()
    [True, False, True]
    """
    return np.isin(np.asarray(X), np.asarray(Y))


@public("hyperopt.utils")
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


@public("hyperopt.utils")
def use_obj_for_literal_in_memo(expr: Any, obj: Any, lit: Any, memo: dict[Any, Any]) -> Any:
    """Make evaluation with `memo` see `obj` wherever `expr` holds the literal `lit`.

    This is how an object that must not be part of a stored expression (a control handle, say) takes
    the place of its stand-in just before evaluation.

    Returns
    -------
    dict
        `memo` itself, with an entry for each such literal node.
    """
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
