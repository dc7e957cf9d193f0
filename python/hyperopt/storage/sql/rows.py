"""The rows of the database as this package passes them around."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["COLUMNS", "HEADER", "SEEN", "Header", "Seen", "Stored", "header_of"]


class Stored(NamedTuple):
    """One row of the table of trials; the first eight fields are those of `documents.Row`."""

    tid: int
    state: int
    exp_key: str | None
    owner: str | None
    booked: int | None
    refreshed: int | None
    loss: float | None
    doc: str | None
    rev: int
    worker: int | None
    attempt: int
    result_attempt: int | None
    counts: int
    source: int | None
    batch: int | None
    batch_size: int | None
    seen_rev: int | None

    @property
    def seen(self) -> Seen:
        """The same trial as others see it."""
        return Seen(*self[:8], self.attempt)


COLUMNS = ", ".join(Stored._fields)


class Seen(NamedTuple):
    """What of a trial is read to show it: what its document is made of, and its attempt."""

    tid: int
    state: int
    exp_key: str | None
    owner: str | None
    booked: int | None
    refreshed: int | None
    loss: float | None
    doc: str | None
    attempt: int


SEEN = ", ".join(Seen._fields)


class Header(NamedTuple):
    """What the row of a study says."""

    id: int
    name: str
    token: str
    seed: int | None
    rev: int
    deleted_rev: int
    next_tid: int
    n_counted: int
    max_evals: int | None
    stop: str | None
    lease_s: float
    created: float
    space: int | None


HEADER = ", ".join(Header._fields)


def header_of(row: tuple[Any, ...]) -> Header:
    """A study's row, with its seed as a number (it has more bits than some databases' integers)."""
    header = Header(*row)
    seed: Any = header.seed
    return header._replace(seed=int(seed) if seed else None)
