"""A study in a database as it is now, read without taking part in it or changing anything."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.environment.garbage import no_collection
from hyperopt.storage.documents import of_experiment
from hyperopt.storage.sql import codec, reading
from hyperopt.storage.sql.documents import documents_of
from hyperopt.storage.sql.place import Process, is_running
from hyperopt.storage.sql.shared import connect, open_study_row
from hyperopt.study.run_facts import common_versions, described_algorithm_text
from hyperopt.study.trials import Trials

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.space.description import Description
    from hyperopt.storage.sql.database import Database
    from hyperopt.storage.sql.rows import Header, Seen

__all__ = ["Snapshot", "Worker", "read_snapshot", "run_facts_of_study", "space_of_study"]


@dataclass(frozen=True)
class Worker:
    """A process that takes part in a study, or did."""

    number: int
    host: str
    pid: int
    software: str
    joined: float
    last_seen: float
    ended: float | None
    running: bool | None
    """Whether it still runs; None if that can't be told from here."""


@dataclass(frozen=True)
class Snapshot:
    """A study at one moment.

    Attributes
    ----------
    header
        The study's own row.
    trials
        Its trials, in memory, with the space if that could be read.
    rows
        The same as rows, by id.
    workers, algorithms
        The processes, and the descriptions of what made suggestions.
    """

    header: Header
    trials: Trials
    rows: list[Seen]
    workers: list[Worker]
    algorithms: list[dict[str, Any]]


def read_snapshot(url: str | os.PathLike[str], name: str, exp_key: Any = None) -> Snapshot:
    """Read a study.

    Parameters
    ----------
    url, name
        The database and the study.
    exp_key
        Show the trials of this experiment only.
    """
    database = connect(url, writing=False)
    try:
        header = open_study_row(database, name)
        return database.read(lambda: _read(database, header.id, exp_key))
    finally:
        database.close()


def _read(database: Database, study: int, exp_key: Any) -> Snapshot:
    header = reading.read_header(database, study)
    trials = Trials(exp_key, refresh=False)
    with no_collection():
        rows = reading.read_changes(database, header, 0).rows  # by id
        trials._dynamic_trials = of_experiment(documents_of(rows), exp_key)
        trials.refresh()
    trials._space = space_of_study(database, header)
    trials.remember_run(run_facts_of_study(database, header))
    return Snapshot(header, trials, rows, _workers(database, study), _algorithms(database, study))


def run_facts_of_study(database: Database, header: Header) -> dict[str, Any]:
    """What is known of the runs of a study, as `run_facts` tells it of a run."""
    algorithms = [
        described_algorithm_text(fact["algorithm"]) for fact in _algorithms(database, header.id)
    ]
    processes = database.execute(
        "SELECT host, software FROM hyperopt_worker WHERE study = ? ORDER BY id", (header.id,)
    ).fetchall()
    hosts = dict.fromkeys(host for host, _ in processes)
    facts = {
        "algorithm": ", ".join(dict.fromkeys(algorithms)) or None,
        "seed": header.seed,
        "max_evals": header.max_evals,
        "workers": f"{len(processes)} processes, on {', '.join(hosts)}" if processes else None,
        "versions": common_versions(software for _, software in processes),
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _algorithms(database: Database, study: int) -> list[dict[str, Any]]:
    facts = [codec.from_text(text) for _, text in sources_of(database, study)]
    return [fact for fact in facts if isinstance(fact, dict) and "algorithm" in fact]


def sources_of(database: Database, study: int) -> list[tuple[int, str]]:
    """The numbers and texts of what made suggestions, and of the spaces."""
    rows = database.execute(
        "SELECT id, text FROM hyperopt_source WHERE study = ? ORDER BY id", (study,)
    ).fetchall()
    return [(int(number), text) for number, text in rows]


def space_of_study(database: Database, header: Header) -> CompiledSpace | None:
    """The search space of a study, if it is stored and made of data."""
    if header.space is None:
        return None
    texts = dict(sources_of(database, header.id))
    with suppress(Exception):  # A space that another version has written, or tampered with.
        from hyperopt.space.as_text import space_of
        from hyperopt.space.compiler import compile_space

        return compile_space(space_of(texts[header.space]))
    return None


def description_of_study(database: Database, study: int) -> Description | None:
    """What the space of a study is, as it is stored now."""
    rows = database.execute(
        "SELECT source.text FROM hyperopt_study study JOIN hyperopt_source source "
        "ON source.id = study.space WHERE study.id = ?",
        (study,),
    ).fetchall()
    if not rows:
        return None
    from hyperopt.space.as_text import description_in

    return description_in(rows[0][0])


def _workers(database: Database, study: int) -> list[Worker]:
    rows = database.execute(
        "SELECT id, host, pid, software, joined, beat_at, ended, place, started "
        "FROM hyperopt_worker WHERE study = ? ORDER BY id",
        (study,),
    ).fetchall()
    workers = []
    for number, host, pid, software, joined, beat_at, ended, place, started in rows:
        running = ended is None and is_running(Process(host, place, pid, started))
        workers.append(Worker(number, host, pid, software, joined, beat_at, ended, running))
    return workers
