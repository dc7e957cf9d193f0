"""What has to happen even when the user interrupts it."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["surely"]


def surely(action: Callable[[], None]) -> None:
    """Call `action`, and once more if it is interrupted; it must stand that."""
    try:
        action()
    except Exception:
        raise
    except BaseException:
        action()
        raise
