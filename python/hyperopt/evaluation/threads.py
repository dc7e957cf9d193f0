"""Trials in threads of this process: for objectives that wait, or that release the GIL."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from hyperopt.evaluation import wire
from hyperopt.evaluation.contract import Outcome
from hyperopt.evaluation.mailbox import Mailbox

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.pruning.contract import Rule
    from hyperopt.pruning.reporting import Reporter
    from hyperopt.storage.store import TrialStore

__all__ = ["ThreadEvaluator"]


class ThreadEvaluator:
    """Runs trials in up to `n_jobs` threads; nothing needs to be picklable.

    A thread can't be stopped. Cancelling gives up on running trials at once; `close` leaves their
    threads behind to finish unnoticed (they don't keep the interpreter from exiting).

    Parameters
    ----------
    n_jobs
        The largest number of threads.
    """

    def __init__(self, n_jobs: int) -> None:
        self.capacity = n_jobs
        self._orders: SimpleQueue[wire.Order | None] = SimpleQueue()
        self._mailbox = Mailbox()
        self._threads: list[threading.Thread] = []
        self._busy: set[threading.Thread] = set()
        self._rules: dict[Any, Rule | None] = {}
        self._reporters: dict[Any, Reporter] = {}

    def start(self, domain: Domain, trials: TrialStore) -> None:
        """Remember the domain; threads start when there is work for them."""
        self._domain = domain
        self._with_doc = wire.wants_doc(domain)
        self._trials = trials

    def submit(self, doc: dict[str, Any]) -> None:
        """Queue the trial for the next free thread."""
        self._mailbox.expect(doc["tid"])
        if len(self._threads) < min(self.capacity, len(self._mailbox)):
            name = f"hyperopt-trials-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            self._threads.append(thread)
            thread.start()
        order = wire.order_for(doc, self._trials, with_doc=self._with_doc)
        # Nothing needs to be picklable here, so the rule goes as it is.
        self._orders.put(order._replace(rule=self._rules.pop(order.tid, None)))

    def prescribe(self, tid: Any, rule: Rule | None) -> None:
        """Take the rule of a trial; one that runs uses it from its next report on."""
        reporter = self._reporters.get(tid)
        if reporter is not None:
            reporter.rule = rule
        else:
            self._rules[tid] = rule

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Block until a trial ends or the timeout passes."""
        return self._mailbox.collect(timeout_s)

    def cancel(self, tids: Iterable[int], reason: str) -> None:
        """Give up on the trials at once."""
        self._mailbox.cancel(tids, reason)

    def close(self, *, cancel: bool) -> None:
        """End the idle threads, and wait for the busy ones unless `cancel`."""
        if cancel:
            self._mailbox.forget()
        for _ in self._threads:
            self._orders.put(None)
        for thread in self._threads:
            if thread.is_alive() and not (cancel and thread in self._busy):
                thread.join()
        self._threads.clear()

    def _work(self) -> None:
        own = threading.current_thread()
        while (order := self._orders.get()) is not None:
            self._busy.add(own)
            if order.tid in self._mailbox:
                watch = partial(self._reporters.__setitem__, order.tid)
                outcome = wire.run(self._domain, order, watch)
                self._reporters.pop(order.tid, None)
                self._mailbox.put(outcome)
            self._busy.discard(own)
