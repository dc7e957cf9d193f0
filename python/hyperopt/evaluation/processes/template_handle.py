"""The driver's handle on the `template` process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from weakref import WeakSet

from hyperopt.environment.cores import usable_cores
from hyperopt.evaluation.processes.pipe import SIZE, Pipe
from hyperopt.evaluation.processes.template import COMMAND, DEVICES, EVENT, FORK, KILL

__all__ = ["Death", "TemplateProcess"]

_START = (
    "import sys; control, driver, path, whole = map(eval, sys.argv[1:]); sys.path[:] = path; "
    "from hyperopt.evaluation.processes.template import main; main(control, driver, whole)"
)
_THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
)
_PATIENCE_S = 10.0


class Death(NamedTuple):
    """The end of a worker: its number; how it ended, in words that follow "it was"; by what signal.

    The signal is 0 if it ended by itself.
    """

    number: int
    how: str
    signal: int = 0


class TemplateProcess:
    """Starts workers, kills them, and hears of their deaths.

    Parameters
    ----------
    n_jobs
        How many workers share the cores.
    devices
        What workers see of accelerators: the worker of a number sees the device at that number,
        modulo how many there are.
    """

    def __init__(self, n_jobs: int, devices: Sequence[str] = ()) -> None:
        self._events = bytearray()
        self._control, theirs = socket.socketpair()
        with theirs:
            command = [
                sys.executable,
                *subprocess._args_from_interpreter_flags(),  # type: ignore[attr-defined]
                "-c",
                _START,
                repr(theirs.fileno()),
                repr(os.getpid()),
                repr(_safe_path()),
                repr([os.fspath(path) for path in sys.path]),
            ]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=_environment(n_jobs, devices),
                start_new_session=True,
            )
        _alive.add(self)

    def load(self, payload: bytes) -> None:
        """Hand over the pickled domain, before the first `fork`."""
        self._tell(SIZE.pack(len(payload)) + payload)

    def fileno(self) -> int:
        """The file descriptor to wait on for `deaths`."""
        return self._control.fileno()

    def fork(self, number: int) -> Pipe:
        """Start a worker; return the pipe to it."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                message = COMMAND.pack(FORK, number)
                n_sent = socket.send_fds(self._control, [message], [theirs.fileno()])
                self._control.sendall(message[n_sent:])
            except OSError as error:
                ours.close()
                raise self._died() from error
        return Pipe(ours)

    def kill(self, number: int) -> None:
        """Kill a worker and what it has started; nothing happens if it is dead."""
        self._tell(COMMAND.pack(KILL, number))

    def hear(self) -> None:
        """Read what the template has to tell, for `deaths`.

        Raises
        ------
        RuntimeError
            The template itself is dead.
        """
        n_before = len(self._events)
        try:
            self._events += self._control.recv(1 << 16)
        except OSError as error:
            raise self._died() from error
        if len(self._events) == n_before:
            raise self._died()

    def deaths(self) -> Iterator[Death]:
        """The deaths that were heard of; each stays until the next one is asked for."""
        while len(self._events) >= EVENT.size:
            number, status = EVENT.unpack_from(self._events)
            code = os.waitstatus_to_exitcode(status)
            yield Death(number, describe_returncode(code), max(0, -code))
            del self._events[: EVENT.size]

    def leave_to_parent(self) -> None:
        """In a fork of the driver: let go of the socket, whose end is the end of the template."""
        self._control.close()

    def close(self) -> None:
        """End the template, and with it all workers."""
        _alive.discard(self)
        with self._control, suppress(OSError):
            # Its exit closes the other end, upon which this wakes at once; `wait` with a timeout
            # looks less and less often.
            self._control.shutdown(socket.SHUT_WR)
            self._control.settimeout(_PATIENCE_S)
            while self._control.recv(1 << 16):
                pass
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:  # it was stopped, perhaps; the workers die with it
            self._process.kill()
            self._process.wait()

    def _tell(self, message: bytes) -> None:
        try:
            self._control.sendall(message)
        except OSError as error:
            raise self._died() from error

    def _died(self) -> RuntimeError:
        how = describe_returncode(self._process.wait())
        return RuntimeError(
            f"the process that starts the workers was {how}; its messages are on stderr"
        )


_alive: WeakSet[TemplateProcess] = WeakSet()


def _leave_all_to_parent() -> None:
    for template in list(_alive):
        template.leave_to_parent()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_all_to_parent)


def _safe_path() -> list[str]:
    """Where the template imports from: not from the working directory, which may hold anything.

    A `json.py` there would take the place of the standard library's.
    """
    here = os.path.realpath(os.curdir)
    path = [os.fspath(entry) for entry in sys.path]
    safe = [entry for entry in path if entry and os.path.realpath(entry) != here]
    return [*safe, str(Path(__file__).parents[3])]


def _environment(n_jobs: int, devices: Sequence[str]) -> dict[str, str]:
    threads = str(max(1, usable_cores() // n_jobs))
    wanted = {DEVICES: ";".join(devices)} if devices else {}
    return dict.fromkeys(_THREAD_LIMITS, threads) | dict(os.environ) | wanted


def describe_returncode(code: int) -> str:
    """How a process ended, to follow "it was": in words that help.

    Examples
    --------
    >>> describe_returncode(3)
    'ended with exit code 3'
    >>> describe_returncode(-11)
    'killed by signal SIGSEGV (11)'
    """
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    hint = "; was it out of memory?" if -code == signal.SIGKILL else ""
    return f"killed by signal {name} ({-code}){hint}"
