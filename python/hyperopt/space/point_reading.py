"""A point that a user wrote, read as the values that trials store.

People write a point in two ways: by label, ``{label: value}``, where a choice is given by the
number of its option or by the option itself; or as the objective receives it, nested like the
space, which is how `Trials.best_params` and `space_eval` return it. Both readings end in an
assignment: values by label, choices by number.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.pyll.base import Apply, Literal, dfs, rec_eval
from hyperopt.pyll.printing import one_line
from hyperopt.space.activation import label_of

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

__all__ = [
    "assignment_by_structure",
    "is_option",
    "option_of",
    "what_to_give",
]

Assignment = dict[str, Any]

_TOLERANCE = 1e-9
"""How far, relative to itself, a computed value may be from what its inverse gives again."""


def what_to_give(space: CompiledSpace, assignment: Any) -> str | None:
    """What is wrong with an assignment that could not be evaluated; None if that is not known."""
    if isinstance(assignment, Mapping) and "misc" in assignment and "misc" not in space.labels:
        return "that is a whole trial; give spec_from_misc(trial['misc']), or trials.argmin"
    given = [label for label in space.labels if _has(assignment, label)]
    lists = [label for label in given if isinstance(assignment[label], (list, tuple, np.ndarray))]
    if lists and len(lists) == len(given):
        return (
            f"the value of {lists[0]!r} is {assignment[lists[0]]!r}, a list, as in misc['vals']; "
            "give {label: values[0]} of the labels that have one, as spec_from_misc(trial['misc'])"
        )
    for label, options in space.options.items():
        if label in given and not _is_number_of(assignment[label], len(options)):
            shown = ", ".join(f"{n}: {one_line(option)}" for n, option in enumerate(options[:9]))
            more = ", ..." if len(options) > 9 else ""
            return (
                f"{label!r} is {assignment[label]!r}, and the choice {label!r} is given by the "
                f"number of an option: {{{shown}{more}}}"
            )
    return None


def _has(assignment: Any, label: str) -> bool:
    try:
        assignment[label]
    except Exception:  # of any kind of mapping
        return False
    return True


def _is_number_of(value: Any, n_options: int) -> bool:
    try:
        return 0 <= operator.index(value) < n_options
    except TypeError:
        return False


def is_option(given: Any, option: Any) -> bool:
    """Whether `given` is what was put into a choice as `option`.

    The same object is, whatever its ``==`` says; NaN equals NaN, a list equals the tuple that it is
    evaluated to, containers are compared part by part, and comparing what a user put into a choice
    may raise anything, which means that it is not equal.
    """
    if given is option:
        return True
    if isinstance(given, (list, tuple)) and isinstance(option, (list, tuple)):
        return len(given) == len(option) and all(map(is_option, given, option))
    if isinstance(given, Mapping) and isinstance(option, Mapping):
        return given.keys() == option.keys() and all(
            is_option(given[key], option[key]) for key in given
        )
    try:
        if np.shape(given) != np.shape(option):
            return False
        same = given == option
        if bool(np.all(same)):
            return True
        # What differs may differ because it is not equal to itself.
        return bool(np.all(same | ((given != given) & (option != option))))
    except Exception:
        return False


def option_of(
    given: Any, options: Sequence[Apply], *, values_first: bool
) -> tuple[int, int | None] | None:
    """Which option `given` means: its number, and another number that it might mean as well.

    An integer may be the number of an option, and an option itself. With `values_first` an option
    that equals it goes first; without, the number. None if it is neither.
    """
    constants = {
        number: rec_eval(option) for number, option in enumerate(options) if _is_constant(option)
    }
    by_value = _number_by_value(given, constants)
    by_number = _number_by_number(given, constants, len(options))
    first, second = (by_value, by_number) if values_first else (by_number, by_value)
    if first is None:
        first, second = second, None
    if first is None:
        return None
    return first, None if second == first else second


def _number_by_value(given: Any, constants: Mapping[int, Any]) -> int | None:
    """The option that equals `given`; of several the one of its own type, then the first."""
    equal = [number for number, constant in constants.items() if is_option(given, constant)]
    for number in equal:
        if type(constants[number]) is type(given):
            return number
    for number in equal:
        # 1 and True are equal, and nobody means the one with the other.
        if _is_boolean(constants[number]) == _is_boolean(given):
            return number
    return None


def _number_by_number(given: Any, constants: Mapping[int, Any], n_options: int) -> int | None:
    if _is_boolean(given) and any(map(_is_boolean, constants.values())):
        return None
    try:
        number = operator.index(given)
    except TypeError:
        if not isinstance(given, float) or not given.is_integer():
            return None
        number = int(given)  # As a table of numbers has it.
    return number if 0 <= number < n_options else None


def _is_boolean(value: Any) -> bool:
    return isinstance(value, (bool, np.bool_))


def _is_constant(expression: Apply) -> bool:
    return all(label_of(node) is None for node in dfs(expression))


def assignment_by_structure(
    space: CompiledSpace, expression: Apply, given: Any
) -> Assignment | None:
    """The values with which `expression` evaluates to `given`; None if there are none to be found.

    `expression` is a part of `space`, and values outside of the support of a parameter are none.
    Sums, differences, products, quotients and powers of one parameter and a constant are solved for
    the parameter, to rounding; other functions of parameters are not.
    """
    label = label_of(expression)
    if label is not None:
        return {label: given} if _may_be(space, label, given) else None
    if _is_constant(expression):
        return {} if is_option(given, _evaluated(expression)) else None
    if expression.name == "switch":
        return _chosen(space, expression, given)
    if expression.name == "dict" and not expression.pos_args:
        parts = dict(expression.named_args)
        if not isinstance(given, Mapping) or given.keys() != parts.keys():
            return None
        return _merged(space, [(parts[key], given[key]) for key in parts])
    if expression.name == "pos_args" and not expression.named_args:
        if not isinstance(given, (list, tuple)) or len(given) != len(expression.pos_args):
            return None
        return _merged(space, list(zip(expression.pos_args, given, strict=True)))
    return _solved(space, expression, given)


def _chosen(space: CompiledSpace, switch: Apply, given: Any) -> Assignment | None:
    """The first option that evaluates to `given`; one of its own type before one that equals it."""
    index, *options = switch.pos_args
    constants = {n: _evaluated(option) for n, option in enumerate(options) if _is_constant(option)}
    number = _number_by_value(given, constants)
    candidates = range(len(options)) if number is None else [number]
    for candidate in candidates:
        inside = assignment_by_structure(space, options[candidate], given)
        chosen = assignment_by_structure(space, index, candidate)
        if inside is not None and chosen is not None:
            return _agreeing([chosen, inside])
    return None


def _merged(space: CompiledSpace, pairs: list[tuple[Apply, Any]]) -> Assignment | None:
    return _agreeing([assignment_by_structure(space, part, given) for part, given in pairs])


def _agreeing(assignments: list[Assignment | None]) -> Assignment | None:
    """All of them together; None if one is missing, or two give a parameter different values."""
    whole: Assignment = {}
    for assignment in assignments:
        if assignment is None:
            return None
        for label, value in assignment.items():
            if label in whole and whole[label] != value:
                return None
            whole[label] = value
    return whole


_INVERSES: dict[str, Callable[[Any], Any]] = {
    "float": float,
    "int": operator.index,
    "exp": math.log,
    "log": math.exp,
    "sqrt": lambda y: y * y,
    "neg": operator.neg,
}

# By the operator and the place of the constant: what gives the other operand.
_INVERSES_OF_TWO: dict[tuple[str, int], Callable[[Any, Any], Any]] = {
    ("add", 0): lambda y, c: y - c,
    ("add", 1): lambda y, c: y - c,
    ("sub", 0): lambda y, c: c - y,
    ("sub", 1): lambda y, c: y + c,
    ("mul", 0): lambda y, c: y / c,
    ("mul", 1): lambda y, c: y / c,
    ("truediv", 0): lambda y, c: c / y,
    ("truediv", 1): lambda y, c: y * c,
    ("pow", 0): lambda y, c: math.log(y) / math.log(c),
    ("pow", 1): lambda y, c: y ** (1 / c),
}


def _solved(space: CompiledSpace, expression: Apply, given: Any) -> Assignment | None:
    """Solve a function of one operand that is not constant, and check the solution."""
    operands = expression.pos_args
    varying = [place for place, part in enumerate(operands) if not _is_constant(part)]
    if expression.named_args or len(varying) != 1 or not _is_number(given):
        return None
    (place,) = varying
    try:
        if len(operands) == 1:
            operand = _INVERSES[expression.name](given)
            again = expression.clone_from_inputs([Literal(operand)])
        else:
            constants = [None if at == place else _evaluated(p) for at, p in enumerate(operands)]
            inverse = _INVERSES_OF_TWO[expression.name, 1 - place]
            operand = inverse(given, constants[1 - place])
            inputs = [Literal(operand if at == place else c) for at, c in enumerate(constants)]
            again = expression.clone_from_inputs(inputs)
        if not math.isclose(_evaluated(again), given, rel_tol=_TOLERANCE, abs_tol=1e-300):
            return None
    except (ArithmeticError, LookupError, TypeError, ValueError):
        return None
    return assignment_by_structure(space, operands[place], operand)


def _may_be(space: CompiledSpace, label: str, value: Any) -> bool:
    """Whether a parameter can have this value, to rounding."""
    if not _is_number(value):
        return False
    (parameter,) = [p for p in space.parameters if p.label == label]
    if parameter.is_whole and not float(value).is_integer():
        return False
    low, high = parameter.bounds
    if parameter.is_whole or not parameter.is_bounded:
        return bool(low <= value <= high)
    room = (parameter.step or 0.0) / 2 + _TOLERANCE * max(abs(low), abs(high))
    return bool(low - room <= float(value) <= high + room)


def _is_number(value: Any) -> bool:
    return (
        not isinstance(value, (str, bytes)) and hasattr(value, "__float__") and np.ndim(value) == 0
    )


def _evaluated(expression: Apply) -> Any:
    return rec_eval(expression)
