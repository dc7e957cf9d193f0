"""IPython's cluster as evaluator, which this package does not have: using it says what to use."""

from __future__ import annotations

from typing import Any

from hyperopt.base import Trials

__all__ = ["IPythonTrials"]


class IPythonTrials(Trials):
    """Stands for upstream's class. Making one raises NotImplementedError with the alternatives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(
            "ipy.IPythonTrials is not part of this package. Pass the cluster's executor instead: "
            "fmin(..., executor=ipyparallel.Client()[:].executor); without a cluster use "
            "fmin(..., n_jobs=...)"
        )
