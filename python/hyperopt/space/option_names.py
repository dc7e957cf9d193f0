"""Short names for the options of choices, to label axes and group rows by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hyperopt.pyll.base import Apply, Literal

__all__ = ["option_names"]

_LONGEST_NAME = 40
_NAMING_KEYS = ("type", "name", "model", "kind", "estimator", "algorithm", "cls", "class")
"""Keys of a dict among options whose value tells which one it is."""


def option_names(options: Sequence[Apply]) -> list[str]:
    """A name for each option: short values as they are, others by a part, all different.

    A dict of a single key is named by it.

    Examples
    --------
    >>> from hyperopt import hp
    >>> from hyperopt.pyll import as_apply
    >>> layer = {"kind": "dropout", "rate": hp.uniform("rate", 0, 1)}
    >>> leaky = {"leaky": hp.uniform("slope", 0, 1)}
    >>> option_names(as_apply(["relu", None, layer, leaky, [1, 2]]).pos_args)
    ['relu', 'None', 'dropout', 'leaky', '#4']
    """
    names = [_name(option) or f"#{i}" for i, option in enumerate(options)]
    repeated = {name for name in names if names.count(name) > 1}
    return [f"{name} #{i}" if name in repeated else name for i, name in enumerate(names)]


def _name(option: Apply) -> str | None:
    if isinstance(option, Literal):
        return _shortened(option.obj)
    constants = [(key, arg.obj) for key, arg in _entries(option) if isinstance(arg, Literal)]
    for wanted in _NAMING_KEYS:
        for key, value in constants:
            if key == wanted:
                return _shortened(value)
    for _, value in constants:
        if isinstance(value, str):
            return _shortened(value)
    keys = [key for key, _ in _entries(option) if isinstance(key, str)]
    return _shortened(keys[0]) if len(keys) == 1 else None


def _entries(option: Apply) -> list[tuple[Any, Any]]:
    named = option.named_args if option.name == "dict" else []
    return [*((key, arg) for key, arg in named), *enumerate(option.pos_args)]


def _shortened(value: Any) -> str:
    if isinstance(value, str):
        text = value or "''"
    elif callable(value) and hasattr(value, "__name__"):
        text = str(value.__name__)
    else:
        try:
            text = repr(value)
        except Exception as error:  # a user's class
            text = f"{type(value).__name__} ({type(error).__name__} in its repr)"
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_NAME else text[: _LONGEST_NAME - 1] + "…"
