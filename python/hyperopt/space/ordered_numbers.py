"""The parameter that covers the range of some numbers, written as a call."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["call_over", "is_ascending", "plain_numbers", "shown_call", "shown_number"]

_TOLERANCE = 1e-9


def shown_number(value: float) -> str:
    """Write a number for a message."""
    return str(int(value)) if value == int(value) and abs(value) < 1e16 else f"{value:.10g}"


def shown_call(name: str, label: str, *args: float) -> str:
    """Write a call of `hp` for a message."""
    return f"hp.{name}({', '.join([repr(label), *map(shown_number, args)])})"


def plain_numbers(values: Sequence[Any]) -> list[float] | None:
    """Return values as Python numbers; None when one is no finite real number, or a truth value."""
    numbers = []
    for value in values:
        number = value.item() if isinstance(value, np.generic) else value
        if isinstance(number, bool) or not isinstance(number, (int, float)):
            return None
        if not -1e300 < number < 1e300:
            return None
        numbers.append(number)
    return numbers


def is_ascending(numbers: Sequence[float]) -> bool:
    """Whether every number is greater than the one before."""
    return all(a < b for a, b in pairwise(numbers))


def call_over(label: str, numbers: Sequence[float]) -> str:
    """A parameter over the range of some ascending numbers, of their kind and spacing."""
    low, high = numbers[0], numbers[-1]
    integral = all(number == int(number) for number in numbers)
    steps = [b - a for a, b in pairwise(numbers)]
    even = max(steps) - min(steps) <= _TOLERANCE * abs(high - low)
    if integral and even:
        return _even_integers(label, int(low), int(high), int(steps[0]))
    if even:
        return shown_call("uniform", label, low, high)
    for base in (2, 10):
        exponents = [math.log(number, base) if number > 0 else math.nan for number in numbers]
        near = [round(e) if math.isfinite(e) else 0 for e in exponents]
        powers = all(
            math.isclose(float(base) ** k, number) for k, number in zip(near, numbers, strict=True)
        )
        if powers and near == list(range(near[0], near[-1] + 1)):
            shown = str(base) if integral else f"{base}.0"
            return f"{shown} ** {shown_call('uniformint', label, near[0], near[-1])}"
    if low > 0 and high >= 10 * low:
        bounds = f"math.log({shown_number(low)}), math.log({shown_number(high)})"
        if integral:
            return f"scope.int(hp.qloguniform({label!r}, {bounds}, 1))"
        return f"hp.loguniform({label!r}, {bounds})"
    return shown_call("uniformint" if integral else "uniform", label, low, high)


def _even_integers(label: str, low: int, high: int, step: int) -> str:
    # Not randint, whose values have no order for tpe and anneal.
    if step == 1:
        return shown_call("uniformint", label, low, high)
    if low % step == 0:
        return f"scope.int({shown_call('quniform', label, low, high, step)})"
    return f"{low} + {step} * {shown_call('uniformint', label, 0, (high - low) // step)}"
