"""Whether a study is what it claims to be: its log, its rows, and every suggestion, recomputed.

The algorithms of this package are functions of the history, the ids, the seed and the options. The
study stores which revision each call had seen, and its log tells what the history was then; so each
call can be made again, and has to give the same values to the bit.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperopt.objective.domain import Domain
from hyperopt.space.as_text import space_of
from hyperopt.storage.sql import blobs, codec, reading, schema
from hyperopt.storage.sql.documents import document_of, text_of
from hyperopt.storage.sql.rows import COLUMNS, Stored
from hyperopt.storage.sql.seeds import call_seed
from hyperopt.storage.sql.shared import connect, open_study_row
from hyperopt.study.provenance import algorithm_of
from hyperopt.study.replay import Event, Replay, event_of, versions_of
from hyperopt.study.snapshot import sources_of

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Database
    from hyperopt.storage.sql.rows import Header

__all__ = ["Verdict", "verify"]


@dataclass
class Verdict:
    """What `verify` found.

    Attributes
    ----------
    problems
        What is not as it claims to be; empty if all is well.
    n_trials, n_suggestions, n_recomputed
        How many trials there are, how many of all that ever were came from an algorithm, and how
        many of these were recomputed.
    unknown
        How many suggestions could not be recomputed, by the reason.
    """

    problems: list[str] = field(default_factory=list)
    n_trials: int = 0
    n_suggestions: int = 0
    n_recomputed: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    @property
    def passed(self) -> bool:
        """Whether nothing speaks against the study."""
        return not self.problems


@dataclass(frozen=True)
class _Facts:
    header: Header
    rows: list[Stored]
    events: list[Event]
    sources: dict[int, str]


def verify(
    url: str | os.PathLike[str], name: str, space: Any = None, *, recompute: bool = True
) -> Verdict:
    """Check a study; nothing is changed, and nothing is unpickled.

    Parameters
    ----------
    url, name
        The database and the study.
    space
        The search space, for a study whose space holds functions that are not read from a database.
    recompute
        Whether to recompute the suggestions.
    """
    database = connect(url, writing=False)
    try:
        header = open_study_row(database, name)
        facts = database.read(lambda: _read(database, header.id))
        verdict = Verdict(n_trials=len(facts.rows))
        verdict.problems += database.read(lambda: _damaged_blobs(database, header.id))
    finally:
        database.close()
    verdict.problems += _problems_of_log(facts)
    if recompute and not verdict.problems:
        _recompute(facts, space, verdict)
    return verdict


def _read(database: Database, study: int) -> _Facts:
    schema.check_version(database, writing=False)
    rows = database.execute(
        f"SELECT {COLUMNS} FROM hyperopt_trial WHERE study = ? ORDER BY tid", (study,)
    ).fetchall()
    events = database.execute(
        "SELECT rev, tid, kind, before FROM hyperopt_event WHERE study = ? ORDER BY rev", (study,)
    ).fetchall()
    return _Facts(
        reading.read_header(database, study),
        [Stored._make(row) for row in rows],
        [event_of(row) for row in events],
        dict(sources_of(database, study)),
    )


def _problems_of_log(facts: _Facts) -> list[str]:
    """What contradicts itself in the log and the rows."""
    header = facts.header
    problems = []
    revisions = [event.rev for event in facts.events]
    if revisions != list(range(1, header.rev + 1)):
        problems.append(f"the log's revisions are not 1 to {header.rev} without a gap")
    last: dict[int, Event] = {}
    kinds: defaultdict[int, list[str]] = defaultdict(list)
    for event in facts.events:
        last[event.tid] = event
        kinds[event.tid].append(event.kind)
    gone = {tid for tid, event in last.items() if event.kind in ("delete", "drop")}
    if {row.tid for row in facts.rows} != set(last) - gone:
        problems.append("the trials are not those that the log tells of")
    for row in facts.rows:
        if row.tid in last and row.rev != last[row.tid].rev:
            problems.append(f"trial {row.tid} was changed without an entry in the log")
        if row.tid >= header.next_tid:
            problems.append(f"trial {row.tid} has an id that was not given out yet")
        problems += _problems_of_life(row, kinds[row.tid])
    n_counted = sum(row.counts for row in facts.rows if row.state != 4)
    if n_counted != header.n_counted:
        problems.append(f"{n_counted} trials count towards max_evals, not {header.n_counted}")
    return problems


def _problems_of_life(row: Stored, kinds: list[str]) -> list[str]:
    """What cannot have happened to one trial."""
    if row.doc is not None:
        try:
            document_of(row)
        except Exception as error:
            return [str(error)]
    finished = False
    for kind in kinds:
        if kind == "finish" and finished:
            return [f"trial {row.tid} has two results"]
        finished = kind == "finish" or (finished and kind != "requeue")
    if row.state < 2 and finished and "correct" not in kinds:
        return [f"trial {row.tid} has a result in the log and none in its row"]
    return []


def _damaged_blobs(database: Database, study: int) -> list[str]:
    """Attachments that do not have their checksums."""
    import hashlib

    problems = []
    heads = database.execute(
        "SELECT tid, name, version, size, sha256 FROM hyperopt_blob WHERE study = ?", (study,)
    ).fetchall()
    for tid, name, version, size, digest in heads:
        pieces = database.execute(
            "SELECT data FROM hyperopt_chunk WHERE study = ? AND version = ? ORDER BY number",
            (study, version),
        ).fetchall()
        data = blobs.joined(pieces)
        if len(data) != size or hashlib.sha256(data).hexdigest() != digest:
            problems.append(f"the attachment {name!r} of trial {tid} is damaged")
    return problems


def _recompute(facts: _Facts, space: Any, verdict: Verdict) -> None:
    """Make every call of an algorithm again."""
    replay = Replay(facts.events, versions_of(facts.events, facts.rows))
    algorithms = _Algorithms(facts.sources, space)
    for batch in _batches(facts):
        verdict.n_suggestions += len(batch)
        first = batch[0]
        if first.source is None or first.batch is None or first.seen_rev is None:
            verdict.unknown["it is not stored what made them"] += len(batch)
            continue
        try:
            algo, domain, exp_key = algorithms.of(first.source)
        except LookupError as reason:
            verdict.unknown[str(reason)] += len(batch)
            continue
        tids = list(range(first.batch, first.batch + (first.batch_size or 1)))
        trials = replay.at(first.seen_rev, exp_key)
        docs = algo(tids, domain, trials, call_seed(facts.header.seed or 0, first.batch))
        made = {doc["tid"]: doc for doc in docs or []}
        for row in batch:
            verdict.n_recomputed += 1
            if row.tid not in made or _params(made[row.tid]) != _params(document_of(row)):
                verdict.problems.append(
                    f"trial {row.tid} is not what {algorithms.name(first.source)} suggests from "
                    f"revision {first.seen_rev}"
                )


def _params(doc: dict[str, Any]) -> str:
    """The parameters of a trial, as text that is equal if they are the same to the bit."""
    bare = {"tid": doc["tid"], "idxs": doc["misc"]["idxs"], "vals": doc["misc"]["vals"]}
    return text_of({"misc": bare, "tid": doc["tid"], "spec": None, "result": None,
                    "book_time": None, "refresh_time": None, "version": 0})  # fmt: skip


def _batches(facts: _Facts) -> list[list[Stored]]:
    """The calls of algorithms, by what they had seen: for each, the trials as they were made."""
    made = {row.tid: row for row in facts.rows}
    for event in reversed(facts.events):
        if event.before is not None:
            made[event.tid] = event.before
    suggested = {event.tid for event in facts.events if event.kind == "suggest"}
    calls: defaultdict[tuple[int, int], list[Stored]] = defaultdict(list)
    for tid in sorted(suggested & set(made)):
        row = made[tid]
        calls[(row.seen_rev or 0, row.tid if row.batch is None else row.batch)].append(row)
    return [calls[key] for key in sorted(calls)]


class _Algorithms:
    """Algorithms and spaces by the number of their description."""

    def __init__(self, sources: dict[int, str], space: Any) -> None:
        self._sources = sources
        self._space = space
        self._domains: dict[int | None, Domain] = {}
        self._made: dict[int, tuple[Callable[..., Any], Domain, Any]] = {}

    def of(self, number: int) -> tuple[Callable[..., Any], Domain, Any]:
        """The algorithm, the domain and the experiment; LookupError says why not."""
        if number not in self._made:
            facts = codec.from_text(self._sources[number])
            algo = algorithm_of(facts["algorithm"])
            self._made[number] = (algo, self._domain(facts["space"]), facts.get("exp_key"))
        return self._made[number]

    def _domain(self, number: int | None) -> Domain:
        if number not in self._domains:
            if self._space is not None:
                self._domains[number] = Domain(None, self._space)
            elif number is None:
                raise LookupError("the space is not stored")
            else:
                try:
                    self._domains[number] = Domain(None, space_of(self._sources[number]))
                except ValueError as error:
                    raise LookupError(str(error)) from None
        return self._domains[number]

    def name(self, number: int) -> str:
        """What to call the algorithm."""
        description = codec.from_text(self._sources[number])["algorithm"]
        return str(description.get("name", description))
