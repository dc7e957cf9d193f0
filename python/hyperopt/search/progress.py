"""Progress bars of `fmin`: context managers whose value has `update(n)` and a `postfix`."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Callable, Iterator
from typing import Any

from hyperopt.environment.public_path import public
from hyperopt.environment.terminal import std_out_err_redirect_tqdm

__all__ = ["default_callback", "no_progress_callback", "tqdm_progress_callback"]


@public("hyperopt.progress")
@contextlib.contextmanager
def tqdm_progress_callback(initial: int, total: int | None) -> Iterator[Any]:
    """A tqdm bar: of text, with what the objective prints above it, or a widget in a notebook.

    The widget needs ipywidgets; without it a notebook gets the bar as text too.
    """
    options: dict[str, Any] = {
        "total": None if total is not None and total >= sys.maxsize else total,
        "postfix": {"best loss": "?"},
        "dynamic_ncols": True,
        "unit": "trial",
        "initial": initial,
    }
    widget = _notebook_bar() if _in_notebook() else None
    if widget is not None:
        with widget(**options) as bar:
            yield bar
        return
    from tqdm import tqdm

    with std_out_err_redirect_tqdm() as real_stdout, tqdm(file=real_stdout, **options) as bar:
        yield bar


def _in_notebook() -> bool:
    """Whether this process is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config


def _notebook_bar() -> Any:
    """The widget of tqdm, or None where ipywidgets is not installed."""
    if importlib.util.find_spec("ipywidgets") is None:
        return None
    from tqdm.notebook import tqdm

    return tqdm


class NoProgress:
    """Takes the place of a bar and shows nothing."""

    postfix: Any = None

    def update(self, n: int) -> None:
        """Do nothing."""


@public("hyperopt.progress")
@contextlib.contextmanager
def no_progress_callback(initial: int, total: int | None) -> Iterator[Any]:
    """No bar at all."""
    yield NoProgress()


default_callback = tqdm_progress_callback
"""What `fmin` shows by default."""


def progress_callback(show_progressbar: Any, verbose: bool) -> Callable[..., Any]:
    """What the argument `show_progressbar` of `fmin` means."""
    if not verbose or show_progressbar is False or show_progressbar is None:
        return no_progress_callback
    if show_progressbar is True:
        return default_callback
    if not callable(show_progressbar):
        raise ValueError(
            f"show_progressbar={show_progressbar!r}: give True, False, or a function "
            "(initial, total) that returns a context manager"
        )
    return show_progressbar  # type: ignore[no-any-return]


def shows_lines(callback: Callable[..., Any]) -> bool:
    """Whether the user looks at the default bar, below which there is room for words."""
    return callback is default_callback
