"""Starts `spark_driver` programs and reads what they print."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from .spark_processes import START_TIMEOUT_S, environment, kill_group

PROGRAM = Path(__file__).with_name("spark_driver.py")


class Driver(NamedTuple):
    """A running driver program, and the folder in which its trials leave their process ids."""

    process: subprocess.Popen[str]
    folder: Path

    def await_trials(self, count: int) -> list[int]:
        deadline = time.monotonic() + START_TIMEOUT_S
        while len(pids := self.pids()) < count:
            assert self.process.poll() is None, "the driver ended early"
            assert time.monotonic() < deadline, "no trials began"
            time.sleep(0.1)
        return pids

    def pids(self) -> list[int]:
        return sorted({int(path.name.split("-")[0]) for path in self.folder.iterdir()})


def start_driver(scenarios: str, address: str, folder: Path, *arguments: int) -> Driver:
    command = [sys.executable, str(PROGRAM), scenarios, address, str(folder), *map(str, arguments)]
    process = subprocess.Popen(
        command,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    return Driver(process, folder)


def drive(scenarios: str, address: str, folder: Path, *arguments: int) -> dict[str, Any]:
    """Run scenarios (named with commas between) to their end; return what each has found."""
    driver = start_driver(scenarios, address, folder, *arguments)
    try:
        output, _ = driver.process.communicate(timeout=300)
    finally:
        kill_group(driver.process.pid)
        driver.process.wait()
    for line in output.splitlines():
        if line.startswith("RESULT "):
            found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
            return found
    raise AssertionError(f"the driver found nothing:\n{output[-6000:]}")
