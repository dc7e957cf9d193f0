"""`FMinIter`: a search as an object that can be run in pieces."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from timeit import default_timer
from typing import Any

from hyperopt.environment import log
from hyperopt.environment.public_path import public
from hyperopt.evaluation.contract import Evaluator, SerialEvaluator
from hyperopt.objective.domain import Domain
from hyperopt.search import progress
from hyperopt.search.driver import Driver, surely
from hyperopt.search.ended import Ended
from hyperopt.search.options import as_rstate
from hyperopt.search.tally import Tally
from hyperopt.storage.store import TrialStore
from hyperopt.storage.writer import new_documents


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

    catch_eval_exceptions = False
    pickle_protocol = -1

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
        self.algo = algo
        self.domain = domain
        self.trials = trials
        self.rstate = as_rstate(rstate)
        self.asynchronous = trials.asynchronous if asynchronous is None else asynchronous
        self.max_queue_len = max_queue_len
        self.poll_interval_secs = poll_interval_secs
        self.max_evals = max_evals
        self.timeout = timeout
        self.loss_threshold = loss_threshold
        self.verbose = verbose
        self.early_stop_fn = early_stop_fn
        self.early_stop_args: Any = []
        self.trials_save_file = trials_save_file
        self.start_time = default_timer()
        self.progress_callback = _progress_callback(show_progressbar, verbose)
        self._make_evaluator: Callable[[], Evaluator] = SerialEvaluator
        self._strict_order = False
        self._saver: Any = None
        self._ended: Ended | None = None
        self.tally: Tally | None = None
        if self.asynchronous:
            _attach_domain(domain, trials)

    @property
    def is_cancelled(self) -> bool:
        """Whether the store says that the run was cancelled."""
        return bool(getattr(self.trials, "_fmin_cancelled", False))

    def ended_trials(self) -> Ended | None:
        """What `early_stop_fn` is shown, from the first run on; None if there is no such rule."""
        if self.early_stop_fn is None:
            return None
        if self._ended is None:
            self._ended = Ended(self.trials)
        return self._ended

    def wants_early_stop(self, ended: Ended) -> bool:
        """Ask `early_stop_fn` about a trial that has ended, with the state that it gave before."""
        if self.early_stop_fn is None:
            return False
        with ended.shown() as trials:
            answer = self.early_stop_fn(trials, *self.early_stop_args)
        if not isinstance(answer, (tuple, list)) or len(answer) != 2 or not _is_list(answer[1]):
            raise TypeError(
                f"early_stop_fn={self.early_stop_fn!r} returned {answer!r}: return (stop, state), "
                "where state is a list of what the next call gets after the trials; did you mean "
                "no_progress_loss(20), with its call?"
            )
        stop, self.early_stop_args = answer
        if stop:
            log.info("Early stop triggered: the condition of early_stop_fn is met.")
        return bool(stop)

    def save(self) -> None:
        """Bring `trials_save_file` up to date."""
        if self.trials_save_file != "":
            if self._saver is None:
                from hyperopt.storage.save_file import Saver

                self._saver = Saver(self.trials_save_file, self.trials)
            self._saver.save()

    def run(self, N: int, block_until_done: bool = True) -> None:
        """Suggest up to `N` trials and have them evaluated.

        Parameters
        ----------
        N
            How many.
        block_until_done
            If others evaluate: whether to wait for them.
        """
        if self.asynchronous:
            from hyperopt.search.polling import run_polling

            self.tally = run_polling(self, N, block_until_done)
        elif N > 0 or block_until_done:
            Driver(self, self._make_evaluator(), N, self._strict_order).execute()

    def serial_evaluate(self, N: int = -1) -> None:
        """Evaluate trials that are stored as *new*, in this thread: `N` of them, or all."""
        waiting = new_documents(self.trials)
        driver = Driver(self, SerialEvaluator(), 0)
        driver.evaluate(waiting if N < 0 else waiting[:N])

    def block_until_done(self) -> None:
        """Evaluate what is stored as *new*, or wait until others have."""
        if self.asynchronous:
            from hyperopt.search.polling import wait_for_workers

            wait_for_workers(self)
        else:
            self.serial_evaluate()

    def __iter__(self) -> Iterator[TrialStore]:
        return self

    def __next__(self) -> TrialStore:
        self.run(1, block_until_done=self.asynchronous)
        if len(self.trials) >= self.max_evals:
            raise StopIteration
        return self.trials

    def exhaust(self) -> FMinIter:
        """Run until there are `max_evals` trials, or a stopping rule applies."""
        # Of a study that others share, only the study itself can tell how many are missing.
        shared = hasattr(self.trials, "_own_store") and not self.asynchronous
        n = sys.maxsize if shared else self.max_evals - len(self.trials)
        try:
            self.run(n, block_until_done=self.asynchronous)
        finally:
            if self._saver is not None:
                surely(self._saver.close)
            self._report()
        self.trials.refresh()
        return self

    def _report(self) -> None:
        """Log what should be known about the run; show it too if there is a progress bar."""
        tally = self.tally
        lines = []
        if tally is not None and tally.n_failed:
            from hyperopt.search.failure_summary import failure_summary

            lines.append(failure_summary(tally))
        if getattr(self.algo, "exhausted", False):
            lines.append("every point of the space has been evaluated or is pending")
        elif tally is None and not self.asynchronous:
            lines.append(
                f"nothing to do: there are {len(self.trials)} trials, and max_evals is "
                f"{self.max_evals}"
            )
        elif tally is not None and tally.ending:
            lines.append(f"stopped before max_evals: {tally.ending}")
        shown = self.progress_callback is progress.default_callback
        for line in lines:
            # Exceptions that were caught are not kept from whoever has no bar.
            loud = self.catch_eval_exceptions and not shown and line is lines[0]
            loud = loud and tally is not None and tally.n_errors > 0
            (log.warning if loud else log.info)("%s", line)
            if shown:
                sys.stdout.write(f"{line}\n")


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def _progress_callback(show_progressbar: Any, verbose: bool) -> Callable[..., Any]:
    if not verbose or show_progressbar is False or show_progressbar is None:
        return progress.no_progress_callback
    if show_progressbar is True:
        return progress.default_callback
    if not callable(show_progressbar):
        raise ValueError(
            f"show_progressbar={show_progressbar!r}: give True, False, or a function "
            "(initial, total) that returns a context manager"
        )
    return show_progressbar  # type: ignore[no-any-return]


def _attach_domain(domain: Domain, trials: TrialStore) -> None:
    """Store the pickled domain where workers look for it."""
    import cloudpickle

    if "FMinIter_Domain" in trials.attachments:
        log.warning("over-writing old domain trials attachment")
    message = cloudpickle.dumps(domain)
    cloudpickle.loads(message)
    trials.attachments["FMinIter_Domain"] = message
