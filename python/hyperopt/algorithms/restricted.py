"""Algorithms that must not suggest everything: no point twice, none that breaks a condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["check_condition", "restricted"]


def check_condition(condition: Any) -> None:
    """Refuse what cannot be asked whether a point is allowed."""
    if condition is not None and not callable(condition):
        raise TypeError(
            f"condition={condition!r}: give a function that gets a point and returns whether it "
            "is allowed"
        )


def restricted(
    algo: Callable[..., Any],
    avoid_duplicates: bool = False,
    condition: Callable[[Any], Any] | None = None,
) -> Callable[..., Any]:
    """An algorithm that obeys these options of `fmin`; `algo` itself if there are none."""
    if condition is not None:
        from hyperopt.algorithms.conditioned import Conditioned

        algo = Conditioned(algo, condition)
    if avoid_duplicates:
        from hyperopt.algorithms.distinct import Distinct

        algo = Distinct(algo, condition)
    return algo
