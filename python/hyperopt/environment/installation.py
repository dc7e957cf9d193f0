"""Which distribution this package is, and whether upstream's lies in the same place."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from contextlib import suppress

_NAME = "hyperopt-rs"


@functools.cache
def version() -> str:
    """The version of the installed distribution; ``"0.0.0"`` when run from bare sources."""
    # Not importlib.metadata: its import takes longer than a thousand trials.
    head = f"{_NAME.replace('-', '_')}-"
    for folder in sys.path:
        with suppress(OSError):  # It may be missing, or an archive.
            for name in os.listdir(folder or os.curdir):  # noqa: PTH208
                if name.startswith(head) and name.endswith(".dist-info"):
                    return name[len(head) : -len(".dist-info")]
    return "0.0.0"


def warn_of_upstream(site: str | None = None) -> None:
    """Say so if the distribution `hyperopt` is installed beside ours.

    Both own the import name, so that files of one may have replaced files of the other.

    Parameters
    ----------
    site
        The directory that holds the package.
    """
    if site is None:
        site = __file__.rpartition(f"{os.sep}hyperopt{os.sep}")[0]
    # Not pathlib: its import would take longer than the look.
    for name in os.listdir(site):  # noqa: PTH208
        if not (name.startswith("hyperopt-") and name.endswith(".dist-info")):
            continue
        if name.endswith("+rs.dist-info"):  # The stand-in, which holds no files.
            continue
        warnings.warn(
            f"the original {name.removesuffix('.dist-info')} is installed in {site} beside "
            f"{_NAME}, under the same import name: run `pip uninstall hyperopt`, then "
            f"`pip install --force-reinstall --no-deps {_NAME}`",
            RuntimeWarning,
            stacklevel=4,
        )
