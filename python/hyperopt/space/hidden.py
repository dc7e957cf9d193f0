"""Expressions where a search can't see them, and spaces without any."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import partial
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.exceptions import BadSearchSpace
from hyperopt.pyll.base import Apply, Literal, dfs
from hyperopt.pyll.printing import one_line

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

__all__ = ["check_has_parameters", "check_nothing_hidden"]

_PLAIN = (str, bytes, int, float, bool, complex, type(None), np.generic, type, FunctionType)
_OPAQUE = (ModuleType, BuiltinFunctionType)
_DEPTH = 4
_MOST_PARTS = 1000
_PRINTED = "hyperopt_param\n"
"""What the text of an expression with a parameter holds."""

_LOOK = (
    "a space is made of hp expressions, in dicts, lists and tuples: "
    "{'lr': hp.loguniform('lr', -7, 0), 'kind': hp.choice('kind', ['a', 'b'])}"
)


def check_nothing_hidden(expression: Apply) -> None:
    """Raise `BadSearchSpace` if an object that is kept as it is holds an expression."""
    for node in dfs(expression):
        if not isinstance(node, Literal):
            continue
        value = node.obj
        if isinstance(value, str):
            if _PRINTED in value:
                raise BadSearchSpace(
                    "the space holds the text of an hp expression, which has no value yet: "
                    f"{value[:60]!r}. Make the text in the objective, or with scope.str_join"
                )
            continue
        if isinstance(value, _PLAIN):
            continue
        found = next(_hidden(value, type(value).__name__, _DEPTH, [_MOST_PARTS]), None)
        if found is not None:
            where, hidden = found
            raise BadSearchSpace(
                f"the space holds {one_line(hidden)} inside of an object, at {where}, where it has "
                "no value and is not searched. Give it beside the object, in a dict or a list, and "
                "make the object in the objective; or make it with scope.call(function, args)"
            )


def check_has_parameters(space: CompiledSpace) -> None:
    """Raise `BadSearchSpace` if there is nothing to search."""
    if space.labels:
        return
    hint = next(_mistaken(space.expression), "")
    raise BadSearchSpace(f"the space has no parameters: {hint}{_LOOK}")


def _hidden(value: Any, path: str, depth: int, left: list[int]) -> Iterator[tuple[str, Apply]]:
    if isinstance(value, Apply):
        yield path, value
        return
    left[0] -= 1
    if isinstance(value, (_PLAIN, _OPAQUE)) or not depth or left[0] < 0:
        return
    with suppress(Exception):  # an object of the user's that does not like to be looked at
        for name, part in _parts(value):
            yield from _hidden(part, f"{path}{name}", depth - 1, left)


def _parts(value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, dict):
        return [(f"[{key!r}]", part) for key, part in value.items()]
    if isinstance(value, np.ndarray):
        return _enumerated(value.ravel().tolist()) if value.dtype == object else ()
    if isinstance(value, partial):
        named = [(f" argument {name!r}", part) for name, part in value.keywords.items()]
        return [*((f" argument {at}", part) for at, part in enumerate(value.args)), *named]
    if isinstance(value, (list, tuple, set, frozenset)) or type(value).__name__ in (
        "dict_values",
        "dict_keys",
        "dict_items",
        "deque",
    ):
        return _enumerated(value)
    if dataclasses.is_dataclass(value):
        return [(f".{f.name}", getattr(value, f.name)) for f in dataclasses.fields(value)]
    return [(f".{name}", part) for name, part in getattr(value, "__dict__", {}).items()]


def _enumerated(values: Iterable[Any]) -> list[tuple[str, Any]]:
    """The elements with the words for their places."""
    return [(f"[{place}]", part) for place, part in enumerate(values)]


def _mistaken(expression: Apply) -> Iterator[str]:
    """What other libraries' spaces are made of, in the words for it here."""
    for node in dfs(expression):
        if isinstance(node, Literal):
            kind = type(node.obj)
            if "rv_" in kind.__name__ or "rv_frozen" in {base.__name__ for base in kind.__mro__}:
                yield f"{kind.__name__} is a distribution of scipy; use hp.uniform, say. Here "
        if node.name == "dict" and not node.pos_args:
            for name, child in node.named_args:
                if child.name == "pos_args" and len(child.pos_args) > 1:
                    yield (
                        f"the list at {name!r} is a constant; did you mean "
                        f"hp.choice({name!r}, [...])? Here "
                    )
