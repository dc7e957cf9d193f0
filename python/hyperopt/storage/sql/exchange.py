"""One exchange between a process and its study: everything that a round needs, in one transaction.

In the order of the steps: learn what others did, store results, take the trials of lost processes,
claim what waits, and suggest and claim new trials. The study's row is held from the beginning to
the commit, so each exchange sees all that was committed before it, and nothing half done.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hyperopt.storage.sql import leases
from hyperopt.storage.sql.documents import Row, document_of, row_of
from hyperopt.storage.sql.points import reached
from hyperopt.storage.sql.reading import read_trials
from hyperopt.storage.sql.rows import COLUMNS, Header, Stored
from hyperopt.storage.sql.seeds import call_seed
from hyperopt.storage.sql.writing import ERROR, RUNNING, Call, Writing

if TYPE_CHECKING:
    from hyperopt.storage.sql.database import Statement
    from hyperopt.storage.sql.leases import Watch

__all__ = [
    "Filling",
    "Order",
    "Reply",
    "Request",
    "Reservation",
    "Suggestion",
    "foreseen",
    "perform",
]

MOST_LOSSES = 3
"""A trial that so many processes were lost with is not tried again."""


@dataclass(frozen=True)
class Suggestion:
    """New trials that one call of an algorithm made: their rows, and the call's description."""

    rows: Sequence[Row]
    source: str | None


@dataclass(frozen=True)
class Reservation:
    """Ids to call the algorithm for, with this seed; it sees the revision `seen`."""

    tids: list[int]
    attempts: list[int]
    seed: int
    seen: int


@dataclass(frozen=True)
class Filling:
    """What was suggested for a reservation; None if nothing could be."""

    reservation: Reservation
    suggestion: Suggestion | None


Suggest = Callable[[list[int], int], Suggestion]
"""Makes new trials, from their ids and a seed; ids that are not used are given up."""


@dataclass
class Request:
    """A wish for trials to evaluate.

    Attributes
    ----------
    n
        How many.
    limit
        How many trials the study may have in all; None for no limit.
    suggest
        Makes new trials within the exchange. None: ids are reserved, and a `Filling` follows.
    exp_key
        The experiment that trials are claimed and counted in, as stored; None for all.
    seed
        The study's seed, if it has none yet.
    fresh
        Whether only new trials are wanted, and none of those that wait.
    """

    n: int
    limit: int | None = None
    suggest: Suggest | None = None
    exp_key: str | None = None
    seed: Callable[[], int] | None = None
    fresh: bool = False


@dataclass
class Order:
    """What a process wants done.

    Attributes
    ----------
    results
        The attempt and the row of each finished trial.
    found
        The same for results of whichever process that were on file.
    inserted
        New rows that come from elsewhere than an algorithm, and whether each counts as one of the
        trials that ``max_evals`` limits.
    corrected
        Rows of finished trials that were changed by hand.
    filled
        What was suggested for ids that were reserved.
    returned
        Trials to give back unfinished.
    detached
        Trials to leave running without a process, for somebody who will tell their results.
    request
        A wish for more trials.
    look_for_lost
        Whether to look for processes that are lost.
    """

    results: list[tuple[int, Row]] = field(default_factory=list)
    found: list[tuple[int, Row]] = field(default_factory=list)
    inserted: list[tuple[Row, bool]] = field(default_factory=list)
    corrected: list[Row] = field(default_factory=list)
    filled: list[Filling] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    detached: list[int] = field(default_factory=list)
    request: Request | None = None
    look_for_lost: bool = False

    @property
    def may_requeue(self) -> bool:
        """Whether it may change which trials wait, but for those that it asks for."""
        return self.look_for_lost or bool(
            self.found or self.returned or self.inserted or self.corrected
        )


@dataclass
class Reply:
    """What came of it.

    Attributes
    ----------
    header
        The study's row as it is now.
    claimed
        Trials to evaluate now, each with its attempt.
    reserved
        Ids to suggest for.
    refused
        Own results that were not stored, because others had finished or deleted the trial.
    failed
        Trials that became errors here, because too many processes were lost with them.
    """

    header: Header
    claimed: list[Stored] = field(default_factory=list)
    reserved: list[Reservation] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    failed: list[Stored] = field(default_factory=list)


def foreseen(study: int, request: Request | None) -> list[Statement]:
    """What `perform` is going to read first."""
    return [_waiting_of(study, request)] if request is not None and _claims(request) else []


def perform(
    writing: Writing, order: Order, watch: Watch, show: Callable[[list[Stored]], None]
) -> Reply:
    """Do what is ordered.

    Parameters
    ----------
    writing
        Holds the study.
    order
        What to do.
    watch
        Knows which processes are lost.
    show
        Is shown the results that were on file and the trials that became errors here, before
        anything is suggested.
    """
    reply = Reply(writing.header)
    # This is read before anything is written, so that it can come with the lock.
    waiting = None if order.may_requeue else _waiting(writing, order.request)
    for row, counts in order.inserted:
        writing.insert(row, "insert", counts=counts)
    for row in order.corrected:
        writing.replace(row, "correct")
    # All that happened is known by now, so these trials are unfinished, or there would be no order
    # to store a result. To be told so again would take a round trip.
    surely = writing.database.is_remote
    tids = [row.tid for _, row in order.results]
    reply.refused = [
        row.tid for attempt, row in order.results if not writing.finish(row, attempt, surely=surely)
    ]
    taken = [row.tid for attempt, row in order.found if writing.finish(row, attempt)]
    if taken:
        show(read_trials(writing.database, writing.study, taken))
    reached("results written")
    for tid in order.returned:
        writing.release(tid)
    for tid in order.detached:
        writing.detach(tid)
    for filling in order.filled:
        reply.claimed += _fill(writing, filling)
    if order.look_for_lost:
        reply.failed = _take_over(writing, watch)
        show(reply.failed)
    reached("lost trials taken")
    if order.request is not None:
        if waiting is None or any(row.tid in tids for row in waiting):
            waiting = _waiting(writing, order.request)
        _serve(writing, order.request, waiting, reply)
    reached("trials claimed")
    writing.close()
    reply.header = writing.header
    return reply


def _take_over(writing: Writing, watch: Watch) -> list[Stored]:
    """Put the trials of lost processes back; return those that have been lost too often."""
    database, failed = writing.database, list[Stored]()
    lost = watch.lost(database, writing.study, writing.worker)
    for worker in lost:
        rows = database.execute(
            f"SELECT {COLUMNS} FROM hyperopt_trial WHERE study = ? AND state < 2 AND state = 1 "
            "AND worker = ? ORDER BY tid",
            (writing.study, worker),
        ).fetchall()
        for row in map(Stored._make, rows):
            if row.doc is not None and _n_losses(writing, row.tid) + 1 >= MOST_LOSSES:
                failed.append(_give_up(writing, row))
            else:
                writing.lose(row.tid)
    leases.end(database, lost)
    return failed


def _n_losses(writing: Writing, tid: int) -> int:
    """How many processes were lost with a trial since it was last put into the queue."""
    writing.write_log()
    rows = writing.database.execute(
        "SELECT kind FROM hyperopt_event WHERE study = ? AND tid = ? "
        "AND kind IN ('lost', 'requeue', 'suggest') ORDER BY rev",
        (writing.study, tid),
    ).fetchall()
    n = 0
    for (kind,) in rows:
        n = n + 1 if kind == "lost" else 0
    return n


def _give_up(writing: Writing, row: Stored) -> Stored:
    doc = document_of(row)
    doc["state"] = ERROR
    doc["misc"]["error"] = (
        "<class 'hyperopt.evaluation.TrialLost'>",
        f"{MOST_LOSSES} processes were lost while they evaluated this trial",
    )
    new = row_of(doc)
    writing.finish(new, row.attempt)
    return row._replace(**new._asdict(), rev=writing.rev, worker=None)


def _serve(writing: Writing, request: Request, waiting: list[Stored], reply: Reply) -> None:
    # What an algorithm sees: everything that is stored now, the results of this exchange included.
    seen = writing.rev
    reservations: list[Reservation] = []
    seed = _seed(writing, request)
    for row in map(writing.claim, waiting):
        if row.doc is None:
            reservations.append(
                Reservation([row.tid], [row.attempt], call_seed(seed, row.tid), seen)
            )
        else:
            reply.claimed.append(row)
    n = request.n - len(reply.claimed) - len(reservations)
    if request.limit is not None:
        n = min(n, request.limit - _n_experiment(writing, request))
    if n > 0:
        first = writing.next_tid
        tids = list(range(first, first + n))
        new = Reservation(tids, [0] * n, call_seed(seed, first), seen)
        reservations.append(new)
        if request.suggest is None:
            for tid in tids:
                writing.reserve(tid, request.exp_key)
            reservations[-1] = Reservation(tids, [1] * n, new.seed, seen)
    if request.suggest is None:
        reply.reserved = reservations
        return
    for reservation in reservations:
        suggestion = request.suggest(reservation.tids, reservation.seed)
        reached("suggested")
        reply.claimed += _fill(writing, Filling(reservation, suggestion))


def _seed(writing: Writing, request: Request) -> int:
    if writing.header.seed is None:
        fresh = request.seed() if request.seed is not None else secrets.randbits(31)
        writing.set_seed(fresh)
        return fresh
    return writing.header.seed


def _claims(request: Request) -> bool:
    return request.n > 0 and not request.fresh


def _waiting(writing: Writing, request: Request | None) -> list[Stored]:
    if request is None or not _claims(request):
        return []
    rows = writing.database.execute(*_waiting_of(writing.study, request)).fetchall()
    return [Stored._make(row) for row in rows]


def _waiting_of(study: int, request: Request) -> Statement:
    """What reads the trials that wait."""
    condition, more = (
        ("", ()) if request.exp_key is None else ("AND exp_key = ?", (request.exp_key,))
    )
    sql = (
        f"SELECT {COLUMNS} FROM hyperopt_trial WHERE study = ? AND state < 2 AND state = 0 "
        f"{condition} ORDER BY tid LIMIT ?"
    )
    return sql, (study, *more, request.n)


def _n_experiment(writing: Writing, request: Request) -> int:
    if request.exp_key is None:
        return writing.n_counted
    rows = writing.database.execute(
        "SELECT count(*) FROM hyperopt_trial WHERE study = ? AND exp_key = ? AND counts = 1 "
        "AND state <> 4",
        (writing.study, request.exp_key),
    ).fetchall()
    return int(rows[0][0])


def _fill(writing: Writing, filling: Filling) -> list[Stored]:
    """Store what was suggested, as running here; give up the ids that were not used."""
    reservation, suggestion = filling.reservation, filling.suggestion
    rows = [] if suggestion is None else list(suggestion.rows)
    tids = reservation.tids
    strangers = sorted({row.tid for row in rows} - set(tids))
    if strangers:
        raise ValueError(
            f"the algorithm suggested trials {strangers}, and was asked for {tids}: it has to use "
            "the ids that it is given"
        )
    source = writing.source(None if suggestion is None else suggestion.source)
    call = Call(source, tids, reservation.seen)
    attempts = dict(zip(tids, reservation.attempts, strict=True))
    taken = []
    for row in rows:
        attempt = attempts.pop(row.tid)
        running = row._replace(state=RUNNING)
        if not attempt:
            taken.append(writing.insert(running, "suggest", counts=True, call=call))
        elif writing.fill(running, call):
            taken.append(
                Stored(
                    *running,
                    writing.rev,
                    writing.worker,
                    attempt,
                    None,
                    1,
                    source,
                    call.first,
                    call.size,
                    call.seen,
                )
            )
    for tid, attempt in attempts.items():
        if attempt:
            writing.drop(tid)
    return taken
