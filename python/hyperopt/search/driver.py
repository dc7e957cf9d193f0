"""The driver loop: ask the algorithm, have trials evaluated, record what became of them.

One iteration touches each document a constant number of times. Nothing is polled here: the loop
waits for the evaluator, which wakes it when a trial ends. `watching` has the loop's other form, for
trials that others evaluate.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from hyperopt.environment import log
from hyperopt.environment.interrupts import surely
from hyperopt.environment.strangers import text_of
from hyperopt.evaluation.contract import Evaluator, Outcome, TrialLost
from hyperopt.evaluation.serial import SerialEvaluator
from hyperopt.exceptions import StorageUnavailable
from hyperopt.search.bar_text import BarText
from hyperopt.search.counts import RunCounts
from hyperopt.search.new_best import log_new_best
from hyperopt.search.outcomes import name_the_point, write
from hyperopt.search.prescriptions import Prescriptions
from hyperopt.search.progress import NoProgress
from hyperopt.search.resumption import Resumption
from hyperopt.search.seeds import draw_seed
from hyperopt.search.stopping import EARLY_STOP, INTERRUPTED, STOPPED, reason_to_stop
from hyperopt.storage import lifecycle
from hyperopt.storage.documents import JOB_STATE_CANCEL, JOB_STATE_RUNNING, Document
from hyperopt.storage.locked import Searching
from hyperopt.storage.writer import store_of

if TYPE_CHECKING:
    from hyperopt.search.ended import Ended
    from hyperopt.search.run import Run

_PATIENCE_S = 5.0
"""How long to wait for cancelled trials to report."""
_MAX_ATTEMPTS = 3
"""How often a trial is begun whose workers get lost."""


class Driver:
    """One go at a run: at most `n_trials` suggestions.

    Parameters
    ----------
    run
        What is searched and how; keeps its state from one go to the next.
    evaluator
        Runs the trials; it is started and closed here.
    n_trials
        How many trials may be suggested. Trials that are already waiting come on top.
    """

    def __init__(self, run: Run, evaluator: Evaluator, n_trials: int) -> None:
        self._run = run
        self._options = run.options
        self._trials = run.trials
        self._store = store_of(run.trials)
        self._store.eager = run.options.early_stop_fn is not None
        self._limit = None if run.options.max_evals >= sys.maxsize else run.options.max_evals
        self._evaluator = evaluator
        self._serial = isinstance(evaluator, SerialEvaluator)
        self._left = n_trials
        # Outcomes are recorded in the order in which trials were submitted, so that suggestions do
        # not depend on which trial is faster.
        self._strict = run.options.strict_order
        self._slots = 0
        self._draw_seed = partial(draw_seed, run.rstate)
        self._prescriptions: Prescriptions | None = None
        self._resumption: Resumption | None = None
        if run.options.pruner is not None:
            self._prescriptions = Prescriptions(run, evaluator)
            self._resumption = Resumption(run)
        self._bar: BarText | None = None
        self._waiting: deque[Document] = deque()
        self._running: dict[Any, Document] = {}
        self._arrived: dict[Any, Outcome] = {}
        self._is_timed = run.options.timeout is not None
        self._attempts: dict[Any, int] = {}
        self._ended: Ended | None = None
        self._exhausted = False
        self._stopped = False
        self._saves = False
        self._is_followed = False
        self._fails = False
        self._rounds = 0

    def execute(self) -> None:
        """Run until there is nothing left to do or a stopping rule applies.

        Raises
        ------
        BaseException
            What an objective raised, unless such exceptions are caught; and what interrupted the
            run. The trials are in order in either case.
        """
        with Searching(self._trials):
            self._execute()

    def _execute(self) -> None:
        run = self._run
        self._open()
        run.save()  # A file that cannot be written is an error before anything runs.
        self._saves = True
        failure: BaseException | None = None
        # The bar closes before an exception is on its way to the terminal.
        total = self._options.max_evals
        with run.progress_callback(initial=self._counts.n_done, total=total) as bar:
            self._bar = None if isinstance(bar, NoProgress) else BarText(self._counts, bar)
            self._is_followed |= self._bar is not None
            try:
                self._evaluator.start(run.domain, self._trials)
                failure = self._loop()
            except BaseException:
                self._leave(self._recover)
                raise
            finally:
                self._leave(self._close)
        if failure is not None:
            raise failure

    def evaluate(self, docs: list[Document]) -> None:
        """Evaluate these documents and nothing else, without a progress bar or stopping rule."""
        with Searching(self._trials):
            self._evaluate(docs)

    def _evaluate(self, docs: list[Document]) -> None:
        self._open()
        self._waiting = deque(docs)
        self._ended = None
        failure: BaseException | None = None
        try:
            self._evaluator.start(self._run.domain, self._trials)
            self._submit()
            while self._running and failure is None:
                failure = self._round()
        except BaseException:
            self._leave(self._recover)
            raise
        finally:
            self._leave(self._close)
        if failure is not None:
            raise failure

    def _leave(self, step: Callable[[], None]) -> None:
        """Take a step out of the run. A database that is away hides no exception on its way."""
        try:
            surely(step)
        except StorageUnavailable as error:
            if not self._fails:
                raise
            log.warning("%s", error)

    def _open(self) -> None:
        """Look at the trials: at all of them in the first run, later at what may have changed."""
        self._fails = False
        if self._run.counts is None:
            self._store.reread()
            self._run.counts = RunCounts(self._trials)
        else:
            self._trials.refresh()
        self._counts = self._run.counts
        self._is_followed = self._options.loss_threshold is not None or log.shows_info()
        self._ended = self._run.ended_trials()
        if self._strict:
            self._slots = self._evaluator.capacity
        self._begin_with_what_waits()

    def _begin_with_what_waits(self) -> None:
        """Take the trials that are in the store already."""
        self._waiting.extend(self._store.unstarted())

    def _loop(self) -> BaseException | None:
        """Iterate; return the exception of an objective that ends the run."""
        while (reason := self._reason_to_stop()) is None:
            if not self._hand_out():
                return None
            if not self._running:
                if not self._store.wait(self._run.remaining_s()):
                    return None
                if self._is_followed:
                    self._show()
                self._exhausted = False  # What others give back or delete makes room.
                continue
            failure = self._round()
            if failure is not None:
                ended = self._abandon("another trial raised an exception")
                self._run.callbacks.tell_quietly(self._trials, ended)
                return failure
            if self._stopped:
                reason = EARLY_STOP
                break
        self._wind_up(reason)
        if self._left > 0:
            self._counts.ending = reason
            self._show()
        return None

    def _hand_out(self) -> bool:
        """Have as many trials evaluated as possible; False if this is all that there was to do."""
        self._resume(Resumption.due)
        self._suggest()
        if not self._waiting and not self._running:
            self._resume(Resumption.last_resort)
        self._submit()
        return True

    def _resume(self, choose: Callable[[Resumption, int], list[Document]]) -> None:
        """Go on with paused trials."""
        if self._resumption is None:
            return
        room = self._room()
        if room > 0 and (chosen := choose(self._resumption, room)):
            self._waiting.extend(self._store.resume(chosen))

    def _room(self) -> int:
        """For how many more trials there is room."""
        target = self._options.max_queue_len
        if not self._serial:
            target = max(target, self._capacity())
        return target - len(self._waiting) - len(self._running)

    def _wind_up(self, reason: str) -> None:
        """No more trials may begin."""
        if self._running or self._waiting:
            for doc in self._abandon(reason):
                self._run.callbacks.trial_end(self._trials, doc)

    def _show(self) -> None:
        """Bring the counts, and the bar, up to date, and say what was the best so far."""
        for doc in self._counts.update(self._trials):
            log_new_best(doc, self._run.domain)
        if self._bar is not None:
            self._bar.show(len(self._running))

    def _round(self) -> BaseException | None:
        """Record outcomes: of everything that waits if it runs in this thread, else the next ones.

        Returns the exception that ends the run.
        """
        run = self._run
        while True:
            for tid in self._arrivals():
                doc = self._running[tid]
                error = self._arrived[tid].error
                if error is not None and self._tries_again(doc, error):
                    continue
                error = self._record(doc)
                if error is not None and not self._options.catch_eval_exceptions:
                    self._run.callbacks.tell_quietly(self._trials, [doc])
                    name_the_point(error, doc, run.domain)
                    return error
                run.callbacks.trial_end(self._trials, doc)
                if self._ended is not None and doc["state"] != JOB_STATE_CANCEL:
                    self._ended.add(doc)
                    if run.wants_early_stop(self._ended):
                        self._stopped = True
                        return None
            if self._prescriptions is not None and not self._strict and not self._serial:
                for tid in self._running:  # Timing matters anyway: tell them what is new.
                    self._prescriptions.give(tid)
            if self._is_followed:
                self._show()
            run.save()
            if not self._serial or not self._waiting:
                return None
            self._submit()

    def _reason_to_stop(self) -> str | None:
        """Why no further round is allowed, as the stopping rules stand."""
        if self._store.stopped:
            return STOPPED
        reason = reason_to_stop(self._run, self._counts, is_first=self._rounds == 0)
        self._rounds += 1
        return reason

    def _suggest(self) -> None:
        """Ask the algorithm for as many trials as there is room for."""
        run = self._run
        while self._left > 0 and not self._exhausted:
            room = self._room()
            if room <= 0:
                return
            docs = self._store.suggest(
                run.algo, run.domain, min(room, self._left), self._draw_seed, self._limit
            )
            n_new = self._take(docs)
            if n_new == 0:
                self._exhausted = True
                return
            self._left -= n_new
            if (self._serial and n_new >= room) or run.is_cancelled:
                return

    def _take(self, docs: list[Document]) -> int:
        """Take trials that were suggested; return how many there are."""
        self._waiting.extend(docs)
        return len(docs)

    def _capacity(self) -> int:
        # What an evaluator makes of its experience so far depends on timing.
        return self._slots if self._strict else self._evaluator.capacity

    def _submit(self) -> None:
        """Hand waiting trials to the evaluator while it has slots."""
        waiting, running = self._waiting, self._running
        while waiting and len(running) < self._capacity():
            doc = waiting[0]
            tid = doc["tid"]
            if tid in running:  # of the same id: one after the other
                return
            running[tid] = doc
            waiting.popleft()
            lifecycle.begin(doc)
            self._store.settle(doc)
            if self._prescriptions is not None:
                self._prescriptions.give(tid)
            self._evaluator.submit(doc)

    def _arrivals(self) -> list[Any]:
        """Wait for outcomes; the ids of the trials to record now, none when the time is up."""
        remaining_s = self._run.remaining_s() if self._is_timed else None
        if not self._strict:
            self._keep(self._evaluator.wait(remaining_s))
            return list(self._arrived)
        # One at a time, in the order of submission: suggestions then see the same history whatever
        # the timing.
        first = next(iter(self._running))
        if first not in self._arrived:
            self._keep(self._evaluator.wait(remaining_s))
        return [first] if first in self._arrived else []

    def _keep(self, outcomes: list[Outcome]) -> None:
        """Keep outcomes until they are recorded; a report that nobody waits for is dropped."""
        for outcome in outcomes:
            if outcome.tid in self._running:
                if outcome.document is not None:  # which the store may have read anew
                    self._running[outcome.tid] = outcome.document
                self._arrived[outcome.tid] = outcome

    def _tries_again(self, doc: Document, error: BaseException) -> bool:
        """Hand over a trial again that was lost through no fault of its own, and not too often."""
        if not isinstance(error, TrialLost) or not error.again:
            return False
        attempt = self._attempts.get(doc["tid"], 1)
        if attempt >= _MAX_ATTEMPTS:
            return False
        self._attempts[doc["tid"]] = attempt + 1
        log.warning("%s; attempt %d of %d follows", text_of(error), attempt + 1, _MAX_ATTEMPTS)
        del self._arrived[doc["tid"]]
        self._evaluator.submit(doc)
        return True

    def _record(self, doc: Document) -> BaseException | None:
        """Write the outcome into its document; return the objective's exception, if it raised.

        An interrupt may strike at any line. The trial stays among those that run, and its outcome
        among those that have arrived, until all is written; writing it again changes nothing.
        """
        tid = doc["tid"]
        outcome = self._arrived[tid]
        if outcome.document is None:
            write(outcome, doc, self._trials, self._options)
            self._store.settle(doc)
        del self._running[tid]
        del self._arrived[tid]
        if self._resumption is not None and outcome.result is not None:
            self._resumption.heed(outcome.result)
        error = outcome.error
        return None if isinstance(error, TrialLost) else error

    def _recover(self) -> None:
        """Put everything in order after an exception from anywhere, be it half-way into a move."""
        self._fails = True
        self._store.hurry(True)
        with suppress(Exception):  # The store may be what has just failed.
            self._store.reread()
        ended = self._abandon(INTERRUPTED)
        self._show()
        self._run.callbacks.tell_quietly(self._trials, ended)

    def _close(self) -> None:
        try:
            self._evaluator.close(cancel=True)
        finally:
            try:
                self._store.sync()
            finally:
                self._store.hurry(False)
                self._show()
            if self._saves:
                self._run.save()

    def _abandon(self, reason: str) -> list[Document]:
        """Give up everything that is waiting or running, but keep what finishes meanwhile.

        Trials that were waiting before the run stay as they are, and so do those of others. The
        trials that have ended are returned.
        """
        self._keep_last(reason)
        ended = [doc for tid, doc in self._running.items() if self._has_ended(tid)]
        for doc in ended:
            self._record(doc)
        started = [doc for doc in self._running.values() if doc["state"] == JOB_STATE_RUNNING]
        self._store.abandon(started, reason)
        self._running.clear()
        self._waiting.clear()
        self._arrived.clear()
        return ended

    def _has_ended(self, tid: Any) -> bool:
        return tid in self._arrived and self._arrived[tid].cancelled is None

    def _keep_last(self, reason: str) -> None:
        """Have the evaluator cancel what runs, and keep what it says of it."""
        with suppress(Exception):  # The evaluator may be what has just failed.
            missing = [tid for tid in self._running if tid not in self._arrived]
            if missing:
                self._evaluator.cancel(missing, reason)
            while len(self._arrived) < len(self._running):
                outcomes = self._evaluator.wait(_PATIENCE_S)
                if not outcomes:
                    break
                self._keep(outcomes)
