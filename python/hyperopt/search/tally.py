"""Counts of a run and its best loss, kept as trials end, and shown on the progress bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from hyperopt.storage.documents import JOB_STATE_DONE, JOB_STATE_ERROR, STATUS_OK, Document
from hyperopt.storage.failures import error_text


class Tally:
    """Counts trials as they end.

    Parameters
    ----------
    trials
        The trials before the run; they are examined once.

    Attributes
    ----------
    n_done
        How many trials are done: at first those before the run.
    n_ended, n_failed, n_errors
        How many trials of the run ended; how many of them without a result of status *ok*; and how
        many of those with an exception.
    n_pruned
        How many were stopped because they were hopeless; they do not count as failed.
    reasons
        How often each reason made a trial of the run fail.
    best_loss
        Smallest loss of status *ok* of all trials, infinity if there is none.
    ending
        Why the run stopped, if it was before it had done what it was to do.
    bar
        Gets a ``postfix`` and calls of ``update(n)``; see `attach`.
    """

    def __init__(self, trials: Iterable[Document] = ()) -> None:
        self.bar: Any = None
        self.n_done = self.n_ended = self.n_failed = self.n_errors = self.n_pruned = 0
        self.reasons: Counter[str] = Counter()
        self.best_loss = float("inf")
        self.ending = ""
        for doc in trials:
            if doc["state"] == JOB_STATE_DONE:
                self.n_done += 1
                self._compare(doc["result"])
        self._shown = 0
        self._text = ""
        self._facts: tuple[Any, ...] = ()

    def _compare(self, result: dict[str, Any]) -> None:
        if result.get("status") != STATUS_OK:  # such a result may hold anything as its loss
            return
        loss = result.get("loss")
        if loss is not None and loss < self.best_loss:
            self.best_loss = loss

    def add(self, doc: Document) -> None:
        """Count a trial that has ended."""
        self.n_ended += 1
        if doc["state"] == JOB_STATE_DONE:
            self.n_done += 1
            self._compare(doc["result"])
            status = doc["result"].get("status")
            if status != STATUS_OK and "pruned" in doc["result"]:
                self.n_pruned += 1
            elif status != STATUS_OK:
                self.n_failed += 1
                self.reasons[f"status {status}"] += 1
        elif doc["state"] == JOB_STATE_ERROR:
            self.n_failed += 1
            self.n_errors += 1
            self.reasons[error_text(doc["misc"].get("error"))] += 1

    def attach(self, bar: Any) -> None:
        """Show what is known on a bar that has just opened, and keep it up to date."""
        self.bar, self._text, self._facts, self._shown = bar, "", (), self.n_ended
        self.show(0)
        refresh = getattr(bar, "refresh", None)
        if self._text and refresh is not None:
            refresh()

    def recount(self, trials: Iterable[Document], n_running: int) -> None:
        """Count everything again, for trials that others change, and show it."""
        fresh = Tally(trials)
        self.n_ended += max(0, fresh.n_done - self.n_done)
        self.n_done = fresh.n_done
        self.best_loss = fresh.best_loss
        self.show(n_running)

    def show(self, n_running: int) -> None:
        """Bring the progress bar up to date."""
        if self.bar is None:
            return
        facts = (self.best_loss, n_running, self.n_failed, self.n_pruned, self.ending)
        if facts != self._facts:
            self._facts = facts
            text = _text(*facts)
            if text and text != self._text:
                self.bar.postfix = self._text = text
        if self.n_ended > self._shown:
            self.bar.update(self.n_ended - self._shown)
            self._shown = self.n_ended


def _text(best_loss: float, n_running: int, n_failed: int, n_pruned: int, ending: str) -> str:
    parts = []
    if best_loss < float("inf"):
        parts.append(f"best loss: {best_loss}")
    if n_running:
        parts.append(f"running: {n_running}")
    if n_pruned:
        parts.append(f"pruned: {n_pruned}")
    if n_failed:
        parts.append(f"failed: {n_failed}")
    if ending:
        parts.append(f"stopped: {ending}")
    return ", ".join(parts)
