"""Ours, as the driver loop of `fmin` does it: suggest, store the document, settle its result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hyperopt import JOB_STATE_DONE, STATUS_OK
from hyperopt.storage.writer import store_of
from libraries import hyperopt_documents
from libraries.hyperopt_documents import PACKAGE, VERSION, optimize, random_documents
from spaces import Space

__all__ = ["PACKAGE", "VERSION", "Study", "optimize", "random_documents"]


class Study(hyperopt_documents.Study):
    """Ask and tell through the store that the driver uses."""

    def __init__(self, space: Space, finished: list[tuple[dict[str, Any], float]]) -> None:
        super().__init__(space, finished)
        self.store = store_of(self.trials)

    def step(self, loss: float | Callable[[dict[str, Any]], float]) -> None:
        """Ask for one point and tell its loss, which may be a function of the point."""
        (doc,) = self.store.insert(self.ask(1))
        if callable(loss):
            loss = loss({name: values[0] for name, values in doc["misc"]["vals"].items() if values})
        doc["result"] = {"status": STATUS_OK, "loss": loss}
        doc["state"] = JOB_STATE_DONE
        self.store.settle(doc)
