"""Trials as Spark jobs: one small job per trial, started from a thread that waits for it.

Two ways lead to the cluster. A classic session goes through its `SparkContext`: a job on an RDD of
one partition costs least, needs neither pyarrow nor pandas, and the objective is a broadcast. A
Spark Connect session has no context: the job is a `mapInArrow`, and an objective too large to
travel with every trial is an artifact. `SparkEvaluator` knows neither.
"""

from __future__ import annotations

import logging
import re
import threading
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from hyperopt.evaluation import wire
from hyperopt.evaluation.contract import Outcome, TrialLost
from hyperopt.evaluation.mailbox import Mailbox
from hyperopt.evaluation.spark.jobs import SparkJobs, jobs_for
from hyperopt.evaluation.spark.limit import Backstop, too_long

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.pruning.contract import Rule
    from hyperopt.storage.store import TrialStore

__all__ = ["SparkEvaluator"]

logger = logging.getLogger("hyperopt-spark")

_CANCEL_AGAIN_S = 0.5
_CANCELLED = re.compile(r"SPARK_JOB_CANCELLED|OPERATION_CANCELED|Job \S+ (was )?cancell?ed")


class SparkEvaluator:
    """Runs trials on a Spark cluster.

    A task that Spark loses, with its executor say, is run again by Spark as often as
    ``spark.task.maxFailures`` allows; then the trial is `TrialLost`, and the driver may submit it
    again. An exception of the objective is a result like any other to Spark, and is not retried.

    Parameters
    ----------
    session
        A classic or a Connect `SparkSession`.
    parallelism
        How many trials run at once.
    resource_profile
        A `pyspark.resource.ResourceProfile` for the tasks.
    trial_timeout_s
        How long an objective may take, from when it is called in its worker; None for no limit.
    on_cancel
        Called with the reason when running trials are cancelled.
    can_cancel
        Whether jobs can be cancelled; else the end of a run waits for those that run.
    """

    def __init__(
        self,
        session: Any,
        parallelism: int,
        resource_profile: Any = None,
        trial_timeout_s: float | None = None,
        on_cancel: Callable[[str], None] = lambda reason: None,
        can_cancel: bool = True,
    ) -> None:
        self.capacity = parallelism
        self._session = session
        self._profile = resource_profile
        self._trial_timeout_s = trial_timeout_s
        self._on_cancel = on_cancel
        self._can_cancel = can_cancel
        self._run_id = f"hyperopt-{uuid.uuid4().hex[:12]}"
        self._orders: SimpleQueue[wire.Order | None] = SimpleQueue()
        self._mailbox = Mailbox()
        self._rules: dict[Any, Rule | None] = {}
        self._running: set[int] = set()
        self._threads: list[threading.Thread] = []
        self._jobs: SparkJobs | None = None

    def start(self, domain: Domain, trials: TrialStore) -> None:
        """Pickle the domain and bring it to the cluster."""
        self._with_doc = wire.wants_doc(domain)
        self._trials = trials
        payload = wire.pack(domain)
        self._jobs = jobs_for(self._session, payload, self._profile, self._trial_timeout_s)

    def prescribe(self, tid: Any, rule: Rule | None) -> None:
        """Take the rule of a trial that will be submitted; no fresher one reaches it later."""
        if tid not in self._mailbox:
            self._rules[tid] = rule

    def submit(self, doc: dict[str, Any]) -> None:
        """Start a job for the trial as soon as one of the threads is free."""
        assert self._jobs is not None
        self._mailbox.expect(doc["tid"])
        if len(self._threads) < min(self.capacity, len(self._mailbox)):
            thread = threading.Thread(
                target=self._jobs.inheriting(self._work),
                name=f"{self._run_id}-{len(self._threads)}",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()
        rule = self._rules.pop(doc["tid"], None)
        self._orders.put(wire.order_for(doc, self._trials, with_doc=self._with_doc, rule=rule))

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Block until a trial ends or the timeout passes.

        Raises
        ------
        RuntimeError
            The session was stopped.
        """
        return self._mailbox.collect(timeout_s)

    def cancel(self, tids: Iterable[int], reason: str) -> None:
        """Give up on the trials and cancel their jobs."""
        self._on_cancel(reason)
        if self._can_cancel:
            logger.info("Cancelling all running jobs: %s", reason)
        else:
            logger.warning("SparkTrials will block until the running trials end: %s", reason)
        for tid in self._mailbox.cancel(tids, reason):
            logger.info("trial task %s cancelled", tid)
            self._cancel_job(tid)

    def close(self, *, cancel: bool) -> None:
        """End the jobs and the threads; without `cancel`, let running trials finish."""
        if self._jobs is None:
            return
        if cancel:
            self._mailbox.forget()
        for _ in self._threads:
            self._orders.put(None)
        for thread in self._threads:
            while thread.is_alive():
                # A job that was just being submitted could not be cancelled then.
                thread.join(_CANCEL_AGAIN_S if cancel else None)
                if thread.is_alive() and not self._cancel_running():
                    break  # the session is gone, and the job with it
        self._threads.clear()
        with suppress(Exception):  # the session may just have ended
            self._jobs.close()

    def _work(self) -> None:
        assert self._jobs is not None
        jobs = self._jobs
        while (order := self._orders.get()) is not None:
            if order.tid not in self._mailbox:
                continue
            watch = self._watch(order.tid)
            self._running.add(order.tid)
            try:
                report = jobs.run(self._group(order.tid), order)
                self._mailbox.put(_with_traceback(wire.decode(report)))
            except BaseException as error:
                _log_exception(order.tid, error)
                self._mailbox.put(self._explain(jobs, order.tid, error))
            finally:
                self._running.discard(order.tid)
                if watch is not None:
                    watch.cancel()

    def _watch(self, tid: int) -> Backstop | None:
        if self._trial_timeout_s is None:
            return None
        return Backstop(
            self._trial_timeout_s, lambda: self._has_begun(tid), lambda: self._expire(tid)
        )

    def _has_begun(self, tid: int) -> bool:
        assert self._jobs is not None
        try:
            return self._jobs.has_begun(self._group(tid))
        except Exception:  # the session is gone
            return False

    def _expire(self, tid: int) -> None:
        assert self._trial_timeout_s is not None
        lost = too_long(tid, self._trial_timeout_s)
        logger.warning("%s", lost)
        self._mailbox.put(Outcome(tid, error=lost))
        self._cancel_job(tid)

    def _explain(self, jobs: SparkJobs, tid: int, error: BaseException) -> Outcome | RuntimeError:
        if not jobs.alive():
            stopped = RuntimeError(
                "the Spark session was stopped while trials were running "
                f"({type(error).__name__}); finished trials are kept"
            )
            stopped.__cause__ = error
            return stopped
        if _CANCELLED.search(str(error)):  # by Ctrl-C, which pyspark handles first, or by hand
            return Outcome(tid, cancelled="its Spark job was cancelled")
        what = f"{type(error).__name__}: {error}"
        lost = TrialLost(f"Spark could not run trial {tid}: {what}", again=True)
        lost.__cause__ = error
        if tid in self._mailbox:
            logger.warning("trial %s failed: Spark could not run it: %s", tid, error)
        return Outcome(tid, error=lost)

    def _cancel_running(self) -> bool:
        """Cancel the jobs that run; return False if the session is gone."""
        assert self._jobs is not None
        for tid in list(self._running):
            self._cancel_job(tid)
        return self._jobs.alive()

    def _cancel_job(self, tid: int) -> None:
        if not self._can_cancel:
            return
        try:
            assert self._jobs is not None
            self._jobs.cancel(self._group(tid))
        except Exception:
            logger.debug("could not cancel the job of trial %s", tid, exc_info=True)

    def _group(self, tid: int) -> str:
        return f"{self._run_id}-trial-{tid}"


def _with_traceback(outcome: Outcome) -> Outcome:
    """The outcome of a job; if its objective raised, the document will hold the traceback."""
    if outcome.error is None:
        logger.debug("trial %s task thread exits normally", outcome.tid)
        return outcome
    if isinstance(outcome.error, TrialLost):
        logger.warning("%s", outcome.error)
    _log_exception(outcome.tid, outcome.error)
    return outcome._replace(error_text=outcome.traceback)


def _log_exception(tid: int, error: BaseException) -> None:
    logger.debug("trial %s task thread catches an exception: %r", tid, error)
