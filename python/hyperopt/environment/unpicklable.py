"""What in an object can't be pickled, by the path that leads to it."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import cloudpickle

__all__ = ["culprits", "pickles"]

_DEPTH = 5
_MOST = 3


def pickles(value: Any) -> bool:
    """Whether `value` can be pickled, functions by value included."""
    try:
        cloudpickle.dumps(value)
    except BaseException:  # of the user's code
        return False
    return True


def culprits(name: str, value: Any, depth: int = _DEPTH) -> list[str]:
    """The innermost parts of `value` that can't be pickled, at most three: path and type.

    Examples
    --------
    >>> culprits("result", {"loss": 1.0, "parts": [1, (i for i in [])]})
    ["result['parts'][1] (generator)"]
    >>> culprits("result", {"loss": 1.0})
    []
    """
    if pickles(value):
        return []
    found: list[str] = []
    for path, part in _parts(name, value) if depth else ():
        found += [culprit for culprit in culprits(path, part, depth - 1) if culprit not in found]
        if len(found) >= _MOST:
            break
    return found[:_MOST] or [f"{name} ({type(value).__name__})"]


def _parts(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """What `value` is made of, with the words for it."""
    if isinstance(value, dict):
        yield from ((f"{name}[{key!r}]", part) for key, part in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((f"{name}[{index}]", part) for index, part in enumerate(value))
    elif isinstance(value, functools.partial):
        yield name, value.func
        yield from ((f"its argument {index}", part) for index, part in enumerate(value.args))
        yield from ((f"its argument {key!r}", part) for key, part in value.keywords.items())
    elif hasattr(value, "__self__") and hasattr(value, "__func__"):
        yield "its object", value.__self__
        yield name, value.__func__
    elif hasattr(value, "__code__"):
        yield from _surroundings(value)
    else:
        attributes = getattr(value, "__dict__", {})
        yield from ((f"{name}.{key}", part) for key, part in attributes.items())


def _surroundings(function: Any) -> Iterator[tuple[str, Any]]:
    """The variables of other scopes that a function uses."""
    code = function.__code__
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=False):
        try:
            content = cell.cell_contents
        except ValueError:  # an empty cell
            continue
        yield f"the variable {name!r} it closes over", content
    for name in code.co_names:
        if name in function.__globals__:
            yield f"the global {name!r} it uses", function.__globals__[name]
