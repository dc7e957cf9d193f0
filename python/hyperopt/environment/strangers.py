"""What objects of the user's say about themselves, where a raising ``__str__`` must not matter."""

from __future__ import annotations

from typing import Any

__all__ = ["repr_of", "text_of"]


def text_of(value: Any) -> str:
    """``str(value)``, or a description if that raises.

    Examples
    --------
    >>> text_of(ValueError("too large"))
    'too large'
    >>> class Mute(Exception):
    ...     def __str__(self):
    ...         raise RuntimeError
    >>> text_of(Mute())
    '<Mute, whose __str__ raised RuntimeError>'
    """
    try:
        return str(value)
    except Exception as error:
        return f"<{type(value).__qualname__}, whose __str__ raised {type(error).__qualname__}>"


def repr_of(value: Any) -> str:
    """``repr(value)``, or a description if that raises."""
    try:
        return repr(value)
    except Exception as error:
        return f"<{type(value).__qualname__}, whose __repr__ raised {type(error).__qualname__}>"
