"""What programs that used `MongoTrials` go on using, on studies in a SQL database."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import Any, NoReturn
from urllib.parse import parse_qs, urlparse

from hyperopt.environment.public_path import public
from hyperopt.exceptions import StorageError
from hyperopt.objective.ctrl import Ctrl
from hyperopt.storage.sql.address import masked
from hyperopt.study.stored import DEFAULT_NAME, StoredTrials

_PUBLIC = "hyperopt.mongoexp"
_NO_MONGO = (
    "{name} spoke to MongoDB, which is not supported any more; studies are kept in SQLite or "
    "PostgreSQL: see hyperopt.StoredTrials and the command hyperopt worker"
)


@public(_PUBLIC)
class OperationFailure(Exception):  # noqa: N818
    """An operation of the database failed (kept for programs that catch it)."""


@public(_PUBLIC)
class Shutdown(Exception):  # noqa: N818
    """A worker shall end (kept for programs that catch it)."""


@public(_PUBLIC)
class WaitQuit(Exception):  # noqa: N818
    """A worker shall end when its trial has (kept for programs that catch it)."""


@public(_PUBLIC)
class InvalidMongoTrial(Exception):  # noqa: N818
    """A trial is not fit for the database (kept for programs that catch it)."""


@public(_PUBLIC)
class DomainSwapError(Exception):
    """A worker met another objective than before (kept for programs that catch it)."""


@public(_PUBLIC)
class ReserveTimeout(Exception):  # noqa: N818
    """There was no trial to evaluate for too long (kept for programs that catch it)."""


@public(_PUBLIC)
class MongoTrials(StoredTrials):
    """Trials of an experiment in a SQL database, under the name of upstream's store.

    As with upstream's, `fmin` only suggests: it puts `max_queue_len` trials into the queue, waits
    for the workers, and evaluates nothing, unless it is told who does (`n_jobs`, `executor`). With
    `StoredTrials` every process does both.

    Parameters
    ----------
    arg
        ``sqlite:///file.db`` or ``postgresql://user@host/database``; ``/jobs`` at the end, the name
        of upstream's collection, is ignored.
    exp_key
        The experiment.
    cmd, workdir
        Ignored.
    refresh
        Whether to look at the trials at once.
    """

    asynchronous = True

    def __init__(
        self, arg: Any, exp_key: Any = None, cmd: Any = None, workdir: Any = None,
        refresh: bool = True,
    ) -> None:  # fmt: skip
        super().__init__(_without_collection(arg), DEFAULT_NAME, exp_key, refresh)


def _without_collection(url: Any) -> Any:
    if isinstance(url, str) and not url.startswith("mongo"):
        return url.removesuffix("/jobs")
    return url


@public(_PUBLIC)
class MongoCtrl(Ctrl):
    """The control handle that objectives get, under upstream's name."""


@public(_PUBLIC)
class MongoJobs:
    """Stands for upstream's queue in MongoDB. Making one raises NotImplementedError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(_NO_MONGO.format(name="MongoJobs"))

    @classmethod
    def new_from_connection_str(cls, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise NotImplementedError with what to use."""
        raise NotImplementedError(_NO_MONGO.format(name="MongoJobs"))


@public(_PUBLIC)
class MongoWorker:
    """Stands for upstream's worker object. Making one raises NotImplementedError."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        raise NotImplementedError(_NO_MONGO.format(name="MongoWorker"))


@public(_PUBLIC)
def as_mongo_str(s: str) -> str:
    """`s` with ``mongo://`` before it; a URL of a SQL database is returned as it is.

    Examples
    --------
    >>> as_mongo_str("localhost:27017/db/jobs")
    'mongo://localhost:27017/db/jobs'
    """
    return s if "://" in s else f"mongo://{s}"


@public(_PUBLIC)
def parse_url(url: str, pwfile: str | None = None) -> tuple[Any, ...]:
    """Take a URL ``protocol://[user[:password]@]host[:port]/database/collection`` apart.

    Parameters
    ----------
    url
        The URL.
    pwfile
        A file with the password, if the URL names a user and no password.

    Returns
    -------
    tuple
        Protocol, user, password, host, port, database, collection, ``authSource``; None for each
        that is missing.

    Examples
    --------
    >>> parse_url("mongo://me@host:1234/db/jobs")
    ('mongo', 'me', None, 'host', 1234, 'db', 'jobs', None)
    """
    protocol, colon, rest = url.partition(":")
    # As an ftp address, of which the parts are well known.
    parts = urlparse(f"ftp:{rest}")
    names = parts.path.split("/")
    if not colon or len(names) != 3:
        raise ValueError(
            f"url={masked(url)!r}: give protocol://[user[:password]@]host[:port]/database/jobs"
        )
    password = parts.password
    if password is None and parts.username is not None and pwfile:
        with open(pwfile, encoding="utf-8") as file:  # noqa: PTH123
            password = file.read().rstrip("\n")
    sources = parse_qs(parts.query).get("authSource")
    return (
        protocol, parts.username, password, parts.hostname, parts.port, names[1], names[2],
        sources[-1] if sources else None,
    )  # fmt: skip


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hyperopt-mongo-worker",
        description="Evaluate the trials that `fmin` with `MongoTrials` has put into the queue. "
        "The options are those of upstream's worker; `hyperopt worker` suggests trials as well.",
    )
    add = parser.add_argument
    add("--exp-key", default=None, metavar="str", help="only trials of this experiment")
    add("--mongo", default=None, metavar="URL", help="sqlite:///file.db or postgresql://u@h/db")
    add("--max-jobs", type=int, default=sys.maxsize, metavar="N", help="end after N trials")
    add("--max-consecutive-failures", type=int, default=4, metavar="N",
        help="end after so many trials in a row that failed (default 4)")  # fmt: skip
    add("--reserve-timeout", type=float, default=120.0, metavar="T",
        help="end when there was nothing to do for T seconds (default 120)")  # fmt: skip
    add("--last-job-timeout", type=float, default=None, metavar="T",
        help="begin no trial after T seconds")  # fmt: skip
    add("--poll-interval", type=float, default=5.0, metavar="T",
        help="look for work every T seconds (default 5)")  # fmt: skip
    add("--workdir", default=None, metavar="DIR", help="the working directory")
    add("--no-subprocesses", dest="use_subprocesses", action="store_false",
        help="ignored: trials are evaluated in this process")  # fmt: skip
    add("--working-dir", dest="workdir", help=argparse.SUPPRESS)
    add("--objective", metavar="MODULE:NAME", help="the function to minimise")
    add("--space", metavar="MODULE:NAME", help=argparse.SUPPRESS)
    add("--trust-pickles", action="store_true",
        help="load the stored objective, which runs code from the database")  # fmt: skip
    return parser


@public(_PUBLIC)
def main_worker() -> int:
    """The command ``hyperopt-mongo-worker``."""
    return main_worker_helper(_parser().parse_args(), [])


@public(_PUBLIC)
def main_worker_helper(options: Any, args: Any) -> int:
    """Work as the parsed options of ``hyperopt-mongo-worker`` say; return the exit status."""
    from hyperopt.study.worker import Task, work

    logging.basicConfig(stream=sys.stderr, level=logging.INFO)
    if not options.mongo:
        sys.stderr.write("hyperopt-mongo-worker: give --mongo=URL\n")
        return 2
    if options.workdir:
        os.chdir(options.workdir)
    task = Task(
        objective=getattr(options, "objective", None),
        space=getattr(options, "space", None),
        trust_pickles=getattr(options, "trust_pickles", False),
        timeout=options.last_job_timeout,
        max_trials=options.max_jobs,
        max_failures=options.max_consecutive_failures,
        idle_s=options.reserve_timeout,
        poll_s=options.poll_interval,
        suggests=False,
    )
    try:
        trials = StoredTrials(_without_collection(options.mongo), exp_key=options.exp_key)
        try:
            work(trials, task)
        finally:
            trials.close()
    except (StorageError, ValueError) as error:
        sys.stderr.write(f"hyperopt-mongo-worker: {masked(str(error))}\n")
        return 1
    return 0
