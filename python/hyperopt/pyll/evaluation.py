"""Evaluation of an expression graph, each node at most once, only the selected option of a switch.

This is the general evaluator. `hyperopt.space` compiles a search space into closures that give the
same values faster.
"""

from __future__ import annotations

import copy
import sys
from collections import Counter
from operator import index as as_index
from typing import TYPE_CHECKING, Any

import numpy as np

from .functions import implementations
from .node import GarbageCollected, is_expression, is_literal
from .printing import one_line, tree_text
from .recursion import endless
from .traversal import dfs

if TYPE_CHECKING:
    from collections.abc import Callable

    from .graph import Apply

__all__ = ["DEFAULT_MAX_PROGRAM_LEN", "evaluate", "switch_index"]

#: Most nodes that may wait for evaluation at once; a graph with a cycle would wait for ever.
DEFAULT_MAX_PROGRAM_LEN = 100_000


class ValueCollectedError(TypeError):
    """A value that is needed is absent: the memo holds `GarbageCollected` for it."""

    def __init__(self, user: Apply, absent: Apply) -> None:
        self.absent = absent
        super().__init__(
            f"{one_line(user)} needs {one_line(absent)}, but its value is GarbageCollected: "
            "give the point a value for every parameter that is active in it"
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return TypeError, self.args


def evaluate(
    root: Apply,
    deepcopy_inputs: bool = False,
    memo: dict[Apply, Any] | None = None,
    max_program_len: int | None = None,
    memo_gc: bool = True,
    print_trace: bool = False,
    print_node_on_error: bool = True,
) -> Any:
    """Evaluate a graph; see `hyperopt.pyll.rec_eval`, which takes any object."""
    values: dict[Apply, Any] = {} if memo is None else dict(memo)
    limit = DEFAULT_MAX_PROGRAM_LEN if max_program_len is None else max_program_len
    users = _count_users(root) if memo_gc else None
    todo = [root]
    while todo:
        if len(todo) > limit:
            raise RuntimeError(
                f"more than {limit} nodes of the expression wait for evaluation: it contains a "
                "cycle, or is longer than max_program_len"
            )
        node = todo[-1]
        if node in values:
            todo.pop()
            continue
        if is_literal(node):
            values[node] = node.obj
            todo.pop()
            continue
        used = _inputs_in_use(node, values)
        missing = [child for child in used if child not in values]
        if missing:
            todo.extend(reversed(missing))
            continue
        if print_trace:
            print(f"rec_eval: {one_line(node)}")  # noqa: T201
        values[node] = _evaluate_node(node, values, deepcopy_inputs, print_node_on_error)
        todo.pop()
        if users is not None:
            _release(used, users, values, root)
    return values[root]


def switch_index(value: Any, n_options: int) -> int:
    """Check the index of a switch.

    Parameters
    ----------
    value : object
        The value of the index expression.
    n_options : int
        Number of options.

    Returns
    -------
    int
        The option's number.

    Raises
    ------
    TypeError
        When `value` is no integer: a float, a list.
    ValueError
        When it is negative.
    IndexError
        When there are too few options.
    """
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.item()
    try:
        number = as_index(value)
    except TypeError:
        raise TypeError(
            f"the index of a switch must be an integer, not {value!r} "
            f"({type(value).__name__}); use scope.int to make it one"
        ) from None
    if number < 0:
        raise ValueError(f"the index of a switch is {number}, but must not be negative")
    if number >= n_options:
        raise IndexError(f"the index of a switch is {number}, but it has {n_options} options")
    return number


def _count_users(root: Apply) -> Counter[Apply]:
    users: Counter[Apply] = Counter()
    for node in dfs(root):
        users.update(node.inputs())
    return users


def _release(
    used: list[Apply], users: Counter[Apply], values: dict[Apply, Any], root: Apply
) -> None:
    """Forget the values that nobody waits for any more."""
    for child in used:
        users[child] -= 1
        if users[child] == 0 and child is not root:
            values.pop(child, None)


def _inputs_in_use(node: Apply, values: dict[Apply, Any]) -> list[Apply]:
    """Arguments that the node needs, as far as is known: a switch first needs its index."""
    if node.name != "switch" or not node.pos_args or node.named_args:
        return node.inputs()
    index, *options = node.pos_args
    if index not in values:
        return [index]
    if values[index] is GarbageCollected:
        raise ValueCollectedError(node, index)
    return [index, options[switch_index(values[index], len(options))]]


def _evaluate_node(
    node: Apply, values: dict[Apply, Any], deepcopy_inputs: bool, print_node_on_error: bool
) -> Any:
    if node.name == "switch" and node.pos_args and not node.named_args:
        option = _inputs_in_use(node, values)[1]
        return values[option]
    function = implementations.get(node.name)
    if function is None:
        raise NotImplementedError(
            f"scope has no function {node.name!r}, which {one_line(node)} calls; "
            "register it with scope.define"
        )
    args = [values[child] for child in node.pos_args]
    kwargs = {name: values[child] for name, child in node.named_args}
    _check_present(node, args, kwargs)
    if deepcopy_inputs:
        args, kwargs = copy.deepcopy((args, kwargs))
    value = _call(function, args, kwargs, node, print_node_on_error)
    if is_expression(value):
        # A function may answer with an expression, as a Lambda does.
        try:
            return evaluate(value, deepcopy_inputs, values, print_node_on_error=print_node_on_error)
        except RecursionError as error:
            raise endless(error, node) from error.__cause__
    return value


def _check_present(node: Apply, args: list[Any], kwargs: dict[str, Any]) -> None:
    for position, value in enumerate(args):
        if value is GarbageCollected:
            raise ValueCollectedError(node, node.pos_args[position])
    for name, value in kwargs.items():
        if value is GarbageCollected:
            raise ValueCollectedError(node, dict(node.named_args)[name])


def _call(
    function: Callable[..., Any],
    args: list[Any],
    kwargs: dict[str, Any],
    node: Apply,
    print_node_on_error: bool,
) -> Any:
    try:
        return function(*args, **kwargs)
    except RecursionError as error:
        raise endless(error, node) from error.__cause__
    except Exception as error:
        if print_node_on_error:
            _name_node(error, node)
        raise


def _name_node(error: Exception, node: Apply) -> None:
    """Say on an exception which node raised it."""
    note = f"raised while hyperopt evaluated {one_line(node)}"
    if sys.version_info >= (3, 11):
        error.add_note(note)
    else:
        print(f"{note}:\n{tree_text(node)}", file=sys.stderr)  # noqa: T201
