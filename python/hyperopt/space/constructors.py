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

from typing import TYPE_CHECKING, Any

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


@public("hyperopt.hp")
def uniform(label: str, *args: Any, **kwargs: Any) -> Apply:
    """A float, uniform between bounds: ``uniform(label, low, high)``.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When a bound is not finite, or low is not less than high.
    """
    return _numeric("uniform", label, args, kwargs, "uniform")


@public("hyperopt.hp")
def quniform(label: str, *args: Any, **kwargs: Any) -> Apply:
    """A multiple of q, as a float: ``quniform(label, low, high, q)``.

    The value is ``round(u / q) * q`` with u uniform between the bounds, so it may lie up to q/2
    outside them, and the values at the ends are less likely than the others.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument is not finite, low is not less than high, or q is not positive.
    """
    return _numeric("quniform", label, args, kwargs, "quniform")


@public("hyperopt.hp")
def uniformint(label: str, *args: Any, **kwargs: Any) -> Apply:
    """An int between bounds, both included: ``uniformint(label, low, high)``.

    It is ``int(quniform(label, low, high, 1))``: the bounds themselves come up half as often as
    the integers between them. ``low + randint(label, high - low + 1)`` has no such edge.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown (as q is) or no number.
    ValueError
        When a bound is not finite, or low is not less than high.
    """
    text = checked_label("uniformint", label)
    call = call_text("uniformint", text, args, kwargs)
    if len(args) == 3 or "q" in kwargs:
        raise TypeError(f"{call}: there is no q, it is always 1; use scope.int(hp.quniform(...))")
    _bind(call, ("low", "high"), args, kwargs)
    return scope.int(_numeric("quniform", label, args, {**kwargs, "q": 1.0}, "uniformint"))


@public("hyperopt.hp")
def loguniform(label: str, *args: Any, **kwargs: Any) -> Apply:
    """A positive float whose logarithm is uniform: ``loguniform(label, low, high)``.

    The bounds are exponents (natural log): the value lies between exp(low) and exp(high).

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When a bound or exp(high) is not finite, or low is not less than high.
    """
    return _numeric("loguniform", label, args, kwargs, "loguniform")


@public("hyperopt.hp")
def qloguniform(label: str, *args: Any, **kwargs: Any) -> Apply:
    """A multiple of q, as a float: ``qloguniform(label, low, high, q)``, log-uniform, then rounded.

    The bounds are exponents (natural log), q is not. The value may be 0.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument or exp(high) is not finite, low is not less than high, or q not positive.
    """
    return _numeric("qloguniform", label, args, kwargs, "qloguniform")


@public("hyperopt.hp")
def normal(label: str, *args: Any, **kwargs: Any) -> Apply:
    """A float, normally distributed: ``normal(label, mu, sigma)``.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument is not finite, or sigma is not positive.
    """
    return _numeric("normal", label, args, kwargs, "normal")


@public("hyperopt.hp")
def qnormal(label: str, *args: Any, **kwargs: Any) -> Apply:
    """A multiple of q, as a float: ``qnormal(label, mu, sigma, q)``, normal, then rounded.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument is not finite, or sigma or q is not positive.
    """
    return _numeric("qnormal", label, args, kwargs, "qnormal")


@public("hyperopt.hp")
def lognormal(label: str, *args: Any, **kwargs: Any) -> Apply:
    """A positive float whose logarithm is normal: ``lognormal(label, mu, sigma)``.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument or exp(mu) is not finite, or sigma is not positive.
    """
    return _numeric("lognormal", label, args, kwargs, "lognormal")


@public("hyperopt.hp")
def qlognormal(label: str, *args: Any, **kwargs: Any) -> Apply:
    """A multiple of q, as a float: ``qlognormal(label, mu, sigma, q)``, log-normal, then rounded.

    mu and sigma are of the logarithm, q is not. The value may be 0.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When an argument or exp(mu) is not finite, or sigma or q is not positive.
    """
    return _numeric("qlognormal", label, args, kwargs, "qlognormal")


@public("hyperopt.hp")
def randint(label: str, *args: Any, **kwargs: Any) -> Apply:
    """An int: ``randint(label, upper)`` or ``randint(label, low, high)``.

    The upper bound is not included: the values are 0 ... upper-1, or low ... high-1.

    Raises
    ------
    TypeError
        When the label is no string, or an argument is missing, unknown or no number.
    ValueError
        When a bound is not integral, or the range is empty.
    """
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
def choice(label: str, options: Any) -> Apply:
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
def pchoice(label: str, p_options: Any) -> Apply:
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
