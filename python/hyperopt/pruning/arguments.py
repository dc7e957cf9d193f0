"""The arguments of pruners, checked."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import Any

__all__ = ["at_least", "between"]


def at_least(name: str, value: Any, least: int) -> int:
    """A whole number that is not less than `least`."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise TypeError(f"{name}={value!r}: must be a whole number")
    if value < least:
        raise ValueError(f"{name}={value!r}: must be at least {least}")
    return int(value)


def between(name: str, value: Any, low: float, high: float, *, open_low: bool = False) -> float:
    """A number from `low` to `high`, `high` excluded if it is infinite."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name}={value!r}: must be a number")
    number = float(value)
    too_low = number <= low if open_low else number < low
    if math.isnan(number) or too_low or number > high or (math.isinf(number)):
        sign = "above" if open_low else "at least"
        most = "" if math.isinf(high) else f", and at most {high:g}"
        raise ValueError(f"{name}={value!r}: must be {sign} {low:g}{most}")
    return number
