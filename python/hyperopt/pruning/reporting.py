"""What a running trial reports, and how it learns that it is hopeless.

The trial that runs in this thread is found through a context variable, so an objective just calls
`report`. Where the objective hands work to threads of its own, `Ctrl.report` and
`Ctrl.should_prune` do without it.
"""

from __future__ import annotations

import math
import warnings
from contextvars import ContextVar
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from hyperopt.environment.strangers import repr_of, text_of
from hyperopt.exceptions import TrialPruned
from hyperopt.pruning.contract import stops
from hyperopt.storage.documents import STATUS_FAIL, STATUS_SUSPENDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hyperopt.pruning.checkpoints import Continuation
    from hyperopt.pruning.contract import Rule

__all__ = ["Reporter", "Reports", "report", "resume", "running"]

_LAST = 1e300
"""No step and no fold has a larger number."""

running: ContextVar[Reporter | None] = ContextVar("hyperopt_running_trial", default=None)
"""The trial that is running in this thread: whoever evaluates it sets it, and ends it."""


def report(value: Any, step: Any = None, *, fold: Any = None, checkpoint: Any = None) -> None:
    """Report how the trial that is running does; stop it here if it is hopeless.

    Outside a trial this does nothing, so an objective can be called by hand.

    Parameters
    ----------
    value
        The loss so far; lower is better, and NaN is worst. With `fold`, the loss of that fold.
    step
        When: a number of epochs, rounds, or anything that grows from one report to the next; by
        default one more than in the last report.
    fold
        The number of a fold of a cross-validation, from 0 on, instead of a step. The folds' mean is
        the trial's loss.
    checkpoint
        What `resume` shall return if the trial goes on later: bytes, or anything that can be
        pickled; or a function without arguments that returns it, and that is only called if the
        trial stops here. With it, a trial that stops is paused: it goes on once the pruner would
        not stop it any more.

    Raises
    ------
    TrialPruned
        If the trial is hopeless. It ends the trial; it derives from BaseException, so an
        ``except Exception`` in the objective does not catch it.
    TypeError, ValueError
        If the value is no number, or if steps repeat or go backwards.

    Examples
    --------
    >>> from hyperopt import fmin, hp, report
    >>> def objective(x):
    ...     for epoch in range(27):
    ...         loss = abs(x) + 1 / (epoch + 1)
    ...         report(loss, step=epoch + 1)
    ...     return loss
    >>> best = fmin(objective, hp.uniform("x", -5, 5), max_evals=50, pruner=True, rstate=0,
    ...             verbose=False)
    >>> report(0.5)  # nothing happens
    """
    reporter = running.get()
    if reporter is not None:
        reporter.report(value, step, fold, checkpoint)
        if reporter.should_prune():
            raise TrialPruned(reporter.reason())


def resume() -> Any:
    """Go on where the trial that is running was paused.

    Call it at the start of the objective, before the first report. The steps that follow have to
    follow those of the first part.

    Returns
    -------
    object
        The checkpoint that `report` was given when the trial was paused. None in a trial that
        begins, outside a trial, and, with a warning, where the checkpoint can't be read any more:
        then the trial begins anew.

    Raises
    ------
    RuntimeError
        If the trial goes on, and has reported something already.

    Examples
    --------
    >>> from hyperopt import fmin, hp, report, resume
    >>> def objective(x):
    ...     done, loss = resume() or (0, None)
    ...     for epoch in range(done, 27):
    ...         loss = abs(x) + 1 / (epoch + 1)
    ...         report(loss, step=epoch + 1, checkpoint=(epoch + 1, loss))
    ...     return loss
    >>> best = fmin(objective, hp.uniform("x", -5, 5), max_evals=50, pruner=True, rstate=0,
    ...             verbose=False)
    """
    reporter = running.get()
    return None if reporter is None else reporter.resume()


class Reporter:
    """What one trial has reported, and its rule.

    Every trial has one and few report anything: until the first report it is all defaults.
    """

    rule: Rule | None = None
    """By which it decides; None lets it run to its end. It may be replaced by a fresher one while
    the trial runs."""
    poll: Any = None
    """Called before each decision; may replace the rule."""
    ended = False
    """Whether the trial has: then nothing is recorded any more."""
    has_reported = False
    """Whether the result is to be completed by what was reported."""
    continuation: Continuation | None = None
    """What the trial goes on with, if it was paused before."""
    _by_fold = False
    _doomed = False
    _resumed: tuple[float, ...] = ()
    """At which steps the trial was paused and has gone on."""
    _checkpoint: dict[str, bytes] | None = None
    """The attachment with which it can go on later."""
    _unsaved: str | None = None
    """Why there is none, although the objective gave something."""
    _reports: tuple[list[float], list[float], list[list[float]]]
    """Steps; values for rules, where NaN is infinite; and both as they were reported."""

    def report(
        self, value: Any, step: Any = None, fold: Any = None, checkpoint: Any = None
    ) -> None:
        """Record a value; see `hyperopt.report`."""
        if self.ended:
            return
        # At one stroke, as an objective may have several threads.
        steps, values, raw = self.__dict__.setdefault("_reports", ([], [], []))
        number = value if type(value) is float else _number(value)
        if fold is not None:
            at: float = self._fold(steps, fold, step)
        elif self._by_fold:
            raise ValueError("report: this trial has reported folds before; give fold=, not step=")
        else:
            at = _next_step(steps, step)
        steps.append(at)
        values.append(number if number == number else math.inf)
        raw.append([at, number])
        self.has_reported = True
        if self.poll is not None:
            self.poll()
        rule = self.rule
        if rule is not None and not self._doomed:
            self._doomed = stops(rule, steps, values, resumable=checkpoint is not None)
        if self._doomed:
            self._save(checkpoint)

    def resume(self) -> Any:
        """The checkpoint, if the trial goes on; see `hyperopt.resume`."""
        continuation = self.continuation
        if continuation is None or self.ended:
            return None
        if self.has_reported and not self._resumed:
            raise RuntimeError(
                "resume(): this trial goes on, and has reported before it asked for its "
                "checkpoint; call resume() at the start of the objective"
            )
        from hyperopt.pruning.checkpoints import loaded

        try:
            checkpoint = loaded(continuation)
        except Exception as error:
            self.continuation = None
            warnings.warn(
                "resume(): the checkpoint of this trial can't be read here "
                f"({type(error).__name__}: {text_of(error)}); the trial begins anew",
                RuntimeWarning,
                stacklevel=3,
            )
            return None
        if not self._resumed:
            self._take_up(continuation.result)
        return checkpoint

    def _take_up(self, result: Mapping[str, Any]) -> None:
        """Go on after what was reported in the first part."""
        raw = [list(point) for point in result["intermediate"]]
        values = [value if value == value else math.inf for _, value in raw]
        self._reports = ([step for step, _ in raw], values, raw)
        self._by_fold = result.get("reported") == "folds"
        self._resumed = (*result.get("resumed", ()), result["pruned"])
        self.has_reported = True

    def _save(self, checkpoint: Any) -> None:
        """Keep what the trial can go on with, as of its last report."""
        self._checkpoint = self._unsaved = None
        if checkpoint is None:
            return
        from hyperopt.pruning.checkpoints import made, packed

        value = made(checkpoint)  # by the objective's own function, whose exceptions are its own
        try:
            self._checkpoint = packed(value)
        except Exception as error:
            self._unsaved = f"{type(error).__name__}: {text_of(error)}"

    def should_prune(self) -> bool:
        """Whether the trial is hopeless by what it has reported."""
        return self._doomed

    def reason(self) -> str:
        """What there is to say when it is."""
        kind = "fold" if self._by_fold else "step"
        at, value = self._reports[2][-1]
        return f"hopeless at {kind} {at}, with {value:g}"

    def complete(self, result: dict[str, Any]) -> dict[str, Any]:
        """The result of the objective, with what was reported; a loss counts, whatever was said."""
        if self.has_reported:
            result["intermediate"] = self._reports[2]
            if self._by_fold:
                result["reported"] = "folds"
            if self._resumed:
                result["resumed"] = list(self._resumed)
        if self._doomed and result.get("status") == STATUS_FAIL:
            result.setdefault("pruned", self._reports[0][-1])
            if self._checkpoint:
                result["status"] = STATUS_SUSPENDED
                result["checkpoint"] = next(iter(self._checkpoint))
                result["attachments"] = {**(result.get("attachments") or {}), **self._checkpoint}
            elif self._unsaved is not None:
                result["unsaved"] = self._unsaved
        return result

    def pruned(self) -> dict[str, Any]:
        """The result of a trial that stopped."""
        last = self._reports[0][-1] if self.has_reported else None
        return self.complete({"status": STATUS_FAIL, "pruned": last, "intermediate": []})

    def _fold(self, steps: list[float], fold: Any, step: Any) -> int:
        if step is not None:
            raise ValueError(
                f"report(step={step!r}, fold={fold!r}): give one of them; a fold is reported once, "
                "when it is done"
            )
        if isinstance(fold, bool) or not isinstance(fold, Integral):
            raise TypeError(f"report(fold={repr_of(fold)}): must be the whole number of a fold")
        number = int(fold)
        if number > _LAST:
            raise ValueError(f"report: the number of a fold must be at most {_LAST:g}")
        if number < 0:
            raise ValueError(f"report(fold={fold!r}): must not be negative")
        if steps and not self._by_fold:
            raise ValueError(
                f"report(fold={fold!r}): this trial has reported steps before; give step= again"
            )
        if number in steps:
            raise ValueError(f"report(fold={fold!r}): this fold was reported already")
        self._by_fold = True
        return number


def _next_step(steps: list[float], step: Any) -> float:
    """The step of a report after those at `steps`."""
    if step is None:
        return steps[-1] + 1 if steps else 1
    if type(step) is not int:
        if type(step) is bool or not isinstance(step, Real) or not math.isfinite(step):
            raise TypeError(f"report(step={repr_of(step)}): must be a number, such as an epoch's")
        at = float(step)
        step = int(at) if at.is_integer() else at
    if step > _LAST:
        raise ValueError(f"report: a step must be at most {_LAST:g}, as rules calculate with it")
    if step < 0:
        raise ValueError(f"report(step={step!r}): must not be negative")
    if steps and step <= steps[-1]:
        raise ValueError(
            f"report(step={step!r}): the last report was at step {steps[-1]}, and steps must "
            "grow; count on over the whole trial, or give the folds of a cross-validation as "
            "fold="
        )
    return step  # type: ignore[no-any-return]


def _number(value: Any) -> float:
    if isinstance(value, Real) or (
        getattr(value, "ndim", None) == 0 and hasattr(value, "__float__")
    ):
        try:
            return float(value)
        except OverflowError:
            raise ValueError("report: the value is too large for a float") from None
        except (TypeError, ValueError):
            pass
    raise TypeError(
        f"report(value={repr_of(value)}): must be a number, the loss so far (lower is better); "
        f"not {type(value).__name__}"
    )


class Reports:
    """What an objective may say of its trial, and ask: part of each kind of `Ctrl`."""

    reporter: Reporter

    def report(
        self, value: Any, step: Any = None, *, fold: Any = None, checkpoint: Any = None
    ) -> None:
        """Report how the trial does, as `hyperopt.report`, but without stopping it."""
        self.reporter.report(value, step, fold, checkpoint)

    def resume(self) -> Any:
        """The checkpoint of a trial that goes on, None in one that begins: `hyperopt.resume`."""
        return self.reporter.resume()

    def should_prune(self) -> bool:
        """Whether the trial is hopeless: then raise `TrialPruned`, or return status *fail*."""
        return self.reporter.should_prune()
