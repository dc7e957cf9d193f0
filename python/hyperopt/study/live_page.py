"""`fmin(dashboard=True)`: the live page of the trials of a run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hyperopt.storage.store import TrialStore
    from hyperopt.visualization.dashboard import Server, TrialsSource

_LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class _Page:
    """A page that is served, and stays so when its run has ended."""

    trials: TrialStore
    source: TrialsSource
    place: tuple[str, int]
    address: str


_servers: dict[tuple[str, int], Server] = {}
_pages: list[_Page] = []


@contextmanager
def followed(trials: TrialStore, dashboard: Any) -> Iterator[None]:
    """Serve the page of a run while it lasts, and on until the process ends.

    The address is printed. A later run with the same trials goes on at the same one.
    """
    if dashboard is False or dashboard is None:
        yield
        return
    page = _page_of(trials, place_of(dashboard))
    page.source.running = True
    sys.stdout.write(f"dashboard: {page.address}\n")
    sys.stdout.flush()
    try:
        yield
    finally:
        page.source.running = False


def place_of(dashboard: Any) -> tuple[str, int]:
    """Host and port that the option means; port 0 is any that is free.

    Examples
    --------
    >>> place_of(True), place_of(8080), place_of("0.0.0.0:8080"), place_of("[::1]:8080")
    (('127.0.0.1', 0), ('127.0.0.1', 8080), ('0.0.0.0', 8080), ('::1', 8080))
    """
    if isinstance(dashboard, str):
        host, _, port = dashboard.rpartition(":")
        return host.strip("[]") or _LOCAL, int(port)
    return _LOCAL, 0 if dashboard is True else int(dashboard)


def _page_of(trials: TrialStore, place: tuple[str, int]) -> _Page:
    from hyperopt.visualization.dashboard import Server, TrialsSource

    for page in _pages:
        if page.trials is trials and page.place == place:
            return page
    if place not in _servers:
        _servers[place] = Server(*place)
    source = TrialsSource(trials, getattr(trials, "name", "study"))
    page = _Page(trials, source, place, _servers[place].add(source))
    _pages.append(page)
    return page
