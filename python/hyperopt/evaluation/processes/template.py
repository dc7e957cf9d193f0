"""The template process: a clean process from which workers are forked.

The driver may hold threads, a GPU context or a JVM, and must not be forked. It starts one fresh
interpreter instead, which imports this package, receives the pickled domain, and from then on does
nothing but fork workers, kill them on demand and report how they ended. Workers therefore start
within milliseconds, and share the memory of the pickled domain.

The driver and the template talk over a socket: `COMMAND` structs one way (a new worker's socket
travels with `FORK`), `EVENT` structs the other. When the socket closes, for whatever reason, the
template kills every worker and what the workers have started, and exits.
"""

from __future__ import annotations

import ctypes
import gc
import os
import pickle
import select
import signal
import socket
import struct
import sys
import warnings
from collections import deque
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

# What unpickling and evaluating a domain needs is imported here once, not by each worker.
import hyperopt.space.compiler  # noqa: F401
from hyperopt.evaluation import wire
from hyperopt.evaluation.processes.family import descendants, kill_children
from hyperopt.evaluation.processes.pipe import SIZE, Pipe

if TYPE_CHECKING:
    from hyperopt.pruning.reporting import Reporter

__all__ = ["COMMAND", "DEVICES", "EVENT", "FORK", "KILL", "main"]

COMMAND = struct.Struct("<cQ")
"""What to do, and the number of the worker."""
FORK = b"F"
KILL = b"K"
EVENT = struct.Struct("<Qq")
"""The number of a worker that is dead, and its status as `os.waitpid` gave it."""

DEVICES = "HYPEROPT_WORKER_DEVICES"
"""The variable that lists the devices of the workers, between semicolons."""

_VISIBLE = ("CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")
_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main(control_fd: int, driver: int, path: list[str]) -> None:
    """Serve the driver at the other end of `control_fd` until it goes away.

    Parameters
    ----------
    control_fd
        The socket.
    driver
        The process id of the driver.
    path
        Where objectives are imported from.
    """
    sys.path[:] = path
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _stop)
    if sys.platform == "linux":
        control_process = ctypes.CDLL(None).prctl
        # A fork of the driver may hold the socket open when the driver has been killed.
        control_process(_PR_SET_PDEATHSIG, signal.SIGTERM)
        # What a worker leaves behind is a child of this process then, whatever its session.
        control_process(_PR_SET_CHILD_SUBREAPER, 1)
    if os.getppid() != driver:
        os._exit(0)
    # The threads are those of numerical libraries, which are ready for a fork.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    control = socket.socket(fileno=control_fd)
    wakeup, alarm = socket.socketpair()
    alarm.setblocking(False)
    wakeup.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(alarm.fileno(), warn_on_full_buffer=False)
    workers: dict[int, int] = {}
    own = [control, wakeup, alarm]
    try:
        (size,) = SIZE.unpack(_read(control, SIZE.size))
        payload = _read(control, size)
        gc.freeze()  # workers then leave these pages shared
        while True:
            ready, _, _ = select.select([control, wakeup], [], [])
            if wakeup in ready:
                _reap(control, wakeup, workers)
            if control in ready:
                _obey(control, workers, payload, own)
    except (EOFError, OSError):
        pass
    finally:  # whatever happens, nothing stays behind
        try:
            _end(workers)
        except EOFError:  # the socket told first, and now the signal as well
            _end(workers)
        os._exit(0)


def _end(workers: dict[int, int]) -> None:
    for pid in workers:
        with suppress(ProcessLookupError):
            _kill(pid)
    for pid in workers:
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
    kill_children()


def _stop(*_: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise EOFError


def _obey(
    control: socket.socket, workers: dict[int, int], payload: bytes, own: list[socket.socket]
) -> None:
    message, descriptors, _, _ = socket.recv_fds(control, COMMAND.size, 1)
    if not message:
        raise EOFError
    message += _read(control, COMMAND.size - len(message))
    command, number = COMMAND.unpack(message)
    if command == KILL:
        for pid in (pid for pid, worker in workers.items() if worker == number):
            _kill(pid)
        return
    (descriptor,) = descriptors
    template = os.getpid()
    pid = os.fork()
    if pid == 0:
        _see_device(number)
        _serve(descriptor, payload, own, template)
    os.close(descriptor)
    workers[pid] = number


def _see_device(number: int) -> None:
    """Show this worker its own device, before anything that could look for devices is imported."""
    devices = os.environ.get(DEVICES, "")
    if devices:
        names = devices.split(";")
        os.environ.update(dict.fromkeys(_VISIBLE, names[number % len(names)]))


def _reap(control: socket.socket, wakeup: socket.socket, workers: dict[int, int]) -> None:
    wakeup.recv(4096)
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        number = workers.pop(pid, None)
        if number is not None:  # else a process that a worker had left behind
            _kill_group(pid)  # what the worker started and left behind
            control.sendall(EVENT.pack(number, status))


def _kill(pid: int) -> None:
    # The worker is a child that has not been waited for, so its id can't belong to a stranger.
    others = descendants(pid)
    _kill_group(pid)
    os.kill(pid, signal.SIGKILL)
    for other in others:
        with suppress(OSError):
            os.kill(other, signal.SIGKILL)


def _kill_group(pid: int) -> None:
    assert pid > 1  # -1, which killpg makes of 1, would be everybody
    try:
        os.killpg(pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def _serve(descriptor: int, payload: bytes, own: list[socket.socket], template: int) -> NoReturn:
    """The life of a worker: never returns into the template's loop."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setpgid(0, 0)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == template:  # else it died before it could take this worker along
            for each in own:
                each.close()
            _reseed()
            _evaluate_orders(Pipe(socket.socket(fileno=descriptor)), payload)
        code = 0
    except (EOFError, OSError):  # the driver closed the pipe, or is gone
        code = 0
    finally:
        os._exit(code)


def _reseed() -> None:
    # Else all workers would draw the same numbers. Where numpy.random is not imported yet (it takes
    # 20 ms), importing it draws a seed.
    if "numpy.random" in sys.modules:
        np.random.seed()  # noqa: NPY002


def _evaluate_orders(pipe: Pipe, payload: bytes) -> None:
    try:
        domain = pickle.loads(payload)
    except BaseException as error:
        pipe.send(b"!" + wire.encode_error(-1, error))
        return
    pipe.send(b"")
    ahead: deque[wire.Order] = deque()
    while True:
        pipe.fill()
        _hear(pipe, ahead)
        while ahead:
            order = ahead.popleft()
            pipe.send(wire.evaluate(domain, order, partial(_keep_fresh, pipe, ahead, order.tid)))


def _hear(
    pipe: Pipe, ahead: deque[wire.Order], tid: Any = None, reporter: Reporter | None = None
) -> None:
    """Take in the messages that have come: orders, and fresher rules for the trial that runs."""
    for message in pipe.messages():
        fields = pickle.loads(message)
        if len(fields) > 2:
            ahead.append(wire.Order(*fields))
        elif reporter is not None and fields[0] == tid:
            reporter.rule = wire.unpacked_rule(fields[1])


def _keep_fresh(pipe: Pipe, ahead: deque[wire.Order], tid: Any, reporter: Reporter) -> None:
    """Have the trial look for a fresher rule whenever it reports."""
    pid = os.getpid()

    def poll() -> None:
        if os.getpid() == pid:  # else the objective has forked, and the pipe is its parent's
            pipe.drain()
            _hear(pipe, ahead, tid, reporter)

    reporter.poll = poll


def _read(source: socket.socket, size: int) -> bytes:
    chunks = bytearray()
    while len(chunks) < size:
        chunk = source.recv(min(size - len(chunks), 1 << 20))
        if not chunk:
            raise EOFError
        chunks += chunk
    return bytes(chunks)
