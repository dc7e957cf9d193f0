"""Advice on search spaces that are valid, but probably not what their author meant."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperopt.exceptions import SpaceWarning
from hyperopt.pyll.base import Literal, dfs
from hyperopt.space.activation import label_of
from hyperopt.space.compiler import CompiledSpace, Parameter, compile_space
from hyperopt.space.ordered_numbers import (
    call_over,
    is_ascending,
    plain_numbers,
    shown_call,
    shown_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["check_space"]

#: exp of this is 2e17: no hyperparameter is meant to be that large.
_LARGE_EXPONENT = 40.0
#: exp of this is 7e10: large for a range that lies above 1 as a whole.
_LARGE_EXPONENT_ABOVE_ONE = 25.0
_TOLERANCE = 1e-9


class _Advice(NamedTuple):
    problem: str
    write: str

    def __str__(self) -> str:
        return f"{self.problem}; write {self.write}"


class _Use(NamedTuple):
    """A parameter, and what the space does with its value."""

    parameter: Parameter
    to_int: bool


def check_space(space: Any, *, stacklevel: int = 1) -> list[SpaceWarning]:
    """Warn about parts of a search space that are probably not meant as they are written.

    These are: bounds of `hp.loguniform` that look like values instead of exponents, numbers in
    `hp.choice` that are in order, parameters with one possible value, and quantised parameters
    whose values can lie outside their bounds. Every warning is a `SpaceWarning` and shows the call
    to write instead. ``warnings.filterwarnings("ignore", category=hyperopt.SpaceWarning)`` silences
    them.

    Parameters
    ----------
    space : Apply, object or CompiledSpace
        The space.
    stacklevel : int
        Which caller the warnings point at: 1 is the caller of this function.

    Returns
    -------
    list of SpaceWarning
        The warnings, which were also issued. Empty when there is nothing to say.

    Raises
    ------
    BadSearchSpace, TypeError, ValueError
        When the space is not valid; see `hyperopt.space.compile_space`.

    Examples
    --------
    >>> import warnings
    >>> from hyperopt import hp
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     found = check_space(hp.quniform("n", 0, 11, 3))
    >>> print(found[0])
    hp.quniform('n', 0, 11, 3) can give 12, which is above high=11; write hp.quniform('n', 0, 9, 3)
    """
    compiled = space if isinstance(space, CompiledSpace) else compile_space(space)
    found = [SpaceWarning(str(advice)) for use in _uses(compiled) for advice in _advice(use)]
    for warning in found:
        warnings.warn(warning, stacklevel=stacklevel + 1)
    return found


def _uses(space: CompiledSpace) -> Iterator[_Use]:
    to_int: set[str | None] = set()
    for node in dfs(space.expression):
        if node.name == "int" and node.pos_args:
            source = node.pos_args[0]
            if source.name == "float" and source.pos_args:
                source = source.pos_args[0]
            to_int.add(label_of(source))
    for parameter in space.parameters:
        yield _Use(parameter, parameter.label in to_int)


def _advice(use: _Use) -> Iterator[_Advice]:
    """At most one piece of advice on a parameter: the first that applies."""
    for rule in (_single_value, _values_as_exponents, _outside_bounds, _ordered_numbers):
        advice = rule(use)
        if advice is not None:
            yield advice
            return


def _as_written(use: _Use) -> str:
    """The call that made a parameter."""
    label, family, args = use.parameter.label, use.parameter.family, use.parameter.args
    if family == "categorical":
        return f"hp.pchoice({label!r}, ...)"
    if family == "randint" and use.parameter.options is not None:
        return f"hp.choice({label!r}, ...)"
    if family == "randint" and args[0] == 0:
        return shown_call("randint", label, args[1])
    if _is_uniformint(use):
        return shown_call("uniformint", label, *args[:2])
    return shown_call(family, label, *args)


def _single_value(use: _Use) -> _Advice | None:
    family, args = use.parameter.family, use.parameter.args
    if family == "randint" and args[1] - args[0] == 1:
        value, index = shown_number(args[0]), args[0]
    elif family == "categorical" and max(args) == math.fsum(args):
        index = args.index(max(args))
        value = str(index)
    elif family in ("quniform", "qloguniform"):
        lowest, highest = _quantised_range(use.parameter)
        if lowest != highest:
            return None
        value, index = shown_number(lowest), 0
    else:
        return None
    if use.parameter.options is None:
        return _Advice(f"{_as_written(use)} has only one value, {value}", f"{value} instead of it")
    if not 0 <= index < len(use.parameter.options):
        return None
    option = use.parameter.options[index]
    shown = repr(option.obj) if isinstance(option, Literal) else "that option itself"
    return _Advice(f"{_as_written(use)} always takes the same option", f"{shown} instead of it")


def _values_as_exponents(use: _Use) -> _Advice | None:
    family = use.parameter.family
    if family in ("loguniform", "qloguniform"):
        return _bounds_as_exponents(use)
    if family in ("lognormal", "qlognormal"):
        return _centre_as_exponent(use)
    return None


def _bounds_as_exponents(use: _Use) -> _Advice | None:
    label, family = use.parameter.label, use.parameter.family
    low, high, *q = use.parameter.args
    small = 0 < low < 0.5 and (high <= 0.5 or high >= 10 * low)
    large = high > (_LARGE_EXPONENT if low <= 0 else _LARGE_EXPONENT_ABOVE_ONE)
    if not large and not (small and _is_round(low) and _is_round(high)):
        return None
    problem = (
        f"{_as_written(use)} draws values from exp(low)={math.exp(low):.6g} to "
        f"exp(high)={math.exp(high):.6g}, since bounds are exponents (natural log)"
    )
    span = f"for values from {shown_number(low)} to {shown_number(high)}"
    if low <= 0:
        plain = shown_call(family.replace("log", ""), label, low, high, *q)
        return _Advice(problem, f"{plain} {span}, which has no logarithm at its lower end")
    bounds = [f"math.log({shown_number(bound)})" for bound in (low, high)]
    arguments = ", ".join([repr(label), *bounds, *map(shown_number, q)])
    return _Advice(problem, f"hp.{family}({arguments}) {span}")


def _centre_as_exponent(use: _Use) -> _Advice | None:
    mu, sigma, *q = use.parameter.args
    if mu <= _LARGE_EXPONENT:
        return None
    rest = ", ".join(map(shown_number, (sigma, *q)))
    return _Advice(
        f"{_as_written(use)} draws values around exp(mu)={math.exp(mu):.6g}, since mu is a "
        "natural log",
        f"hp.{use.parameter.family}({use.parameter.label!r}, math.log({shown_number(mu)}), {rest}) "
        f"for values around {shown_number(mu)}, with sigma={shown_number(sigma)} in the logarithm",
    )


def _is_round(value: float) -> bool:
    """Whether a number has at most two significant digits, as one typed by hand."""
    return float(f"{value:.1e}") == value


def _quantised_range(parameter: Parameter) -> tuple[float, float]:
    """Smallest and largest value of a bounded quantised parameter.

    A bound halfway between two multiples of q, as in ``quniform(label, 0.5, 9.5, 1)``, leaves the
    outer one no probability.
    """
    low, high, q = parameter.args
    if parameter.family == "qloguniform":
        low, high = math.exp(low), math.exp(high)
    first = math.floor(low / q * (1 + math.copysign(_TOLERANCE, low)) + 0.5)
    last = math.ceil(high / q * (1 - math.copysign(_TOLERANCE, high)) - 0.5)
    return first * q, max(first, last) * q


def _outside_bounds(use: _Use) -> _Advice | None:
    family = use.parameter.family
    if family not in ("quniform", "qloguniform"):
        return None
    low, high, q = use.parameter.args
    names = ("low", "high")
    if family == "qloguniform":
        low, high, names = math.exp(low), math.exp(high), ("exp(low)", "exp(high)")
    lowest, highest = _quantised_range(use.parameter)
    slack = _TOLERANCE * max(abs(low), abs(high))
    if lowest < low - slack:
        excess = f"{shown_number(lowest)}, which is below {names[0]}={shown_number(low)}"
    elif highest > high + slack:
        excess = f"{shown_number(highest)}, which is above {names[1]}={shown_number(high)}"
    else:
        return None
    first, last = math.ceil((low - slack) / q) * q, math.floor((high + slack) / q) * q
    if first >= last:
        return None
    return _Advice(f"{_as_written(use)} can give {excess}", _within(use, first, last, q))


def _within(use: _Use, first: float, last: float, q: float) -> str:
    """The call of a quantised parameter with bounds that are multiples of q."""
    label, family = use.parameter.label, use.parameter.family
    if family == "qloguniform":
        bounds = f"math.log({shown_number(first)}), math.log({shown_number(last)})"
        return f"hp.{family}({label!r}, {bounds}, {shown_number(q)})"
    if _is_uniformint(use):
        return shown_call("uniformint", label, first, last)
    return shown_call(family, label, first, last, q)


def _is_uniformint(use: _Use) -> bool:
    return use.parameter.family == "quniform" and use.to_int and use.parameter.args[2] == 1


def _ordered_numbers(use: _Use) -> _Advice | None:
    options = use.parameter.options
    if options is None or use.parameter.family != "randint" or len(options) < 3:
        return None
    constants = [option.obj for option in options if isinstance(option, Literal)]
    numbers = plain_numbers(constants)
    if numbers is None or len(numbers) < len(options):
        return None
    if not (is_ascending(numbers) or is_ascending(numbers[::-1])):
        return None
    shown = ", ".join(map(shown_number, numbers[:4])) + (", ..." if len(numbers) > 4 else "")
    return _Advice(
        f"hp.choice({use.parameter.label!r}, [{shown}]) hides from the search that its options are "
        "numbers in order",
        call_over(use.parameter.label, sorted(numbers)),
    )
