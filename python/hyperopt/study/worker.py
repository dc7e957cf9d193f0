"""A process that does nothing but take part in a study: what ``hyperopt worker`` runs."""

from __future__ import annotations

import importlib
import pickle
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hyperopt.environment import log
from hyperopt.exceptions import AllTrialsFailed
from hyperopt.objective.domain import Domain
from hyperopt.storage.documents import DOMAIN_ATTACHMENT, JOB_STATE_NEW
from hyperopt.storage.lifecycle import UNFINISHED
from hyperopt.storage.sql import codec
from hyperopt.study.provenance import algorithm_of
from hyperopt.study.snapshot import sources_of

if TYPE_CHECKING:
    from hyperopt.study.stored import StoredTrials

__all__ = ["Task", "named", "work"]

_NO_OBJECTIVE = (
    "nothing says what to evaluate: name the objective with --objective package.module:function, "
    "or allow the one that is stored with the study with --trust-pickles; loading it runs code, "
    "which anybody can have put there who may write to the database"
)


@dataclass(frozen=True)
class Task:
    """What a worker is told.

    Attributes
    ----------
    objective, space, algo
        Named as ``package.module:name``; None for the one that belongs to the study.
    trust_pickles
        Whether the stored objective, and the checkpoints of paused trials, may be loaded.
    n_jobs
        How many trials to evaluate at a time.
    max_evals
        Of the study; None for what it was given.
    timeout
        After how many seconds to begin no further trial.
    max_trials, max_failures
        After how many trials of this process, and after how many failures in a row, to end.
    idle_s
        For how long to wait for more when all is done.
    poll_s
        How often to look then.
    suggests
        Whether to make new trials; else only those that wait are evaluated.
    stop_on_error
        Whether an exception of the objective ends the worker.
    verbose
        Whether to show the progress.
    """

    objective: str | None = None
    space: str | None = None
    algo: str | None = None
    trust_pickles: bool = False
    n_jobs: int | None = None
    max_evals: int | None = None
    timeout: float | None = None
    max_trials: float = float("inf")
    max_failures: float = float("inf")
    idle_s: float = 0.0
    poll_s: float = 1.0
    suggests: bool = True
    stop_on_error: bool = False
    verbose: bool = False


class _Counted:
    """An objective that knows when its worker has had enough."""

    def __init__(self, fn: Callable[..., Any], task: Task) -> None:
        self._fn = fn
        self._task = task
        self._n = self._n_failures = 0
        if hasattr(fn, "fmin_pass_expr_memo_ctrl"):
            self.fmin_pass_expr_memo_ctrl = fn.fmin_pass_expr_memo_ctrl

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        self._n += 1
        self._n_failures += 1
        value = self._fn(*args, **kwargs)
        self._n_failures = 0
        return value

    def has_had_enough(self, trials: Any, *state: Any) -> tuple[bool, list[Any]]:
        """The stopping rule for `fmin`."""
        task = self._task
        return self._n >= task.max_trials or self._n_failures >= task.max_failures, []


def work(trials: StoredTrials, task: Task) -> int:
    """Evaluate trials until the study has as many as it shall have; return how many ended here."""
    from hyperopt.search.options import Options
    from hyperopt.search.seeds import as_rstate
    from hyperopt.study.minimise import minimise_domain

    trials._leads, trials._suggests = False, task.suggests
    trials._trusts_pickles |= task.trust_pickles
    if task.max_evals is not None:
        trials._mirror.write(lambda writing: writing.set_max_evals(task.max_evals))
    _await_beginning(trials, task)
    domain, algo = _domain(trials, task), _algorithm(trials, task)
    counted = None
    if min(task.max_trials, task.max_failures) < float("inf"):
        counted = _Counted(domain.fn, task)  # type: ignore[arg-type]
        domain.fn = counted
    until = time.monotonic() + (float("inf") if task.timeout is None else task.timeout)
    while (left_s := until - time.monotonic()) > 0:
        limit = _limit(trials, task)
        options = Options(
            max_evals=limit,
            timeout=None if task.timeout is None else left_s,
            catch_eval_exceptions=not task.stop_on_error,
            verbose=task.verbose,
            return_argmin=False,
            early_stop_fn=None if counted is None else counted.has_had_enough,
            n_jobs=task.n_jobs,
            pruner=domain.pruner,
        )
        with suppress(AllTrialsFailed):
            minimise_domain(domain, algo, trials, as_rstate(None), options)
        enough = counted is not None and counted.has_had_enough(None)[0]
        if enough or not _wait(trials, task, limit, until):
            break
    n_ended = sum(doc["state"] not in UNFINISHED for doc in trials._dynamic_trials)
    log.info("worker: the study %r has %d trials that have ended", trials.name, n_ended)
    return n_ended


def _await_beginning(trials: StoredTrials, task: Task) -> None:
    """Wait until the study has what it takes to work on it, but no longer than for other work."""
    until = time.monotonic() + min(
        task.idle_s, float("inf") if task.timeout is None else task.timeout
    )
    while not _has_begun(trials, task) and (left_s := until - time.monotonic()) > 0:
        time.sleep(min(task.poll_s, left_s))
        trials.refresh()


def _has_begun(trials: StoredTrials, task: Task) -> bool:
    if task.max_evals is None and trials._mirror.header.max_evals is None and not len(trials._ids):
        return False
    if task.objective:
        return bool(task.space) or trials._mirror.header.space is not None
    return not task.trust_pickles or DOMAIN_ATTACHMENT in trials.attachments


def _wait(trials: StoredTrials, task: Task, limit: int, until: float) -> bool:
    """Wait until there is something to do; False if that takes too long."""
    until = min(until, time.monotonic() + task.idle_s)
    while True:
        trials.refresh()
        if trials._own_store().stopped:
            return False
        if _limit(trials, task) != limit:
            return True
        if any(doc["state"] == JOB_STATE_NEW for doc in trials._dynamic_trials):
            return True
        left_s = until - time.monotonic()
        if left_s <= 0:
            return False
        time.sleep(min(task.poll_s, left_s))


def _limit(trials: StoredTrials, task: Task) -> int:
    if task.max_evals is not None:
        return task.max_evals
    limit = trials._mirror.header.max_evals
    if limit is None and task.timeout is None and task.max_trials == float("inf"):
        raise ValueError(
            f"the study {trials.name!r} was not told how many trials it shall have: give "
            "--max-evals, or --timeout"
        )
    return sys.maxsize if limit is None else limit


def _domain(trials: StoredTrials, task: Task) -> Domain:
    """The objective and its space."""
    if not task.objective:
        if not task.trust_pickles:
            raise ValueError(_NO_OBJECTIVE)
        stored = trials.attachments.get(DOMAIN_ATTACHMENT)
        if stored is None:
            raise ValueError(
                f"the study {trials.name!r} holds no objective (it could not be pickled, or fmin "
                "has not run): name it with --objective package.module:function"
            )
        domain: Domain = pickle.loads(stored)
        return domain
    objective = named(task.objective, "--objective")
    if task.space:
        return Domain(objective, named(task.space, "--space"))
    space = trials._space
    if space is None:
        raise ValueError(
            f"the study {trials.name!r} holds no search space that can be read: name it with "
            "--space package.module:space"
        )
    _check_readable(space.expression)
    return Domain(objective, space.expression)


def _check_readable(expression: Any) -> None:
    """Refuse a space whose options are objects that were not read."""
    from hyperopt.pyll.base import Literal, dfs

    for node in dfs(expression):
        if isinstance(node, Literal) and isinstance(node.obj, codec.Opaque):
            raise ValueError(
                f"the stored search space holds {node.obj!r}: name the space itself with --space "
                "package.module:space"
            )


def _algorithm(trials: StoredTrials, task: Task) -> Callable[..., Any]:
    """The algorithm that is named, or else the one that the study used last."""
    if task.algo:
        algo: Callable[..., Any] = named(task.algo, "--algo")
        return algo
    shared = trials._mirror.shared
    sources = shared.database.read(lambda: sources_of(shared.database, shared.id))
    for _, text in reversed(sources):
        facts = codec.from_text(text)
        if "algorithm" in facts:
            try:
                return algorithm_of(facts["algorithm"])
            except LookupError:
                raise ValueError(
                    f"the study {trials.name!r} is searched by {facts['algorithm']!r}, which is "
                    "not of this package: name it with --algo package.module:function"
                ) from None
    from hyperopt.study.minimise import default_algorithm

    return default_algorithm()


def named(text: str, option: str) -> Any:
    """What ``package.module:name`` names; the working directory is looked at first.

    Parameters
    ----------
    text
        The name.
    option
        What to call it in errors.
    """
    module, colon, name = text.partition(":")
    if not colon or not module or not name:
        raise ValueError(f"{option} {text}: give package.module:name")
    if "" not in sys.path:
        sys.path.insert(0, "")
    found: Any = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found
