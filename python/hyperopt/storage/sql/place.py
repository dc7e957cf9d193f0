"""Who a process is: enough to tell, on the same machine, whether it still runs."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

__all__ = ["Process", "is_running", "this_process"]


@dataclass(frozen=True)
class Process:
    """A process.

    Attributes
    ----------
    host
        Its machine's name, for people.
    place
        The boot of the machine and the namespace in which `pid` counts. Containers of one machine
        differ; so do two boots.
    pid, started
        Its number, and when it started in the machine's own measure: numbers are used again.
    """

    host: str
    place: str
    pid: int
    started: str


@lru_cache(maxsize=1)
def _place() -> str:
    boot = ""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    namespace = ""
    with suppress(OSError):
        namespace = str(Path("/proc/self/ns/pid").readlink())
    return f"{boot or socket.gethostname()}/{namespace}"


def this_process() -> Process:
    """The process that asks."""
    pid = os.getpid()
    return Process(socket.gethostname(), _place(), pid, _started(pid) or "")


def _started(pid: int) -> str | None:
    """When the process with this number started; None if there is none, "" if it can't be told."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        if Path("/proc/self/stat").exists():
            return None
        return "" if _exists(pid) else None
    except OSError:
        return ""
    # The name in parentheses may hold anything; what counts comes after the last of them.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _exists(pid: int) -> bool:
    if os.name != "posix":  # There os.kill would end it.
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def is_running(process: Process) -> bool | None:
    """Whether the process runs; None if that can't be told from here."""
    if process.place != _place():
        return None
    started = _started(process.pid)
    if started is None:
        return False
    return not started or started == process.started
