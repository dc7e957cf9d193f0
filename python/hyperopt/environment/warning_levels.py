"""Whose line a warning is about."""

from __future__ import annotations

import sys


def levels_to_user() -> int:
    """The `stacklevel` at which a warning, issued by the caller, names the user's line.

    That is the first frame outside of this package: `fmin` is also called by `Trials.fmin` and by
    `hyperopt.sklearn`.
    """
    package = __name__.partition(".")[0]
    frame, level = sys._getframe(1), 1
    while frame.f_back is not None and _package(frame.f_globals) == package:
        frame, level = frame.f_back, level + 1
    return level


def _package(module: dict[str, object]) -> str:
    return str(module.get("__name__", "")).partition(".")[0]
