"""The named points of the protocol, at which tests end or stop a process."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["POINTS", "reached"]

POINTS = (
    "transaction begun",
    "study locked",
    "results written",
    "lost trials taken",
    "suggested",
    "trials claimed",
    "before commit",
    "after commit",
    "chunk written",
    "blob complete",
    "beat",
    "spilled",
    "migration",
)

observer: Callable[[str], None] | None = None
"""Is told the name of each point that is reached; set by tests only."""


def reached(point: str) -> None:
    """Say that a point is reached."""
    if observer is not None:
        observer(point)
