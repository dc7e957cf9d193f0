"""How the processes that write to one SQLite file take turns.

SQLite's own lock is polled, and starves some. So each waits, before a transaction, for a lock on a
file beside the database, which the system gives to one after the other.

Handing over is what costs: somebody has to be woken, SQLite forgets its pages as soon as another
process has written, and what others found has to be read. So a process that comes back at once has
several turns in a row. Meanwhile one of the others is next, and holds the lock of another file that
says so: it waits a moment, reads what is new, and only then asks for its turn. Those behind it wait
until nobody is next. A process that evaluates for longer asks for its turn at once.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl

__all__ = ["Turns"]

_MOST_TURNS = 16
"""After so many turns in a row it is somebody else's, if anybody is next."""
_QUICK_S = 0.001
"""Who comes back within this time is quick; for others it is no use to have turns in a row."""
_PATIENCE_S = 0.003
"""How long whoever is next lets others go on."""
_LONGEST_S = 0.25
"""Who has been next for so long may have been stopped: nobody waits for it any more."""

_TIME = struct.Struct("<d")


class Turns:
    """One process's part in the taking of turns.

    Parameters
    ----------
    database
        The file that is written.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._turn: int | None = None
        self._has_turn = False
        self._n_turns = 0
        self._ended_at = self._synced_at = float("-inf")
        self._trusts = True

    def take(self, while_waiting: Callable[[], None] | None = None) -> None:
        """Wait for a turn.

        Parameters
        ----------
        while_waiting
            What is useful while others have their turns. It may be called, once.

        Raises
        ------
        OSError
            The file beside the database can't be opened.
        """
        if sys.platform == "win32":
            return  # SQLite's own lock has to do there.
        if self._turn is None:
            self._turn = self._opened("turn")
        if self._n_turns >= _MOST_TURNS and not self._is_anybody_next():
            self._n_turns = 0
        if self._n_turns >= _MOST_TURNS or not _try(self._turn):
            self._wait(self._turn, while_waiting)
            self._n_turns = 0
        self._has_turn = True
        self._n_turns += 1

    def _wait(self, turn: int, while_waiting: Callable[[], None] | None) -> None:
        is_quick = time.monotonic() - self._ended_at < _QUICK_S
        place = self._become_next(is_quick)
        try:
            if is_quick and place is not None:
                time.sleep(_PATIENCE_S)
                if while_waiting is not None:
                    while_waiting()
            fcntl.flock(turn, fcntl.LOCK_EX)
        finally:
            if place is not None:
                _give_up(place)

    def _is_anybody_next(self) -> bool:
        place = self._place()
        if place is None:
            return True
        is_free = _try(place)
        _give_up(place)
        return not is_free

    def _become_next(self, is_quick: bool) -> int | None:
        """A file that is locked as long as this process is next; None if it goes without."""
        place = self._place()
        if place is None:
            return None
        if is_quick and self._trusts:
            self._trusts = _wait_for(place, _LONGEST_S)
            return place if self._trusts else None
        if _try(place):
            self._trusts = True
            return place
        os.close(place)
        return None

    def _place(self) -> int | None:
        """The file whose lock whoever is next holds; None if the folder can't be written."""
        with suppress(OSError):
            return self._opened("next")
        return None

    def _opened(self, name: str) -> int:
        path = self._database.with_name(f"{self._database.name}-{name}")
        # Whoever may write the database may write this, and nobody else.
        there = self._database.exists()
        mode = self._database.stat().st_mode & 0o666 if there else 0o644
        try:
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, mode)
        except PermissionError:
            if not path.exists():
                raise
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # enough for the lock

    def end(self) -> None:
        """Let others have their turn, also one that was just being taken."""
        if self._turn is not None:
            fcntl.flock(self._turn, fcntl.LOCK_UN)
            if self._has_turn:
                self._ended_at = time.monotonic()
            self._has_turn = False

    def close(self) -> None:
        """Close the file; the next turn opens it again."""
        turn, self._turn, self._has_turn = self._turn, None, False
        if turn is not None:
            os.close(turn)

    # -- what whoever has a turn tells the others

    def last_sync(self, now: float) -> float:
        """When the database was last forced onto the disk, by whichever process (monotonic)."""
        if self._turn is not None:
            text = os.pread(self._turn, _TIME.size, 0)
            if len(text) == _TIME.size:
                (synced_at,) = _TIME.unpack(text)
                if synced_at <= now:  # Else it is of before the machine was started.
                    return float(max(self._synced_at, synced_at))
        return self._synced_at

    def note_sync(self, now: float) -> None:
        """Note that the database has just been forced onto the disk."""
        self._synced_at = now
        if self._turn is not None:
            with suppress(OSError):  # It may be open for reading only.
                os.pwrite(self._turn, _TIME.pack(now), 0)


def _try(file: int) -> bool:
    """Take the lock of a file if nobody has it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _give_up(file: int) -> None:
    """Close a file whose lock others may want: a child that was forked meanwhile keeps it open."""
    fcntl.flock(file, fcntl.LOCK_UN)
    os.close(file)


def _wait_for(file: int, longest_s: float) -> bool:
    """Take the lock of a file in the order of asking; close it if that takes too long.

    The system waits for ever, so a thread does the waiting.
    """
    came, deciding, is_wanted = threading.Event(), threading.Lock(), [True]

    def wait() -> None:
        fcntl.flock(file, fcntl.LOCK_EX)
        with deciding:
            if is_wanted:
                came.set()
            else:
                _give_up(file)

    is_mine = False
    try:
        try:
            threading.Thread(target=wait, name="hyperopt-next", daemon=True).start()
        except RuntimeError:  # The interpreter is about to end.
            os.close(file)
            return False
        is_mine = came.wait(longest_s)
    finally:
        with deciding:
            is_wanted.clear()
            if came.is_set() and not is_mine:
                _give_up(file)
    return is_mine
