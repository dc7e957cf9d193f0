"""Working directories: enter them, make them for a while, and know which were there before."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from hyperopt.environment.public_path import public

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["get_closest_dir", "path_split_all", "temp_dir", "working_dir"]


@public("hyperopt.utils")
@contextmanager
def working_dir(dir: str | os.PathLike[str]) -> Iterator[None]:
    """Make `dir` the process's working directory inside the ``with`` block."""
    before = Path.cwd()
    os.chdir(dir)
    try:
        yield
    finally:
        os.chdir(before)


@public("hyperopt.utils")
def path_split_all(path: str | os.PathLike[str]) -> Iterator[str]:
    """Iterate over the components of a path, outermost first.

    Examples
    --------
    >>> list(path_split_all("jobs/7/log"))
    ['jobs', '7', 'log']
    """
    return iter(Path(path).parts)


@public("hyperopt.utils")
def get_closest_dir(workdir: str | os.PathLike[str]) -> tuple[str, str]:
    """Find the deepest part of a path that exists, and the first component that does not.

    Returns
    -------
    closest : str
        The deepest existing directory; ``""`` if not even the first component exists.
    missing : str
        The component that would have to be made inside it; ``""`` if nothing is missing.
    """
    closest = Path()
    for component in path_split_all(workdir):
        if not (closest / component).is_dir():
            return _name(closest), component
        closest /= component
    return _name(closest), ""


@public("hyperopt.utils")
@contextmanager
def temp_dir(
    dir: str | os.PathLike[str], erase_after: bool = False, with_sentinel: bool = True
) -> Iterator[None]:
    """Make a directory for the ``with`` block.

    Parameters
    ----------
    dir : str or path
        What to make, with its missing parents.
    erase_after : bool
        Remove afterwards everything that was made here; directories that existed before stay.
    with_sentinel : bool
        While the block runs, keep a file ``<first missing component>.inuse`` beside the topmost
        new directory, so that others who share the tree see that it is in use.

    Raises
    ------
    RuntimeError
        If `dir` contains ``..``: what lies above the path could not be told from what is in it.
    """
    if os.pardir in path_split_all(dir):
        raise RuntimeError(f"temp_dir({str(dir)!r}): the path must not contain '..'; resolve it")
    closest, missing = get_closest_dir(dir)
    topmost = Path(closest, missing)
    sentinel = topmost.with_name(f"{missing}.inuse") if missing and with_sentinel else None
    Path(dir).mkdir(parents=True, exist_ok=True)
    if sentinel is not None:
        sentinel.touch()
    try:
        yield
    finally:
        if erase_after and missing:
            shutil.rmtree(topmost)
        if sentinel is not None:
            sentinel.unlink()


def _name(directory: Path) -> str:
    return "" if directory == Path() else str(directory)
