"""A space as an expression over many trials at once.

The expression that `VectorizeHelper` makes has one random node: it draws every trial in turn, the
parameters of each only where they are active, and yields the points and the columns ``idxs`` and
``vals``. (Upstream rewrites the space into an array program of many nodes; what these helpers did
to such programs is kept under their names where it means something on its own.)
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hyperopt.environment.public_path import public
from hyperopt.pyll.base import Apply, Literal, as_apply, dfs, rec_eval, scope
from hyperopt.pyll.stochastic import implicit_stochastic, implicit_stochastic_symbols

stoch = implicit_stochastic_symbols

__all__ = [
    "ERR",
    "VectorizeHelper",
    "idxs_map",
    "idxs_take",
    "prior_nodes",
    "replace_repeat_stochastic",
    "stoch",
    "uniq",
    "vchoice_merge",
    "vchoice_split",
    "vectorize_stochastic",
]


@public("hyperopt.vectorize")
def ERR(msg: str) -> None:
    """Print to standard error."""
    print(  # noqa: T201
        "hyperopt.vectorize", msg, file=sys.stderr
    )


def prior_nodes(params: Mapping[str, Apply], **kwargs: Apply) -> dict[str, Apply]:
    """The random node of each label, called with further keyword arguments (``size``, ``rng``)."""
    return {
        label: Apply(node.name, node.pos_args, [*node.named_args, *kwargs.items()])
        for label, node in params.items()
    }


class Drawn(Mapping[str, Any]):
    """Values of one trial, each drawn when somebody first asks for it.

    Parameters
    ----------
    draw
        Gives the value of a label.
    labels
        All there are.
    """

    def __init__(self, draw: Callable[[str], Any], labels: Iterable[str]) -> None:
        self._draw = draw
        self._labels = list(labels)
        self._values: dict[str, Any] = {}

    def __getitem__(self, label: str) -> Any:
        if label not in self._values:
            self._values[label] = self._draw(label)
        return self._values[label]

    def __iter__(self) -> Iterator[str]:
        return iter(self._labels)

    def __len__(self) -> int:
        return len(self._labels)


@implicit_stochastic
@scope.define
def draw_trials(expr: Any, tids: Sequence[Any], rng: Any = None) -> tuple[Any, ...]:
    """Draw a point of a space for every id: the points, and the columns ``idxs`` and ``vals``."""
    from hyperopt.space.compiler import compile_space

    space = compile_space(expr.obj)
    s_rng = Literal(rng)
    params = {label: node.arg["obj"] for label, node in space.nodes.items()}
    nodes = prior_nodes(params, rng=s_rng)
    points = []
    idxs: dict[str, list[Any]] = {label: [] for label in space.labels}
    vals: dict[str, list[Any]] = {label: [] for label in space.labels}
    for tid in tids:
        drawn = Drawn(lambda label: rec_eval(nodes[label]), space.labels)
        points.append(space.evaluate(drawn))
        for label in space.active(drawn):
            idxs[label].append(tid)
            vals[label].append(drawn[label])
    return points, idxs, vals


class _Quoted:
    """Keeps a graph from being evaluated as part of another."""

    def __init__(self, obj: Apply) -> None:
        self.obj = obj


@public("hyperopt.vectorize")
class VectorizeHelper:
    """Turns a space into an expression that draws many trials.

    Parameters
    ----------
    expr
        The space.
    expr_idxs
        An expression for the trial ids.
    build
        Whether to build `v_expr` at once.

    Attributes
    ----------
    v_expr : Apply
        Evaluates to the list of points. It, `idxs_by_label` and `vals_by_label` share one random
        node, which needs a generator: see `recursive_set_rng_kwarg`.
    params : dict
        The random node of each label.
    """

    def __init__(self, expr: Any, expr_idxs: Any, build: bool = True) -> None:
        self.expr = as_apply(expr)
        self.expr_idxs = as_apply(expr_idxs)
        self.params: dict[str, Apply] = {}
        for node in dfs(self.expr):
            if node.name == "hyperopt_param":
                self.params[node.arg["label"].obj] = node.arg["obj"]
        if build:
            self.v_expr = self.build_idxs_vals(self.expr, self.expr_idxs)

    def build_idxs_vals(self, node: Any, wanted_idxs: Any) -> Apply:
        """The expression of the points of `node` for the trials `wanted_idxs`."""
        self._draws = scope.draw_trials(Literal(_Quoted(as_apply(node))), as_apply(wanted_idxs))
        return self._draws[0]

    def idxs_by_label(self) -> dict[str, Apply]:
        """For each label an expression of the ids of the trials where it is active."""
        return {label: self._draws[1][label] for label in self.params}

    def vals_by_label(self) -> dict[str, Apply]:
        """For each label an expression of its values, in the order of `idxs_by_label`."""
        return {label: self._draws[2][label] for label in self.params}

    def assert_integrity_idxs_take(self) -> None:
        """Do nothing: the columns are made together and cannot disagree."""


@public("hyperopt.vectorize")
def replace_repeat_stochastic(expr: Any, return_memo: bool = False) -> Any:
    """Return `expr`: random nodes are already drawn as a whole, and none are repeated."""
    expr = as_apply(expr)
    return (expr, {node: node for node in dfs(expr)}) if return_memo else expr


@public("hyperopt.vectorize")
def vectorize_stochastic(orig: Any) -> Any:
    """Return `orig`; see `replace_repeat_stochastic`."""
    return orig


@public("hyperopt.vectorize")
@scope.define
def uniq(lst: Iterable[Any]) -> list[Any]:
    """The different elements, in the order of their first appearance."""
    return list(dict.fromkeys(lst))


@public("hyperopt.vectorize")
@scope.define
def idxs_map(idxs: Sequence[Any], cmd: str, *args: Any, **kwargs: Any) -> list[Any]:
    """Call ``scope.<cmd>`` once for every id.

    Each argument is a pair ``(idxs, vals)``; the call for an id gets the value under that id.
    """
    function = scope._impls[cmd]
    columns = [dict(zip(*column, strict=True)) for column in args]
    named = {key: dict(zip(*column, strict=True)) for key, column in kwargs.items()}
    return [
        function(
            *(column[idx] for column in columns),
            **{key: column[idx] for key, column in named.items()},
        )
        for idx in idxs
    ]


@public("hyperopt.vectorize")
@scope.define
def idxs_take(idxs: Sequence[Any], vals: Sequence[Any], which: Sequence[Any]) -> Any:
    """The values under the ids `which`, out of a column ``(idxs, vals)``."""
    if len(idxs) != len(vals):
        raise AssertionError(f"idxs_take: {len(idxs)} idxs, but {len(vals)} vals")
    table = dict(zip(idxs, vals, strict=True))
    return np.asarray([table[idx] for idx in which])


@public("hyperopt.vectorize")
@scope.define
def vchoice_split(idxs: Sequence[Any], choices: Sequence[int], n_options: int) -> list[Any]:
    """The ids that chose each option."""
    rval: list[list[Any]] = [[] for _ in range(n_options)]
    if len(idxs) != len(choices):
        raise AssertionError(f"vchoice_split: {len(idxs)} idxs, but {len(choices)} choices")
    for idx, choice in zip(idxs, choices, strict=True):
        rval[choice].append(idx)
    return rval


@public("hyperopt.vectorize")
@scope.define
def vchoice_merge(idxs: Sequence[Any], choices: Sequence[int], *vals: Any) -> list[Any]:
    """The value of every id, from the column ``(idxs, vals)`` of the option that it chose."""
    if len(idxs) != len(choices):
        raise AssertionError(f"vchoice_merge: {len(idxs)} idxs, but {len(choices)} choices")
    columns = [dict(zip(*column, strict=True)) for column in vals]
    return [columns[choice][idx] for idx, choice in zip(idxs, choices, strict=True)]
