"""What is read of a study."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from hyperopt.exceptions import StudyNotFound
from hyperopt.storage.sql import schema
from hyperopt.storage.sql.rows import (
    COLUMNS,
    HEADER,
    SEEN,
    Header,
    Seen,
    Stored,
    header_of,
)

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Database, Statement

__all__ = [
    "Changes",
    "changes_since",
    "headers",
    "read_changes",
    "read_header",
    "read_header_locked",
    "read_trials",
]

_MANY = 500
"""How many trials to name in one statement."""


@dataclass(frozen=True)
class Changes:
    """What happened since this process last looked: trials as they are now, and ids that went.

    If it is whole, these are all trials, and there are no others any more.
    """

    rows: list[Seen]
    deleted: list[int]
    whole: bool = False


def read_header(database: Database, study: int) -> Header:
    """The row of a study."""
    rows = database.execute(
        f"SELECT {HEADER} FROM hyperopt_study WHERE id = ?", (study,)
    ).fetchall()
    if not rows:
        raise StudyNotFound(f"{database.address}: the study has been deleted")
    return header_of(rows[0])


class Held(NamedTuple):
    """What is read when a study is held: its row, the database's time, when `worker` ended."""

    header: Header
    now: float
    ended: float | None


def read_header_locked(database: Database, study: int, worker: int | None) -> Held:
    """The row of a study, held until the transaction ends.

    Raises
    ------
    VersionMismatch
        If somebody has upgraded the tables since, to a version that this code must not write.
    """
    rows = database.execute(
        f"SELECT {HEADER}, {database.clock}, (SELECT ended FROM hyperopt_worker WHERE id = ?), "
        "(SELECT value FROM hyperopt_meta WHERE name = 'min_writer') "
        f"FROM hyperopt_study WHERE id = ? {database.hold}",
        (worker, study),
    ).fetchall()
    if not rows:
        raise StudyNotFound(f"{database.address}: the study has been deleted")
    *row, now, ended, min_writer = rows[0]
    if int(min_writer) > schema.SCHEMA:
        schema.check_version(database, writing=True)
    return Held(header_of(tuple(row)), database.now() if now is None else float(now), ended)


def headers(database: Database) -> list[Header]:
    """The rows of all studies, by name."""
    rows = database.execute(f"SELECT {HEADER} FROM hyperopt_study ORDER BY name").fetchall()
    return [header_of(row) for row in rows]


def header_named(database: Database, name: str) -> Header | None:
    """The row of the study of this name; None if there is none."""
    rows = database.execute(
        f"SELECT {HEADER} FROM hyperopt_study WHERE name = ?", (name,)
    ).fetchall()
    return header_of(rows[0]) if rows else None


def read_changes(database: Database, header: Header, known: int) -> Changes:
    """What happened after the revision `known`; trials without a point are left out."""
    study = header.id
    if header.rev == known:
        return Changes([], [])
    rows = database.execute(*changes_since(study, known)).fetchall()
    deleted: list[int] = []
    if header.deleted_rev > known > 0:
        found = database.execute(
            "SELECT tid FROM hyperopt_event WHERE study = ? AND rev > ? AND kind = 'delete' "
            "ORDER BY rev",
            (study, known),
        ).fetchall()
        deleted = [tid for (tid,) in found]
    return Changes([Seen._make(row) for row in rows if row[7] is not None], deleted)


def changes_since(study: int, known: int) -> Statement:
    """What reads the trials that were changed after the revision `known`."""
    # All of them in the order in which they lie; what is new, by the index of revisions.
    which, more = ("ORDER BY tid", ()) if known == 0 else ("AND rev > ? ORDER BY rev", (known,))
    return f"SELECT {SEEN} FROM hyperopt_trial WHERE study = ? {which}", (study, *more)


def read_trials(database: Database, study: int, tids: list[int]) -> list[Stored]:
    """These trials, by id; those that are missing are left out."""
    found: list[Stored] = []
    for start in range(0, len(tids), _MANY):
        some = tids[start : start + _MANY]
        marks = ", ".join("?" * len(some))
        rows = database.execute(
            f"SELECT {COLUMNS} FROM hyperopt_trial WHERE study = ? AND tid IN ({marks}) "
            "ORDER BY tid",
            (study, *some),
        ).fetchall()
        found += map(Stored._make, rows)
    return found


def n_open(database: Database, study: int, exp_key: str | None = None) -> int:
    """How many trials are unfinished."""
    condition, more = ("", ()) if exp_key is None else (" AND exp_key = ?", (exp_key,))
    rows = database.execute(
        f"SELECT count(*) FROM hyperopt_trial WHERE study = ? AND state < 2{condition}",
        (study, *more),
    ).fetchall()
    return int(rows[0][0])
