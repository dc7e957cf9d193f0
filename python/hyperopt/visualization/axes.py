"""How an axis is scaled, and what is written on it, so that a picture shows what matters."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["far_out", "fitting", "spans_decades"]

_DECADES_RATIO = 1000.0
"""From this ratio of largest to smallest on, positive numbers are shown by their logarithms."""

_LONGEST_TITLE = 26


def spans_decades(values: NDArray[np.float64]) -> bool:
    """Whether all values are positive and span more than three decades."""
    if not len(values):
        return False
    return bool(values.min() > 0.0 and values.max() / values.min() > _DECADES_RATIO)


def far_out(losses: NDArray[np.float64]) -> float:
    """The loss above which one would flatten all others: Tukey's outer fence; infinity if none is.

    That is three interquartile ranges above the upper quartile (J. W. Tukey, Exploratory Data
    Analysis, 1977, section 2D).
    """
    if len(losses) < 8:
        return float("inf")
    lower, upper = np.quantile(losses, [0.25, 0.75])
    fence = float(upper + 3.0 * (upper - lower))
    return fence if fence > lower and losses.max() > fence else float("inf")


def fitting(title: str) -> str:
    """A title, shortened in the middle if it would not fit above a small plot."""
    if len(title) <= _LONGEST_TITLE:
        return title
    half = _LONGEST_TITLE // 2
    return f"{title[: half - 1]}…{title[-half:]}"


def scale_losses(axis: Any, losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Scale an axis of losses (`axes.xaxis` or `axes.yaxis`); return which losses it leaves out.

    Positive losses over more than three decades get a logarithmic axis. Otherwise the axis ends at
    the last loss that is not `far_out`.
    """
    if spans_decades(losses):
        getattr(axis.axes, f"set_{axis.axis_name}scale")("log")
        return np.zeros(len(losses), dtype=bool)
    beyond = losses > far_out(losses)
    if beyond.any():
        low, high = losses[~beyond].min(), losses[~beyond].max()
        room = 0.06 * (high - low)
        getattr(axis.axes, f"set_{axis.axis_name}lim")(low - room, high + room)
    return np.asarray(beyond)
