"""The words for random parameters of a search space.

Every function takes a label first, which names the parameter in results, and returns an
expression that can stand anywhere in a space: in dicts, lists, tuples, arithmetic, and the options
of `choice`. Arguments are checked here, when the space is written.

Examples
--------
>>> from hyperopt import hp
>>> space = {
...     "lr": hp.loguniform("lr", -7, 0),
...     "model": hp.choice("model", ["linear", {"tree": hp.randint("depth", 1, 9)}]),
... }
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Any, ParamSpec, SupportsFloat, SupportsIndex, TypeAlias, overload

from hyperopt.environment.public_path import public
from hyperopt.pyll.base import Apply, Literal, as_apply, scope
from hyperopt.space.priors import FAMILIES, check_numeric, check_probabilities, check_randint

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "choice",
    "lognormal",
    "loguniform",
    "normal",
    "pchoice",
    "qlognormal",
    "qloguniform",
    "qnormal",
    "quniform",
    "randint",
    "uniform",
    "uniformint",
]


P = ParamSpec("P")

Number: TypeAlias = SupportsFloat | Apply
"""A number, also one of numpy's, or a constant expression."""

Integer: TypeAlias = SupportsIndex | Apply
"""A whole number, also one of numpy's, or a constant expression."""


@public("hyperopt.pyll_utils")
@scope.define
def hyperopt_param(label: str, obj: Any) -> Any:
    """Name a random value; a search gives such a node the value it suggests for the label."""
    return obj


def checked_label(name: str, label: Any) -> str:
    """Return a label as a plain string.

    Raises
    ------
    TypeError
        When it is neither a string nor a `Literal` of one.
    """
    value = label.obj if isinstance(label, Literal) else label
    if not isinstance(value, str):
        hint = ""
        if isinstance(value, (bytes, bytearray)):
            hint = "; decode it"
        elif value is not None and not isinstance(value, Apply):
            hint = f"; the label comes first: hp.{name}('label', ...)"
        shown = "an expression" if isinstance(value, Apply) else repr(value)
        raise TypeError(f"hp.{name}: the label must be a string, not {shown}{hint}")
    return str.__str__(value)


def call_text(name: str, label: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str:
    """Return a call as it was written, for error messages."""
    shown = [repr(label), *map(_brief, args)]
    shown += [f"{key}={_brief(value)}" for key, value in kwargs.items()]
    return f"hp.{name}({', '.join(shown)})"


def _brief(value: Any) -> str:
    if isinstance(value, Apply):
        return "..."
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _bind(
    call: str, names: tuple[str, ...], args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    """Lay out arguments under their names; all of them are required."""
    wanted = f"it takes a label and {', '.join(names)}"
    if len(args) > len(names):
        raise TypeError(f"{call}: {len(args) - len(names)} arguments too many; {wanted}")
    bound = dict(zip(names, args, strict=False))
    for name, value in kwargs.items():
        if name not in names:
            raise TypeError(f"{call}: unknown argument {name!r}; {wanted}")
        if name in bound:
            raise TypeError(f"{call}: {name} is given twice; {wanted}")
        bound[name] = value
    missing = [name for name in names if name not in bound]
    if missing:
        raise TypeError(f"{call}: {' and '.join(missing)} missing; {wanted}")
    return bound


def _numeric(
    family: str, label: Any, args: tuple[Any, ...], kwargs: Mapping[str, Any], name: str
) -> Apply:
    """Make the node of a numeric family; its value is a float."""
    text = checked_label(name, label)
    call = call_text(name, text, args, kwargs)
    if len(args) > len(FAMILIES[family]):
        # Upstream looks at the range before it counts the arguments: a ValueError comes first.
        given = dict(zip(FAMILIES[family], args, strict=False))
        check_numeric(call, family, {k: v for k, v in given.items() if not isinstance(v, Apply)})
    bound = _bind(call, FAMILIES[family], args, kwargs)
    known = {key: value for key, value in bound.items() if not isinstance(value, Apply)}
    check_numeric(call, family, known | _literals(bound))
    draw = getattr(scope, family)(*args, **kwargs)
    return scope.float(scope.hyperopt_param(text, draw))


def _literals(bound: dict[str, Any]) -> dict[str, Any]:
    return {name: node.obj for name, node in bound.items() if isinstance(node, Literal)}


class _SignatureOnlyError(AssertionError):
    """The body of a function was reached that only declares how it is called."""


def _checked_by(make: Callable[..., Apply]) -> Callable[[Callable[P, Apply]], Callable[P, Apply]]:
    """Make a function of one that declares its name, arguments and text.

    Whatever is passed comes to `make` as it was written, ``make(label, args, kwargs)``: its errors
    say more than Python's own, and the nodes keep which arguments were named.
    """

    def decorate(declared: Callable[P, Apply]) -> Callable[P, Apply]:
        @functools.wraps(declared)
        def checked(*args: P.args, **kwargs: P.kwargs) -> Apply:
            label, *given = args or (kwargs.pop("label", None),)
            return make(label, tuple(given), kwargs)

        return checked

    return decorate


def _drawn_as(family: str) -> Callable[[Callable[P, Apply]], Callable[P, Apply]]:
    """Make the function of a numeric family, which has its name."""
    return _checked_by(lambda label, args, kwargs: _numeric(family, label, args, kwargs, family))


def _uniformint(label: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Apply:
    text = checked_label("uniformint", label)
    call = call_text("uniformint", text, args, kwargs)
    *bounds, q = args if len(args) == 3 else (*args, kwargs.pop("q", 1))
    if _constant(q) != 1:
        raise TypeError(f"{call}: there is no q, it is always 1; use scope.int(hp.quniform(...))")
    _bind(call, ("low", "high"), tuple(bounds), kwargs)
    return scope.int(_numeric("quniform", label, tuple(bounds), {**kwargs, "q": 1.0}, "uniformint"))


def _randint(label: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Apply:
    text = checked_label("randint", label)
    call = call_text("randint", text, args, kwargs)
    if len(args) == 1 and not kwargs:
        kwargs = {"high": None}
    elif not args and list(kwargs) in (["low"], ["upper"]):
        args, kwargs = tuple(kwargs.values()), {"high": None}
    bound = _bind(call, ("low", "high"), args, kwargs)
    low, high = _constant(bound["low"]), _constant(bound["high"])
    one_bound = high is None
    if not isinstance(low, Apply) and not isinstance(high, Apply):
        low, high = check_randint(call, low, high)
        low = high if one_bound else low
    draw = scope.randint(low) if one_bound else scope.randint(low, high)
    return scope.int(scope.hyperopt_param(text, draw))


def _constant(value: Any) -> Any:
    """Return what an argument stands for, if it is a constant wrapped into an expression."""
    return value.obj if isinstance(value, Literal) else value


@public("hyperopt.hp")
@_drawn_as("uniform")
def uniform(label: str, low: Number, high: Number) -> Apply:
    """A float, uniform between bounds.

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    low
        Lower bound.
    high
        Upper bound; larger than `low`.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When a bound is not finite, or low is not less than high.
    """
    raise _SignatureOnlyError


@public("hyperopt.hp")
@_drawn_as("quniform")
def quniform(label: str, low: Number, high: Number, q: Number) -> Apply:
    """A multiple of q, as a float.

    The value is ``round(u / q) * q`` with u uniform between the bounds, so it may lie up to q/2
    outside them, and the values at the ends are less likely than the others.

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    low
        Lower bound.
    high
        Upper bound; larger than `low`.
    q
        The step, positive, in the unit of the value.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument is not finite, low is not less than high, or q is not positive.
    """
    raise _SignatureOnlyError


@public("hyperopt.hp")
@_checked_by(_uniformint)
def uniformint(label: str, low: Number, high: Number, q: Number = 1.0) -> Apply:
    """An int between bounds, both included.

    It is ``int(quniform(label, low, high, 1))``: the bounds themselves come up half as often as
    the integers between them. ``low + randint(label, high - low + 1)`` has no such edge.

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    low
        The smallest value.
    high
        The largest value; larger than `low`.
    q
        The step, which can only be 1.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When a bound is not finite, or low is not less than high.
    """
    raise _SignatureOnlyError


@public("hyperopt.hp")
@_drawn_as("loguniform")
def loguniform(label: str, low: Number, high: Number) -> Apply:
    """A positive float whose logarithm is uniform.

    The bounds are exponents (natural log): the value lies between exp(low) and exp(high).

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    low
        Logarithm of the lower bound.
    high
        Logarithm of the upper bound; larger than `low`.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When a bound or exp(high) is not finite, or low is not less than high.
    """
    raise _SignatureOnlyError


@public("hyperopt.hp")
@_drawn_as("qloguniform")
def qloguniform(label: str, low: Number, high: Number, q: Number) -> Apply:
    """A multiple of q, as a float, log-uniform, then rounded.

    The bounds are exponents (natural log), q is not. The value may be 0.

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    low
        Logarithm of the lower bound.
    high
        Logarithm of the upper bound; larger than `low`.
    q
        The step, positive, in the unit of the value (not of its logarithm).

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument or exp(high) is not finite, low is not less than high, or q not positive.
    """
    raise _SignatureOnlyError


@public("hyperopt.hp")
@_drawn_as("normal")
def normal(label: str, mu: Number, sigma: Number) -> Apply:
    """A float, normally distributed.

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    mu
        Mean.
    sigma
        Standard deviation; positive.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument is not finite, or sigma is not positive.
    """
    raise _SignatureOnlyError


@public("hyperopt.hp")
@_drawn_as("qnormal")
def qnormal(label: str, mu: Number, sigma: Number, q: Number) -> Apply:
    """A multiple of q, as a float, normal, then rounded.

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    mu
        Mean.
    sigma
        Standard deviation; positive.
    q
        The step, positive, in the unit of the value.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument is not finite, or sigma or q is not positive.
    """
    raise _SignatureOnlyError


@public("hyperopt.hp")
@_drawn_as("lognormal")
def lognormal(label: str, mu: Number, sigma: Number) -> Apply:
    """A positive float whose logarithm is normal.

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    mu
        Mean of the logarithm.
    sigma
        Standard deviation of the logarithm; positive.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument or exp(mu) is not finite, or sigma is not positive.
    """
    raise _SignatureOnlyError


@public("hyperopt.hp")
@_drawn_as("qlognormal")
def qlognormal(label: str, mu: Number, sigma: Number, q: Number) -> Apply:
    """A multiple of q, as a float, log-normal, then rounded.

    mu and sigma are of the logarithm, q is not. The value may be 0.

    Parameters
    ----------
    label
        Name of the parameter, unique in the space.
    mu
        Mean of the logarithm.
    sigma
        Standard deviation of the logarithm; positive.
    q
        The step, positive, in the unit of the value (not of its logarithm).

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument or exp(mu) is not finite, or sigma or q is not positive.
    """
    raise _SignatureOnlyError


if TYPE_CHECKING:

    @overload
    def randint(label: str, upper: Integer) -> Apply: ...

    @overload
    def randint(label: str, low: Integer, high: Integer | None = None) -> Apply: ...

    def randint(*args: Any, **kwargs: Any) -> Apply:
        """Declared twice above."""

else:

    @public("hyperopt.hp")
    @_checked_by(_randint)
    def randint(label: str, low: Integer, high: Integer | None = None) -> Apply:
        """An int: ``randint(label, upper)`` or ``randint(label, low, high)``.

        The upper bound is not included: the values are 0 ... upper-1, or low ... high-1.

        Parameters
        ----------
        label
            Name of the parameter, unique in the space.
        low
            The smallest value; with nothing after it, the number of values, which start at 0.
        high
            One more than the largest value; larger than `low`.

        Raises
        ------
        TypeError
            When the label is no string, or an argument is missing, unknown or no number.
        ValueError
            When a bound is not integral, or the range is empty.
        """
        raise _SignatureOnlyError


@public("hyperopt.hp")
def choice(label: str, options: Collection[Any]) -> Apply:
    """One of several options, all equally likely.

    Results hold the option's number; `hyperopt.space_eval` gives the option.

    Parameters
    ----------
    label : str
        Name of the parameter.
    options : sequence
        The options. An option may hold parameters; they are active only when it is chosen.

    Raises
    ------
    TypeError
        When the label is no string, or `options` has no length.

    Notes
    -----
    A choice without options can be made, since libraries make some that they never use; a space
    that holds one is refused when it is searched.
    """
    text = checked_label("choice", label)
    try:
        n_options = len(options)
        nodes = [as_apply(option) for option in options]
    except TypeError as error:
        if isinstance(options, (list, tuple)):
            raise
        raise TypeError(
            f"hp.choice({text!r}, {_brief(options)}): the options must be a list, "
            f"not {type(options).__name__}"
        ) from error
    index = scope.hyperopt_param(text, scope.randint(n_options))
    return scope.switch(index, *nodes)


@public("hyperopt.hp")
def pchoice(label: str, p_options: Iterable[tuple[Number, Any]]) -> Apply:
    """One of several options, with probabilities of their own.

    Results hold the option's number; `hyperopt.space_eval` gives the option.

    Parameters
    ----------
    label : str
        Name of the parameter.
    p_options : sequence of (float, object)
        Probability and option. An option may hold parameters; they are active only when it is
        chosen.

    Raises
    ------
    TypeError
        When the label is no string, or `p_options` no sequence of (number, option).
    ValueError
        When there is no option, a probability is negative or not finite, or they do not sum to 1.
    """
    text = checked_label("pchoice", label)
    call = f"hp.pchoice({text!r}, {_brief(p_options)})"
    try:
        pairs = [(probability, option) for probability, option in p_options]
    except (TypeError, ValueError):
        raise TypeError(
            f"{call}: the options must be a list of pairs (probability, option)"
        ) from None
    probabilities = [_constant(probability) for probability, _ in pairs]
    if any(isinstance(p, str) for p in probabilities):
        raise TypeError(f"{call}: the probability comes first: [(0.5, 'option'), ...]")
    if not any(isinstance(p, Apply) for p in probabilities):
        check_probabilities(call, probabilities)
    index = scope.hyperopt_param(text, scope.categorical(probabilities))
    return scope.switch(index, *[option for _, option in pairs])
