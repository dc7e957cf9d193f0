"""Which of the numbers that a library watches is reported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["chosen", "newest_value"]


def chosen(kind: str, name: str | None, known: Mapping[str, Any]) -> Any:
    """The entry of this name, or the last one when None.

    Raises
    ------
    ValueError
        If there is none; the message lists what there is.
    """
    if not known:
        raise ValueError(f"there is no {kind} to report: have a validation set evaluated")
    if name is None:
        return known[list(known)[-1]]
    if name not in known:
        raise ValueError(
            f"{kind}={name!r} is not evaluated; there is {', '.join(map(repr, known))}"
        )
    return known[name]


def newest_value(log: Mapping[str, Any], data: str | None, metric: str | None) -> float:
    """The newest value of a metric on a data set; the mean, if it comes with a deviation."""
    values = chosen("metric", metric, chosen("data", data, log))
    newest = values[-1]
    return float(newest[0] if isinstance(newest, tuple) else newest)
