"""What can go wrong with a database of studies."""

from __future__ import annotations

__all__ = ["StorageError", "StorageUnavailable", "StudyNotFound", "VersionMismatch"]


class StorageError(RuntimeError):
    """A database of studies cannot be used; the message says why and what to do."""


class StorageUnavailable(StorageError):  # noqa: N818
    """The database did not answer for longer than a process is willing to wait."""


class StudyNotFound(StorageError, KeyError):  # noqa: N818
    """There is no study of this name."""

    def __str__(self) -> str:
        # KeyError would show the repr of its message.
        return str(self.args[0]) if self.args else ""


class VersionMismatch(StorageError):  # noqa: N818
    """The database was made for an older or a newer version of this package."""
