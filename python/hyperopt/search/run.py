"""`Run`: a search under way, with all that it remembers from one call to the next."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from hyperopt.environment import log
from hyperopt.environment.interrupts import surely
from hyperopt.evaluation.choice import evaluator
from hyperopt.evaluation.watched import WatchingEvaluator
from hyperopt.search.callbacks import Callbacks
from hyperopt.search.counts import failure_summary
from hyperopt.search.ended import Ended
from hyperopt.search.progress import progress_callback, shows_lines
from hyperopt.search.seeds import as_rstate
from hyperopt.storage.documents import DOMAIN_ATTACHMENT

if TYPE_CHECKING:
    from hyperopt.evaluation.contract import Evaluator
    from hyperopt.objective.domain import Domain
    from hyperopt.search.counts import RunCounts
    from hyperopt.search.options import Options
    from hyperopt.storage.save_file import Saver
    from hyperopt.storage.store import TrialStore

__all__ = ["Run"]


class Run:
    """What is searched, how, and what has become of it so far.

    Parameters
    ----------
    algo
        The suggestion algorithm: ``algo(new_ids, domain, trials, seed)`` gives documents.
    domain
        Objective and space.
    trials
        The store; what it holds already counts as history.
    rstate
        Gives the seed of each call of `algo`.
    options
        How to search.

    Attributes
    ----------
    asynchronous
        Whether others evaluate the trials.
    callbacks
        Whoever is told when trials end.
    counts
        Of the trials that ended; None before the first look at the store.
    early_stop_args
        The state of `early_stop_fn`.
    start_time
        When the run was made; a timeout counts from here.
    warned_of_reports
        Whether it was said that what trials report does not go with their losses.
    warned_of_checkpoints
        Whether it was said that a checkpoint can't be kept.
    """

    def __init__(
        self,
        algo: Callable[..., Any],
        domain: Domain,
        trials: TrialStore,
        rstate: Any,
        options: Options,
    ) -> None:
        self.algo = algo
        self.domain = domain
        self.trials = trials
        self.rstate = as_rstate(rstate)
        self.options = options
        self.start_time = perf_counter()
        self.progress_callback = progress_callback(options.show_progressbar, options.verbose)
        self.callbacks = Callbacks(options.callbacks)
        self.counts: RunCounts | None = None
        self.early_stop_args: Any = []
        self.warned_of_reports = False
        self.warned_of_checkpoints = False
        self._ended: Ended | None = None
        self._saver: Saver | None = None
        self.asynchronous = options.asynchronous
        if self.asynchronous is None:
            self.asynchronous = trials.asynchronous and not options.is_parallel
        if self.asynchronous:
            _attach_domain(domain, trials)

    def evaluator(self) -> Evaluator:
        """Who evaluates the trials."""
        options = self.options
        if self.asynchronous:
            return WatchingEvaluator(options.max_queue_len, options.poll_interval_secs)
        return evaluator(options.n_jobs, options.executor, options.trial_timeout, options.devices)

    @property
    def is_cancelled(self) -> bool:
        """Whether the store says that the run was cancelled."""
        return bool(getattr(self.trials, "_fmin_cancelled", False))

    def remaining_s(self) -> float | None:
        """How long the run may go on; None for as long as it likes."""
        if self.options.timeout is None:
            return None
        return max(0.0, self.options.timeout - (perf_counter() - self.start_time))

    def ended_trials(self) -> Ended | None:
        """What `early_stop_fn` is shown, from the first look on; None if there is no such rule."""
        if self.options.early_stop_fn is None:
            return None
        if self._ended is None:
            self._ended = Ended(self.trials)
        return self._ended

    def wants_early_stop(self, ended: Ended) -> bool:
        """Ask `early_stop_fn` about a trial that has ended, with the state that it gave before."""
        rule = self.options.early_stop_fn
        if rule is None:
            return False
        with ended.shown() as trials:
            answer = rule(trials, *self.early_stop_args)
        if not isinstance(answer, (tuple, list)) or len(answer) != 2 or not _is_list(answer[1]):
            raise TypeError(
                f"early_stop_fn={rule!r} returned {answer!r}: return (stop, state), "
                "where state is a list of what the next call gets after the trials; did you mean "
                "no_progress_loss(20), with its call?"
            )
        stop, self.early_stop_args = answer
        if stop:
            log.info("Early stop triggered: the condition of early_stop_fn is met.")
        return bool(stop)

    def save(self) -> None:
        """Bring `trials_save_file` up to date."""
        if self.options.trials_save_file != "":
            if self._saver is None:
                from hyperopt.storage.save_file import Saver  # most runs have none

                self._saver = Saver(self.options.trials_save_file, self.trials)
            self._saver.save()

    def finish(self) -> None:
        """Leave a plain file behind, and say what should be known about the run."""
        try:
            if self._saver is not None:
                surely(self._saver.close)
        finally:
            self._report()

    def _report(self) -> None:
        """Log what should be known about the run; show it too if there is a progress bar."""
        counts, lines = self.counts, []
        if counts is not None and counts.n_failed:
            lines.append(failure_summary(counts))
        if getattr(self.algo, "exhausted", False):
            lines.append("every point of the space has been evaluated or is pending")
        elif counts is None and not self.asynchronous:
            lines.append(
                f"nothing to do: there are {len(self.trials)} trials, and max_evals is "
                f"{self.options.max_evals}"
            )
        elif counts is not None and counts.ending:
            lines.append(f"stopped before max_evals: {counts.ending}")
        for line in lines:
            # Exceptions that were caught are not kept from whoever has no bar.
            loud = self.options.catch_eval_exceptions and line is lines[0]
            loud = loud and not shows_lines(self.progress_callback)
            loud = loud and counts is not None and counts.n_errors > 0
            (log.warning if loud else log.info)("%s", line)
            if shows_lines(self.progress_callback):
                sys.stdout.write(f"{line}\n")


def _is_list(value: Any) -> bool:
    return isinstance(value, Iterable) and not isinstance(value, str)


def _attach_domain(domain: Domain, trials: TrialStore) -> None:
    """Store the pickled domain where workers look for it."""
    import cloudpickle

    if DOMAIN_ATTACHMENT in trials.attachments:
        log.warning("over-writing old domain trials attachment")
    message = cloudpickle.dumps(domain)
    cloudpickle.loads(message)
    trials.attachments[DOMAIN_ATTACHMENT] = message
