"""Whether what trials report says anything about their losses.

Every pruner compares reports. An objective that reports an accuracy and returns an error, or a
metric that has little to do with its loss, would have its best trials stopped. The trials that ran
to their end show it: their last reports and their losses are not in the same order. The default
pruner also waits for that evidence: where the last report is not the loss itself, a few trials end
before it stops any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from hyperopt.pruning.contract import Pruner, Rule
    from hyperopt.pruning.curves import Curve, Curves

__all__ = ["MISLEADING", "misleads", "rank_correlation", "rule_for", "unproven"]

MISLEADING = (
    "pruner: what the trials report does not go with their losses (rank correlation "
    "{correlation:.2f} over {count} finished trials), so none is stopped. Report the loss so far, "
    "lower is better: of an accuracy, report its negative"
)

_FEWEST = 4
"""The order of the losses of fewer finished trials may be chance."""
_ENOUGH = (0.0, 0.3, 10)
"""The correlation has to exceed the first, and the second with at least so many finished trials."""


def rank_correlation(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Spearman's rank correlation, equal values sharing a rank; NaN if one of them is constant."""
    rank_x, rank_y = _ranks(x), _ranks(y)
    if rank_x.std() == 0 or rank_y.std() == 0:
        return float("nan")
    return float(np.corrcoef(rank_x, rank_y)[0, 1])


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends: NDArray[np.float64] = np.cumsum(count) - (count - 1) / 2
    return ends[place]


def misleads(finished: Iterable[Curve]) -> tuple[float, int] | None:
    """The correlation of last reports and losses and of how many trials, if they don't agree.

    Parameters
    ----------
    finished
        The curves of trials with a loss. Cross-validations count with the mean of their folds.

    Returns
    -------
    tuple or None
        None where they agree: each last report is the loss, or their correlation is high enough;
        and as long as nobody can tell.
    """
    ends = [(c.standing, c.loss) for c in finished if c.loss is not None]
    if len(ends) < _FEWEST or all(standing == loss for standing, loss in ends):
        return None
    pairs = np.array(ends, dtype=float)
    correlation = rank_correlation(pairs[:, 0], pairs[:, 1])
    always, later, many = _ENOUGH
    least = later if len(pairs) >= many else always
    return (correlation, len(pairs)) if correlation <= least else None


def unproven(finished: Sequence[Curve]) -> bool:
    """Whether reports are not the losses themselves, and too few trials tell if they agree."""
    return len(finished) < _FEWEST and any(curve.standing != curve.loss for curve in finished)


def rule_for(pruner: Pruner, curves: Curves, tid: Any) -> Rule | None:
    """The pruner's rule for a trial; None where what the trials report is known to mislead."""
    return None if curves.misleading else pruner.rule(curves, tid)
