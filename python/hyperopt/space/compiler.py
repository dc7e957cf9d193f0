"""The space compiler: one walk over an expression gives everything that a search needs.

That is the flat list of its parameters with their priors and conditions, the native space built of
them, and a fast evaluator that gives the same values as `hyperopt.pyll.rec_eval`.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public
from hyperopt.exceptions import BadSearchSpace, DuplicateLabel, EmptyChoice
from hyperopt.pyll.base import Apply, Literal, as_apply, dfs, rec_eval
from hyperopt.pyll.printing import one_line
from hyperopt.pyll.stochastic import implicit_stochastic_symbols
from hyperopt.space import constructors
from hyperopt.space.activation import activation, drawn_by, label_of
from hyperopt.space.evaluator import PointEvaluator
from hyperopt.space.hidden import check_nothing_hidden
from hyperopt.space.parameter import Parameter
from hyperopt.space.priors import FAMILIES, check_numeric, check_probabilities, check_randint

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hyperopt import _native

__all__ = ["CompiledSpace", "Parameter", "compile_space"]

_ARGUMENT_NAMES = {**FAMILIES, "randint": ("low", "high"), "categorical": ("p",)}


@public("hyperopt.space")
class CompiledSpace:
    """A search space, ready to be searched and evaluated. Made by `compile_space`.

    Attributes
    ----------
    expression : Apply
        The space.
    parameters : tuple of Parameter
        Its parameters, by ascending label.
    labels : tuple of str
        Their labels.
    nodes : dict
        The ``hyperopt_param`` node of each label.
    has_dynamic_activity : bool
        Whether a parameter has no list of conditions.
    evaluate_vals : callable
        `evaluate` of what a document holds of a point: ``{label: [value] or []}``.
    """

    expression: Apply
    parameters: tuple[Parameter, ...]
    labels: tuple[str, ...]
    nodes: dict[str, Apply]
    has_dynamic_activity: bool
    evaluate_vals: Callable[[Mapping[str, Sequence[Any]]], Any]

    def __init__(self, expression: Apply) -> None:
        self.expression = expression
        self._native: _native.Space | None = None
        self._compile()

    def _compile(self) -> None:
        check_nothing_hidden(self.expression)
        order = dfs(self.expression)
        self.nodes = dict(sorted(_parameter_nodes(order).items()))
        active, options = activation(self.expression), _options_by_index(order)
        self.parameters = tuple(
            Parameter(label, *_read_prior(label, node), active[node], options.get(node))
            for label, node in self.nodes.items()
        )
        self.labels = tuple(self.nodes)
        self.has_dynamic_activity = any(p.conditions is None for p in self.parameters)
        self._points = PointEvaluator(self.expression)
        self._evaluate = self._points.evaluate
        self.evaluate_vals = self._points.evaluate_vals

    @property
    def selectors(self) -> list[bool]:
        """Of each parameter whether it selects an option by its number, as of `hp.choice`."""
        return [parameter.options is not None for parameter in self.parameters]

    @property
    def options(self) -> dict[str, tuple[Apply, ...]]:
        """The options of every choice, as expressions."""
        return {p.label: p.options for p in self.parameters if p.options is not None}

    @property
    def native(self) -> _native.Space:
        """The space in Rust, built when it is first asked for."""
        if self._native is None:
            from hyperopt import _native

            self._native = _native.Space(
                [(p.label, p.family, p.args, p.conditions) for p in self.parameters]
            )
        return self._native

    def evaluate(self, vals: Mapping[str, Any]) -> Any:
        """Evaluate the space at a point.

        Parameters
        ----------
        vals : mapping
            Values by label, as trials store them: options of a choice by number. Labels that are
            not active, or unknown, are ignored. Values are not checked against bounds.

        Returns
        -------
        object
            What the objective receives. Lists come as tuples, dicts in ascending order of key.

        Raises
        ------
        MissingLabel
            When an active parameter has no value.
        TypeError, ValueError, IndexError
            When the index of a switch is no integer, negative, or too large.
        """
        return self._evaluate(vals)

    def active(self, vals: Mapping[str, Any]) -> set[str]:
        """Return the labels of the parameters that are active at a point.

        Parameters
        ----------
        vals : mapping
            Values by label, at least of the active parameters that decide about others.

        Raises
        ------
        MissingLabel
            When a parameter that decides about others has no value.
        TypeError, ValueError, IndexError
            When the index of a switch is no integer, negative, or too large.
        """
        return self._points.active(vals)

    def as_stored(self, point: Mapping[str, float]) -> dict[str, Any]:
        """The values of a point that are kept as floats, as `evaluate` and `active` take them."""
        whole = {parameter.label for parameter in self.parameters if parameter.is_whole}
        return {label: int(v) if label in whole else v for label, v in point.items()}

    def __getstate__(self) -> dict[str, Any]:
        return {"expression": self.expression}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.expression = state["expression"]
        self._native = None
        self._compile()

    def __repr__(self) -> str:
        return f"<CompiledSpace of {len(self.labels)} parameters: {', '.join(self.labels[:8])}>"


@public("hyperopt.space")
def compile_space(expr: Any) -> CompiledSpace:
    """Compile a search space.

    Parameters
    ----------
    expr : Apply or object
        The space: nested dicts, lists, tuples, constants and expressions of `hyperopt.hp`. A space
        without parameters is fine.

    Returns
    -------
    CompiledSpace
        The compiled space.

    Raises
    ------
    DuplicateLabel
        When two different parameters have the same label.
    BadSearchSpace
        When a random value has no label, an argument of a parameter is random, or a function is
        unknown.
    TypeError, ValueError
        When `expr` is no space, or an argument of a parameter breaks a rule.

    Examples
    --------
    >>> from hyperopt import hp
    >>> space = compile_space([hp.uniform("x", 0, 1) * 2, hp.choice("c", ["a", "b"])])
    >>> space.labels
    ('c', 'x')
    >>> space.evaluate({"x": 0.25, "c": 1})
    (0.5, 'b')
    """
    _refuse_no_space(expr)
    return CompiledSpace(as_apply(expr))


def _refuse_no_space(expr: Any) -> None:
    """Refuse what can only be a slip where a space belongs; other constants are fine."""
    obj = expr.obj if isinstance(expr, Literal) else expr
    if isinstance(obj, Apply):
        return
    if obj is None or isinstance(obj, (ModuleType, Iterator)):
        problem = "give it hp.* expressions, or dicts and lists of them"
    elif callable(obj):
        problem = "call it, and give it what it returns"
    else:
        return
    shown = repr(obj) if len(repr(obj)) <= 80 else type(obj).__name__
    raise TypeError(f"{shown} is no search space; {problem}")


def _options_by_index(order: list[Apply]) -> dict[Apply, tuple[Apply, ...]]:
    """What each node selects from that is the index of a switch."""
    return {
        node.pos_args[0]: tuple(node.pos_args[1:])
        for node in order
        if node.name == "switch" and node.pos_args
    }


def _parameter_nodes(order: list[Apply]) -> dict[str, Apply]:
    """Find the parameter nodes by label; refuse random nodes with neither label nor generator."""
    found: dict[str, Apply] = {}
    labelled: set[Apply] = set()
    stochastic: list[Apply] = []
    for node in order:
        if isinstance(node, Literal):
            _refuse_uncalled(node.obj)
            continue
        # A node that brings a generator is noise of the objective's, and evaluates as it is.
        brings_rng = any(name == "rng" for name, _ in node.named_args)
        if node.name in implicit_stochastic_symbols and not brings_rng:
            stochastic.append(node)
        label = label_of(node)
        if label is None:
            continue
        if not isinstance(label, str):
            raise TypeError(f"the label of a parameter must be a string, not {label!r}")
        if found.setdefault(label, node) is not node:
            raise DuplicateLabel.of(label)
        labelled.add(drawn_by(node))
    for node in stochastic:
        if node not in labelled:
            raise BadSearchSpace(
                f"{one_line(node)} is random but has no label; write hp.{node.name}('label', ...) "
                "so that the search can suggest its value"
            )
    return found


def _refuse_uncalled(obj: Any) -> None:
    """Refuse a function of `hp` that was written without its call."""
    if (
        isinstance(obj, FunctionType)
        and obj.__module__ == "hyperopt.hp"
        and obj.__name__ in constructors.__all__
    ):
        raise BadSearchSpace(
            f"hp.{obj.__name__} stands in the space as a function; call it: "
            f"hp.{obj.__name__}('label', ...)"
        )


def _read_prior(label: str, node: Apply) -> tuple[str, tuple[Any, ...]]:
    """Read family and arguments of a parameter node, as constants."""
    draw = drawn_by(node)
    family = draw.name
    names = _ARGUMENT_NAMES.get(family)
    call = f"hp.{'pchoice' if family == 'categorical' else family}({label!r}, ...)"
    if names is None:
        raise BadSearchSpace(
            f"the parameter {label!r} is drawn by {one_line(draw)}, which is no distribution that "
            f"can be searched; use one of {', '.join(_ARGUMENT_NAMES)}"
        )
    bound = dict(zip(names, draw.pos_args, strict=False)) | {
        name: value for name, value in draw.named_args if name not in ("rng", "size")
    }
    values = {name: _constant(call, name, value) for name, value in bound.items()}
    if family == "categorical":
        return family, check_probabilities(call, values["p"])
    if family == "randint":
        if values["low"] == 0 and values.get("high") is None:
            raise EmptyChoice(f"hp.choice({label!r}, []): there are no options; give at least one")
        return family, check_randint(call, values["low"], values.get("high"))
    missing = [name for name in names if name not in values]
    if missing:
        raise TypeError(f"{call}: {' and '.join(missing)} missing")
    check_numeric(call, family, values)
    return family, tuple(float(values[name]) for name in names)


def _constant(call: str, name: str, node: Apply) -> Any:
    """Evaluate an argument of a distribution, which must not be random."""
    if isinstance(node, Literal):
        return node.obj
    for part in dfs(node):
        if part.name == "hyperopt_param" or part.name in implicit_stochastic_symbols:
            raise BadSearchSpace(
                f"{call}: {name} is random, it depends on {one_line(part)}; the arguments of a "
                "parameter must be constants. Give the parameter a fixed range and compute with "
                "its value instead, for instance hp.uniform('scale', 0, 1) * other"
            )
    return rec_eval(node)
