"""What trials reported as a table: one row per report."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hyperopt.pruning.curves import reported
from hyperopt.storage.documents import Document


def report_rows(docs: Iterable[Document]) -> list[dict[str, Any]]:
    """One dict per report: ``tid step value pruned``, in the order of the trials."""
    return [
        {"tid": doc["tid"], "step": step, "value": value, "pruned": "pruned" in doc["result"]}
        for doc in docs
        for step, value in reported(doc)
    ]
