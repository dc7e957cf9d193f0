"""Unit tests stay in this process: whoever starts another, or connects to anything, is told."""

from __future__ import annotations

import multiprocessing.process
import sys
from collections.abc import Iterator
from typing import Any

import pytest

_LEAVING = (
    "subprocess.Popen",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.system",
    "socket.connect",
)
_watched = [False]


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if _watched[0] and event in _LEAVING:
        raise AssertionError(
            f"a unit test wants {event}{arguments!r}: it belongs to tests/integration"
        )


sys.addaudithook(_refuse)


@pytest.fixture(autouse=True)
def _stays_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def start(process: Any) -> None:
        raise AssertionError(f"a unit test starts {process!r}: it belongs to tests/integration")

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", start)
    _watched[0] = True
    yield
    _watched[0] = False
