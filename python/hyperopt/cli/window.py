"""What is written to a terminal fits its window; what goes to a file or a pipe is whole."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence

__all__ = ["cut", "fitting_widths", "folded", "window_width", "wrapped"]

GAP = 2
"""Spaces between two columns."""

_LEAST = 6
"""A column is not made narrower than this."""


def window_width() -> int | None:
    """Columns of characters in the terminal that is written to; None if it is no terminal."""
    if not sys.stdout.isatty():
        return None
    return shutil.get_terminal_size().columns


def fitting_widths(widths: Sequence[int], room: int | None) -> list[int]:
    """Widths of the columns that fit into `room`: the widest are narrowed, then the last left out.

    Examples
    --------
    >>> fitting_widths([3, 20, 9], 30)
    [3, 14, 9]
    >>> fitting_widths([8, 8, 8, 8], 15)
    [6, 7]
    >>> fitting_widths([8, 80], None)
    [8, 80]
    """
    fitting = list(widths)
    if room is None:
        return fitting
    while len(fitting) > 1 and _total(min(width, _LEAST) for width in fitting) > room:
        fitting.pop()
    while _total(fitting) > room and max(fitting) > _LEAST:
        widest = max(range(len(fitting)), key=fitting.__getitem__)
        fitting[widest] -= 1
    return fitting


def _total(widths: Iterable[int]) -> int:
    return sum(width + GAP for width in widths) - GAP


def cut(text: str, width: int) -> str:
    """The text, or the beginning of it.

    Examples
    --------
    >>> cut("learning rate", 9)
    'learning…'
    """
    return text if len(text) <= width else text[: width - 1] + "…"


def wrapped(name: str, value: str, indent: int) -> str:
    """A name and a value, whose further lines begin below it, for the window that there is."""
    return folded(value, f"{name:{indent - GAP}}{' ' * GAP}", " " * indent)


def folded(text: str, begin: str = "", further: str = "  ") -> str:
    """A line that starts with `begin`, and those after it with `further`, for the window."""
    room = window_width()
    if room is None or len(begin) + len(text) <= room:
        return begin + text
    return textwrap.fill(
        text,
        max(room, len(further) + 20),
        initial_indent=begin,
        subsequent_indent=further,
        break_on_hyphens=False,
    )
