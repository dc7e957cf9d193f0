"""Trials that are paused, and the attachments in which their checkpoints are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hyperopt.storage.documents import STATUS_SUSPENDED, Document, result_of

if TYPE_CHECKING:
    from hyperopt.storage.store import TrialStore

__all__ = ["BYTES", "PICKLE", "checkpoint_of", "drop_checkpoint", "has_checkpoint", "is_paused"]

BYTES, PICKLE = _NAMES = ("checkpoint", "checkpoint.pickle")
"""The attachments that a checkpoint may be: bytes that the objective gave, or a pickle."""


def is_paused(doc: Mapping[str, Any]) -> bool:
    """Whether the trial was stopped and can go on: also while it waits to, and while it does."""
    result = result_of(doc)
    return result.get("status") == STATUS_SUSPENDED and "pruned" in result


def _name_in(doc: Mapping[str, Any]) -> str | None:
    name = result_of(doc).get("checkpoint")
    return name if name in _NAMES else None


def has_checkpoint(trials: TrialStore, doc: Document) -> bool:
    """Whether this process can go on with a paused trial."""
    name = _name_in(doc)
    return name is not None and trials._has_checkpoint(doc, name)


def checkpoint_of(trials: TrialStore, doc: Document) -> tuple[str, bytes] | None:
    """The name and the content of a paused trial's checkpoint; None if there is none."""
    name = _name_in(doc)
    data = None if name is None else trials._checkpoint(doc, name)
    return (name, data) if name is not None and isinstance(data, bytes) else None


def drop_checkpoint(trials: TrialStore, doc: Document) -> None:
    """Remove the checkpoint of a trial that has ended for good."""
    for name in _NAMES:
        trials._drop_checkpoint(doc, name)
