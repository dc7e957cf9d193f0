"""Trials in any `concurrent.futures.Executor`: the standard library's, loky's, Dask's, MPI's.

The objective is pickled once. Where the executor has a way to keep it at its workers, every trial
only refers to it; else each trial carries it, and each worker unpickles it once.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from collections.abc import Iterable
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperopt.environment.strangers import text_of
from hyperopt.evaluation import wire
from hyperopt.evaluation.contract import Outcome, TrialLost
from hyperopt.evaluation.mailbox import Mailbox

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.pruning.contract import Rule
    from hyperopt.storage.store import TrialStore

__all__ = ["FutureEvaluator", "PooledEvaluator", "slots_of"]

_INLINE_BYTES = 1 << 16


def slots_of(executor: Executor) -> int | None:
    """How many calls `executor` runs at once, as far as it tells."""
    client = _dask_client(executor)
    if client is not None:
        return sum(client.nthreads().values()) or None
    view = getattr(executor, "view", None)
    if view is not None:  # ipyparallel
        return len(view.client.ids) or None
    slots = getattr(executor, "_max_workers", None)
    return slots if isinstance(slots, int) and slots > 0 else None


def _dask_client(executor: Executor) -> Any:
    ours = type(executor).__module__.startswith("distributed")
    return getattr(executor, "_client", None) if ours else None


class FutureEvaluator:
    """Runs trials in an executor that belongs to the user, and is left open.

    Cancelling is what the executor makes of it: trials that have not begun are withdrawn, running
    ones are given up but may occupy the executor until they end.

    Parameters
    ----------
    executor
        Where trials run.
    n_jobs
        How many trials to give it at once.
    """

    def __init__(self, executor: Executor, n_jobs: int) -> None:
        self.capacity = n_jobs
        self._executor = executor
        self._mailbox = Mailbox()
        self._futures: dict[int, Future[Any]] = {}
        self._rules: dict[Any, Rule | None] = {}
        self._file: str | None = None
        self._client = _dask_client(executor)

    def start(self, domain: Domain, trials: TrialStore) -> None:
        """Pickle the domain, unless the executor's workers are threads of this process."""
        self._domain = domain
        self._with_doc = wire.wants_doc(domain)
        self._trials = trials
        self._in_process = isinstance(self._executor, ThreadPoolExecutor)
        if self._in_process:
            return
        payload = wire.pack(domain)
        self._key = payload.key
        self._payload = payload.data
        self._reference: Any = payload.data
        if len(payload.data) > _INLINE_BYTES:
            if self._client is not None:
                self._reference = self._scatter()
            elif isinstance(self._executor, ProcessPoolExecutor):
                self._reference = self._write()

    def prescribe(self, tid: Any, rule: Rule | None) -> None:
        """Take the rule of a trial that will be submitted; no fresher one reaches it later."""
        if tid not in self._futures:
            self._rules[tid] = rule

    def submit(self, doc: dict[str, Any]) -> None:
        """Hand the trial to the executor."""
        rule = self._rules.pop(doc["tid"], None)
        order = wire.order_for(doc, self._trials, with_doc=self._with_doc, rule=rule)
        self._mailbox.expect(order.tid)
        try:
            future = self._begin(order)
        except RuntimeError as error:
            raise RuntimeError(f"executor={self._executor!r} takes no trials: {error}") from error
        self._futures[order.tid] = future
        future.add_done_callback(lambda future: self._mailbox.put(_read_surely(order.tid, future)))

    def _begin(self, order: wire.Order) -> Future[Any]:
        if self._in_process:
            return self._executor.submit(wire.run, self._domain, order)
        if getattr(self._reference, "status", "finished") != "finished":
            self._reference = self._scatter()  # the workers that had it are dead
        return self._executor.submit(
            wire.evaluate_order, self._key, self._reference, tuple(order), **self._options()
        )

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Block until a trial ends or the timeout passes."""
        outcomes = self._mailbox.collect(timeout_s)
        for outcome in outcomes:
            self._futures.pop(outcome.tid, None)
        return outcomes

    def cancel(self, tids: Iterable[int], reason: str) -> None:
        """Withdraw the trials, or give up on them if they run."""
        for tid in self._mailbox.cancel(tids, reason):
            if tid in self._futures:  # else the executor did not take it
                self._futures[tid].cancel()

    def close(self, *, cancel: bool) -> None:
        """Wait for the trials that run, unless `cancel`; the executor stays open."""
        if cancel:
            for future in list(self._futures.values()):
                future.cancel()
        else:
            while self._mailbox:
                self.wait(None)
        self._mailbox.forget()
        self._futures.clear()
        self._reference = None
        if self._file is not None:
            Path(self._file).unlink(missing_ok=True)
            self._file = None

    def _options(self) -> dict[str, Any]:
        # Dask takes equal calls for the same call unless told otherwise.
        return {} if self._client is None else {"pure": False}

    def _scatter(self) -> Any:
        return self._client.scatter(self._payload, hash=False, broadcast=True)

    def _write(self) -> str:
        descriptor, self._file = tempfile.mkstemp(prefix="hyperopt-objective-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._payload)
        return self._file


def _read_surely(tid: int, future: Future[Any]) -> Outcome:
    """What became of a trial, whatever happens: an exception in a callback is only logged."""
    try:
        return _read(tid, future)
    except BaseException as error:
        return Outcome(tid, error=error)


class PooledEvaluator(FutureEvaluator):
    """Runs trials in a pool of its own; a worker that dies ends the run.

    Parameters
    ----------
    n_jobs
        The number of processes.
    """

    def __init__(self, n_jobs: int) -> None:
        pool = ProcessPoolExecutor(n_jobs, multiprocessing.get_context("spawn"))
        super().__init__(pool, n_jobs)
        self._pool = pool

    def close(self, *, cancel: bool) -> None:
        """End the trials, then the processes."""
        super().close(cancel=cancel)
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=not cancel, cancel_futures=cancel)
        if cancel:
            for process in processes:
                process.kill()


def _read(tid: int, future: Future[Any]) -> Outcome:
    try:
        report = future.result()
    except CancelledError as error:
        lost = TrialLost(f"trial {tid} was withdrawn by its executor: {error}", again=True)
        return Outcome(tid, error=lost)
    except BrokenExecutor as error:
        lost = TrialLost(f"the worker of trial {tid} died and took its executor along: {error}")
        lost.__cause__ = error
        return Outcome(tid, error=lost)
    except Exception as error:  # the objective's own exceptions come as reports
        what = f"{type(error).__name__}: {text_of(error)}"
        lost = TrialLost(f"the executor lost trial {tid}: {what}", again=True)
        lost.__cause__ = error
        return Outcome(tid, error=lost)
    return report if isinstance(report, Outcome) else wire.decode(report)
