"""MongoDB's trial store, which this package does not have: importing works, using says what to use.

Code that only asks ``isinstance(trials, MongoTrials)``, as several libraries do, runs unchanged and
without pymongo.
"""

from __future__ import annotations

from typing import Any, NoReturn

from hyperopt.base import Trials

__all__ = ["MongoCtrl", "MongoJobs", "MongoTrials", "MongoWorker", "main_worker"]

_INSTEAD = (
    "{name} is not part of this package: trials are not stored in MongoDB. To evaluate in parallel "
    "use fmin(..., n_jobs=...), fmin(..., executor=...) with any concurrent.futures executor "
    "(dask's included), or SparkTrials; to keep a study on disk use "
    "fmin(..., trials_save_file='study.pkl')"
)


class MongoTrials(Trials):
    """Stands for upstream's store. Making one raises NotImplementedError with the alternatives."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(_INSTEAD.format(name="mongoexp.MongoTrials"))


class MongoJobs:
    """Stands for upstream's job queue. Making one raises NotImplementedError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(_INSTEAD.format(name="mongoexp.MongoJobs"))


class MongoWorker:
    """Stands for upstream's worker. Making one raises NotImplementedError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(_INSTEAD.format(name="mongoexp.MongoWorker"))


class MongoCtrl:
    """Stands for upstream's control handle. Making one raises NotImplementedError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(_INSTEAD.format(name="mongoexp.MongoCtrl"))


def main_worker(*args: Any, **kwargs: Any) -> NoReturn:
    """Raise NotImplementedError with the alternatives to upstream's worker process."""
    raise NotImplementedError(_INSTEAD.format(name="mongoexp.main_worker"))
