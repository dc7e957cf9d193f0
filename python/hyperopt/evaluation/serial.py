"""Trials in the driver's own thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hyperopt.evaluation.contract import Outcome
from hyperopt.evaluation.outbox import Outbox
from hyperopt.objective.ctrl import Ctrl
from hyperopt.pruning.checkpoints import continuation_of

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.pruning.contract import Rule
    from hyperopt.storage.store import TrialStore

__all__ = ["SerialEvaluator"]


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

    def prescribe(self, tid: Any, rule: Rule | None) -> None:
        """Take the rule of a trial that will be submitted."""
        self._rules[tid] = rule

    def submit(self, doc: dict[str, Any]) -> None:
        """Queue a trial."""
        self._queue.append(doc)

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Evaluate the next trial, however long it takes."""
        if not self._outbox.ready and self._queue:
            self._evaluate(self._queue.popleft())
        return self._outbox.deliver()

    def _evaluate(self, doc: dict[str, Any]) -> None:
        tid = doc["tid"]
        ctrl = Ctrl(self._trials, doc)
        if self._rules:
            ctrl.reporter.rule = self._rules.pop(tid, None)
        ctrl.reporter.continuation = continuation_of(self._trials, doc)
        returned: list[Any] = []
        try:
            vals = doc["misc"]["vals"]
            try:
                result = self._domain.evaluate_into(returned, vals, ctrl)
                outcome = Outcome(tid, result)
            except Exception as error:
                outcome = Outcome(tid, error=error)
            self._outbox.put(outcome)
        except BaseException:
            # Interrupted after the objective had returned: the trial has finished all the same.
            if returned and tid not in self._outbox:
                self._outbox.put(self._complete(tid, returned[0], ctrl))
            raise

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
