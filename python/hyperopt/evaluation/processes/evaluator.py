"""Trials in processes of this machine, which can be killed and replaced.

Workers are forked from a clean `template` process on demand, at most `n_jobs` of them. The driver
waits on their pipes and on the template's reports of deaths; nothing is polled. A worker whose
trials are short has its next order in its pipe already, so that it does not wait for the driver.
"""

from __future__ import annotations

import pickle
import selectors
import signal
import time
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperopt.environment.strangers import text_of
from hyperopt.evaluation import wire
from hyperopt.evaluation.contract import Outcome, TrialLost
from hyperopt.evaluation.outbox import Outbox
from hyperopt.evaluation.processes.pipe import Pipe
from hyperopt.evaluation.processes.template_handle import Death, TemplateProcess

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.pruning.contract import Rule
    from hyperopt.storage.store import TrialStore

__all__ = ["ProcessEvaluator"]

_MAX_FAILED_STARTS = 3
_SHORT_TRIAL_S = 0.02
"""Up to here, waiting for the driver (some 0.2 ms) takes a noticeable part of a worker's time."""
_HISTORY_PER_ORDER_AHEAD = 20
"""An order ahead is a suggestion that knows one result less: allow that for 5 % of the trials."""
_MAX_BYTES_AHEAD = 1 << 14
"""An order ahead must fit into the pipe, or driver and worker might wait for each other."""


@dataclass(slots=True)
class _Worker:
    number: int
    pipe: Pipe
    orders: deque[dict[str, Any]] = field(default_factory=deque)  # the first one is running
    ready: bool = False
    is_gone: bool = False  # its pipe is closed; how it ended is still to come
    began_s: float = 0.0
    is_brisk: bool = False  # its last trial was short
    deadline: float | None = None
    doomed: dict[Any, str] = field(default_factory=dict)  # why its trials were given up
    timed_out: bool = False
    is_buried: bool = False
    fresh_bytes: int = 0  # of fresher rules for the running trial


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
    devices
        Each worker sees one of these accelerators, as the variables ``CUDA_VISIBLE_DEVICES`` and
        ``HIP_VISIBLE_DEVICES`` name them, and keeps it; a worker that replaces a dead one gets its
        device. Workers share them evenly if there are more of them. None given: all workers see all
        devices.
    """

    def __init__(
        self,
        n_jobs: int,
        trial_timeout_s: float | None = None,
        devices: Sequence[str] = (),
    ) -> None:
        self._n_jobs = n_jobs
        self._devices = tuple(devices)
        self._trial_timeout_s = trial_timeout_s
        self._selector = selectors.DefaultSelector()
        self._template: TemplateProcess | None = None
        self._workers: dict[int, _Worker] = {}
        self._n_brisk = 0
        self._n_reported = 0
        self._queue: deque[dict[str, Any]] = deque()
        self._outbox = Outbox()
        self._born = 0
        self._failed_starts = 0
        self._rules: dict[Any, Rule | None] = {}

    @property
    def capacity(self) -> int:
        """How many trials to have at hand: one per process, and as many ahead as is worth it."""
        return self._n_jobs + min(self._n_brisk, self._n_reported // _HISTORY_PER_ORDER_AHEAD)

    def start(self, domain: Domain, trials: TrialStore) -> None:
        """Start the template process and hand it the domain."""
        # Its interpreter comes up while the domain is pickled here.
        self._template = TemplateProcess(self._n_jobs, self._devices)
        self._template.load(wire.pack(domain).data)
        self._with_doc = wire.wants_doc(domain)
        self._trials = trials
        self._selector.register(self._template, selectors.EVENT_READ, None)

    def prescribe(self, tid: Any, rule: Rule | None) -> None:
        """Take the rule of a trial; one that runs gets it through the pipe of its worker."""
        known = tid in self._rules
        if known and self._rules[tid] is rule:
            return
        self._rules[tid] = rule
        worker = next((w for w in self._workers.values() if _runs(w, tid)), None) if known else None
        if worker is None or worker.is_gone:
            return
        message = pickle.dumps((tid, wire.packed_rule(rule)), pickle.HIGHEST_PROTOCOL)
        if worker.fresh_bytes + len(message) <= _MAX_BYTES_AHEAD:
            worker.fresh_bytes += len(message)
            with suppress(OSError):  # it is dead; the template will tell
                worker.pipe.send(message)

    def submit(self, doc: dict[str, Any]) -> None:
        """Give the trial to a worker, or keep it while all have enough to do."""
        self._outbox.forget(doc["tid"])
        self._queue.append(doc)
        self._dispatch()

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Block until a trial ends or the timeout passes."""
        until = None if timeout_s is None else time.monotonic() + timeout_s
        while not self._outbox:
            self._step(until)
            if until is not None and time.monotonic() >= until:
                break
        return self._outbox.deliver()

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
        self._outbox.recall(doomed)
        for worker in list(self._workers.values()):
            with suppress(OSError, RuntimeError):  # what has been reported counts
                worker.pipe.drain()
                self._hear_reports(worker)
        with suppress(RuntimeError):
            self._hear_deaths()
        for doc in [doc for doc in self._queue if doc["tid"] in doomed]:
            self._outbox.put(Outcome(doc["tid"], cancelled=reason))
            self._queue.remove(doc)
        known: set[Any] = set()
        for worker in self._workers.values():
            own = doomed.intersection(doc["tid"] for doc in worker.orders)
            if own:
                known |= own
                worker.doomed.update(dict.fromkeys(own, reason))
                self._kill(worker)
        for tid in doomed - known:
            if tid not in self._outbox:  # an interrupt kept it from getting here
                self._outbox.put(Outcome(tid, cancelled=reason))

    def close(self, *, cancel: bool) -> None:
        """End all processes; without `cancel`, let the running trials finish first."""
        try:
            while not cancel and any(w.orders for w in self._workers.values()):
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

    def _dispatch(self) -> None:
        while self._queue:
            alive = (worker for worker in self._workers.values() if not worker.is_gone)
            worker = min(alive, key=_n_orders, default=None)
            if (worker is None or worker.orders) and len(self._workers) < self._n_jobs:
                worker = self._fork()
            if worker is None or not self._give(worker):
                return

    def _give(self, worker: _Worker) -> bool:
        """Send the worker an order from the queue; False if it has enough to do."""
        is_ahead = bool(worker.orders)
        if is_ahead and (len(worker.orders) > 1 or not worker.is_brisk):
            return False
        doc = self._queue[0]
        rule = self._rules.get(doc["tid"])
        order = wire.order_for(doc, self._trials, with_doc=self._with_doc, rule=rule)
        message = pickle.dumps(tuple(order), pickle.HIGHEST_PROTOCOL)
        if is_ahead and len(message) > _MAX_BYTES_AHEAD:
            return False
        worker.orders.append(doc)
        self._queue.popleft()
        try:
            worker.pipe.send(message)
        except OSError:
            worker.is_gone = True
            worker.orders.pop()
            self._queue.appendleft(doc)
            return True
        if worker.ready and not is_ahead:
            self._begin(worker, time.monotonic())
        return True

    def _fork(self) -> _Worker:
        assert self._template is not None
        self._born = self._next_number()
        worker = _Worker(self._born, self._template.fork(self._born))
        self._workers[worker.number] = worker
        self._selector.register(worker.pipe, selectors.EVENT_READ, worker)
        return worker

    def _next_number(self) -> int:
        """The number of a new worker, which tells its device: one of those that fewest have."""
        number, count = self._born + 1, len(self._devices)
        if count == 0:
            return number
        used = [worker.number % count for worker in self._workers.values()]
        return min(range(number, number + count), key=lambda n: used.count(n % count))

    def _kill(self, worker: _Worker) -> None:
        assert self._template is not None
        worker.deadline = None
        self._template.kill(worker.number)

    def _begin(self, worker: _Worker, now_s: float) -> None:
        worker.began_s = now_s
        if self._trial_timeout_s is not None:
            worker.deadline = now_s + self._trial_timeout_s

    def _end(self, worker: _Worker, now_s: float) -> None:
        """The worker has done its first order, and begun the next if it has one."""
        worker.deadline = None
        self._rules.pop(worker.orders.popleft()["tid"], None)
        worker.fresh_bytes = 0
        was_brisk = worker.is_brisk
        worker.is_brisk = now_s - worker.began_s < _SHORT_TRIAL_S
        self._n_brisk += worker.is_brisk - was_brisk
        self._n_reported += 1
        if worker.orders:
            self._begin(worker, now_s)

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
            worker.pipe.fill()
        except (EOFError, OSError):
            self._selector.unregister(worker.pipe)
            worker.is_gone = True
            self._kill(worker)  # it may only have closed its pipe; how it ended follows
            return
        self._hear_reports(worker)
        self._dispatch()

    def _hear_reports(self, worker: _Worker) -> None:
        """Deal with the reports that have come; one that is interrupted is dealt with again."""
        for report in worker.pipe.messages():
            self._receive(worker, report)

    def _receive(self, worker: _Worker, report: bytes) -> None:
        if not report:
            worker.ready = True
            self._failed_starts = 0
            self._begin(worker, time.monotonic())
            return
        if report.startswith(b"!"):
            error = wire.decode(report[1:]).error
            raise RuntimeError(
                f"a worker can't load the objective ({type(error).__name__}: {text_of(error)}); "
                "are the modules it uses installed and importable in a new process?"
            ) from error
        if worker.doomed or worker.timed_out:
            return
        outcome = wire.decode(report)
        if worker.orders and worker.orders[0]["tid"] == outcome.tid:
            self._outbox.put(outcome)
            self._end(worker, time.monotonic())

    def _hear_template(self) -> None:
        assert self._template is not None
        self._template.hear()
        self._hear_deaths()
        self._dispatch()

    def _hear_deaths(self) -> None:
        """Deal with the deaths that were heard of; likewise."""
        deaths = self._template.deaths() if self._template is not None else ()
        for death in deaths:
            if death.number in self._workers:
                self._bury(self._workers[death.number], death)

    def _bury(self, worker: _Worker, death: Death) -> None:
        if not worker.is_buried:
            worker.pipe.drain()  # it may have reported before it died
            self._hear_reports(worker)
            worker.is_buried = True
        failed = not worker.ready and not worker.doomed
        if worker.orders and not worker.doomed:
            self._outbox.put(self._fate(worker, worker.orders[0]["tid"], death))
        for doc in list(worker.orders)[:0:-1] if not worker.doomed else worker.orders:
            if (reason := worker.doomed.get(doc["tid"])) is not None:
                self._outbox.put(Outcome(doc["tid"], cancelled=reason))
            elif not any(doc is waiting for waiting in self._queue):
                self._queue.appendleft(doc)  # it had not begun
        del self._workers[worker.number]
        self._n_brisk = sum(each.is_brisk for each in self._workers.values())
        if worker.pipe.fileno() in self._selector.get_map():
            self._selector.unregister(worker.pipe)
        worker.pipe.close()
        if failed:
            self._failed_starts += 1
            if self._failed_starts >= _MAX_FAILED_STARTS:
                raise RuntimeError(
                    f"{self._failed_starts} workers in a row died before they had loaded the "
                    f"objective; the last was {death.how}"
                )

    def _fate(self, worker: _Worker, tid: int, death: Death) -> Outcome:
        if worker.timed_out:
            limit = f"trial_timeout={self._trial_timeout_s:g} s"
            error = TrialLost(f"trial {tid} ran longer than {limit} and was stopped")
        else:
            # By somebody else, in most cases; what a trial does to itself it will do again.
            again = death.signal in (signal.SIGKILL, signal.SIGTERM, signal.SIGHUP)
            error = TrialLost(f"the worker process of trial {tid} was {death.how}", again=again)
        return Outcome(tid, error=error)


def _runs(worker: _Worker, tid: Any) -> bool:
    return bool(worker.orders) and worker.orders[0]["tid"] == tid


def _n_orders(worker: _Worker) -> int:
    return len(worker.orders)
