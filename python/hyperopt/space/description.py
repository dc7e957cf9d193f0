"""What a space is, in plain data that can be kept with a study and compared with another space."""

from __future__ import annotations

import hashlib
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.environment.strangers import repr_of
from hyperopt.pyll.base import Apply, Literal
from hyperopt.space.activation import label_of

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

__all__ = ["Description", "describe"]

Description = dict[str, dict[str, Any]]
"""For each label its ``family``, its ``args``, and for a choice its ``options`` as texts."""

_LONG = 200
_NAMED = (type, FunctionType, BuiltinFunctionType, ModuleType)


def describe(space: CompiledSpace) -> Description:
    """The description of a space.

    The text of an option says what it is made of, parameters by their labels: an option whose
    parameters get other bounds is the same option.

    Examples
    --------
    >>> from hyperopt import hp
    >>> from hyperopt.space import compile_space
    >>> describe(compile_space(hp.choice("k", ["svm", {"rf": hp.uniform("depth", 1, 9)}])))["k"]
    {'family': 'randint', 'args': [0, 2], 'options': ["'svm'", 'dict(rf=<depth>)']}
    """
    described: Description = {}
    for parameter in space.parameters:
        args = [
            value.item() if isinstance(value, np.generic) else value for value in parameter.args
        ]
        described[parameter.label] = {"family": parameter.family, "args": args}
        if parameter.options is not None:
            texts = [_text(option, {}) for option in parameter.options]
            described[parameter.label]["options"] = texts
    return described


def _text(node: Apply, memo: dict[int, str]) -> str:
    if id(node) in memo:
        return memo[id(node)]
    if node.name == "float" and len(node.pos_args) == 1:  # around every parameter of a float
        return _text(node.pos_args[0], memo)
    if isinstance(node, Literal):
        text = _constant(node.obj)
    elif (label := label_of(node)) is not None:
        text = f"<{label}>"
    elif node.name == "switch" and (chosen := label_of(node.pos_args[0])) is not None:
        text = f"<choice {chosen}>"
    else:
        parts = [_text(part, memo) for part in node.pos_args]
        parts += [f"{name}={_text(part, memo)}" for name, part in node.named_args]
        text = f"{node.name}({', '.join(parts)})"
    memo[id(node)] = text = _shortened(text)
    return text


def _constant(value: Any) -> str:
    if isinstance(value, np.generic):
        return _constant(value.item())
    if isinstance(value, _NAMED):
        return (
            f"{getattr(value, '__module__', '')}.{getattr(value, '__qualname__', value.__name__)}"
        )
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_constant, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_constant(k)}: {_constant(v)}' for k, v in value.items())}}}"
    text = repr_of(value)
    kind = type(value)
    # The address of an object says nothing in another process.
    return f"{kind.__module__}.{kind.__qualname__}" if " at 0x" in text else text


def _shortened(text: str) -> str:
    if len(text) <= _LONG:
        return text
    return f"{text[: _LONG // 2]}...{hashlib.blake2b(text.encode(), digest_size=8).hexdigest()}"
