"""Results that found no database: files in the user's own folder, until an exchange picks them up.

Any process of this user that opens the study on this machine stores them.
"""

from __future__ import annotations

import json
import os
import tempfile
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from hyperopt.storage.sql.documents import Row
from hyperopt.storage.sql.points import reached

__all__ = ["Spill"]


def _folders() -> list[Path]:
    """Where such files may be, the best place first."""
    state = os.environ.get("XDG_STATE_HOME")
    folders = []
    with suppress(RuntimeError):  # A user without a home.
        folders.append((Path(state) if state else Path.home() / ".local" / "state") / "hyperopt")
    user = os.getuid() if hasattr(os, "getuid") else "user"
    folders.append(Path(tempfile.gettempdir()) / f"hyperopt-{user}")
    return folders


class Spill:
    """The unsent results of one study.

    Parameters
    ----------
    token
        The study's own random name.
    """

    def __init__(self, token: str) -> None:
        self._token = token
        self._mine: dict[int, Path] = {}

    def save(self, results: Iterable[tuple[int, Row]]) -> list[Path]:
        """Write results, each with the attempt that it is of; return the files."""
        return [self._save(attempt, row) for attempt, row in results]

    def _save(self, attempt: int, row: Row) -> Path:
        if row.tid in self._mine:
            return self._mine[row.tid]
        text = json.dumps({"study": self._token, "attempt": attempt, "row": list(row)})
        error: OSError | None = None
        for folder in _folders():
            path = folder / f"unsent-{self._token}-{row.tid}-{uuid.uuid4().hex}.json"
            try:
                folder.mkdir(parents=True, exist_ok=True)
                temporary = path.with_suffix(".tmp")
                with temporary.open("x") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
            except OSError as failure:
                error = failure
                continue
            reached("spilled")
            self._mine[row.tid] = path
            return path
        assert error is not None
        raise error

    @property
    def own(self) -> set[Path]:
        """The files that this process has written and not removed."""
        return set(self._mine.values())

    def found(self) -> list[tuple[int, Row, Path]]:
        """The results that are on file, of whichever process."""
        results = []
        for folder in _folders():
            with suppress(OSError):
                for path in sorted(folder.glob(f"unsent-{self._token}-*.json")):
                    if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
                        continue  # In a folder that all may write to, it may be a trick.
                    with suppress(OSError, ValueError, KeyError, TypeError):
                        content = json.loads(path.read_text())
                        if content["study"] == self._token:
                            results.append((content["attempt"], Row(*content["row"]), path))
        return results

    def forget(self, paths: Iterable[Path]) -> None:
        """Remove files whose results are stored, or not wanted any more."""
        for path in paths:
            path.unlink(missing_ok=True)

    def forget_own(self, tids: Iterable[int]) -> None:
        """Remove the files of this process for these trials."""
        for tid in tids:
            path = self._mine.pop(tid, None)
            if path is not None:
                path.unlink(missing_ok=True)
