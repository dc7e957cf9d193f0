"""The families of random parameters: their arguments, and the rules for them.

One place says what a valid `hp.uniform` or `hp.randint` is. `hyperopt.hp` asks when a space is
written; the space compiler asks again for arguments that were expressions then.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FAMILIES", "check_numeric", "check_probabilities", "check_randint"]

#: Argument names of each numeric family, in order.
FAMILIES: dict[str, tuple[str, ...]] = {
    "uniform": ("low", "high"),
    "quniform": ("low", "high", "q"),
    "loguniform": ("low", "high"),
    "qloguniform": ("low", "high", "q"),
    "normal": ("mu", "sigma"),
    "qnormal": ("mu", "sigma", "q"),
    "lognormal": ("mu", "sigma"),
    "qlognormal": ("mu", "sigma", "q"),
}

#: Largest exponent whose exponential is finite.
_MAX_EXPONENT = math.log(np.finfo(np.float64).max)
_MOST_INTEGER = 2**53
_SUM_TOLERANCE = 1e-6

_TOO_LARGE = (
    "but must lie between -2**53 and 2**53: beyond, not every whole number is a double, which all "
    "algorithms calculate with. Search the distance from a constant, or for a seed a smaller range"
)


def check_numeric(call: str, family: str, arguments: dict[str, Any]) -> None:
    """Check the arguments of a numeric family.

    Parameters
    ----------
    call : str
        The call as the user wrote it, to open an error message with.
    family : str
        A key of `FAMILIES`.
    arguments : dict
        Values by name; names that are left out are not checked.

    Raises
    ------
    TypeError
        When an argument is no number.
    ValueError
        When it breaks a rule: finite, low < high, sigma > 0, q > 0; and when the arguments are of
        scales so far apart that doubles cannot represent the values.
    """
    numbers = {name: as_number(call, name, value) for name, value in arguments.items()}
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise ValueError(f"{call}: {name} is {value}, but must be finite")
        if _is_rounded(arguments[name], value) and "q" in FAMILIES[family]:
            raise ValueError(f"{call}: {name} is {arguments[name]}, {_TOO_LARGE}")
        if name in ("sigma", "q") and value <= 0:
            raise ValueError(f"{call}: {name} is {value:g}, but must be positive")
    logarithmic = "log" in family
    if "low" in numbers and "high" in numbers and numbers["low"] >= numbers["high"]:
        hint = ""
        if numbers["low"] > numbers["high"]:
            hint = "; did you swap them?"
        elif numbers["low"] == numbers["high"]:
            hint = "; write a constant instead of a parameter that has only one value"
        raise ValueError(
            f"{call}: low={numbers['low']:g} must be less than high={numbers['high']:g}{hint}"
        )
    top = "high" if "high" in numbers else "mu"
    if logarithmic and numbers.get(top, 0.0) > _MAX_EXPONENT:
        raise ValueError(
            f"{call}: exp({top}) is infinite; {_exponents(top)}, did you mean "
            f"{top}=log({numbers[top]:g})={math.log(numbers[top]):.4g}?"
        )
    if all(name in numbers for name in FAMILIES[family]):
        _check_scales(call, family, [numbers[name] for name in FAMILIES[family]])


def _is_rounded(given: Any, value: float) -> bool:
    """Whether a whole number is no double."""
    return isinstance(given, (int, np.integer)) and int(given) != value


def _check_scales(call: str, family: str, arguments: list[float]) -> None:
    """Refuse what the core could not represent; it knows the rules."""
    from hyperopt import _native

    fault = _native.prior_fault(family, arguments)
    if fault is not None:
        name, value, rule = fault
        hint = ""
        if family == "qloguniform" and arguments[1] > 1:
            high = arguments[1]
            hint = f"; {_exponents('high')}, did you mean high=log({high:g})={math.log(high):.4g}?"
        raise ValueError(f"{call}: {name}={value} is not allowed: {rule}{hint}")


def _exponents(name: str) -> str:
    return "bounds are exponents (natural log)" if name == "high" else f"{name} is a natural log"


def check_randint(call: str, low: Any, high: Any) -> tuple[int, int]:
    """Check the bounds of randint and return them as integers, the upper one exclusive.

    Parameters
    ----------
    call : str
        The call as the user wrote it, to open an error message with.
    low, high : object
        The bounds; with `high` None, the range is 0 ... low - 1.

    Raises
    ------
    TypeError
        When a bound is no number.
    ValueError
        When a bound is not integral or beyond 2**53, or the range is empty.
    """
    if high is None:
        upper = as_integer(call, "the upper bound", low)
        if upper < 1:
            raise ValueError(
                f"{call}: the upper bound is {upper}, but must be at least 1, "
                "since the range is 0 ... upper-1"
            )
        return 0, upper
    first, end = as_integer(call, "low", low), as_integer(call, "high", high)
    if first >= end:
        raise ValueError(
            f"{call}: low={first} must be less than high={end}, since the range is low ... high-1"
        )
    return first, end


def check_probabilities(call: str, probabilities: Sequence[Any]) -> tuple[float, ...]:
    """Check the probabilities of pchoice and return them as floats.

    Parameters
    ----------
    call : str
        The call as the user wrote it, to open an error message with.
    probabilities : sequence
        One for each option.

    Raises
    ------
    TypeError
        When one is no number.
    ValueError
        When there is none, one is negative or not finite, or they do not sum to 1 within 1e-6.
    """
    if len(probabilities) == 0:
        raise ValueError(f"{call}: there are no options; give at least one (probability, option)")
    numbers = tuple(
        as_number(call, f"the probability of option {position}", value)
        for position, value in enumerate(probabilities)
    )
    for position, number in enumerate(numbers):
        if not math.isfinite(number) or number < 0:
            raise ValueError(
                f"{call}: the probability of option {position} is {number:g}, "
                "but must be finite and not negative"
            )
    total = math.fsum(numbers)
    if abs(total - 1.0) > _SUM_TOLERANCE:
        raise ValueError(
            f"{call}: the probabilities sum to {total:.9g}, but must sum to 1; "
            f"divide each of them by {total:.9g}"
        )
    return numbers


def as_number(call: str, name: str, value: Any) -> float:
    """Convert an argument to a float, refusing what only looks like a number."""
    if value is None or isinstance(value, (str, bytes, complex, list, tuple, dict)):
        raise TypeError(f"{call}: {name} must be a number, not {value!r}")
    try:
        if np.ndim(value) != 0:
            raise TypeError
        return float(value)
    except OverflowError:
        raise ValueError(f"{call}: {name} is too large for a float") from None
    except (TypeError, ValueError):
        raise TypeError(f"{call}: {name} must be a number, not {value!r}") from None


def as_integer(call: str, name: str, value: Any) -> int:
    """Convert an argument to an int; a float is fine when it is integral."""
    if isinstance(value, (int, np.integer)):
        number = int(value)
    else:
        as_float = as_number(call, name, value)
        if not as_float.is_integer():
            raise ValueError(f"{call}: {name} is {as_float:g}, but must be an integer")
        number = int(as_float)
    if abs(number) > _MOST_INTEGER:
        raise ValueError(f"{call}: {name} is {number}, {_TOO_LARGE}")
    return number
