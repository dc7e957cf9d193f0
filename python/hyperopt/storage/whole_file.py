"""Writing files so that a kill, a full disk or a planted link at any moment does no harm."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from io import RawIOBase
from pathlib import Path

__all__ = ["replace", "temporary_of", "write_all"]


def temporary_of(path: Path) -> Path:
    """Where the new content of a file is written before it takes the place of the old one."""
    return path.with_name(f".{path.name}.tmp")


def write_all(file: RawIOBase, data: bytes) -> None:
    """Write all of `data`: a raw write may take less, on a disk that is nearly full for instance.

    Raises
    ------
    OSError
        The rest can't be written.
    """
    view = memoryview(data)
    while view:
        written = file.write(view)
        if not written:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        view = view[written:]


def replace(path: Path, data: bytes) -> os.stat_result:
    """Put `data` in the place of a file, at one stroke; return the status of the new one.

    The new file has the mode, and as far as possible the owner, of the old one. A file with several
    names (hard links) keeps them all: it is overwritten, and until that is done the new content is
    in `temporary_of` too.

    Raises
    ------
    OSError
        It can't be written; the old file is as it was.
    """
    temporary = temporary_of(path)
    try:
        old: os.stat_result | None = path.stat()
    except FileNotFoundError:
        old = None
    if old is not None and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    try:
        with os.fdopen(_created(temporary), "wb") as file:
            if old is not None:
                _take_after(file.fileno(), old)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            status = os.fstat(file.fileno())
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    if old is not None and old.st_nlink > 1:
        status = _overwrite(path, data)
        temporary.unlink()
    else:
        temporary.replace(path)
    return status


def _created(path: Path) -> int:
    """A new file, whatever was there: what a link points to is none of ours."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    path.unlink(missing_ok=True)
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o666)


def _take_after(descriptor: int, old: os.stat_result) -> None:
    if not hasattr(os, "fchmod"):
        return
    own = os.fstat(descriptor)
    if (own.st_uid, own.st_gid) != (old.st_uid, old.st_gid):
        with suppress(OSError):
            os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, old.st_mode & 0o7777)


def _overwrite(path: Path, data: bytes) -> os.stat_result:
    with path.open("r+b", buffering=0) as file:
        write_all(file, data)
        file.truncate()
        os.fsync(file.fileno())
        return os.fstat(file.fileno())
