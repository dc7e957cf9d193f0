"""`StoredTrials`: a study in a database, which lasts and which any number of processes share."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any, overload

from hyperopt.environment import log
from hyperopt.exceptions import ChangedSpace, InvalidTrial
from hyperopt.storage.checkpoints import PICKLE
from hyperopt.storage.documents import DOMAIN_ATTACHMENT, Document
from hyperopt.storage.sql import codec, reading
from hyperopt.storage.sql.address import Address
from hyperopt.storage.sql.database import PATIENCE_S
from hyperopt.storage.sql.leases import LEASE_S, others_that_run
from hyperopt.storage.sql.mirror import Mirror
from hyperopt.storage.sql.shared import SharedStudy, connect, open_study_row
from hyperopt.study.corrections import correct, requeue
from hyperopt.study.leaving import leave, leave_when_gone, terminable
from hyperopt.study.snapshot import description_of_study, run_facts_of_study
from hyperopt.study.stored_attachments import StoredAttachments, StoredTrialAttachments
from hyperopt.study.trials import Trials

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.space.description import Description
    from hyperopt.storage.sql.writing import Writing
    from hyperopt.study.ask_and_tell import Study
    from hyperopt.study.shared_writer import SharedStore

__all__ = ["DEFAULT_NAME", "StoredTrials", "open_study"]

DEFAULT_NAME = "default"
"""The study that a URL without a name means."""

_MOST_PICKLED = 64 << 20
"""An objective whose pickle is larger is not stored for workers."""


class StoredTrials(Trials):
    """The trials of a study in a database: a `Trials` in every respect.

    Every process that opens the same study takes part in it: `fmin` suggests from what all of them
    found, claims its trials, and stores each result when it is there. A process may end in any way;
    what it had finished is kept, and what it ran is run again by others.

    Parameters
    ----------
    url
        ``sqlite:///file.db`` (or a path), or ``postgresql://user@host/database``.
    name
        The study; it is made if there is none of this name.
    exp_key
        The experiment, as for `Trials`.
    lease_s
        After how many seconds without a sign of life a process on another machine counts as lost.
        It is set when the study is made.
    patience_s
        For how long to try to reach a database that is away.
    trust_pickles
        Whether to go on with paused trials whose checkpoints another process has pickled: loading
        them runs code, which anybody can have put there who may write to the database. Without it
        only bytes, and what this process has pickled itself, are loaded.
    sync_interval_s
        SQLite only: commits closer together than this are not each forced onto the disk. They
        survive the end of the process, and a power cut a moment later. 0 forces all of them.

    Examples
    --------
    >>> import tempfile
    >>> from hyperopt import StoredTrials, fmin, hp, rand
    >>> url = f"sqlite:///{tempfile.mkdtemp()}/study.db"
    >>> for max_evals in (10, 15):  # the second run goes on
    ...     trials = StoredTrials(url, "bowl")
    ...     best = fmin(lambda x: x**2, hp.uniform("x", -5, 5), rand.suggest, max_evals,
    ...                 trials=trials, rstate=0, verbose=False)
    >>> len(StoredTrials(url, "bowl"))
    15
    """

    attachments: Any

    _leads = True
    """Whether runs here say what the study is: its objective and how many trials it shall have."""
    _suggests = True
    """Whether new trials are made here; else only those that wait are evaluated."""

    def __init__(
        self,
        url: str | os.PathLike[str] | Address,
        name: str = DEFAULT_NAME,
        exp_key: Any = None,
        refresh: bool = True,
        *,
        lease_s: float = LEASE_S,
        patience_s: float = PATIENCE_S,
        sync_interval_s: float | None = None,
        trust_pickles: bool = False,
        _create: bool = True,
    ) -> None:
        _check_name(name)
        if min(lease_s, patience_s) <= 0:
            raise ValueError(
                f"lease_s={lease_s!r}, patience_s={patience_s!r}: give numbers of seconds above 0"
            )
        super().__init__(exp_key, refresh=False)
        database = connect(url, patience_s=patience_s, sync_interval_s=sync_interval_s)
        header = open_study_row(database, name, create=_create, lease_s=lease_s)
        shared = SharedStudy(database, header)
        self._options = {"patience_s": patience_s, "sync_interval_s": sync_interval_s}
        self._trusts_pickles = trust_pickles
        self._stored_key = None if exp_key is None else codec.to_text(exp_key)
        self._space_number = header.space
        self._known_space: CompiledSpace | None = None
        self._has_read_space = False
        self._own_run: dict[str, Any] = {}
        self._mirror: Mirror = Mirror(_Unowned(self), shared)
        self.attachments = StoredAttachments(self._mirror)
        leave_when_gone(self, self._mirror)
        self._trials = []
        if refresh:
            self.refresh()

    # -- what the study is

    @property
    def name(self) -> str:
        """The study's name."""
        return self._mirror.header.name

    @property
    def url(self) -> str:
        """Where the study is, without a password."""
        return str(self._mirror.shared.database.address)

    def __repr__(self) -> str:
        return f"<StoredTrials {self.name!r} at {self.url}: {len(self._dynamic_trials)} trials>"

    def close(self) -> None:
        """Take part no more: give back what is running here, and close the connection.

        Happens by itself when the process ends in an orderly way. The study can still be used, and
        is then joined anew.
        """
        self._mirror.sync()
        leave(self._mirror, os.getpid())

    def _own_store(self) -> SharedStore:
        from hyperopt.study.shared_writer import SharedStore

        return SharedStore(self)

    @contextmanager
    def _during_run(self, domain: Domain, max_evals: int | None) -> Iterator[None]:
        """What surrounds a run of `fmin`."""
        if self._leads:
            self._store_domain(domain)
            limit = None if max_evals is None or max_evals >= sys.maxsize else max_evals
            self._mirror.write(lambda writing: writing.set_max_evals(limit))
        with terminable():
            yield

    def _store_domain(self, domain: Domain) -> None:
        """Keep the objective for workers, as a pickle, which they load only when told to."""
        with suppress(Exception):  # What can't be pickled can't be evaluated elsewhere.
            import cloudpickle

            pickled = cloudpickle.dumps(domain)
            if len(pickled) <= _MOST_PICKLED and self.attachments.get(DOMAIN_ATTACHMENT) != pickled:
                self.attachments[DOMAIN_ATTACHMENT] = pickled

    def remember_space(self, space: CompiledSpace) -> None:
        """Keep the space that the trials are of: here, and as data in the database."""
        if self._known_space is space:
            return
        from hyperopt.space.as_text import text_of
        from hyperopt.space.description import describe

        description = describe(space)
        text = text_of(space.expression, description)

        def work(writing: Writing) -> int:
            if description_of_study(writing.database, writing.study) not in (None, description):
                _refuse_two_spaces(writing, self._stored_key)
            return writing.set_space(text)

        self._space_number = self._mirror.write(work)
        self._known_space = space

    @property
    def space_description(self) -> Description | None:
        """What the space of the study is, in plain data, as it is stored now."""
        shared = self._mirror.shared
        found: Description | None = shared.database.read(
            lambda: description_of_study(shared.database, shared.id)
        )
        return found

    @property
    def _space(self) -> CompiledSpace | None:  # type: ignore[override]
        """The space that was remembered here, or else the one that is stored."""
        if self._known_space is None and not self._has_read_space:
            self._has_read_space = True
            from hyperopt.study.snapshot import space_of_study

            shared = self._mirror.shared
            self._known_space = shared.database.read(
                lambda: space_of_study(shared.database, shared.header)
            )
        return self._known_space

    def remember_run(self, facts: Mapping[str, Any]) -> None:
        """Keep what is known of the run here; the database knows of all of them."""
        self._own_run = dict(facts)

    @property
    def _run_facts(self) -> Mapping[str, Any]:  # type: ignore[override]
        """What is known of the runs of the study."""
        shared = self._mirror.shared
        stored: dict[str, Any] = shared.database.read(
            lambda: run_facts_of_study(
                shared.database, reading.read_header(shared.database, shared.id)
            )
        )
        return {**stored, **self._own_run}

    # -- what `Trials` does, with the database

    def new_trial_ids(self, n: int) -> list[Any]:
        """Reserve `n` ids that no trial has, in any process."""
        return list(self._mirror.reserve_ids(n))

    def assert_valid_trial(self, trial: Any) -> Any:
        """Return `trial`, or raise `InvalidTrial`."""
        super().assert_valid_trial(trial)
        tid = trial["tid"]
        if isinstance(tid, bool) or not hasattr(tid, "__index__") or tid < 0:
            raise InvalidTrial("in a database the tid must be a whole number of at least 0:", tid)
        return trial

    def _insert_trial_docs(self, docs: Iterable[Document]) -> list[Any]:
        docs = list(docs)
        for doc in docs:
            if self._mirror.knows(doc["tid"]):
                raise InvalidTrial("the study has a trial of this tid already:", doc["tid"])
        return super()._insert_trial_docs(docs)

    def view(self, exp_key: Any = None, refresh: bool = True) -> StoredTrials:
        """Another look at the same study, through another experiment key."""
        other = StoredTrials(
            self._mirror.shared.database.address,
            self.name,
            exp_key,
            refresh,
            trust_pickles=self._trusts_pickles,
            **self._options,  # type: ignore[arg-type]
        )
        if self._space is not None:
            other._known_space = self._space
        return other

    def trial_attachments(self, trial: Document) -> Any:
        """The attachments of one trial, as a mutable mapping."""
        return StoredTrialAttachments(self.attachments, int(trial["tid"]))

    def _has_checkpoint(self, trial: Document, name: str) -> bool:
        """Whether a paused trial may go on here."""
        trusted = name != PICKLE or self._trusts_pickles
        return trusted or trial["tid"] in self.attachments.own_pickles

    def _checkpoint(self, trial: Document, name: str) -> bytes | None:
        """The checkpoint of a paused trial, if it may be loaded here."""
        tid = trial["tid"]
        if not self._has_checkpoint(trial, name):
            log.warning(
                "trial %s begins anew: another process has pickled its checkpoint, and pickles of "
                "others are not loaded without trust_pickles", tid,
            )  # fmt: skip
            return None
        data: bytes | None = self.attachments.of_result(tid, name)
        if name != PICKLE or self._trusts_pickles or data is None:
            return data
        return data if sha256(data).digest() == self.attachments.own_pickles[tid] else None

    def _drop_checkpoint(self, trial: Document, name: str) -> None:
        """Nothing: what belongs to an earlier attempt goes when the trial has ended."""
        self.attachments.own_pickles.pop(trial["tid"], None)

    def _insert_points(self, insert: Callable[[], None]) -> None:
        """Insert what is missing, so that two processes don't insert it twice."""
        self._mirror.insert_unseen(insert)

    def delete_all(self) -> None:
        """Delete every trial, for all processes."""
        self.delete([doc["tid"] for doc in self._dynamic_trials])

    # -- what is done by hand

    def delete(self, tids: Iterable[int]) -> int:
        """Delete trials, for all processes; return how many there were.

        The log keeps them: `hyperopt verify` can still tell what was suggested from them.
        """
        wanted = [int(tid) for tid in tids]
        n: int = self._mirror.write(lambda writing: sum(writing.delete(tid) for tid in wanted))
        return n

    def correct(
        self, tid: int, loss: Any = None, *, result: Mapping[str, Any] | None = None
    ) -> None:
        """Replace the result of a trial, for all processes.

        Parameters
        ----------
        tid
            The trial.
        loss, result
            The loss, or a result dict: what an objective would return.
        """
        from hyperopt.objective.domain import normalise_result

        if (loss is None) == (result is None):
            raise ValueError(f"correct({tid!r}): give exactly one of loss and result")
        outcome = normalise_result(loss if result is None else result)
        attachments = outcome.pop("attachments", None) or {}

        self._mirror.write(lambda writing: correct(writing, tid, outcome))
        self.trial_attachments({"tid": tid}).update(attachments)

    def retry(self, tids: Iterable[int]) -> list[int]:
        """Put trials back into the queue, to be evaluated again; return those that were put back.

        Trials that wait already, and those that a living process runs, are left alone.
        """
        wanted = [int(tid) for tid in tids]

        def work(writing: Writing) -> list[int]:
            return [tid for tid in wanted if requeue(writing, tid)]

        done: list[int] = self._mirror.write(work)
        return done

    # -- pickles

    def __reduce__(self) -> Any:
        """As plain `Trials`: a pickle holds the documents, and no database."""
        plain = Trials(self._exp_key, refresh=False)
        plain._dynamic_trials = self._dynamic_trials
        plain._ids = set(self._ids)
        plain.attachments = dict(self.attachments)
        if self._space is not None:
            plain._space = self._space
        plain.remember_run(self._run_facts)
        plain.refresh()
        return _plain_trials, (plain.__getstate__(),)


def _refuse_two_spaces(writing: Writing, exp_key: str | None) -> None:
    """Raise `ChangedSpace` if others run trials of this experiment now."""
    lease_s = writing.header.lease_s
    others = others_that_run(writing.database, writing.study, writing.worker, exp_key, lease_s)
    if others:
        raise ChangedSpace(
            f"{' and '.join(others)} evaluates trials of this study with another space: use the "
            "same space, wait until that process ends, or give the study another name"
        )


@overload
def open_study(
    url: str | os.PathLike[str],
    name: str = "default",
    *,
    space: dict[str, Any],
    algo: Callable[..., Any] | None = None,
    rstate: Any = None,
    exp_key: Any = None,
    avoid_duplicates: bool = False,
    condition: Callable[[Any], Any] | None = None,
    **options: Any,
) -> Study[dict[str, Any]]: ...


@overload
def open_study(
    url: str | os.PathLike[str],
    name: str = "default",
    *,
    space: Any,
    algo: Callable[..., Any] | None = None,
    rstate: Any = None,
    exp_key: Any = None,
    avoid_duplicates: bool = False,
    condition: Callable[[Any], Any] | None = None,
    **options: Any,
) -> Study: ...


def open_study(
    url: str | os.PathLike[str],
    name: str = DEFAULT_NAME,
    *,
    space: Any,
    algo: Callable[..., Any] | None = None,
    rstate: Any = None,
    exp_key: Any = None,
    avoid_duplicates: bool = False,
    condition: Callable[[Any], Any] | None = None,
    **options: Any,
) -> Study:
    """Ask and tell, on a study in a database.

    Parameters
    ----------
    url, name, exp_key, **options
        As for `StoredTrials`.
    space, algo, rstate, avoid_duplicates, condition
        As for `hyperopt.Study`.

    Returns
    -------
    Study
        Its ``trials`` are the `StoredTrials`.

    Examples
    --------
    >>> import tempfile
    >>> from hyperopt import hp, open_study, rand
    >>> url = f"sqlite:///{tempfile.mkdtemp()}/study.db"
    >>> study = open_study(url, "bowl", space=hp.uniform("x", -5, 5), algo=rand.suggest, rstate=0)
    >>> trial = study.ask()
    >>> study.tell(trial, trial.params ** 2)
    >>> len(open_study(url, "bowl", space=hp.uniform("x", -5, 5)).trials)
    1
    """
    trials = StoredTrials(url, name, exp_key, **options)
    return trials.study(space, algo, rstate, avoid_duplicates=avoid_duplicates, condition=condition)


def _check_name(name: Any) -> None:
    if not isinstance(name, str) or not name:
        raise ValueError(f"name={name!r}: give the study a name, a text")


class _Unowned:
    """Stands for the trials in their mirror, without keeping them alive."""

    def __init__(self, trials: StoredTrials) -> None:
        self._trials = weakref.ref(trials)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._trials(), name)


def _plain_trials(state: Mapping[str, Any]) -> Trials:
    trials: Trials = object.__new__(Trials)
    trials.__setstate__(state)
    return trials
