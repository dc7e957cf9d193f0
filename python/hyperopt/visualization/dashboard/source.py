"""Where the trials of a live study come from: memory, a save file that grows, a database."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from hyperopt.environment.public_path import public
from hyperopt.storage.documents import Document
from hyperopt.visualization.report.page import run_facts
from hyperopt.visualization.report.study_data import shown_documents

if TYPE_CHECKING:
    import os

    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.results import Results

_QUIET_S = 15.0
"""A file that has not changed for so long is no longer written to, as far as one can see."""


class Look(NamedTuple):
    """What a source sees.

    Attributes
    ----------
    docs
        The documents, in an order that does not change.
    reread
        Whether any of them may have changed, rather than new and unfinished ones only.
    running
        Whether more can be expected.
    """

    docs: list[Document]
    reread: bool
    running: bool


class Source(Protocol):
    """A study that is looked at again and again.

    Attributes
    ----------
    name
        What the page calls it.
    """

    name: str

    @property
    def space(self) -> CompiledSpace | None:
        """Its space, if it is known."""

    @property
    def run(self) -> Mapping[str, Any]:
        """What was recorded of the run."""

    def look(self) -> Look:
        """What there is now. It must be quick: it is called several times a second."""


@public("hyperopt.dashboard")
class TrialsSource:
    """A study in the memory of this process, or one that `refresh` brings there from elsewhere.

    Parameters
    ----------
    trials
        The study.
    name
        What the page calls it.
    refresh
        Whether others add to it, so that it has to be refreshed before each look: a study in a
        database.
    """

    def __init__(self, trials: Results, name: str, *, refresh: bool = False) -> None:
        self.trials = trials
        self.name = name
        self.running = True
        self._refresh = refresh

    @property
    def space(self) -> CompiledSpace | None:
        """The space of the trials."""
        space: CompiledSpace | None = self.trials._space
        return space

    @property
    def run(self) -> Mapping[str, Any]:
        """What was recorded of the run."""
        return run_facts(self.trials)

    def look(self) -> Look:
        """The documents as they are."""
        if self._refresh:
            self.trials.refresh()  # type: ignore[attr-defined]
        return Look(shown_documents(self.trials), False, self.running)


@public("hyperopt.dashboard")
class FileSource:
    """A file that another process writes: `trials_save_file` of `fmin`, or a pickled study.

    Its pickle is loaded, so it must be a file that is trusted.

    Parameters
    ----------
    path
        The file. It may appear later, and be replaced.
    load
        Reads a study from it.
    name
        What the page calls it; the file's name by default.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        load: Callable[[Path], Any],
        name: str | None = None,
    ) -> None:
        self._path = Path(path)
        self._load = load
        self.name = name or self._path.name
        self._trials: Any = None
        self._seen: tuple[int, int, int] | None = None
        self._changed_at = 0.0
        self._next_s = 0.0

    @property
    def space(self) -> CompiledSpace | None:
        """The space of the trials."""
        return None if self._trials is None else self._trials._space

    @property
    def run(self) -> Mapping[str, Any]:
        """What was recorded of the run."""
        return {} if self._trials is None else run_facts(self._trials)

    def look(self) -> Look:
        """The documents in the file, which is read again when it has changed."""
        reread = self._read()
        docs = [] if self._trials is None else shown_documents(self._trials)
        return Look(docs, reread, time.monotonic() - self._changed_at < _QUIET_S)

    def _read(self) -> bool:
        now = time.monotonic()
        if now < self._next_s:
            return False
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return False
        seen = (status.st_ino, status.st_size, status.st_mtime_ns)
        if seen == self._seen:
            return False
        try:
            self._trials = self._load(self._path)
        except Exception:
            # A file that is being written is whole in a moment; one that never was is an error.
            if self._trials is None and now - status.st_mtime > _QUIET_S:
                raise
            self._next_s = now + 0.2
            return False
        self._seen, self._changed_at = seen, time.monotonic()
        # A large file takes a while to read: at most a third of the time goes into it.
        self._next_s = self._changed_at + 2.0 * (self._changed_at - now)
        return True
