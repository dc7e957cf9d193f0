"""Lets prints and a progress bar share a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from typing import Any, TextIO

__all__ = ["DummyTqdmFile", "std_out_err_redirect_tqdm"]


class DummyTqdmFile:
    """A file whose lines appear above the progress bar.

    Parameters
    ----------
    file
        Where they go in the end.
    """

    file: Any = None

    def __init__(self, file: TextIO) -> None:
        self.file = file
        self._line = ""

    def write(self, x: str) -> int:
        """Write all complete lines; keep the rest until the line ends or `flush`."""
        lines, separator, self._line = (self._line + x).rpartition("\n")
        if separator:
            self._above_the_bar(lines)
        return len(x)

    def flush(self) -> None:
        """Write what is kept, and flush the file."""
        if self._line:
            line, self._line = self._line, ""
            self._above_the_bar(line)
        flush = getattr(self.file, "flush", None)
        if flush is not None:
            flush()

    def close(self) -> None:
        """Flush; the file stays open, it belongs to somebody else."""
        self.flush()

    def isatty(self) -> bool:
        """Whether the file is a terminal."""
        return bool(getattr(self.file, "isatty", bool)())

    def _above_the_bar(self, text: str) -> None:
        from tqdm import tqdm

        tqdm.write(text, file=self.file)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@contextlib.contextmanager
def std_out_err_redirect_tqdm() -> Iterator[TextIO]:
    """Replace `sys.stdout` and `sys.stderr` for a while; yield the real standard output."""
    saved = sys.stdout, sys.stderr
    replaced = DummyTqdmFile(saved[0]), DummyTqdmFile(saved[1])
    try:
        sys.stdout, sys.stderr = replaced
        yield saved[0]
    finally:
        for dummy in replaced:
            dummy.flush()
        sys.stdout, sys.stderr = saved
