"""The Spark session of this process."""

from __future__ import annotations

import importlib.util
from typing import Any

__all__ = ["MOST_AT_ONCE", "active_session"]

MOST_AT_ONCE = 128
"""How many trials run on Spark at once at most: each is a job, with a thread here that waits."""


def active_session(who: str) -> Any:
    """The active session, classic or Connect, or else a new one.

    Parameters
    ----------
    who
        What needs it, for the error.

    Raises
    ------
    ImportError
        pyspark is not installed.
    """
    if importlib.util.find_spec("pyspark") is None:
        raise ImportError(
            f"{who} cannot import pyspark: pip install pyspark (it needs a Java runtime), or pass "
            "the session of your cluster to SparkTrials(spark_session=...)"
        )
    from pyspark.sql import SparkSession

    return SparkSession.builder.getOrCreate()
