"""Ours with the joint estimator, with the calls that `fmin`'s own loop makes."""

from __future__ import annotations

from typing import Any

from hyperopt import jtpe
from libraries import ours
from libraries.hyperopt_documents import PACKAGE, VERSION, optimize, random_documents
from spaces import Space

__all__ = ["PACKAGE", "VERSION", "Study", "optimize", "random_documents"]


class Study(ours.Study):
    """Ask and tell through the store that the driver uses."""

    def __init__(self, space: Space, finished: list[tuple[dict[str, Any], float]]) -> None:
        super().__init__(space, finished)
        self.suggest = jtpe.suggest
