"""What algorithms check and find out before they ask the core."""

from __future__ import annotations

import operator


def count(name: str, value: int, least: int) -> int:
    """The value of the option `name`, an integer that is at least `least`."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name}={value!r} is not allowed: must be an integer") from None
    if number < least:
        raise ValueError(f"{name}={number} is not allowed: must be at least {least}")
    return number
