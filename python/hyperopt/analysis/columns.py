"""What the plots show, taken from trial documents: losses by status, values by parameter, ranks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Point", "finite_loss", "labels_of", "loss_ranks", "points_of"]


@dataclass(frozen=True)
class Point:
    """One trial in which a parameter was active."""

    position: int  # in the order of the store
    value: float
    loss: float  # NaN if there is no finite one


def finite_loss(trial: dict[str, Any]) -> float:
    """Loss of a trial that went well; NaN if it failed, is unfinished, or has no finite loss."""
    result = trial["result"]
    if result.get("status") != "ok" or result.get("loss") is None:
        return math.nan
    loss = float(result["loss"])
    return loss if math.isfinite(loss) else math.nan


def labels_of(trials: Sequence[dict[str, Any]]) -> list[str]:
    """Labels that occur in any trial, in order, numbers in them by value: x2 before x10."""
    labels = {label for trial in trials for label in trial["misc"]["vals"]}
    return sorted(labels, key=_by_number)


def _by_number(label: str) -> list[tuple[int, str]]:
    parts = re.split(r"(\d+)", label)
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def points_of(trials: Sequence[dict[str, Any]], label: str) -> list[Point]:
    """Trials in which a parameter was active and has a finite number as its value."""
    points = []
    for position, trial in enumerate(trials):
        stored = trial["misc"]["vals"].get(label)
        if stored is None or len(stored) == 0:
            continue
        value = float(stored[0])
        if math.isfinite(value):
            points.append(Point(position, value, finite_loss(trial)))
    return points


def loss_ranks(losses: Sequence[float]) -> NDArray[np.float64]:
    """Rank of each loss between 0 (best) and 1 (worst); equal losses share one, NaN stays NaN.

    Ranks tell trials apart where a few large losses would push all others into one colour.
    """
    values = np.asarray(losses, dtype=float)
    finite = np.isfinite(values)
    ranks = np.full(values.shape, np.nan)
    distinct, index = np.unique(values[finite], return_inverse=True)
    ranks[finite] = index / max(len(distinct) - 1, 1)
    return ranks
