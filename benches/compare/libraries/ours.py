"""Ours, as its own driver loop does it: each step is one trial of an `FMinIter`.

That includes evaluating an objective that costs nothing, so it is an upper bound of asking and
telling.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hyperopt import FMinIter
from libraries import hyperopt_documents
from libraries.hyperopt_documents import PACKAGE, VERSION, optimize, random_documents
from spaces import Space

__all__ = ["PACKAGE", "VERSION", "Study", "optimize", "random_documents"]


class Study(hyperopt_documents.Study):
    """Ask and tell through the driver."""

    def __init__(self, space: Space, finished: list[tuple[dict[str, Any], float]]) -> None:
        super().__init__(space, finished)
        self.driver = FMinIter(
            self.suggest,
            self.domain,
            self.trials,
            rstate=np.random.default_rng(0),
            show_progressbar=False,
            verbose=False,
        )

    def step(self, loss: float) -> None:
        """Run one trial whose objective returns `loss`."""
        self.loss = loss
        self.driver.run(1, block_until_done=False)
