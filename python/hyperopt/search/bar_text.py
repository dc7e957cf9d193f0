"""The progress bar of a run: what it says, kept up to date."""

from __future__ import annotations

from typing import Any

from hyperopt.search.counts import RunCounts


class BarText:
    """Shows the counts of a run on a bar that has just opened.

    Parameters
    ----------
    counts
        What is counted.
    bar
        Gets a ``postfix`` and calls of ``update(n)``.
    """

    def __init__(self, counts: RunCounts, bar: Any) -> None:
        self._counts = counts
        self._bar = bar
        self._text = ""
        self._facts: tuple[Any, ...] = ()
        self._shown = counts.n_ended
        self.show(0)
        refresh = getattr(bar, "refresh", None)
        if self._text and refresh is not None:
            refresh()

    def show(self, n_running: int) -> None:
        """Bring the bar up to date."""
        counts = self._counts
        facts = (
            counts.best_loss,
            n_running,
            counts.n_failed,
            counts.n_pruned,
            counts.n_paused,
            counts.ending,
        )
        if facts != self._facts:
            self._facts = facts
            text = _text(*facts)
            if text and text != self._text:
                self._bar.postfix = self._text = text
        if counts.n_ended > self._shown:
            self._bar.update(counts.n_ended - self._shown)
            self._shown = counts.n_ended


def _text(
    best_loss: float, n_running: int, n_failed: int, n_pruned: int, n_paused: int, ending: str
) -> str:
    parts = []
    if best_loss < float("inf"):
        parts.append(f"best loss: {best_loss}")
    if n_running:
        parts.append(f"running: {n_running}")
    if n_pruned:
        parts.append(f"pruned: {n_pruned}")
    if n_paused:
        parts.append(f"paused: {n_paused}")
    if n_failed:
        parts.append(f"failed: {n_failed}")
    if ending:
        parts.append(f"stopped: {ending}")
    return ", ".join(parts)
