"""The parameters of a space with the conditions under which they are active, as plain data."""

from __future__ import annotations

import operator
from functools import partial
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public
from hyperopt.exceptions import BadSearchSpace, DuplicateLabel
from hyperopt.pyll.base import Apply, as_apply
from hyperopt.space.activation import activation, drawn_by, label_of

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["EQ", "Cond", "expr_to_config"]

_OPERATORS = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@public("hyperopt.pyll_utils")
class Cond:
    """A condition on one parameter: ``name op val``.

    Parameters
    ----------
    name : str
        Label of the parameter.
    val : object
        What its value is compared with.
    op : str
        ``=`` or another comparison.
    """

    def __init__(self, name: str, val: Any, op: str) -> None:
        self.name = name
        self.val = val
        self.op = op

    def __str__(self) -> str:
        return f"Cond{{{self.name} {self.op} {self.val}}}"

    def __repr__(self) -> str:
        return str(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cond):
            return NotImplemented
        return (self.name, self.val, self.op) == (other.name, other.val, other.op)

    def __hash__(self) -> int:
        return hash((self.name, self.val, self.op))

    def __call__(self, value: Any) -> bool:
        """Whether a value of the parameter meets the condition."""
        return bool(_OPERATORS[self.op](value, self.val))


#: Condition that a parameter has a value.
EQ = partial(Cond, op="=")


@public("hyperopt.pyll_utils")
def expr_to_config(expr: Any, conditions: Iterable[Any] | None, hps: dict[str, Any]) -> None:
    """List the parameters of a space with their conditions.

    Parameters
    ----------
    expr : Apply or object
        The space.
    conditions : iterable
        Conditions under which the whole space is active, put before each parameter's own;
        ``(True,)`` by custom.
    hps : dict
        Filled with ``{label: {"label": str, "node": Apply, "conditions": set of tuples}}``: the
        parameter is active when all conditions of one of the tuples are met. There is a tuple
        for each way from the root to the parameter.

    Raises
    ------
    DuplicateLabel
        When two different parameters have the same label.
    BadSearchSpace
        When a switch is decided by arithmetic, or there are more than 256 ways to a parameter.

    Examples
    --------
    >>> from hyperopt import hp
    >>> found = {}
    >>> expr_to_config(hp.pchoice("a", [(0.5, 1), (0.5, hp.normal("b", 0, 1))]), (), found)
    >>> found["b"]["conditions"]
    {(Cond{a = 1},)}
    """
    prefix = tuple(conditions or ())
    own: dict[str, Apply] = {}
    for node, active in activation(as_apply(expr), keep_implied=True).items():
        label = label_of(node)
        if label is None:
            continue
        if own.setdefault(label, node) is not node or label in hps:
            raise DuplicateLabel.of(label)
        if active is None:
            raise BadSearchSpace(
                f"the conditions of the parameter {label!r} cannot be listed: a switch above it "
                "is decided by arithmetic, or there are too many ways to it"
            )
        listed = {prefix + tuple(EQ(name, value) for name, value in path) for path in active}
        hps[label] = {"label": label, "node": drawn_by(node), "conditions": listed}
