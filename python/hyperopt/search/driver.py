"""The driver loop: ask the algorithm, have trials evaluated, record what became of them.

One iteration touches each document a constant number of times. Nothing is polled: the loop waits
for the evaluator, which wakes it when a trial ends.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from timeit import default_timer
from typing import TYPE_CHECKING, Any

from hyperopt.environment import log
from hyperopt.evaluation.contract import Evaluator, Outcome, SerialEvaluator, TrialLost
from hyperopt.search.options import draw_seed
from hyperopt.search.tally import Tally
from hyperopt.storage.documents import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_RUNNING,
    Document,
    coarse_utcnow,
)
from hyperopt.storage.writer import store_of

if TYPE_CHECKING:
    from hyperopt.search.iterator import FMinIter

INTERRUPTED = "fmin run cancelled by user"
TIMEOUT = "fmin run timeout"
EARLY_STOP = "early stopping condition"
LOSS_THRESHOLD = "loss threshold reached"

_PATIENCE_S = 5.0
"""How long to wait for cancelled trials to report."""


class Driver:
    """One run of `FMinIter`: at most `n_trials` suggestions.

    Parameters
    ----------
    run
        Holds the algorithm, the domain, the trials and the stopping rules, and keeps their state
        from one run to the next.
    evaluator
        Runs the trials; it is started and closed here.
    n_trials
        How many trials may be suggested. Trials that are already waiting come on top.
    strict_order
        Whether outcomes are recorded in the order in which trials were submitted, so that
        suggestions do not depend on which trial is faster.
    """

    def __init__(
        self, run: FMinIter, evaluator: Evaluator, n_trials: int, strict_order: bool = False
    ) -> None:
        self._run = run
        self._trials = run.trials
        self._store = store_of(run.trials)
        self._evaluator = evaluator
        self._serial = isinstance(evaluator, SerialEvaluator)
        self._left = n_trials
        self._strict = strict_order
        self._slots = evaluator.capacity
        self._waiting: deque[Document] = deque()
        self._suggested: set[int] = set()
        self._running: dict[Any, Document] = {}
        self._early: dict[Any, Outcome] = {}
        self._exhausted = False
        self._rounds = 0

    def execute(self) -> None:
        """Run until there is nothing left to do or a stopping rule applies.

        Raises
        ------
        BaseException
            What an objective raised, unless such exceptions are caught; and what interrupted the
            run. The trials are in order in either case.
        """
        run = self._run
        self._open()
        run.save()  # A file that cannot be written is an error before anything runs.
        failure: BaseException | None = None
        # The bar closes before an exception is on its way to the terminal.
        with run.progress_callback(initial=self._tally.n_done, total=run.max_evals) as bar:
            self._tally.attach(bar)
            try:
                self._evaluator.start(run.domain, self._trials)
                failure = self._loop()
            except BaseException:
                self._abandon(INTERRUPTED)
                raise
            finally:
                self._evaluator.close(cancel=True)
                self._store.sync()
                run.save()
        if failure is not None:
            raise failure

    def evaluate(self, docs: list[Document]) -> None:
        """Evaluate these documents and nothing else, without a progress bar."""
        self._open()
        self._waiting = deque(docs)
        failure: BaseException | None = None
        try:
            self._evaluator.start(self._run.domain, self._trials)
            self._submit()
            while self._running and failure is None:
                failure = self._round()
        except BaseException:
            self._abandon(INTERRUPTED)
            raise
        finally:
            self._evaluator.close(cancel=True)
            self._store.sync()
        if failure is not None:
            raise failure

    def _open(self) -> None:
        """Look at the trials: at all of them in the first run, later at what may have changed."""
        if self._run.tally is None:
            self._store.reread()
            self._run.tally = Tally(self._trials._trials)
        else:
            self._trials.refresh()
        self._tally = self._run.tally
        self._waiting.extend(self._store.unstarted())

    def _loop(self) -> BaseException | None:
        """Iterate; return the exception of an objective that ends the run."""
        run = self._run
        while (reason := self._reason_to_stop()) is None:
            self._suggest()
            self._submit()
            if not self._running:
                return None
            n_ended = self._tally.n_ended
            failure = self._round()
            if failure is not None:
                self._abandon("another trial raised an exception")
                return failure
            if self._tally.n_ended > n_ended and run.wants_early_stop():
                reason = EARLY_STOP
                break
        if self._running or self._waiting:
            self._abandon(reason)
        return None

    def _round(self) -> BaseException | None:
        """Record outcomes: of everything that waits if it runs in this thread, else the next ones.

        Returns the exception that ends the run.
        """
        run = self._run
        while True:
            outcomes = deque(self._wait())
            while outcomes:
                error = self._record(outcomes.popleft())
                if error is not None and not run.catch_eval_exceptions:
                    self._early.update((outcome.tid, outcome) for outcome in outcomes)
                    return error
            self._tally.show(len(self._running))
            run.save()
            if not self._serial or not self._waiting:
                return None
            self._submit()

    def _reason_to_stop(self) -> str | None:
        """Why no further round is allowed, as the stopping rules stand."""
        run = self._run
        if run.is_cancelled:
            return INTERRUPTED
        if run.timeout is not None and default_timer() - run.start_time >= run.timeout:
            return TIMEOUT
        # Losses of earlier runs count from the second round on.
        if (
            self._rounds
            and run.loss_threshold is not None
            and self._tally.best_loss < run.loss_threshold
        ):
            return LOSS_THRESHOLD
        self._rounds += 1
        return None

    def _suggest(self) -> None:
        """Ask the algorithm for as many trials as there is room for."""
        run = self._run
        while self._left > 0 and not self._exhausted and not run.is_cancelled:
            target = run.max_queue_len
            if not self._serial:
                target = max(target, self._capacity)
            room = target - len(self._waiting) - len(self._running)
            if room <= 0:
                return
            new_ids = self._trials.new_trial_ids(min(room, self._left))
            self._store.sync()
            docs = run.algo(new_ids, run.domain, self._trials, draw_seed(run.rstate))
            if docs is None or not len(docs):
                self._exhausted = True
                return
            self._left -= len(docs)
            for doc in self._store.insert(docs):
                self._waiting.append(doc)
                self._suggested.add(id(doc))

    @property
    def _capacity(self) -> int:
        # What an evaluator makes of its experience so far depends on timing.
        return self._slots if self._strict else self._evaluator.capacity

    def _submit(self) -> None:
        """Hand waiting trials to the evaluator while it has slots."""
        while self._waiting and len(self._running) < self._capacity:
            doc = self._waiting.popleft()
            doc["state"] = JOB_STATE_RUNNING
            doc["book_time"] = doc["refresh_time"] = coarse_utcnow()
            self._running[doc["tid"]] = doc
            self._store.settle(doc)
            self._evaluator.submit(doc)

    def _wait(self) -> list[Outcome]:
        """The outcomes to record next; none when the time is up."""
        run = self._run
        remaining_s = None
        if run.timeout is not None:
            remaining_s = max(0.0, run.timeout - (default_timer() - run.start_time))
        if not self._strict:
            return self._evaluator.wait(remaining_s)
        # One at a time, in the order of submission: suggestions then see the same history whatever
        # the timing.
        first = next(iter(self._running))
        if first not in self._early:
            outcomes = self._evaluator.wait(remaining_s)
            self._early.update((outcome.tid, outcome) for outcome in outcomes)
        return [self._early.pop(first)] if first in self._early else []

    def _record(self, outcome: Outcome) -> BaseException | None:
        """Write an outcome into its document; return the objective's exception, if it raised."""
        doc = self._running.pop(outcome.tid)
        self._suggested.discard(id(doc))
        doc["refresh_time"] = coarse_utcnow()
        if outcome.attachments:
            self._trials.trial_attachments(doc).update(outcome.attachments)
        if outcome.error is not None:
            text = str(outcome.error) if outcome.error_text is None else outcome.error_text
            doc["misc"]["error"] = (str(type(outcome.error)), text)
            if outcome.traceback is not None:
                doc["misc"]["traceback"] = outcome.traceback
            state = JOB_STATE_ERROR
            log.error("job exception: %s", outcome.error)
        elif outcome.result is None:
            doc["misc"]["error"] = ("cancelled", outcome.cancelled)
            state = JOB_STATE_CANCEL
        else:
            doc["result"] = outcome.result
            state = JOB_STATE_DONE
        doc["state"] = state if outcome.state is None else outcome.state
        self._store.settle(doc)
        self._tally.add(doc)
        return None if isinstance(outcome.error, TrialLost) else outcome.error

    def _abandon(self, reason: str) -> None:
        """Give up everything that is waiting or running, but keep what finishes meanwhile.

        Trials that were waiting before the run stay as they are.
        """
        with suppress(Exception):  # The evaluator may be what has just failed.
            if self._running and not self._serial:
                self._evaluator.cancel(list(self._running), reason)
                while len(self._running) > len(self._early):
                    outcomes = self._evaluator.wait(_PATIENCE_S)
                    if not outcomes:
                        break
                    self._early.update((outcome.tid, outcome) for outcome in outcomes)
        for tid in [tid for tid in self._running if tid in self._early]:
            self._record(self._early.pop(tid))
        unstarted = [doc for doc in self._waiting if id(doc) in self._suggested]
        for doc in [*self._running.values(), *unstarted]:
            doc["state"] = JOB_STATE_CANCEL
            doc["misc"]["error"] = ("cancelled", reason)
            doc["refresh_time"] = coarse_utcnow()
            self._store.settle(doc)
        self._running.clear()
        self._waiting.clear()
