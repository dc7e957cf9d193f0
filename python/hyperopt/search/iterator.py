"""`FMinIter`: a search as an object that can be run in pieces; upstream's shell round a `Run`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public
from hyperopt.search import advance
from hyperopt.search.options import Options
from hyperopt.search.run import Run

if TYPE_CHECKING:
    from typing_extensions import Self

    from hyperopt.objective.domain import Domain
    from hyperopt.search.counts import RunCounts
    from hyperopt.storage.store import TrialStore


class _OfTheRun:
    """An attribute of `Run`, under upstream's name."""

    def __init__(self, name: str = "") -> None:
        self._name = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = self._name or name

    def __get__(self, shell: Any, owner: type | None = None) -> Any:
        return self if shell is None else getattr(shell._run, self._name)

    def __set__(self, shell: Any, value: Any) -> None:
        setattr(shell._run, self._name, value)


class _OfTheOptions:
    """An option of the run, under upstream's name. Setting it makes new options."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, shell: Any, owner: type | None = None) -> Any:
        if shell is None:
            return getattr(Options, self._name)
        return getattr(shell._run.options, self._name)

    def __set__(self, shell: Any, value: Any) -> None:
        shell._run.options = replace(shell._run.options, **{self._name: value})


@public("hyperopt.fmin")
class FMinIter:
    """The search as an object: run all of it, a number of trials, or iterate.

    Parameters
    ----------
    algo
        The suggestion algorithm: ``algo(new_ids, domain, trials, seed)`` gives documents.
    domain
        Objective and space.
    trials
        The store; what it holds already counts as history.
    rstate
        Gives the seed of each call of `algo`; see `fmin`.
    asynchronous
        Whether somebody else evaluates the trials; None: as ``trials.asynchronous`` says.
    poll_interval_secs
        How often to look for results of others.
    max_queue_len, max_evals, timeout, loss_threshold, verbose, show_progressbar, early_stop_fn, \
trials_save_file
        As in `fmin`.
    """

    catch_eval_exceptions = _OfTheOptions()
    pickle_protocol = -1

    algo = _OfTheRun()
    domain = _OfTheRun()
    trials = _OfTheRun()
    rstate = _OfTheRun()
    asynchronous = _OfTheRun()
    early_stop_args = _OfTheRun()
    is_cancelled = _OfTheRun()
    progress_callback = _OfTheRun()
    start_time = _OfTheRun()

    early_stop_fn = _OfTheOptions()
    loss_threshold = _OfTheOptions()
    max_evals = _OfTheOptions()
    max_queue_len = _OfTheOptions()
    poll_interval_secs = _OfTheOptions()
    timeout = _OfTheOptions()
    trials_save_file = _OfTheOptions()
    verbose = _OfTheOptions()

    def __init__(
        self,
        algo: Callable[..., Any],
        domain: Domain,
        trials: TrialStore,
        rstate: Any,
        asynchronous: bool | None = None,
        max_queue_len: int = 1,
        poll_interval_secs: float = 1.0,
        max_evals: int = sys.maxsize,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        verbose: bool = False,
        show_progressbar: Any = True,
        early_stop_fn: Callable[..., Any] | None = None,
        trials_save_file: str | os.PathLike[str] = "",
    ) -> None:
        if max_evals < 0:  # as loops of other people give it that call `run` themselves
            max_evals = 0
        verbose = bool(verbose)
        catch_eval_exceptions = type(self).catch_eval_exceptions
        options = Options.given("FMinIter", locals())
        self._run = Run(algo, domain, trials, rstate, options)

    @property
    def counts(self) -> RunCounts | None:
        """Counts of the trials that ended; None before the first run."""
        return self._run.counts

    def run(self, N: int, block_until_done: bool = True) -> None:
        """Suggest up to `N` trials and have them evaluated.

        Parameters
        ----------
        N
            How many.
        block_until_done
            If others evaluate: whether to wait for them.
        """
        advance.run_trials(self._run, N, block=block_until_done)

    def serial_evaluate(self, N: int = -1) -> None:
        """Evaluate trials that are stored as *new*, in this thread: `N` of them, or all."""
        advance.evaluate_waiting(self._run, N)

    def block_until_done(self) -> None:
        """Evaluate what is stored as *new*, or wait until others have."""
        if self._run.asynchronous:
            advance.await_others(self._run)
        else:
            advance.evaluate_waiting(self._run)

    def __iter__(self) -> Iterator[TrialStore]:
        return self

    def __next__(self) -> TrialStore:
        run = self._run
        self.run(1, bool(run.asynchronous))
        if len(run.trials) >= run.options.max_evals:
            raise StopIteration
        return run.trials

    def exhaust(self) -> Self:
        """Run until there are `max_evals` trials, or a stopping rule applies."""
        advance.exhaust(self._run, self.run)  # which a subclass may override
        return self
