r"""The default: stop a trial that would not become a good one even if it went on well.

A learning curve that goes down does so ever more slowly, as a rule: what is left of its way is a
share of what it would be at its present pace. How large that share was is seen at the trials that
ran to their end. With :math:`v_k` the value at step :math:`k`, :math:`T` the last step of the
longest trial, and the pace :math:`p_k` the mean progress per step since step :math:`k/4` (not less
than 0), the share of finished trial :math:`i` is

.. math:: \phi_i(k) = \frac{v_{i,k} - v_{i,T}}{p_{i,k} \, (T - k)}.

For each step the pruner takes the largest share :math:`\phi(k)` among the better half of the
finished trials (smoothed over the steps from :math:`k/2` to :math:`2k`, and doubled for
safety), and averages it with `prior_share`, with weights :math:`n` and :math:`1/n` for :math:`n`
such trials: :math:`c(k)`. A trial is hopeless at step :math:`k` if

.. math:: v_k - c(k) \, p_k \, (T - k) > v^* + e(k),

where :math:`v^*` is a quantile of the ends of the :math:`N` finished trials, the best one's at
first and then, with `tolerance` :math:`q`, the one at :math:`q (N - 1) / (N + 3)`, and :math:`e(k)`
the most by which one of that better half ended below this bound at step :math:`k` or later, times
:math:`1 + 1/n`: none of them would have been stopped, for noise or anything else, had it been
measured by its own end. A trial whose own curve is uneven is granted more: two standard deviations
of what is on the left, as far as it comes from noise, which is measured by the moves since step
:math:`k/4` that a curve that falls ever more slowly does not make.

What counts is the trial's own outlook, not its rank: among many good trials none is stopped for
being the worse half of them, slow starters run on as long as their pace may bring them there, and
a trial that has stopped improving far from the best ends soon.

Caution grows with what has been found. Early on a trial has to promise a new best one: much can be
gained quickly, and little be lost. Later the best point lies among the good ones, a wrong guess
about it costs all that is left to gain, and what good trials end at is what the algorithm has to
learn from; so whatever may end among the better half goes on. Nothing is stopped before one trial
has run to its end, nor before its third report or the part `min_part` of the longest trial: a pace
that is measured between the first two reports says little.

References
----------
Domhan, Springenberg and Hutter, *Speeding up Automatic Hyperparameter Optimization of Deep Neural
Networks by Extrapolation of Learning Curves*, IJCAI 2015: stopping by the predicted end of a curve.
Their predictions are parametric and cost a Markov chain; these are bounds, and cost nothing.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hyperopt.pruning.agreement import unproven
from hyperopt.pruning.arguments import at_least, between
from hyperopt.pruning.folds import Folds
from hyperopt.pruning.grid import rungs_of

if TYPE_CHECKING:
    from hyperopt.pruning.contract import Rule
    from hyperopt.pruning.curves import Curve, Curves

__all__ = ["Hopeless", "Outlook"]

_WINDOW = 4
"""The pace at step k is measured from step k / 4 on."""
_MOST_SHARE = 1.5
"""A share beyond this says that the curve had not begun to fall."""
_LEAST_REPORTS = 3
"""Nothing is decided on fewer reports."""
_SLOWLY = 4
"""With so many more finished trials, tolerance is half of what it will be."""
_MOST_RECENT = 64
"""A trial's noise is measured at no more reports than this."""
_NOISES = 2.0
"""So many standard deviations of its own noise a trial is given."""
_MOST_MODELS = 32
"""So many of the best finished trials are looked at."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """The rule of one trial: its value, less what it may still gain, against the best one's end.

    Parameters
    ----------
    rungs
        The steps at which it is looked at.
    shares
        For each of them, the share of its pace that a trial may be expected to keep.
    limits
        For each of them, what the bound must not exceed.
    horizon
        The step at which trials end.
    """

    rungs: tuple[float, ...]
    shares: tuple[float, ...]
    limits: tuple[float, ...]
    horizon: float

    def __call__(self, steps: Sequence[float], values: Sequence[float]) -> bool:
        """Whether the trial is hopeless."""
        if len(steps) < _LEAST_REPORTS:
            return False
        step = steps[-1]
        at = bisect_right(self.rungs, step) - 1
        if at < 0 or bisect_right(self.rungs, steps[-2]) - 1 == at:
            return False
        value = values[-1]
        left = self.horizon - step
        if left <= 0 or value == -math.inf:
            return False
        if value == math.inf:
            return self.limits[at] < math.inf
        start = max(0, bisect_right(steps, step / _WINDOW) - 1)
        trust = self.shares[at] * left / (step - steps[start])
        excess = value - trust * max(values[start] - value, 0.0) - self.limits[at]
        if excess <= 0:
            return False
        noise = _noise(values[max(start, len(values) - _MOST_RECENT) :])
        return excess > _NOISES * noise * math.sqrt(1 + 2 * trust * trust)


def _noise(values: Sequence[float]) -> float:
    """The standard deviation of the noise, from the moves that a convex curve does not make.

    The second differences of white noise have 6 times its variance, and half of them are negative;
    those of a curve that falls ever more slowly are never.
    """
    total, before, move = 0.0, values[0], math.inf
    for value in values[1:]:
        bend = value - before - move
        if bend < 0 and bend > -math.inf:
            total += bend * bend
        before, move = value, value - before
    return math.sqrt(total / (3 * max(1, len(values) - 2)))


class Hopeless:
    """Stops a trial that would not become a good one even if it went on well.

    Parameters
    ----------
    prior_share
        The share of its pace that a trial is expected to keep before much is known. More stops less
        in the beginning.
    caution
        The shares of the pace that the finished trials kept are multiplied by 1 plus this.
    min_finished
        How many trials run to their end before any is stopped.
    min_steps
        No trial is stopped before this step.
    tolerance
        A trial may go on that may still end as well as this quantile of the finished trials; with a
        few finished trials, it must be a lower one. With 0 it is always the best one.
    min_part
        No trial is stopped before this part of the longest finished trial.

    Notes
    -----
    Reports of folds are left to `Folds`.
    """

    def __init__(
        self,
        prior_share: float = 0.5,
        caution: float = 1.0,
        min_finished: int = 1,
        min_steps: float = 0,
        tolerance: float = 0.5,
        min_part: float = 1 / 16,
    ) -> None:
        self.prior_share = between("prior_share", prior_share, 0.0, math.inf)
        self.caution = between("caution", caution, 0.0, math.inf)
        self.min_finished = at_least("min_finished", min_finished, 1)
        self.min_steps = between("min_steps", min_steps, 0.0, math.inf)
        self.tolerance = between("tolerance", tolerance, 0.0, 1.0)
        self.min_part = between("min_part", min_part, 0.0, 1.0)
        self._folds = Folds()
        self._forget()

    def _forget(self) -> None:
        self._known: tuple[Any, ...] = ()
        self._rule: Outlook | None = None

    def __repr__(self) -> str:
        return (
            f"Hopeless(prior_share={self.prior_share:g}, caution={self.caution:g}, "
            f"min_finished={self.min_finished}, min_steps={self.min_steps:g}, "
            f"tolerance={self.tolerance:g}, min_part={self.min_part:g})"
        )

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_known": (), "_rule": None}

    def rule(self, curves: Curves, tid: int) -> Rule | None:
        """The rule for a trial that is about to run."""
        if curves and curves[-1].by_fold:
            return self._folds.rule(curves, tid)
        finished = curves.finished
        if len(finished) < self.min_finished or unproven(finished):
            return None
        known = (curves, len(finished))
        if known != self._known:
            ended = [c for c in finished if not c.by_fold and c.values[-1] < math.inf]
            self._rule = self._learn(ended) if len(ended) >= self.min_finished else None
            self._known = known
        return self._rule

    def _learn(self, finished: list[Curve]) -> Outlook | None:
        rungs = rungs_of(finished)
        if len(rungs) < 2:
            return None
        better = (len(finished) + 1) // 2
        models = sorted(
            finished, key=lambda curve: (float(curve.values[-1]), float(curve.values[0]))
        )
        models = models[: min(better, _MOST_MODELS)]
        horizon = float(rungs[-1])
        values = np.array([curve.at(rungs) for curve in models])
        gains = np.array([_gains(curve, rungs, horizon) for curve in models])
        ends = np.array([float(curve.values[-1]) for curve in models])
        shares = self._shares(rungs, values, gains, ends)
        with np.errstate(invalid="ignore"):
            excess = values - shares * gains - ends[:, None]
        excess = np.where(np.isfinite(excess), excess, 0.0).max(axis=0).clip(min=0.0)
        limits = self._level(finished) + np.maximum.accumulate(excess[::-1])[::-1] * (
            1.0 + 1.0 / len(models)
        )
        least = max(self.min_steps, self.min_part * horizon)
        limits[(rungs < least) | (np.arange(len(rungs)) < _LEAST_REPORTS - 1)] = math.inf
        return Outlook(
            tuple(rungs.tolist()), tuple(shares.tolist()), tuple(limits.tolist()), horizon
        )

    def _level(self, finished: list[Curve]) -> float:
        """What a trial has to promise at least, not counting noise."""
        ends = [float(curve.values[-1]) for curve in finished]
        others = len(ends) - 1
        level = self.tolerance * others / (others + _SLOWLY)
        return float(np.quantile(ends, level))

    def _shares(
        self,
        rungs: NDArray[np.float64],
        values: NDArray[np.float64],
        gains: NDArray[np.float64],
        ends: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore", divide="ignore"):
            kept = (values - ends[:, None]) / gains
        kept = np.where(gains > 0, kept, 0.0)
        kept = np.nan_to_num(kept, nan=0.0).clip(0.0, _MOST_SHARE).max(axis=0)
        low = np.searchsorted(rungs, rungs / 2, side="left")
        high = np.searchsorted(rungs, rungs * 2, side="right")
        pairs = zip(low, high, strict=True)
        smooth = np.array([_high_value(kept[a:b]) for a, b in pairs])
        n = len(values)
        learnt = (1.0 + self.caution) * smooth
        return (self.prior_share / n + n * learnt) / (1 / n + n)


def _gains(curve: Curve, rungs: NDArray[np.float64], horizon: float) -> NDArray[np.float64]:
    """What the trial would have gained from each step on, at its pace then; NaN where unknown."""
    now = np.searchsorted(curve.steps, rungs, side="right") - 1
    then = np.searchsorted(curve.steps, rungs / _WINDOW, side="right") - 1
    now, then = np.maximum(now, 0), np.maximum(then, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        pace = (curve.values[then] - curve.values[now]) / (curve.steps[now] - curve.steps[then])
    pace = np.where(np.isfinite(pace), np.maximum(pace, 0.0), 0.0)
    return np.where(now > then, pace * (horizon - rungs), 0.0)


def _high_value(values: NDArray[np.float64]) -> float:
    """The value that four fifths of these do not exceed."""
    ordered = np.sort(values)
    return float(ordered[math.ceil(0.8 * len(ordered)) - 1])
