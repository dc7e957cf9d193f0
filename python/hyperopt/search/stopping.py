"""Rules that end a run early, for the argument `early_stop_fn` of `fmin`.

Such a rule is a function ``rule(trials, *state) -> (stop, state)``: it is called once for every
trial that ends, in the order in which they end, with the state that it returned the last time. Its
``trials`` show those that are done, in that order: ``trials.trials[-1]`` is the newest, whatever
else is running. A trial that raised (and was caught), or was lost, is not shown, but the rule is
called for it as well; one of status *fail* is shown, and has no loss.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public
from hyperopt.storage.documents import JOB_STATE_DONE, STATUS_OK

if TYPE_CHECKING:
    from hyperopt.search.counts import RunCounts
    from hyperopt.search.run import Run
    from hyperopt.storage.store import TrialStore

__all__ = ["no_progress_loss", "reason_to_stop"]

INTERRUPTED = "fmin run cancelled by user"
TIMEOUT = "fmin run timeout"
EARLY_STOP = "early stopping condition"
STOPPED = "the study was stopped"
LOSS_THRESHOLD = "loss threshold reached"


def reason_to_stop(run: Run, counts: RunCounts, *, is_first: bool) -> str | None:
    """Why no further round of a run is allowed, or None.

    Losses of earlier runs count from the second round on.
    """
    if run.is_cancelled:
        return INTERRUPTED
    if run.options.timeout is not None and run.remaining_s() == 0.0:
        return TIMEOUT
    threshold = run.options.loss_threshold
    if not is_first and threshold is not None and counts.best_loss < threshold:
        return LOSS_THRESHOLD
    return None


@public("hyperopt.early_stop")
def no_progress_loss(
    iteration_stop_count: int = 20, percent_increase: float = 0.0
) -> Callable[..., tuple[bool, list[Any]]]:
    """Stop when the loss has not improved for a number of trials.

    Parameters
    ----------
    iteration_stop_count
        How many trials without progress end the run.
    percent_increase
        By how many percent of the last accepted loss a loss has to be smaller to count as progress.

    Returns
    -------
    callable
        A rule for `early_stop_fn`. A trial without a loss is one without progress.

    Examples
    --------
    >>> from hyperopt import fmin, hp, rand
    >>> _ = fmin(lambda x: 1.0, hp.uniform("x", 0, 1), rand.suggest, max_evals=100,
    ...          early_stop_fn=no_progress_loss(10), verbose=False)
    """

    def stop_fn(
        trials: TrialStore, best_loss: float | None = None, iteration_no_progress: int = 0
    ) -> tuple[bool, list[Any]]:
        new_loss = _newest_loss(trials)
        if best_loss is None:
            return False, [new_loss, iteration_no_progress + 1]
        # Anything is progress after trials without a loss.
        margin = abs(best_loss) * (percent_increase / 100.0) if math.isfinite(best_loss) else 0.0
        if new_loss < best_loss - margin:
            return False, [new_loss, 0]
        iteration_no_progress += 1
        return iteration_no_progress >= iteration_stop_count, [best_loss, iteration_no_progress]

    return stop_fn


def _newest_loss(trials: TrialStore) -> float:
    """The loss of the last trial that is done; infinity if there is none."""
    done = (
        doc for doc in reversed(trials.trials) if doc.get("state", JOB_STATE_DONE) == JOB_STATE_DONE
    )
    result: dict[str, Any] = next(done, {"result": {}})["result"]
    loss = result.get("loss") if result.get("status", STATUS_OK) == STATUS_OK else None
    return math.inf if loss is None or math.isnan(loss) else loss
