"""Draw a search space: which parameters there are, and which option switches them on."""

from __future__ import annotations

from typing import Any

from hyperopt.environment.public_path import public
from hyperopt.pyll.base import as_apply
from hyperopt.space.conditions import expr_to_config

__all__ = ["dot_hyperparameters"]


@public("hyperopt.graph_viz")
def dot_hyperparameters(expr: Any) -> str:
    """Describe the parameters of a space and what activates them in the language of Graphviz.

    Parameters are boxes, ``parameter=option`` is an ellipse between a parameter and what that
    option makes active.

    Parameters
    ----------
    expr : object
        A search space.

    Returns
    -------
    str
        A graph for the program ``dot``; the same space gives the same text.

    Raises
    ------
    DuplicateLabel
        If two parameters have the same label.
    BadSearchSpace
        If the activity of a parameter cannot be told without evaluation.

    Examples
    --------
    >>> from hyperopt import hp
    >>> print(dot_hyperparameters(hp.choice("model", [0, hp.uniform("C", 0, 1)])))
    digraph {
    "C" [shape=box];
    "model" [shape=box];
    "model" -> "model=1";
    "model=1" [shape=ellipse];
    "model=1" -> "C";
    }
    <BLANKLINE>
    """
    parameters: dict[str, dict[str, Any]] = {}
    expr_to_config(as_apply(expr), (), parameters)
    conditions = {label: _conditions(entry) for label, entry in parameters.items()}
    lines = [f"{_quoted(label)} [shape=box];" for label in sorted(parameters)]
    drawn: set[tuple[str, Any]] = set()
    for label in sorted(parameters):
        for name, value in sorted(_innermost(conditions[label], conditions), key=str):
            option = _quoted(f"{name}={value}")
            if (name, value) not in drawn:
                drawn.add((name, value))
                lines += [f"{_quoted(name)} -> {option};", f"{option} [shape=ellipse];"]
            lines.append(f"{option} -> {_quoted(label)};")
    return "\n".join(["digraph {", *lines, "}", ""])


def _conditions(entry: dict[str, Any]) -> list[set[tuple[str, Any]]]:
    """Alternatives, each a set of (parameter, option) that hold together."""
    return [
        {(condition.name, condition.val) for condition in conjunction if condition is not True}
        for conjunction in entry["conditions"]
    ]


def _innermost(
    alternatives: list[set[tuple[str, Any]]], conditions: dict[str, list[set[tuple[str, Any]]]]
) -> set[tuple[str, Any]]:
    """The conditions that do not follow from another one of the same alternative.

    ``model=1`` follows from ``kernel=0`` if the parameter ``kernel`` exists only where ``model=1``.
    """
    kept: set[tuple[str, Any]] = set()
    for together in alternatives:
        implied: set[tuple[str, Any]] = set()
        for name, _ in together:
            of_parameter = conditions.get(name, [])
            if of_parameter:
                implied |= set.intersection(*of_parameter)
        kept |= together - implied
    return kept


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
