"""Ours through `Study.ask` and `Study.tell`, which also give the point by value."""

from __future__ import annotations

from typing import Any

import hyperopt
from libraries import hyperopt_documents
from libraries.hyperopt_documents import PACKAGE, VERSION
from spaces import Space

__all__ = ["PACKAGE", "VERSION", "Study"]


class Study:
    """Ask and tell as users of the package do."""

    def __init__(self, space: Space, finished: list[tuple[dict[str, Any], float]]) -> None:
        filled = hyperopt_documents.Study(space, finished)
        self.study = hyperopt.Study(filled.domain.expr, trials=filled.trials, rstate=0)

    def step(self, loss: float) -> None:
        """Ask for one point and tell its loss."""
        trial = self.study.ask()
        self.study.tell(trial, loss)
