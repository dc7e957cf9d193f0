"""Lets prints and a progress bar share a terminal."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from hyperopt.environment.public_path import public

__all__ = ["DummyTqdmFile", "std_out_err_redirect_tqdm"]


@public("hyperopt.std_out_err_redirect_tqdm")
class DummyTqdmFile:
    """A file whose lines appear above the progress bar.

    Parameters
    ----------
    file
        Where they go in the end.
    terminal
        The streams that lead to the same terminal: bars on all of them are cleared for a line.
    """

    file: Any = None

    def __init__(self, file: TextIO, terminal: Iterable[TextIO] = ()) -> None:
        self.file = file
        self._terminal = (file, *terminal)
        self._line = ""
        self._newlines = ""
        self._drawing = False

    def write(self, x: str) -> int:
        """Write all complete lines; keep the rest until the line ends or the file is closed.

        What moves the cursor is another progress bar's, nested in ours, and goes out unchanged.
        """
        if not x:
            return 0
        if "\r" in x or "\x1b[A" in x:
            self.file.write(self._newlines + x)
            self._newlines = ""
            self._drawing = "\x1b[A" not in x
        elif self._drawing and x == "\n":
            # A nested bar ends, and its line stays.
            self.file.write(x)
            self._drawing = False
        elif not self._line and x.strip("\n") == "":
            # An empty line, or a nested bar that moves to its place: the next write will tell.
            self._newlines += x
        else:
            self._drawing = False
            lines, separator, self._line = (self._newlines + self._line + x).rpartition("\n")
            self._newlines = ""
            if separator:
                self._above_the_bar(lines)
        return len(x)

    def flush(self) -> None:
        """Flush the file; lines that are not complete are kept."""
        flush = getattr(self.file, "flush", None)
        if flush is not None:
            flush()

    def close(self) -> None:
        """Write what is kept; the file stays open, it belongs to somebody else."""
        rest, self._line, self._newlines = self._newlines + self._line, "", ""
        if rest:
            self._above_the_bar(rest.removesuffix("\n"))
        self.flush()

    def isatty(self) -> bool:
        """Whether the file is a terminal."""
        return bool(getattr(self.file, "isatty", bool)())

    def _above_the_bar(self, text: str) -> None:
        from tqdm import tqdm

        with contextlib.ExitStack() as cleared:
            for stream in self._streams():
                cleared.enter_context(tqdm.external_write_mode(file=stream))
            self.file.write(f"{text}\n")

    def _streams(self) -> list[Any]:
        """Everything that bars on this terminal may be drawn on."""
        found: list[Any] = []
        for outermost in (sys.stdout, sys.stderr, *self._terminal):
            stream: Any = outermost
            while stream is not None and not any(stream is other for other in found):
                found.append(stream)
                stream = stream.file if isinstance(stream, DummyTqdmFile) else None
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


@public("hyperopt.std_out_err_redirect_tqdm")
@contextlib.contextmanager
def std_out_err_redirect_tqdm() -> Iterator[TextIO]:
    """Replace `sys.stdout` and `sys.stderr` for a while; yield the real standard output."""
    saved = sys.stdout, sys.stderr
    replaced = DummyTqdmFile(saved[0], saved), DummyTqdmFile(saved[1], saved)
    try:
        sys.stdout, sys.stderr = replaced
        yield saved[0]
    finally:
        for dummy in replaced:
            dummy.close()
        sys.stdout, sys.stderr = saved
