"""Ours with the default algorithm, with the calls that `fmin`'s own loop makes."""

from __future__ import annotations

from typing import Any

from hyperopt import auto
from libraries import hyperopt_documents, ours
from libraries.hyperopt_documents import PACKAGE, VERSION
from spaces import Space

__all__ = ["PACKAGE", "VERSION", "Study", "optimize"]


class Study(ours.Study):
    """Ask and tell through the store that the driver uses."""

    def __init__(self, space: Space, finished: list[tuple[dict[str, Any], float]]) -> None:
        super().__init__(space, finished)
        self.suggest = auto.suggest


def optimize(space: Space, count: int) -> None:
    """Run `count` trials of an objective that costs nothing."""
    hyperopt_documents.optimize(space, count, auto.suggest)
