"""Who writes a file: a claim that one run has, and that ends with its process."""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from weakref import WeakValueDictionary

from hyperopt.environment import log
from hyperopt.exceptions import SaveFileInUse

__all__ = ["FileClaim"]

_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)
_held: WeakValueDictionary[Path, FileClaim] = WeakValueDictionary()
"""The claims of this process: the system's locks are between processes."""
_guard = threading.Lock()


class FileClaim:
    """The right to write a file, until `release`.

    It is a lock of the system on a hidden file beside it, which holds the words for others; a
    process that is killed has no claims. Where the file system knows no locks, claims are between
    the runs of one process only.

    Parameters
    ----------
    path
        The file, resolved; it need not exist.

    Raises
    ------
    SaveFileInUse
        If another run has it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.pid = os.getpid()
        self._sign = path.with_name(f".{path.name}.lock")
        self._descriptor: int | None = None
        with _guard:
            holder = _held.get(path)
            if holder is not None and holder.is_own:
                raise SaveFileInUse(path, "another run in this process")
            self._descriptor = self._lock()
            _held[path] = self

    @property
    def is_own(self) -> bool:
        """Whether this is the process that made the claim, and no fork of it."""
        return self.pid == os.getpid()

    def release(self) -> None:
        """Give the file up."""
        if self._descriptor is None or not self.is_own:
            return
        with _guard:
            descriptor, self._descriptor = self._descriptor, None
            if _held.get(self.path) is self:
                _held.pop(self.path, None)
            with suppress(OSError):  # on Windows, while somebody reads it
                self._sign.unlink()
            os.close(descriptor)

    def __del__(self) -> None:
        with suppress(Exception):  # while the interpreter ends
            self.release()

    def _lock(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        while True:
            descriptor = os.open(self._sign, flags, 0o666)
            try:
                _lock_descriptor(descriptor)
            except OSError as error:
                who = _read(descriptor)
                if error.errno in _TAKEN:
                    os.close(descriptor)
                    raise SaveFileInUse(self.path, who) from None
                log.warning("%s can't be locked here (%s): write it from one run only",
                            self.path, error)  # fmt: skip
            if _is_at(descriptor, self._sign):
                break
            os.close(descriptor)  # its former holder has just removed it
        words = {"pid": self.pid, "host": socket.gethostname(), "since": time.strftime("%F %T")}
        with suppress(OSError):  # words for others, no more
            os.truncate(descriptor, 0)
            os.write(descriptor, json.dumps(words).encode())
        return descriptor


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _read(descriptor: int) -> str:
    try:
        words = json.loads(os.pread(descriptor, 4096, 0))
        return f"process {words['pid']} on {words['host']}, since {words['since']}"
    except (AttributeError, OSError, ValueError, KeyError, TypeError):
        return "another process"


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 30
    """Locked bytes can't be read there, so it is one behind the words."""

    def _lock_descriptor(descriptor: int) -> None:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        os.lseek(descriptor, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock_descriptor(descriptor: int) -> None:
        # Of a process, not of an open file: a child that outlives the run does not inherit it.
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
