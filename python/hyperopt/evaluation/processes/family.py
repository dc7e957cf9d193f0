"""The processes that a process has started, and those have started, as Linux tells."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

__all__ = ["descendants", "kill_children"]

_PROC = Path("/proc")
_ROUNDS = 100


def descendants(pid: int) -> list[int]:
    """The children of a process, their children, and so on; none where there is no /proc."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents():
        children.setdefault(parent, []).append(process)
    found: list[int] = []
    todo = [pid]
    while todo:
        own = children.get(todo.pop(), [])
        found += own
        todo += own
    return found


def kill_children() -> None:
    """Kill the children of this process, and what they leave to it, until there are none."""
    for _ in range(_ROUNDS):
        children = [pid for pid, parent in _parents() if parent == os.getpid()]
        for pid in children:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        for pid in children:
            with suppress(OSError):
                os.waitpid(pid, 0)
        if not children:
            return


def _parents() -> list[tuple[int, int]]:
    """The id of every process, and of its parent."""
    found = []
    for entry in _PROC.iterdir() if _PROC.is_dir() else ():
        if entry.name.isdigit():
            with suppress(OSError, ValueError, IndexError):  # it has just ended
                text = (entry / "stat").read_text()
                # The name, in parentheses, may hold anything.
                found.append((int(entry.name), int(text.rpartition(")")[2].split()[1])))
    return found
