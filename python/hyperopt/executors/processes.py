"""Trials in processes of this machine, which can be killed and replaced.

Workers are forked from a clean `template` process on demand, at most `n_jobs` of them. The driver
waits on their pipes and on the template's reports of deaths; nothing is polled.
"""

from __future__ import annotations

import logging
import pickle
import selectors
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.evaluation import Outcome, TrialLost
from hyperopt.executors import remote
from hyperopt.executors.pipe import Pipe
from hyperopt.executors.template_process import Death, TemplateProcess

if TYPE_CHECKING:
    from hyperopt.domain import Domain
    from hyperopt.trials import Trials

__all__ = ["ProcessEvaluator"]

logger = logging.getLogger(__name__)

_MAX_FAILED_STARTS = 3


@dataclass(slots=True)
class _Worker:
    number: int
    pipe: Pipe
    tid: int | None = None
    ready: bool = False
    deadline: float | None = None
    verdict: str | None = None  # why its trial was given up: the reason of `cancel`
    timed_out: bool = False


class ProcessEvaluator:
    """Runs trials in up to `n_jobs` processes.

    A worker that dies fails its trial with `TrialLost`, which tells how it died, and is replaced;
    so does one that exceeds the trial's timeout, after it has been killed. Whatever a trial has
    started (its process group) dies with its worker. Workers ignore Ctrl-C: the driver decides.
    Numerical libraries in workers use ``cores / n_jobs`` threads, unless environment variables such
    as OMP_NUM_THREADS say otherwise.

    Parameters
    ----------
    n_jobs
        The largest number of processes.
    trial_timeout_s
        The time a trial may take, from when its worker begins it; None for no limit.
    """

    def __init__(self, n_jobs: int, trial_timeout_s: float | None = None) -> None:
        self.capacity = n_jobs
        self._trial_timeout_s = trial_timeout_s
        self._selector = selectors.DefaultSelector()
        self._template: TemplateProcess | None = None
        self._workers: dict[int, _Worker] = {}
        self._idle: list[_Worker] = []
        self._queue: deque[dict[str, Any]] = deque()
        self._outcomes: list[Outcome] = []
        self._born = 0
        self._failed_starts = 0

    def start(self, domain: Domain, trials: Trials) -> None:
        """Start the template process and hand it the domain."""
        payload = remote.pack(domain)
        self._with_doc = remote.wants_doc(domain)
        self._template = TemplateProcess(payload.data, self.capacity)
        self._selector.register(self._template, selectors.EVENT_READ, None)

    def submit(self, doc: dict[str, Any]) -> None:
        """Give the trial to a worker, or queue it while all are busy."""
        self._queue.append(doc)
        self._dispatch()

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Block until a trial ends or the timeout passes."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._outcomes:
            self._step(until)
            if until is not None and time.monotonic() >= until:
                break
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def _step(self, until: float | None) -> None:
        """Sleep until something happens, a trial's time is up, or `until`; then deal with it."""
        limits = [w.deadline for w in self._workers.values() if w.deadline is not None]
        if until is not None:
            limits.append(until)
        timeout_s = max(0.0, min(limits) - time.monotonic()) if limits else None
        for key, _ in self._selector.select(timeout_s):
            if key.data is None:
                self._hear_template()
            elif key.data.number in self._workers:
                self._hear_worker(key.data)
        self._stop_overdue()

    def cancel(self, tids: Iterable[int], reason: str) -> None:
        """Drop queued trials and kill the workers of running ones."""
        doomed = set(tids)
        for doc in [doc for doc in self._queue if doc["tid"] in doomed]:
            self._queue.remove(doc)
            self._outcomes.append(Outcome(doc["tid"], cancelled=reason))
        for worker in self._workers.values():
            if worker.tid in doomed:
                worker.verdict = reason
                self._kill(worker)

    def close(self, *, cancel: bool) -> None:
        """End all processes; without `cancel`, let the running trials finish first."""
        try:
            while not cancel and any(w.tid is not None for w in self._workers.values()):
                self.wait(None)
        finally:
            self._selector.close()
            if self._template is not None:
                self._template.close()
                self._template = None
            for worker in self._workers.values():
                worker.pipe.close()
            self._queue.clear()
            self._workers.clear()
            self._idle.clear()

    def _dispatch(self) -> None:
        while self._queue:
            if self._idle:
                worker = self._idle.pop()
            elif len(self._workers) < self.capacity:
                worker = self._fork()
            else:
                return
            doc = self._queue.popleft()
            worker.tid = doc["tid"]
            if worker.ready:
                self._begin_clock(worker)
            order = remote.order_for(doc, with_doc=self._with_doc)
            try:
                worker.pipe.send(pickle.dumps(tuple(order), pickle.HIGHEST_PROTOCOL))
            except OSError:  # it just died: the template will say so
                continue

    def _fork(self) -> _Worker:
        assert self._template is not None
        self._born += 1
        worker = _Worker(self._born, self._template.fork(self._born))
        self._workers[worker.number] = worker
        self._selector.register(worker.pipe, selectors.EVENT_READ, worker)
        return worker

    def _kill(self, worker: _Worker) -> None:
        assert self._template is not None
        worker.deadline = None
        self._template.kill(worker.number)

    def _begin_clock(self, worker: _Worker) -> None:
        if self._trial_timeout_s is not None:
            worker.deadline = time.monotonic() + self._trial_timeout_s

    def _stop_overdue(self) -> None:
        if self._trial_timeout_s is None:
            return
        now = time.monotonic()
        for worker in self._workers.values():
            if worker.deadline is not None and worker.deadline <= now:
                worker.timed_out = True
                self._kill(worker)

    def _hear_worker(self, worker: _Worker) -> None:
        try:
            reports = worker.pipe.receive()
        except (EOFError, OSError):
            self._selector.unregister(worker.pipe)
            if worker in self._idle:
                self._idle.remove(worker)
            self._kill(worker)  # it may only have closed its pipe; how it ended follows
            return
        for report in reports:
            self._receive(worker, report)
        self._dispatch()

    def _receive(self, worker: _Worker, report: bytes) -> None:
        if not report:
            worker.ready = True
            self._failed_starts = 0
            self._begin_clock(worker)
            return
        if report.startswith(b"!"):
            error = remote.decode(report[1:]).error
            raise RuntimeError(
                f"a worker can't load the objective ({type(error).__name__}: {error}); "
                "are the modules it uses installed and importable in a new process?"
            ) from error
        worker.deadline = None
        if worker.verdict is None and not worker.timed_out:
            worker.tid = None
            self._idle.append(worker)
            self._outcomes.append(remote.decode(report))

    def _hear_template(self) -> None:
        assert self._template is not None
        for death in self._template.deaths():
            self._bury(self._workers[death.number], death)
        self._dispatch()

    def _bury(self, worker: _Worker, death: Death) -> None:
        for report in worker.pipe.drain():  # it may have reported before it died
            self._receive(worker, report)
        del self._workers[worker.number]
        if worker in self._idle:
            self._idle.remove(worker)
        if worker.pipe.fileno() in self._selector.get_map():
            self._selector.unregister(worker.pipe)
        worker.pipe.close()
        if not worker.ready and worker.verdict is None:
            self._failed_starts += 1
            if self._failed_starts >= _MAX_FAILED_STARTS:
                raise RuntimeError(
                    f"{self._failed_starts} workers in a row died before they had loaded the "
                    f"objective; the last was {death.how}"
                )
        if worker.tid is not None:
            self._outcomes.append(self._fate(worker, worker.tid, death))

    def _fate(self, worker: _Worker, tid: int, death: Death) -> Outcome:
        if worker.verdict is not None:
            return Outcome(tid, cancelled=worker.verdict)
        if worker.timed_out:
            limit = f"trial_timeout={self._trial_timeout_s:g} s"
            error = TrialLost(f"trial {tid} ran longer than {limit} and was stopped")
        else:
            error = TrialLost(f"the worker process of trial {tid} was {death.how}")
        logger.warning("%s", error)
        return Outcome(tid, error=error)
