"""Which parameters mattered for reaching the best trials: conditional PED-ANOVA."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public
from hyperopt.exceptions import ImportanceWarning
from hyperopt.storage.documents import JOB_STATE_DONE, STATUS_OK, Document, of_experiment

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.results import Results

__all__ = ["ENOUGH_TRIALS", "Importance", "finished_loss", "importance_of_documents"]

ENOUGH_TRIALS = 20
"""Below as many finished trials there are at most two best ones: too few to say what mattered."""

DEFAULT_LEVEL = 0.9
"""The probability that an interval covers, where it is only said that there be intervals."""


@public("hyperopt")
class Importance(dict[str, float]):
    """Shares by label, the largest first; they sum to 1.

    Attributes
    ----------
    intervals
        ``{label: (low, high)}`` of the shares, or None if they were not asked for.
    level
        The probability with which an interval covers, or None.
    raw
        ``{label: importance}`` before they were scaled to a sum of 1.
    best
        The share of the trials whose distinction is measured: 0.1 is the best tenth.
    n_trials
        How many trials it was computed from.
    n_left_out
        How many of the others ended, without a loss to compare: failed and pruned ones.
    """

    intervals: dict[str, tuple[float, float]] | None = None
    level: float | None = None
    raw: dict[str, float]
    best: float = 0.1
    n_trials: int = 0
    n_left_out: int = 0

    @property
    def is_too_early(self) -> bool:
        """Whether there were fewer trials than can tell."""
        return self.n_trials < ENOUGH_TRIALS


def finished_loss(doc: Document) -> float:
    """The loss of a trial that ran to its end; NaN where there is none that compares.

    Pruned trials have none: their loss is that of an earlier step.
    """
    result = doc["result"]
    if doc["state"] != JOB_STATE_DONE or result.get("status") != STATUS_OK or result.get("pruned"):
        return math.nan
    try:
        loss = float(result["loss"])
    except (KeyError, TypeError, ValueError):
        return math.nan
    return loss if math.isfinite(loss) else math.nan


def importance(
    trials: Results,
    space: Any = None,
    *,
    best: float = 0.1,
    region: float = 1.0,
    baseline: str = "trials",
    intervals: bool | float = False,
    n_resamples: int = 200,
    seed: int = 0,
    include_failed: bool = False,
    loss: Callable[[Document], Any] | None = None,
) -> Importance:
    """See `hyperopt.Trials.importance`."""
    docs = trials._dynamic_trials
    if trials._exp_key is not None or loss is not None:  # Others may add to the list meanwhile.
        docs = of_experiment(docs, trials._exp_key)
    if space is None:
        compiled = trials._space
    else:
        from hyperopt.space.compiler import compile_space

        compiled = compile_space(space)
    found = importance_of_documents(
        docs,
        compiled,
        best=best,
        region=region,
        baseline=baseline,
        intervals=intervals,
        n_resamples=n_resamples,
        seed=seed,
        include_failed=include_failed,
        loss=loss,
    )
    if found.is_too_early:
        warnings.warn(
            f"importance of {found.n_trials} finished trials: it is too early to tell which "
            f"parameters matter; the numbers mean something from {ENOUGH_TRIALS} trials on, and "
            "something reliable from 100",
            ImportanceWarning,
            stacklevel=3,
        )
    return found


def importance_of_documents(
    docs: list[Document],
    space: CompiledSpace | None,
    *,
    best: float = 0.1,
    region: float = 1.0,
    baseline: str = "trials",
    intervals: bool | float = False,
    n_resamples: int = 200,
    seed: int = 0,
    include_failed: bool = False,
    loss: Callable[[Document], Any] | None = None,
) -> Importance:
    """What `importance` computes, from documents; without a space it is guessed from the values."""
    from hyperopt import _native
    from hyperopt.analysis.guessed_space import guessed_space

    if baseline not in ("trials", "prior"):
        raise ValueError(f"baseline={baseline!r}: give 'trials' or 'prior'")
    if isinstance(n_resamples, bool) or not hasattr(n_resamples, "__index__") or n_resamples < 1:
        raise ValueError(f"n_resamples={n_resamples!r}: give a whole number of at least 1")
    level = DEFAULT_LEVEL if intervals is True else intervals or None
    losses, n_ended = (None, 0) if loss is None else _losses(docs, include_failed, loss)
    if space is None:
        space, unordered = guessed_space(docs)
    else:
        unordered = space.selectors
    raw, shares, bounds, n_finite, ended = _native.importance(
        space.native,
        docs,
        losses=losses,
        failed=include_failed,
        unordered=unordered,
        target=float(best),
        region=float(region),
        prior_baseline=baseline == "prior",
        level=level,
        n_resamples=n_resamples,
        seed=seed,
    )
    order = sorted(range(len(shares)), key=lambda i: (-shares[i], space.labels[i]))
    found = Importance({space.labels[i]: shares[i] for i in order})
    found.raw = {space.labels[i]: raw[i] for i in order}
    if bounds is not None:
        found.intervals = {space.labels[i]: bounds[i] for i in order}
        found.level = level
    found.best = best
    found.n_trials = n_finite
    found.n_left_out = (ended if losses is None else n_ended) - n_finite
    return found


def _losses(
    docs: list[Document], include_failed: bool, loss: Callable[[Document], Any]
) -> tuple[list[float], int]:
    """The losses to explain, NaN where there is none, and how many trials ended."""
    from hyperopt import _native

    losses, n_ended = _native.finished_losses(docs, include_failed)
    losses = [
        _checked_loss(loss(doc)) if math.isfinite(own) else own
        for doc, own in zip(docs, losses, strict=True)
    ]
    return losses, n_ended


def _checked_loss(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"loss(trial) returned {value!r}: return a number") from None
