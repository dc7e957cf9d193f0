"""Evaluation of a space by closures, made once: the fast twin of `hyperopt.pyll.rec_eval`.

Every node becomes a function of (values by label, memo). The memo holds, for one evaluation, what
nodes that are used in several places gave, so that each is evaluated once. Only the selected option
of a switch is called.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hyperopt.exceptions import BadSearchSpace, MissingLabel
from hyperopt.pyll.base import Apply, GarbageCollected, Literal, rec_eval, scope
from hyperopt.pyll.evaluation import ValueCollectedError, switch_index
from hyperopt.pyll.printing import one_line
from hyperopt.pyll.recursion import endless
from hyperopt.space.activation import label_of
from hyperopt.storage.documents import active_values

__all__ = ["PointEvaluator"]

Values = Mapping[str, Any]
Memo = dict[int, Any]
Step = Callable[[Values, Memo], Any]

#: Deeper graphs go through `rec_eval`, which does not recurse.
_MAX_DEPTH = 100


class PointEvaluator:
    """The evaluator of one expression.

    Parameters
    ----------
    root : Apply
        The expression.

    Raises
    ------
    BadSearchSpace
        When the expression calls a function that `scope` does not have.
    """

    def __init__(self, root: Apply) -> None:
        self._root = root
        order = _evaluated_nodes(root)
        self._params = {node: label for node in order if (label := label_of(node)) is not None}
        self._deep: set[Apply] = set()
        self._steps = self._build(order)
        self.evaluate = self._entry(root)
        self.evaluate_vals = self._vals_entry(root)

    def _build(self, order: list[Apply]) -> dict[Apply, Step]:
        users: Counter[Apply] = Counter()
        for node in order:
            users.update(_evaluated_inputs(node))
        steps: dict[Apply, Step] = {}
        depth: dict[Apply, int] = {}
        for node in order:
            inputs = _evaluated_inputs(node)
            depth[node] = 1 + max((depth[child] for child in inputs), default=0)
            if depth[node] > _MAX_DEPTH:
                self._deep.add(node)
            step = _step(node, steps)
            is_leaf = isinstance(node, Literal) or node in self._params
            steps[node] = step if is_leaf or users[node] < 2 else _once(step, len(steps))
        return steps

    def _entry(self, node: Apply) -> Callable[[Values], Any]:
        """Make a function of the values alone."""
        if node in self._deep:
            return lambda vals: self._evaluate_deep(node, vals)
        step = self._steps[node]
        return lambda vals: step(vals, {})

    def _vals_entry(self, root: Apply) -> Callable[[Mapping[str, Sequence[Any]]], Any]:
        """Make a function of what a document holds."""
        evaluate = self.evaluate

        def of_vals(vals: Mapping[str, Sequence[Any]]) -> Any:
            return evaluate(active_values(vals))

        numbers = _numbers(root)
        if not numbers:
            return of_vals
        from hyperopt import _native

        point = _native.NumberDict([(key, label, to is int) for key, label, to in numbers]).of_vals

        # The same of a dict of numbers, as most spaces are, without an object in between.
        def of_numbers(vals: Mapping[str, Sequence[Any]]) -> Any:
            try:
                return point(vals)
            except Exception:
                return of_vals(vals)  # which says what is missing

        return of_numbers

    def _evaluate_deep(self, node: Apply, vals: Values) -> Any:
        memo = {param: vals.get(label, GarbageCollected) for param, label in self._params.items()}
        try:
            return rec_eval(node, memo=memo, memo_gc=False)
        except ValueCollectedError as error:
            label = self._params.get(error.absent)
            if label is None:
                raise
        raise _missing(label)

    def active(self, vals: Values) -> set[str]:
        """Walk from the root along the selected options, and collect the labels on the way."""
        found: set[str] = set()
        seen: set[Apply] = set()
        stack = [self._root]
        memo: Memo = {}
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            if node in self._params:
                found.add(self._params[node])
            elif _is_switch(node):
                index, *options = node.pos_args
                deep = index in self._deep
                value = self._evaluate_deep(index, vals) if deep else self._steps[index](vals, memo)
                stack.append(options[switch_index(value, len(options))])
                stack.append(index)
            else:
                stack.extend(node.inputs())
        return found


def _is_switch(node: Apply) -> bool:
    return node.name == "switch" and len(node.pos_args) > 0 and not node.named_args


def _evaluated_inputs(node: Apply) -> list[Apply]:
    """Arguments whose values are needed; a parameter's value is given, not drawn."""
    return [] if label_of(node) is not None else node.inputs()


def _evaluated_nodes(root: Apply) -> list[Apply]:
    """Nodes that evaluation may visit, arguments first."""
    order: list[Apply] = []
    seen: set[Apply] = set()
    stack = [(root, False)]
    while stack:
        node, done = stack.pop()
        if done:
            order.append(node)
        elif node not in seen:
            seen.add(node)
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(_evaluated_inputs(node)))
    return order


def _missing(label: str) -> MissingLabel:
    return MissingLabel(
        f"the point has no value for the parameter {label!r}, which is active in it; "
        f"add {label!r} to the values"
    )


def _once(step: Step, key: int) -> Step:
    """Make a step that is taken at most once in an evaluation."""

    def shared(vals: Values, memo: Memo) -> Any:
        if key in memo:
            return memo[key]
        value = memo[key] = step(vals, memo)
        return value

    return shared


def _step(node: Apply, steps: dict[Apply, Step]) -> Step:
    """Make the step of a node out of those of its arguments."""
    if isinstance(node, Literal):
        return _literal_step(node.obj)
    label = label_of(node)
    if label is not None:
        return _parameter_step(label)
    if _is_switch(node):
        index, *options = node.pos_args
        return _switch_step(steps[index], [steps[option] for option in options])
    if node.name == "dict" and not node.pos_args:
        return _dict_step(node, [(name, steps[child]) for name, child in node.named_args])
    args = [steps[child] for child in node.pos_args]
    if node.name == "pos_args" and not node.named_args:
        return _tuple_step(args)
    if node.name in ("float", "int") and len(args) == 1 and not node.named_args:
        return _conversion_step(node, args[0])
    function = scope._impls.get(node.name)
    if function is None:
        raise BadSearchSpace(
            f"scope has no function {node.name!r}, which {one_line(node)} calls; "
            "register it with scope.define"
        )
    if function in _OPERATORS and len(args) == 2 and not node.named_args:
        return _operator_step(function, node, args)
    named = [(name, steps[child]) for name, child in node.named_args]
    return _call_step(function, node, args, named)


def _literal_step(obj: Any) -> Step:
    return lambda vals, memo: obj


def _parameter_step(label: str) -> Step:
    def look_up(vals: Values, memo: Memo) -> Any:
        try:
            value = vals[label]
        except KeyError:
            raise _missing(label) from None
        if value is GarbageCollected:
            raise _missing(label)
        return value

    return look_up


def _conversion_step(node: Apply, step: Step) -> Step:
    """Convert to int or float; directly of a parameter, as most of them are."""
    function = scope._impls[node.name]
    label = label_of(node.pos_args[0])
    if label is None:
        return lambda vals, memo: function(step(vals, memo))

    # The same as of any other step, with the look-up written out to save a call.
    def convert(vals: Values, memo: Memo) -> Any:
        try:
            value = vals[label]
        except KeyError:
            raise _missing(label) from None
        if value is GarbageCollected:
            raise _missing(label)
        return function(value)

    return convert


def _switch_step(index: Step, options: list[Step]) -> Step:
    n_options = len(options)

    def select(vals: Values, memo: Memo) -> Any:
        value = index(vals, memo)
        if type(value) is not int or not 0 <= value < n_options:
            value = switch_index(value, n_options)
        return options[value](vals, memo)

    return select


def _dict_step(node: Apply, items: list[tuple[str, Step]]) -> Step:
    def build(vals: Values, memo: Memo) -> Any:
        return {key: step(vals, memo) for key, step in items}

    converted = _numbers(node)
    if not converted:
        return build

    # The same of a dict of parameters only, as most spaces are, with their steps written out.
    def convert_all(vals: Values, memo: Memo) -> Any:
        try:
            return {key: function(vals[label]) for key, label, function in converted}
        except Exception:
            return build(vals, memo)  # which says what is missing

    return convert_all


def _numbers(node: Apply) -> list[tuple[str, str, Callable[[Any], Any]]]:
    """Of a dict of parameters, of each of which int or float is taken: key, label, function.

    Empty for any other node.
    """
    if node.name != "dict" or node.pos_args:
        return []
    numbers: list[tuple[str, str, Callable[[Any], Any]]] = []
    for key, child in node.named_args:
        if child.name not in ("float", "int") or len(child.pos_args) != 1 or child.named_args:
            return []
        label, function = label_of(child.pos_args[0]), scope._impls[child.name]
        if label is None or function not in (float, int):
            return []
        numbers.append((key, label, function))
    return numbers


def _tuple_step(steps: list[Step]) -> Step:
    return lambda vals, memo: tuple([step(vals, memo) for step in steps])


_OPERATORS: frozenset[Callable[..., Any]] = frozenset(
    {
        operator.add,
        operator.sub,
        operator.mul,
        operator.truediv,
        operator.floordiv,
        operator.lt,
        operator.le,
        operator.gt,
        operator.ge,
        operator.getitem,
    }
)


def _operator_step(function: Callable[..., Any], node: Apply, args: list[Step]) -> Step:
    left, right = args
    constant = node.pos_args[1]
    if isinstance(constant, Literal):
        operand = constant.obj
        return lambda vals, memo: function(left(vals, memo), operand)
    return lambda vals, memo: function(left(vals, memo), right(vals, memo))


def _call_step(
    function: Callable[..., Any], node: Apply, args: list[Step], named: list[tuple[str, Step]]
) -> Step:
    def call(vals: Values, memo: Memo) -> Any:
        try:
            value = function(
                *[step(vals, memo) for step in args],
                **{name: step(vals, memo) for name, step in named},
            )
            # A function may answer with an expression, as a Lambda does.
            return rec_eval(value) if isinstance(value, Apply) else value
        except RecursionError as error:
            raise endless(error, node) from error.__cause__

    return call
