"""Points that a user wants evaluated: `points_to_evaluate`."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.exceptions import MissingLabel
from hyperopt.pyll.printing import one_line
from hyperopt.space.point_reading import (
    assignment_by_structure,
    is_option,
    option_of,
)

if TYPE_CHECKING:
    from hyperopt.pyll.base import Apply
    from hyperopt.space.compiler import CompiledSpace


def assignment_of(
    space: CompiledSpace, point: Any, name: str, *, values_first: bool = True
) -> dict[str, Any]:
    """The active parameters that a user's point gives, with choices as option numbers.

    Parameters
    ----------
    space
        The space that the point is of.
    point
        ``{label: value}``, or the point as the objective gets it and `Trials.best_params` returns
        it: nested like the space.
    name
        What to call the point in errors.
    values_first
        What an integer means for a choice that has it as an option, while it is the number of
        another: the option; or else, with a warning, the number, as upstream reads it.

    Raises
    ------
    ValueError
        If the point is neither; if it names an unknown parameter, gives a choice something that is
        none of its options, or can be read in both ways with different results.
    MissingLabel
        If a parameter that is active at the point has no value.
    """
    nested = assignment_by_structure(space, space.expression, point)
    if nested is not None:
        nested = _checked_values(space, nested, name)
    try:
        flat = _assignment_by_label(space, point, name, values_first)
    except (ValueError, MissingLabel) as error:
        # Where numbers go first, a choice given by one says which parameters must follow.
        if nested is None or (isinstance(error, MissingLabel) and not values_first):
            raise
        return nested
    if values_first and nested is not None and not same_assignment(flat, nested):
        raise ValueError(
            f"{name} can be read in two ways, by label as {flat!r}, and by the places in the space "
            f"as {nested!r}; give the one that is meant, which has no second reading when choices "
            "are given by their options and labels are the keys of the space"
        )
    return flat


def _assignment_by_label(
    space: CompiledSpace, point: Any, name: str, values_first: bool
) -> dict[str, Any]:
    if not isinstance(point, Mapping):
        raise ValueError(
            f"{name} is {point!r}; give a dict {{label: value}}, or a point as an objective gets it"
        )
    unknown = [label for label in point if label not in space.labels]
    if unknown:
        raise ValueError(
            f"{name} has the key {unknown[0]!r}, which is no parameter of the space; the "
            f"parameters are {', '.join(map(repr, space.labels))}"
        )
    options = space.options
    values: dict[str, Any] = {}
    inside: dict[str, Any] = {}
    for label, value in point.items():
        if label in options:
            called = f"{name}[{label!r}]"
            number, more = _option(space, options[label], value, called, values_first)
            values[label] = number
            inside |= more
        else:
            values[label] = value
    values = _checked_values(space, inside | values, name)
    try:
        active = space.active(values)
    except MissingLabel as error:
        raise MissingLabel(f"{name}: {error}") from None
    for label in space.labels:
        if label in active and label not in values:
            raise MissingLabel(
                f"{name} has no value for {label!r}, which is active there; add it to the point"
            )
    return {label: value for label, value in values.items() if label in active}


def _checked_values(space: CompiledSpace, values: dict[str, Any], name: str) -> dict[str, Any]:
    whole = {parameter.label: parameter.is_whole for parameter in space.parameters}
    for label, value in values.items():
        _check_number(value, whole[label], f"{name}[{label!r}]")
    return values


def _check_number(value: Any, whole: bool, name: str) -> None:
    """Refuse what is no finite number; for a parameter of integers, no whole one."""
    if np.ndim(value) == 0:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
        if math.isfinite(number) and not isinstance(value, str) and not (whole and number % 1):
            return
    raise ValueError(f"{name} is {value!r}; give a {'whole' if whole else 'finite'} number")


def _option(
    space: CompiledSpace, options: Sequence[Apply], value: Any, name: str, values_first: bool
) -> tuple[int, dict[str, Any]]:
    """The number of the option that `value` means, and what it says of the parameters inside."""
    found = option_of(value, options, values_first=values_first)
    if found is not None:
        number, other = found
        if other is not None and not values_first:
            warnings.warn(
                f"{name} is {value!r}, the number of an option and an option itself: it is "
                f"read as number {number}, the option {one_line(options[number])}; if the option "
                f"{one_line(options[other])} is meant, give its number, {other}",
                stacklevel=2,
            )
        return number, {}
    for number, option in enumerate(options):
        inside = assignment_by_structure(space, option, value)
        if inside is not None:
            return number, inside
    raise ValueError(
        f"{name} is {value!r}, which is no option: give the number of an option, 0 to "
        f"{len(options) - 1}, or one of [{', '.join(map(one_line, options))}]"
    )


def same_assignment(a: Mapping[str, Any], b: Mapping[str, Any]) -> bool:
    """Whether two assignments mean the same point."""
    return a.keys() == b.keys() and all(is_option(a[label], b[label]) for label in a)
