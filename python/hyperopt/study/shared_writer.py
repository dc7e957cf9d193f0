"""How the driver loop writes to a study that other processes share."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from timeit import default_timer
from typing import TYPE_CHECKING, Any

from hyperopt.storage import lifecycle
from hyperopt.storage.documents import Document
from hyperopt.storage.lifecycle import UNFINISHED
from hyperopt.storage.sql import codec, reading
from hyperopt.storage.sql.documents import row_of
from hyperopt.storage.sql.exchange import Filling, Request, Reservation, Suggestion
from hyperopt.study.provenance import description_of, is_known

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.storage.sql.mirror import Mirror
    from hyperopt.study.stored import StoredTrials

__all__ = ["SharedStore"]

QUICK_S = 0.01
"""A call of an algorithm that takes less may happen while others wait for the study."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.02, 1.0


class SharedStore:
    """Writes through exchanges with the database: a result and the next claim in one, if possible.

    Attributes
    ----------
    eager
        Whether code of the user runs between a result and the next claim: then each result is
        written at once.
    queueing
        Whether new trials are put into the queue, for others to evaluate, and nothing is claimed.
    """

    def __init__(self, trials: StoredTrials) -> None:
        self._trials = trials
        self._mirror: Mirror = trials._mirror
        self.eager = False
        self.queueing = False
        self._call_s = float("inf")
        self._pause_s = _FIRST_PAUSE_S
        self._described: tuple[Any, str, bool] | None = None
        self._made: dict[int, Document] = {}

    # -- claiming

    def suggest(
        self,
        algo: Callable[..., Any],
        domain: Domain,
        n: int,
        draw_seed: Callable[[], int],
        limit: int | None,
    ) -> list[Document]:
        """Trials to evaluate: those that wait, those of lost processes, then new ones."""
        docs = self._claim(algo, domain, n, draw_seed, limit if self._trials._suggests else 0)
        if self.queueing and docs:
            self._give_back(docs)
        return docs

    def _claim(
        self,
        algo: Callable[..., Any],
        domain: Domain,
        n: int,
        draw_seed: Callable[[], int],
        limit: int | None,
    ) -> list[Document]:
        source, known = self._describe(algo)

        def call(tids: list[int], seed: int) -> Suggestion:
            return self._call(algo, domain, tids, seed, source)

        quick = known and self._call_s < QUICK_S and not self.eager
        key = self._trials._stored_key
        request = Request(n, limit, call if quick else None, key, draw_seed, self.queueing)
        self._made.clear()
        reply = self._mirror.exchange(request, look_for_lost=self._pause_s > _FIRST_PAUSE_S)
        docs = [self._mirror.take(row, self._made.get(row.tid)) for row in reply.claimed]
        if reply.reserved:
            docs += self._fill(reply.reserved, call)
        if docs:
            self._pause_s = _FIRST_PAUSE_S
        return docs

    def _fill(
        self, reservations: list[Reservation], call: Callable[[list[int], int], Suggestion]
    ) -> list[Document]:
        """Suggest for ids that are reserved, while others go on."""
        filled: list[Filling] = []
        try:
            for reservation in reservations:
                filled.append(Filling(reservation, call(reservation.tids, reservation.seed)))  # noqa: PERF401
            reply = self._mirror.exchange(filled=filled)
        except BaseException:
            # Whether the algorithm raised or strayed: nobody shall wait for what is reserved.
            self._mirror.exchange(filled=[Filling(other, None) for other in reservations])
            raise
        return [self._mirror.take(row, self._made.get(row.tid)) for row in reply.claimed]

    def _call(
        self, algo: Callable[..., Any], domain: Domain, tids: list[int], seed: int, source: str
    ) -> Suggestion:
        began = default_timer()
        docs = algo(tids, domain, self._trials, seed)
        self._call_s = default_timer() - began
        rows = []
        for doc in [] if docs is None else docs:
            self._trials.assert_valid_trial(doc)
            lifecycle.begin(doc)
            self._made[doc["tid"]] = doc
            rows.append(row_of(doc))
        return Suggestion(rows, source)

    def _describe(self, algo: Callable[..., Any]) -> tuple[str, bool]:
        """The text that is stored about an algorithm, and whether it is one of this package."""
        if self._described is None or self._described[0] is not algo:
            from hyperopt.environment.installation import version

            description = description_of(algo)
            facts = {
                "algorithm": description,
                "space": self._trials._space_number,
                "exp_key": self._trials._exp_key,
                "version": version(),
            }
            self._described = (algo, codec.to_text(facts), is_known(description))
        return self._described[1:]

    def wait(self, timeout_s: float | None) -> bool:
        """Wait a little for what others run; False if nobody runs anything.

        Parameters
        ----------
        timeout_s
            Wait no longer than this.
        """
        database, study = self._mirror.shared.database, self._mirror.shared.id
        key = self._trials._stored_key
        if not database.read(lambda: reading.n_open(database, study, key)):
            return False
        pause_s = self._pause_s if timeout_s is None else min(self._pause_s, timeout_s)
        time.sleep(max(0.0, pause_s))
        self._pause_s = min(2 * self._pause_s, _LONGEST_PAUSE_S)
        return True

    @property
    def stopped(self) -> bool:
        """Whether somebody said that the processes of the study shall stop."""
        shared = self._mirror.shared
        stop = shared.header.stop
        return stop is not None and shared.has_joined and shared.worker <= int(stop)

    # -- the rest of what the driver does

    def insert(self, docs: Iterable[Document]) -> list[Document]:
        """Insert new documents that this process is going to run."""
        inserted = []
        for doc in docs:
            self._trials.assert_valid_trial(doc)
            lifecycle.begin(doc)
            inserted.append(doc)
        self._trials._dynamic_trials.extend(inserted)
        self._mirror.exchange()
        self._trials.refresh()
        return inserted

    def resume(self, docs: Iterable[Document]) -> list[Document]:
        """Claim paused trials; return those that no other process was quicker to go on with."""
        return self._mirror.resume(docs)

    def settle(self, doc: Document) -> None:
        """Take note that a stored document was changed."""
        if doc["state"] in UNFINISHED:
            if self._mirror.has_results:  # Its evaluation may take long.
                self.flush()
            return
        self._trials._settle(doc)
        self._mirror.finish(doc)
        if self.eager or self._call_s >= QUICK_S:
            self.flush()

    def hold(self, doc: Document) -> None:
        """Note that somebody will tell the result of a trial, perhaps in another process."""
        self._mirror.asked.append(doc["tid"])

    def flush(self) -> None:
        """Write what has finished."""
        if self._mirror.has_results:
            self._mirror.exchange()

    def abandon(self, docs: Iterable[Document], reason: str) -> None:
        """Give back what this process was going to run."""
        given = [doc for doc in self._mirror.claimed() if doc["tid"] not in self._mirror.asked]
        if given or self._mirror.has_results:
            self._give_back(given)

    def _give_back(self, docs: list[Document]) -> None:
        for doc in docs:
            lifecycle.requeue(doc)
            self._trials._settle(doc)
        self._mirror.exchange(returned=[doc["tid"] for doc in docs])

    def sync(self) -> None:
        """Show everything as it is."""
        self._mirror.sync()
        if len(self._trials._dynamic_trials) != len(self._trials._states.states):
            self._trials.refresh()

    def reread(self) -> None:
        """Show what others did."""
        self._mirror.sync()

    def hurry(self, yes: bool) -> None:
        """Wait for the database no longer than some seconds; or as long as told again."""
        self._mirror.shared.database.hurry(yes)

    def unstarted(self) -> list[Document]:
        """Nothing: what waits is claimed with everything else."""
        return []
