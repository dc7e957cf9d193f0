"""Attachments: values of any size beside the trials, in pieces, shown when they are complete.

A value is written piece by piece, each in a transaction of its own, so that a large one keeps
nobody waiting, and becomes visible with one row at the end. A trial's values belong to one attempt
at it; those of an attempt that was lost are never shown.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

from hyperopt.exceptions import StorageError
from hyperopt.storage.sql import codec
from hyperopt.storage.sql.points import reached

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Database

__all__ = ["CHUNK_BYTES", "OF_STUDY", "delete", "names", "read", "sweep", "write"]

CHUNK_BYTES = 8 << 20
OF_STUDY = -1
"""Stands for a trial's number in what belongs to the study."""

_STALE_S = 7 * 24 * 3600.0


def write(database: Database, study: int, tid: int, attempt: int, name: str, value: Any) -> None:
    """Store a value, replacing one of the same name."""
    kind, data = _to_bytes(value)
    version = uuid.uuid4().hex
    for number, start in enumerate(range(0, len(data), CHUNK_BYTES)):
        piece = data[start : start + CHUNK_BYTES]
        database.run(lambda number=number, piece=piece: _write_chunk(  # type: ignore[misc]
            database, study, version, number, piece
        ))  # fmt: skip
        reached("chunk written")
    digest = hashlib.sha256(data).hexdigest()

    def show() -> None:
        if _is_shown(database, study, version):
            return  # A COMMIT whose outcome was unclear has shown it already.
        _forget(database, study, tid, attempt, name)
        database.execute(
            "INSERT INTO hyperopt_blob (study, tid, attempt, name, kind, version, size, sha256) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (study, tid, attempt, name, kind, version, len(data), digest),
        )

    database.run(show)
    reached("blob complete")


def _is_shown(database: Database, study: int, version: str) -> bool:
    rows = database.execute(
        "SELECT 1 FROM hyperopt_blob WHERE study = ? AND version = ?", (study, version)
    ).fetchall()
    return bool(rows)


def _write_chunk(database: Database, study: int, version: str, number: int, piece: bytes) -> None:
    # A COMMIT whose outcome was unclear may have written it already.
    database.execute(
        "INSERT INTO hyperopt_chunk (study, version, number, at, data) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (study, version, number) DO NOTHING",
        (study, version, number, database.now(), piece),
    )


def read(database: Database, study: int, tid: int, attempt: int, name: str) -> Any:
    """A stored value; KeyError if there is none."""

    def work() -> Any:
        heads = database.execute(
            "SELECT kind, version, size, sha256 FROM hyperopt_blob "
            "WHERE study = ? AND tid = ? AND attempt = ? AND name = ?",
            (study, tid, attempt, name),
        ).fetchall()
        if not heads:
            raise KeyError(name)
        kind, version, size, digest = heads[0]
        pieces = database.execute(
            "SELECT data FROM hyperopt_chunk WHERE study = ? AND version = ? ORDER BY number",
            (study, version),
        ).fetchall()
        data = joined(pieces)
        if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
            raise StorageError(
                f"{database.address}: the attachment {name!r} is damaged: it does not have the "
                "checksum that it was stored with"
            )
        return _from_bytes(kind, data)

    return database.read(work)


def joined(pieces: list[tuple[Any, ...]]) -> bytes:
    """The pieces of a value, one a row, put together."""
    return b"".join(p.encode() if isinstance(p, str) else bytes(p) for (p,) in pieces)


def names(database: Database, study: int, tid: int, attempt: int) -> list[str]:
    """The names of what is stored for an attempt at a trial."""
    rows = database.read(
        lambda: database.execute(
            "SELECT name FROM hyperopt_blob WHERE study = ? AND tid = ? AND attempt = ? "
            "ORDER BY name",
            (study, tid, attempt),
        ).fetchall()
    )
    return [name for (name,) in rows]


def delete(database: Database, study: int, tid: int, attempt: int, name: str) -> None:
    """Remove a value; KeyError if there is none."""
    if not database.run(lambda: _forget(database, study, tid, attempt, name)):
        raise KeyError(name)


def _forget(database: Database, study: int, tid: int, attempt: int, name: str) -> bool:
    where = "WHERE study = ? AND tid = ? AND attempt = ? AND name = ?"
    which = (study, tid, attempt, name)
    found = database.execute(f"SELECT version FROM hyperopt_blob {where}", which).fetchall()
    for (version,) in found:
        database.execute(
            "DELETE FROM hyperopt_chunk WHERE study = ? AND version = ?", (study, version)
        )
    database.execute(f"DELETE FROM hyperopt_blob {where}", which)
    return bool(found)


def sweep(database: Database, study: int, tid: int, keep: int | None) -> None:
    """Remove what belongs to other attempts at a trial than `keep`. Within a transaction."""
    rows = database.execute(
        "SELECT attempt, name FROM hyperopt_blob WHERE study = ? AND tid = ?", (study, tid)
    ).fetchall()
    for attempt, name in rows:
        if attempt != keep:
            _forget(database, study, tid, attempt, name)


def sweep_stale(database: Database, study: int) -> int:
    """Remove pieces that no value has claimed for a week. Within a transaction."""
    done = database.execute(
        "DELETE FROM hyperopt_chunk WHERE study = ? AND at < ? AND version NOT IN "
        "(SELECT version FROM hyperopt_blob WHERE study = ?)",
        (study, database.now() - _STALE_S, study),
    )
    return done.rowcount


def _to_bytes(value: Any) -> tuple[str, bytes]:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "bytes", bytes(value)
    if type(value) is str:
        return "text", value.encode("utf-8", "surrogatepass")
    return "json", codec.to_text(value).encode()


def _from_bytes(kind: str, data: bytes) -> Any:
    if kind == "bytes":
        return data
    if kind == "text":
        return data.decode("utf-8", "surrogatepass")
    return codec.from_text(data.decode())
