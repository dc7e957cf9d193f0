"""Starts `spark_driver` programs and reads what they print."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from .spark_processes import START_TIMEOUT_S, environment, kill_group

PROGRAM = Path(__file__).with_name("spark_driver.py")


class Driver:
    """A running driver program, and the folder in which its trials leave their process ids."""

    def __init__(
        self,
        scenarios: str,
        address: str,
        folder: Path,
        *arguments: int,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        command = [sys.executable, str(PROGRAM), scenarios, address, str(folder)]
        self.folder = folder
        self.process = subprocess.Popen(
            [*command, *map(str, arguments)],
            env={**environment(), **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def __enter__(self) -> Driver:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        kill_group(self.process.pid)
        self.process.communicate()

    def await_trials(self, count: int) -> list[int]:
        deadline = time.monotonic() + START_TIMEOUT_S
        while len(pids := self.pids()) < count:
            if self.process.poll() is not None:
                output, _ = self.process.communicate()
                raise AssertionError(f"the driver ended early:\n{output[-6000:]}")
            assert time.monotonic() < deadline, "no trials began"
            time.sleep(0.1)
        return pids

    def pids(self) -> list[int]:
        return sorted({int(path.name.split("-")[0]) for path in self.folder.iterdir()})


def drive(
    scenarios: str,
    address: str,
    folder: Path,
    *arguments: int,
    variables: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Run scenarios (named with commas between) to their end; return what each has found."""
    with Driver(scenarios, address, folder, *arguments, variables=variables) as driver:
        output, _ = driver.process.communicate(timeout=300)
    for line in output.splitlines():
        if line.startswith("RESULT "):
            found: dict[str, Any] = json.loads(line.removeprefix("RESULT "))
            return found
    raise AssertionError(f"the driver found nothing:\n{output[-6000:]}")
