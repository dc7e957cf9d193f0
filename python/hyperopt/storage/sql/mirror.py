"""The documents of a shared study in this process: live dicts, kept in step with the database.

What others did is written into the dicts that are here already, so whoever holds one sees it. What
was changed here is found by comparison with what was stored, and written with the next exchange.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol

from hyperopt.environment import log
from hyperopt.environment.garbage import no_collection
from hyperopt.storage.sql.documents import Row, document_of, documents_of, row_of
from hyperopt.storage.sql.exchange import Filling, Order, Reply, Request, foreseen
from hyperopt.storage.sql.reading import Changes
from hyperopt.storage.sql.resuming import resume

if TYPE_CHECKING:
    from hyperopt.storage.sql.rows import Header, Seen, Stored
    from hyperopt.storage.sql.shared import SharedStudy
    from hyperopt.storage.sql.writing import Writing

__all__ = ["Documents", "Mirror"]

Document = dict[str, Any]

_UNFINISHED = (0, 1)
_BULK = 64
"""From so many new documents on they are shown all at once."""


class Documents(Protocol):
    """What a mirror needs of `Trials`."""

    _dynamic_trials: list[Document]

    def _insert(self, doc: Document) -> None:
        """Append a document and show it."""

    def _settle(self, doc: Document) -> None:
        """Take note that an unfinished document has changed."""

    def _reopen(self, doc: Document) -> None:
        """Take note that a finished document waits or runs again."""

    def reread(self) -> None:
        """Examine all documents."""


class Mirror:
    """Keeps documents in step with a shared study.

    Parameters
    ----------
    trials
        Holds the documents.
    shared
        The study.

    Attributes
    ----------
    running
        The attempt of every trial that this process runs.
    asked
        Those of them that somebody will tell the results of.
    """

    def __init__(self, trials: Documents, shared: SharedStudy) -> None:
        self.shared = shared
        self._trials = trials
        self._known: dict[int, Document] = {}
        self._prints: dict[int, int | None] = {}
        self._attempts: dict[int, int] = {}
        self._results: dict[int, Document] = {}
        self._corrected: dict[int, Document] = {}
        self._n_listed = 0
        self._listed: list[Document] | None = None
        self._busy = False
        self._writing: Writing | None = None
        self.running: dict[int, int] = {}
        self.asked: list[int] = []

    # -- what others did

    def _show(self, changes: Changes) -> None:
        """Write what others did into the documents."""
        deleted = changes.deleted
        if changes.whole:
            there = {row.tid for row in changes.rows}
            deleted = [tid for tid in self._known if tid not in there]
        for tid in deleted:
            self._remove(tid)
        again = bool(deleted)
        with no_collection() if len(changes.rows) >= _BULK else nullcontext():
            known = self._known
            fresh = []
            for row, new in zip(changes.rows, documents_of(changes.rows), strict=True):
                if row.tid in known:
                    again |= self._update(known[row.tid], row, new)
                else:
                    known[row.tid] = new
                    self._note(row)
                    fresh.append(new)
        self._append(sorted(fresh, key=itemgetter("tid")))
        if again:
            self._reread()

    def _note(self, row: Seen | Stored) -> None:
        """Remember what is stored."""
        tid = row.tid
        self._prints[tid] = _print(row[:8])
        if row.state in _UNFINISHED:
            self._attempts[tid] = row.attempt
        else:
            self._attempts.pop(tid, None)
            self.running.pop(tid, None)

    def _append(self, docs: list[Document]) -> None:
        with self._quiet():
            if len(docs) < _BULK:
                for doc in docs:
                    self._trials._insert(doc)
            else:
                self._trials._dynamic_trials.extend(docs)
                self._trials.reread()

    def _update(self, doc: Document, row: Seen, new: Document) -> bool:
        """Bring a document up to date; True if everything has to be looked at again."""
        tid = row.tid
        stored = _print(row[:8])
        if stored is not None and stored == self._prints.get(tid):
            self._note(row)
            return False
        mine = self._results.pop(tid, None)
        if mine is not None and row.state in _UNFINISHED:
            # Others thought that this process was lost; our result may still be the first.
            self._results[tid] = mine
            self._note(row)
            return False
        if mine is not None and _print(row_of(mine)) != stored:
            log.warning("trial %s: another process has stored a result first; that one counts", tid)
        if tid in self._corrected:
            del self._corrected[tid]
            log.warning("trial %s was changed elsewhere too; the change made here is lost", tid)
        if tid in self.running and row.state in _UNFINISHED:
            self._note(row)
            return False
        was_open = doc["state"] in _UNFINISHED or mine is not None
        was_running = tid in self.running
        doc.clear()
        doc.update(new)
        self._note(row)
        if was_open and not was_running and mine is None:
            self._trials._settle(doc)
            return False
        if not was_open and row.state in _UNFINISHED:
            self._trials._reopen(doc)
            return False
        return True

    def _remove(self, tid: int) -> None:
        doc = self._known.pop(tid, None)
        self._forget(tid)
        if doc is None:
            return
        listed = self._trials._dynamic_trials
        for position, other in enumerate(listed):
            if other is doc:
                del listed[position]
                self._n_listed -= position < self._n_listed
                break

    def _forget(self, tid: int) -> None:
        known: tuple[dict[int, Any], ...] = (
            self._prints,
            self._attempts,
            self._results,
            self._corrected,
            self.running,
        )
        for about in known:
            about.pop(tid, None)

    def _reread(self) -> None:
        with self._quiet():
            self._trials.reread()

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """While this lasts, `refresh` does not come back here."""
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before

    # -- what was done here

    def _fresh(self) -> list[Document]:
        """Documents that were put into the list by somebody else than the mirror."""
        listed = self._trials._dynamic_trials
        if listed is not self._listed:
            self._listed, self._n_listed = listed, 0
        known, n = self._known, self._n_listed
        while n < len(listed) and known.get(listed[n]["tid"]) is listed[n]:
            n += 1
        self._n_listed = n
        return [doc for doc in listed[n:] if known.get(doc["tid"]) is not doc]

    def notice(self, docs: Iterable[Document]) -> None:
        """Compare documents with what is stored, and remember those that have changed."""
        for doc in docs:
            tid = doc["tid"]
            if self._known.get(tid) is not doc or tid in self._results:
                continue
            stored = self._prints.get(tid)
            if stored is None:
                continue
            row = row_of(doc)
            if tid in self._attempts:
                if row.state not in _UNFINISHED:
                    self._results[tid] = doc
            elif _print(row) != stored:
                self._corrected[tid] = doc

    def _order(self, request: Request | None, rows: Mapping[int, Row], **more: Any) -> Order:
        inserted = []
        for doc in self._fresh():
            _check_id(doc, self._known)
            inserted.append((row_of(doc), True))
        results = [
            (self.attempt_at(tid) or 0, rows.get(tid) or row_of(doc))
            for tid, doc in self._results.items()
        ]
        corrected = [row_of(doc) for doc in self._corrected.values()]
        return Order(
            results=results, inserted=inserted, corrected=corrected, request=request, **more
        )

    def exchange(
        self,
        request: Request | None = None,
        *,
        look_for_lost: bool = False,
        joined: bool = True,
        returned: Iterable[int] = (),
        filled: Iterable[Filling] = (),
    ) -> Reply:
        """Write what was done here, learn what others did, and claim what is requested."""
        orders: list[Order] = []
        returned, filled = list(returned), list(filled)
        # Others wait while an exchange lasts, so what can be made ready is.
        rows = {tid: row_of(doc) for tid, doc in self._results.items()}

        def order_of() -> Order:
            order = self._order(request, rows, returned=returned, filled=filled)
            orders[:] = [order]
            return order

        with self._quiet():
            reply = self.shared.exchange(
                order_of,
                self._show,
                look_for_lost=look_for_lost,
                joined=joined,
                foreseen=lambda: foreseen(self.shared.id, request),
            )
            self._settle_order(orders[0], reply)
        return reply

    def _settle_order(self, order: Order, reply: Reply) -> None:
        """Take note of what is stored now."""
        refused = set(reply.refused)
        for row, _ in order.inserted:
            self._prints[row.tid] = _print(row)
            if row.state in _UNFINISHED:
                self._attempts[row.tid] = row.state
                if row.state == 1:
                    self.running[row.tid] = 1
        if order.inserted:
            for doc in self._fresh():
                self._known[doc["tid"]] = doc
        for row in [*order.corrected, *(row for _, row in order.results)]:
            if row.tid in refused:
                continue
            self._prints[row.tid] = _print(row)
            self._attempts.pop(row.tid, None)
            self.running.pop(row.tid, None)
            if row.state in _UNFINISHED:
                self._attempts[row.tid] = 0
        for tid in order.returned:
            self.running.pop(tid, None)
        for tid in refused:
            log.warning("trial %s was deleted elsewhere; its result is dropped", tid)
            self._remove(tid)
        self._results.clear()
        self._corrected.clear()
        if refused:
            self._reread()

    def take(self, row: Stored, doc: Document | None) -> Document:
        """Take note of a trial that was claimed; `doc` is its document if it was made here."""
        known = self._known.get(row.tid)
        if known is None:
            known = document_of(row) if doc is None else doc
            known["state"] = row.state
            self._known[row.tid] = known
            self._note(row)
            self._append([known])
        else:
            known["state"] = row.state
            self._note(row)
            with self._quiet():
                self._trials._settle(known)
        self.running[row.tid] = row.attempt
        return known

    def resume(self, docs: Iterable[Document]) -> list[Document]:
        """Claim paused trials, to go on with them; return those that nobody else has taken."""
        tids = [doc["tid"] for doc in docs]
        self.shared.worker  # noqa: B018 (whoever claims takes part)
        self.sync()

        def work(writing: Writing) -> list[Stored]:
            rows = [resume(writing, tid) for tid in tids]
            return [row for row in rows if row is not None]

        with self._quiet():
            rows: list[Stored] = self.shared.write(work, self._show)
            self.shared.known = self.header.rev
            return [self._reopened(row) for row in rows]

    def _reopened(self, row: Stored) -> Document:
        doc = self._known[row.tid]
        doc["state"], doc["book_time"] = row.state, None
        self._note(row)
        self._trials._reopen(doc)
        self.running[row.tid] = row.attempt
        return doc

    def finish(self, doc: Document) -> None:
        """Remember a result, to be written with the next exchange; told twice, it counts once."""
        if self.attempt_at(doc["tid"]) is not None:
            self._results[doc["tid"]] = doc

    def claimed(self) -> list[Document]:
        """The unfinished trials that this process runs."""
        return [self._known[tid] for tid in self.running if tid not in self._results]

    @property
    def has_results(self) -> bool:
        """Whether results wait to be written."""
        return bool(self._results)

    def knows(self, tid: int) -> bool:
        """Whether the study has a trial of this id, as far as is known here."""
        return tid in self._known

    def attempt_at(self, tid: int) -> int | None:
        """The attempt at an unfinished trial: ours, or else the one that is under way."""
        return self.running.get(tid, self._attempts.get(tid))

    def sync(self, docs: Iterable[Document] = ()) -> None:
        """Write what was done here and learn what others did.

        Parameters
        ----------
        docs
            Documents that may have been changed here.
        """
        if self._busy:
            return
        self.notice(docs)
        if self._results or self._corrected or self._fresh():
            self.exchange(joined=self.shared.has_joined)
        else:
            with self._quiet():
                self.shared.look(self._show)

    # -- more than one statement at a time

    def reserve_ids(self, n: int) -> list[int]:
        """Ids that no other trial gets."""
        if self._writing is not None:
            return self._writing.reserve_ids(n)
        with self._quiet():
            tids: list[int] = self.shared.write(lambda writing: writing.reserve_ids(n), self._show)
        return tids

    def insert_unseen(self, insert: Callable[[], None]) -> None:
        """Call `insert`, which looks at all trials and inserts what is missing, at one stroke.

        What it inserts does not count as one of the trials that ``max_evals`` limits.
        """
        left: list[Document] = []

        def work(writing: Writing) -> list[Row]:
            self._writing = writing
            listed = self._trials._dynamic_trials
            for doc in left:  # of a COMMIT whose outcome was unclear
                listed.remove(doc)
            n_before = len(listed)
            try:
                insert()
                left[:] = listed[n_before:]
                rows = [row_of(doc) for doc in left]
                for row in rows:
                    writing.insert(row, "insert", counts=False)
            except BaseException:
                del listed[n_before:]
                raise
            finally:
                self._writing = None
            return rows

        self.sync()
        with self._quiet():
            rows = self.shared.write(work, self._show)
            self._settle_order(Order(inserted=[(row, False) for row in rows]), Reply(self.header))
            self.shared.known = self.header.rev
            self._reread()

    @property
    def header(self) -> Header:
        """The study's row as it was seen last."""
        return self.shared.header

    def write(self, work: Callable[[Writing], Any]) -> Any:
        """A change by hand, which is then shown."""
        self.sync()
        with self._quiet():
            result = self.shared.write(work, self._show)
            self.shared.look(self._show)
        return result


def _print(row: Any) -> int | None:
    """A fingerprint of a row; None if it holds a pickle, which may differ each time it is made."""
    return None if row[7] is None or '"$p"' in row[7] else hash(tuple(row))


def _check_id(doc: Document, known: dict[int, Document]) -> None:
    tid = doc["tid"]
    if isinstance(tid, bool) or not hasattr(tid, "__index__") or tid < 0:
        raise ValueError(
            f"trial {tid!r}: in a database the id of a trial is a whole number of at least 0; "
            "trials.new_trial_ids(1) gives one"
        )
    if tid in known:
        raise ValueError(
            f"trial {tid!r}: the study has a trial of this id already; trials.new_trial_ids(1) "
            "gives one that is free"
        )
