"""Progress bars of `fmin`: context managers whose value has `update(n)` and a `postfix`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any

from hyperopt.std_out_err_redirect_tqdm import std_out_err_redirect_tqdm

__all__ = [
    "default_callback",
    "no_progress_callback",
    "std_out_err_redirect_tqdm",
    "tqdm_progress_callback",
]


@contextlib.contextmanager
def tqdm_progress_callback(initial: int, total: int | None) -> Iterator[Any]:
    """A tqdm bar; what the objective prints goes above it."""
    from tqdm import tqdm

    if total is not None and total >= sys.maxsize:
        total = None
    with (
        std_out_err_redirect_tqdm() as wrapped_stdout,
        tqdm(
            total=total,
            file=wrapped_stdout,
            postfix={"best loss": "?"},
            disable=False,
            dynamic_ncols=True,
            unit="trial",
            initial=initial,
        ) as bar,
    ):
        yield bar


class NoProgress:
    """Takes the place of a bar and shows nothing."""

    postfix: Any = None

    def update(self, n: int) -> None:
        """Do nothing."""


@contextlib.contextmanager
def no_progress_callback(initial: int, total: int | None) -> Iterator[Any]:
    """No bar at all."""
    yield NoProgress()


default_callback = tqdm_progress_callback
"""What `fmin` shows by default."""
