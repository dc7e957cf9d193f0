"""Copies of studies: between databases as they are, and from and to trials in memory."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from hyperopt.exceptions import StorageError
from hyperopt.storage.documents import Document
from hyperopt.storage.sql import codec, reading
from hyperopt.storage.sql.rows import COLUMNS, HEADER, Stored
from hyperopt.storage.sql.shared import open_study_row

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Database
    from hyperopt.storage.sql.rows import Header
    from hyperopt.study.stored import StoredTrials
    from hyperopt.study.trials import Trials

__all__ = ["copy_study", "store_trials"]

_BLOB = "tid, attempt, name, kind, version, size, sha256"
_WORKER = "host, place, pid, started, software, joined, beat, beat_at, ended, exchanges"


def copy_study(source: Database, header: Header, target: Database, name: str) -> int:
    """Copy a study with its log, seed and attachments; return how many trials it has.

    Trials that run go into the queue of the copy.
    """
    if open_names(target) & {name}:
        raise StorageError(f"{target.address}: there is a study {name!r} already")
    # Makes the tables, if there are none.
    open_study_row(target, name)
    content = source.read(lambda: _content(source, header.id))
    n: int = target.run(lambda: _write(target, name, source, header.id, content))
    return n


def open_names(database: Database) -> set[str]:
    """The names of the studies that there are; none if there are no tables."""
    from hyperopt.storage.sql import schema

    def work() -> set[str]:
        if schema.version_of(database) is None:
            return set()
        return {header.name for header in reading.headers(database)}

    return database.read(work)


def _content(source: Database, study: int) -> dict[str, Any]:
    def all_of(columns: str, table: str, order: str) -> list[tuple[Any, ...]]:
        sql = f"SELECT {columns} FROM hyperopt_{table} WHERE study = ? ORDER BY {order}"
        return source.execute(sql, (study,)).fetchall()

    return {
        "header": reading.read_header(source, study),
        "trials": [Stored._make(row) for row in all_of(COLUMNS, "trial", "tid")],
        "events": all_of("rev, tid, kind, worker, at, before", "event", "rev"),
        "workers": all_of(f"id, {_WORKER}", "worker", "id"),
        "sources": all_of("id, text", "source", "id"),
        "blobs": all_of(_BLOB, "blob", "tid, attempt, name"),
    }


def _write(
    target: Database, name: str, source: Database, source_id: int, content: dict[str, Any]
) -> int:
    header: Header = content["header"]
    found = reading.header_named(target, name)
    assert found is not None
    study, now = found.id, target.now()
    sources = _copy_sources(target, study, content["sources"])
    workers = {}
    for number, *values in content["workers"]:
        values[8] = now if values[8] is None else values[8]  # None of them works on the copy.
        marks = ", ".join("?" * (1 + len(values)))
        workers[number] = target.insert_id(
            f"INSERT INTO hyperopt_worker (study, {_WORKER}) VALUES ({marks})", (study, *values)
        )
    rev = header.rev
    events = [
        (r, tid, kind, workers.get(w), at, _moved(before, sources, workers))
        for r, tid, kind, w, at, before in content["events"]
    ]
    trials = []
    for row in content["trials"]:
        moved = _moved_row(row, sources, workers)
        if moved.state == 1 and moved.worker is not None:
            rev += 1
            events.append((rev, row.tid, "lost", None, now, None))
            moved = moved._replace(state=0, worker=None, rev=rev)
        trials.append(moved)
    for trial in trials:
        target.execute(
            f"INSERT INTO hyperopt_trial (study, {COLUMNS}) VALUES "
            f"({', '.join('?' * (1 + len(trial)))})",
            (study, *trial),
        )
    for event in events:
        target.execute(
            "INSERT INTO hyperopt_event (study, rev, tid, kind, worker, at, before) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (study, *event),
        )
    for blob in content["blobs"]:
        _copy_blob(target, study, source, source_id, blob)
    facts = header._replace(
        id=study, name=name, token=uuid.uuid4().hex, rev=rev, stop=None,
        space=None if header.space is None else sources[header.space],
    )  # fmt: skip
    columns = HEADER.split(", ")[2:]
    values = [
        str(value) if column == "seed" and value is not None else value
        for column, value in zip(columns, facts[2:], strict=True)
    ]
    values = ["" if v is None and c == "seed" else v for c, v in zip(columns, values, strict=True)]
    assignments = ", ".join(f"{column} = ?" for column in columns)
    target.execute(f"UPDATE hyperopt_study SET {assignments} WHERE id = ?", (*values, study))
    return sum(1 for trial in trials if trial.doc is not None)


def _copy_sources(target: Database, study: int, rows: list[tuple[Any, ...]]) -> dict[int, int]:
    """Copy the descriptions, in whose texts spaces are named by number; give the new numbers."""
    numbers: dict[int, int] = {}
    for number, text in rows:
        content = codec.from_text(text)
        if isinstance(content, dict) and "algorithm" in content:
            space = content.get("space")
            content["space"] = None if space is None else numbers.get(space)
            text = codec.to_text(content)
        numbers[number] = target.insert_id(
            "INSERT INTO hyperopt_source (study, text) VALUES (?, ?)", (study, text)
        )
    return numbers


def _moved(before: str | None, sources: dict[int, int], workers: dict[int, int]) -> str | None:
    if before is None:
        return None
    row = _moved_row(Stored(*codec.from_text(before)), sources, workers)
    return codec.to_text(list(row))


def _moved_row(row: Stored, sources: dict[int, int], workers: dict[int, int]) -> Stored:
    return row._replace(
        source=None if row.source is None else sources[row.source],
        worker=None if row.worker is None else workers.get(row.worker),
    )


def _copy_blob(
    target: Database, study: int, source: Database, source_id: int, blob: tuple[Any, ...]
) -> None:
    version, fresh = blob[4], uuid.uuid4().hex
    pieces = source.read(
        lambda: source.execute(
            "SELECT number, at, data FROM hyperopt_chunk WHERE study = ? AND version = ? "
            "ORDER BY number",
            (source_id, version),
        ).fetchall()
    )
    for piece in pieces:
        target.execute(
            "INSERT INTO hyperopt_chunk (study, version, number, at, data) VALUES (?, ?, ?, ?, ?)",
            (study, fresh, *piece),
        )
    target.execute(
        f"INSERT INTO hyperopt_blob (study, {_BLOB}) VALUES ({', '.join('?' * 8)})",
        (study, *blob[:4], fresh, *blob[5:]),
    )


def store_trials(trials: Trials, target: StoredTrials) -> int:
    """Put trials from memory into a new study; return how many there were.

    Trials without a usable or with a repeated id get another one. What was running waits.
    """
    from hyperopt.storage import lifecycle

    taken: set[int] = set()
    docs: list[Document] = []
    renamed: dict[Any, int] = {}
    highest = max((n for n in map(_whole, trials._dynamic_trials) if n is not None), default=-1)
    for doc in trials._dynamic_trials:
        tid = _whole(doc)
        if tid is None or tid in taken:
            highest += 1
            doc = _renumbered(doc, highest)
        elif type(doc["tid"]) is not int:
            doc = _renumbered(doc, tid)
        else:
            doc = {**doc, "misc": dict(doc["misc"])}
        if doc["state"] == 1:
            lifecycle.requeue(doc)
        taken.add(doc["tid"])
        docs.append(doc)
    if trials._space is not None:
        target.remember_space(trials._space)
    target._dynamic_trials.extend(docs)
    target.refresh()
    for old, new in zip(trials._dynamic_trials, docs, strict=True):
        renamed.setdefault(str(old["tid"]), new["tid"])
    for key, value in trials.attachments.items():
        if key.startswith("ATTACH::"):
            tid_text, _, name = key[len("ATTACH::") :].partition("::")
            if tid_text in renamed:
                target.trial_attachments({"tid": renamed[tid_text]})[name] = value
        else:
            target.attachments[key] = value
    return len(docs)


def _whole(doc: Document) -> int | None:
    tid = doc["tid"]
    if isinstance(tid, bool) or not hasattr(tid, "__index__") or tid < 0:
        return None
    return int(tid)


def _renumbered(doc: Document, tid: int) -> Document:
    misc = dict(doc["misc"])
    misc["tid"] = tid
    misc["idxs"] = {label: [tid] * len(column) for label, column in misc["idxs"].items()}
    return {**doc, "tid": tid, "misc": misc}
