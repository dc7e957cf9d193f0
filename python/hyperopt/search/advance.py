"""What a run can be asked to do: some trials, all of them, those that wait; to wait for others."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from hyperopt.environment.interrupts import surely
from hyperopt.evaluation.serial import SerialEvaluator
from hyperopt.search.driver import Driver
from hyperopt.search.watching import WatchingDriver
from hyperopt.storage.checkpoints import is_paused
from hyperopt.storage.writer import new_documents

if TYPE_CHECKING:
    from collections.abc import Callable

    from hyperopt.search.run import Run

__all__ = ["await_others", "evaluate_waiting", "exhaust", "run_trials"]


def run_trials(run: Run, n_trials: int, *, block: bool = True) -> None:
    """Suggest up to `n_trials` trials and have them evaluated.

    Parameters
    ----------
    run
        The search.
    n_trials
        How many.
    block
        If others evaluate: whether to wait for them.
    """
    if n_trials <= 0 and not block and not _can_resume(run):
        return
    if run.asynchronous:
        WatchingDriver(run, run.evaluator(), n_trials, block=block).execute()
    else:
        Driver(run, run.evaluator(), n_trials).execute()


def _can_resume(run: Run) -> bool:
    """Whether there are paused trials, some of which may go on."""
    if run.asynchronous or run.options.pruner is None:
        return False
    return any(map(is_paused, run.trials._dynamic_trials))


def exhaust(run: Run, advance: Callable[[int, bool], None] | None = None) -> None:
    """Go on until there are `max_evals` trials, or a stopping rule applies.

    Parameters
    ----------
    run
        The search.
    advance
        Takes the place of `run_trials`: called with the number of trials, and whether to wait.
    """
    n_missing, block = run.options.max_evals - len(run.trials), bool(run.asynchronous)
    if hasattr(run.trials, "_own_store") and not block:
        n_missing = sys.maxsize  # Only a study that others share can tell how many are missing.
    try:
        run.callbacks.start(run.trials)
        if advance is None:
            run_trials(run, n_missing, block=block)
        else:
            advance(n_missing, block)
    except BaseException:
        surely(lambda: run.callbacks.end_quietly(run.trials))
        raise
    finally:
        run.finish()
    run.trials.refresh()
    run.callbacks.end(run.trials)


def evaluate_waiting(run: Run, n_trials: int = -1) -> None:
    """Evaluate trials that are stored as *new*, in this thread: so many of them, or all."""
    waiting = new_documents(run.trials)
    driver = Driver(run, SerialEvaluator(), 0)
    driver.evaluate(waiting if n_trials < 0 else waiting[:n_trials])


def await_others(run: Run) -> None:
    """Wait until others have evaluated every trial."""
    WatchingDriver(run, run.evaluator(), 0).watch()
