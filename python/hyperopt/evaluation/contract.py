"""Who evaluates a trial: the seam between the driver loop and serial, pooled or remote execution.

The driver hands an :class:`Evaluator` the documents of trials that shall run and receives an
:class:`Outcome` for each. An evaluator never changes a document; only the driver does, so that
every way of evaluating leaves the same traces in `Trials`.

An outcome whose error is a `TrialLost` fails its trial without stopping the run. An exception that
`submit` or `wait` itself raises means that nothing more can be evaluated: the run ends with it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.pruning.contract import Rule
    from hyperopt.storage.store import TrialStore

__all__ = ["Evaluator", "Outbox", "Outcome", "SerialEvaluator", "TrialLost"]


class TrialLost(RuntimeError):  # noqa: N818
    """A trial ended without a result and through no exception of its objective.

    Its worker process died, or it ran longer than ``trial_timeout``. Such a trial becomes an
    *error*; the run goes on, with or without ``catch_eval_exceptions``.
    """


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one trial.

    Exactly one of `result`, `error` and `cancelled` is set.

    Parameters
    ----------
    tid
        The trial's id.
    result
        The normalised result (it has a ``status``; see `normalise_result`), when the objective
        returned. Attachments have been taken out of it.
    attachments
        Name -> value, to be stored beside the trial. None when the evaluator shares the driver's
        `Trials` and stored them already.
    error
        What the objective raised, or what killed its worker.
    traceback
        The text of the traceback, when `error` happened in another process.
    error_text
        What ``misc["error"]`` shall say, when it is not the text of `error`.
    cancelled
        Why the trial was given up: a timeout, the user, an early stop.
    """

    tid: int
    result: dict[str, Any] | None = None
    attachments: dict[str, Any] | None = None
    error: BaseException | None = None
    traceback: str | None = None
    error_text: str | None = None
    cancelled: str | None = None


@runtime_checkable
class Evaluator(Protocol):
    """Runs trials, `capacity` at a time."""

    @property
    def capacity(self) -> int:
        """How many trials to hand over before waiting; it may change during a run."""

    def start(self, domain: Domain, trials: TrialStore) -> None:
        """Prepare to evaluate `domain`; called once, before the first `submit`."""

    def submit(self, doc: dict[str, Any]) -> None:
        """Begin (or queue) the trial of `doc`, which is stored in `trials` as *running*."""

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Block until at least one submitted trial ended, or until the timeout (then: empty list).

        With a timeout of 0, collect what has ended without blocking. An outcome that nobody waits
        for is ignored.
        """

    def cancel(self, tids: Iterable[int], reason: str) -> None:
        """Try to stop these trials; an outcome of each still comes through `wait`.

        An interrupt may have struck while `submit` took one of them, or while `wait` returned its
        outcome: `wait` then gives that outcome again, or says of one that was not taken that it was
        cancelled.
        """

    def close(self, *, cancel: bool) -> None:
        """End every process, thread and job of this evaluator, cancelling what runs if `cancel`."""


@runtime_checkable
class Prescribing(Protocol):
    """An `Evaluator` whose trials can stop early."""

    def prescribe(self, tid: Any, rule: Rule | None) -> None:
        """Take the rule by which a trial decides: before `submit`, or a fresher one while it runs.

        A fresher one may come too late.
        """


class Outbox:
    """Outcomes on their way to the driver.

    An interrupt may strike at any line, also between the one that takes an outcome out of here and
    the one that stores it in the driver. So what was delivered last stays at hand.
    """

    def __init__(self) -> None:
        self._ready: dict[Any, Outcome] = {}
        self._delivered: dict[Any, Outcome] = {}

    def __len__(self) -> int:
        return len(self._ready)

    def __contains__(self, tid: object) -> bool:
        return tid in self._ready

    def put(self, outcome: Outcome) -> None:
        """Add an outcome; a trial has one at most."""
        self._ready[outcome.tid] = outcome

    def deliver(self) -> list[Outcome]:
        """Take out everything."""
        self._delivered = self._ready
        self._ready = {}
        return list(self._delivered.values())

    def recall(self, tids: Iterable[Any]) -> None:
        """Put back what was delivered last of these trials: it has not arrived."""
        for tid in tids:
            if tid in self._delivered:
                self._ready.setdefault(tid, self._delivered[tid])


class SerialEvaluator:
    """Evaluates in this thread, inside `wait`, one trial per call.

    Exceptions of the objective become outcomes; `KeyboardInterrupt`, `SystemExit` and the like pass
    through `wait` untouched.
    """

    capacity = 1

    def __init__(self) -> None:
        self._queue: deque[dict[str, Any]] = deque()
        self._outbox = Outbox()
        self._rules: dict[Any, Rule | None] = {}

    def start(self, domain: Domain, trials: TrialStore) -> None:
        """Remember where to evaluate."""
        self._domain = domain
        self._trials = trials
        from hyperopt.objective.ctrl import Ctrl

        self._ctrl = Ctrl

    def prescribe(self, tid: Any, rule: Rule | None) -> None:
        """Take the rule of a trial that will be submitted."""
        self._rules[tid] = rule

    def submit(self, doc: dict[str, Any]) -> None:
        """Queue a trial."""
        self._queue.append(doc)

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Evaluate the next trial, however long it takes."""
        if not self._outbox and self._queue:
            self._evaluate(self._queue.popleft())
        return self._outbox.deliver()

    def _evaluate(self, doc: dict[str, Any]) -> None:
        ctrl = self._ctrl(self._trials, doc)
        ctrl.reporter.rule = self._rules.pop(doc["tid"], None)
        returned: list[Any] = []
        try:
            self._outbox.put(self._outcome(doc, ctrl, returned))
        except BaseException:
            # Interrupted after the objective had returned: the trial has finished all the same.
            if returned and doc["tid"] not in self._outbox:
                self._outbox.put(self._complete(doc["tid"], returned[0], ctrl))
            raise

    def _outcome(self, doc: dict[str, Any], ctrl: Any, returned: list[Any]) -> Outcome:
        config = {label: values[0] for label, values in doc["misc"]["vals"].items() if len(values)}
        try:
            result = self._domain.evaluate_into(returned, config, ctrl)
        except Exception as error:
            return Outcome(doc["tid"], error=error)
        return Outcome(doc["tid"], result)

    def _complete(self, tid: Any, value: Any, ctrl: Any) -> Outcome:
        try:
            return Outcome(tid, self._domain.evaluate_async2(value, ctrl))
        except Exception as error:
            return Outcome(tid, error=error)

    def cancel(self, tids: Iterable[int], reason: str) -> None:
        """Take these trials out of the queue."""
        doomed = set(tids)
        self._outbox.recall(doomed)
        self._queue = deque(doc for doc in self._queue if doc["tid"] not in doomed)
        for tid in doomed:
            if tid not in self._outbox:
                self._outbox.put(Outcome(tid, cancelled=reason))

    def close(self, *, cancel: bool) -> None:
        """Forget what is queued."""
        self._queue.clear()
