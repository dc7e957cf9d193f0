"""The tables, their version, and how an older version becomes the present one.

``study`` is the row that every change to a study begins with: whoever holds it has the study to
himself until the commit, so revisions are gapless and in the order of the commits. ``event`` is the
log of all changes, one row for each revision; it is never changed, so what a process had seen when
it made a suggestion can be told later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hyperopt.exceptions import StorageError, VersionMismatch

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Database

__all__ = ["SCHEMA", "check_version", "create_or_check", "upgrade", "version_of"]

SCHEMA = 1
"""The version of the tables that this code reads and writes."""

OLDEST = 1
"""The oldest version of the tables that this code can use without an upgrade."""

# The words in capitals differ between databases.
_TABLES = """
CREATE TABLE hyperopt_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE hyperopt_study (
    id IDENTITY,
    name TEXT NOT NULL UNIQUE,
    token TEXT NOT NULL,
    seed TEXT NOT NULL,
    rev BIGINT NOT NULL,
    deleted_rev BIGINT NOT NULL,
    next_tid BIGINT NOT NULL,
    n_counted BIGINT NOT NULL,
    max_evals BIGINT,
    stop TEXT,
    lease_s REAL8 NOT NULL,
    created REAL8 NOT NULL,
    space BIGINT
);
CREATE TABLE hyperopt_trial (
    study BIGINT NOT NULL,
    tid BIGINT NOT NULL,
    state INTEGER NOT NULL,
    exp_key TEXT,
    owner TEXT,
    booked BIGINT,
    refreshed BIGINT,
    loss REAL8,
    doc TEXT,
    rev BIGINT NOT NULL,
    worker BIGINT,
    attempt INTEGER NOT NULL,
    result_attempt INTEGER,
    counts INTEGER NOT NULL,
    source BIGINT,
    batch BIGINT,
    batch_size INTEGER,
    seen_rev BIGINT,
    PRIMARY KEY (study, tid)
);
CREATE INDEX hyperopt_trial_rev ON hyperopt_trial (study, rev);
CREATE INDEX hyperopt_trial_open ON hyperopt_trial (study, state, tid) WHERE state < 2;
CREATE TABLE hyperopt_event (
    study BIGINT NOT NULL,
    rev BIGINT NOT NULL,
    tid BIGINT NOT NULL,
    kind TEXT NOT NULL,
    worker BIGINT,
    at REAL8 NOT NULL,
    before TEXT,
    PRIMARY KEY (study, rev)
) ROWLESS;
CREATE TABLE hyperopt_worker (
    id IDENTITY,
    study BIGINT NOT NULL,
    host TEXT NOT NULL,
    place TEXT NOT NULL,
    pid BIGINT NOT NULL,
    started TEXT NOT NULL,
    software TEXT NOT NULL,
    joined REAL8 NOT NULL,
    beat BIGINT NOT NULL,
    beat_at REAL8 NOT NULL,
    ended REAL8,
    exchanges BIGINT NOT NULL
);
CREATE INDEX hyperopt_worker_study ON hyperopt_worker (study, ended);
CREATE TABLE hyperopt_source (
    id IDENTITY,
    study BIGINT NOT NULL,
    text TEXT NOT NULL
);
CREATE INDEX hyperopt_source_study ON hyperopt_source (study);
CREATE TABLE hyperopt_blob (
    study BIGINT NOT NULL,
    tid BIGINT NOT NULL,
    attempt INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    version TEXT NOT NULL,
    size BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    PRIMARY KEY (study, tid, attempt, name)
);
CREATE TABLE hyperopt_chunk (
    study BIGINT NOT NULL,
    version TEXT NOT NULL,
    number INTEGER NOT NULL,
    at REAL8 NOT NULL,
    data BYTES NOT NULL,
    PRIMARY KEY (study, version, number)
);
"""

_MIGRATIONS: dict[int, str] = {}
"""By version: the statements that make the next version of it."""

_MIN_READER = _MIN_WRITER = 1
"""The oldest code that can read, and write, the tables of version `SCHEMA`."""


def create_or_check(database: Database, *, writing: bool) -> None:
    """Make the tables if there are none, or see that their version can be used."""
    version = version_of(database)
    if version is None:
        if not writing:
            raise StorageError(
                f"{database.address}: the database holds no studies; a study is made by "
                "fmin(..., trials=url)"
            )
        with database.exclusive():
            if version_of(database) is None:
                _execute_all(database, _TABLES)
                _write_version(database, SCHEMA)
    check_version(database, writing=writing)


def version_of(database: Database) -> int | None:
    """The version of the tables; None if there are none."""
    if not database.has_table("hyperopt_meta"):
        return None
    rows = database.execute("SELECT value FROM hyperopt_meta WHERE name = 'schema'").fetchall()
    return int(rows[0][0]) if rows else None


def check_version(database: Database, *, writing: bool) -> None:
    """Raise `VersionMismatch` unless this code can use the tables."""
    rows = database.execute("SELECT name, value FROM hyperopt_meta").fetchall()
    meta = {name: int(value) for name, value in rows}
    least = meta["min_writer" if writing else "min_reader"]
    if least > SCHEMA:
        raise VersionMismatch(
            f"{database.address}: the database has schema {meta['schema']}, which needs a newer "
            f"version of hyperopt-rs to be {'written' if writing else 'read'} (this one knows "
            f"schema {SCHEMA}): pip install --upgrade hyperopt-rs"
        )
    if meta["schema"] < OLDEST:
        raise VersionMismatch(
            f"{database.address}: the database has schema {meta['schema']}, and this version of "
            f"hyperopt-rs needs {OLDEST} or later: end the processes that use it and run "
            "hyperopt storage upgrade --storage URL"
        )


def upgrade(database: Database) -> tuple[int, int]:
    """Bring the tables to the present version, at one stroke; return the old and the new one."""
    with database.exclusive():
        old = version_of(database)
        if old is None:
            raise StorageError(f"{database.address}: the database holds no studies")
        for version in range(old, SCHEMA):
            _execute_all(database, _MIGRATIONS[version])
        if old < SCHEMA:
            _write_version(database, SCHEMA)
    return old, max(old, SCHEMA)


def _execute_all(database: Database, statements: str) -> None:
    for statement in statements.split(";"):
        if statement.strip():
            database.execute(database.in_dialect(statement))


def _write_version(database: Database, version: int) -> None:
    database.execute("DELETE FROM hyperopt_meta")
    facts = {"schema": version, "min_reader": _MIN_READER, "min_writer": _MIN_WRITER}
    for name, value in facts.items():
        database.execute(
            "INSERT INTO hyperopt_meta (name, value) VALUES (?, ?)", (name, str(value))
        )
