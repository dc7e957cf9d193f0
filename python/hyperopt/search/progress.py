"""Progress bars of `fmin`: context managers whose value has `update(n)` and a `postfix`."""

from __future__ import annotations

import contextlib
import importlib.util
import sys
from collections.abc import Iterator
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
