"""The loop for trials that somebody else evaluates (`Trials.asynchronous`).

Workers that this process knows nothing of change the documents. All that can be done is to put new
trials into the store and look again from time to time.
"""

from __future__ import annotations

import time
from timeit import default_timer
from typing import TYPE_CHECKING

from hyperopt.environment import log
from hyperopt.search.options import draw_seed
from hyperopt.search.tally import Tally
from hyperopt.storage.documents import JOB_STATE_NEW, JOB_STATE_RUNNING

if TYPE_CHECKING:
    from hyperopt.search.ended import Ended
    from hyperopt.search.iterator import FMinIter

_UNFINISHED = [JOB_STATE_NEW, JOB_STATE_RUNNING]


def run_polling(run: FMinIter, n_trials: int, block_until_done: bool) -> Tally:
    """Queue `n_trials` trials, as room comes up, and wait for the workers.

    Parameters
    ----------
    run
        Holds the algorithm, the domain, the trials and the stopping rules.
    n_trials
        How many trials to queue.
    block_until_done
        Whether to wait until all trials have ended, or only until all are queued.
    """
    trials = run.trials
    trials.refresh()
    tally = Tally(trials._trials)
    n_done, n_queued = tally.n_done, 0
    ended = run.ended_trials()
    exhausted = all_done = False
    with run.progress_callback(initial=n_done, total=run.max_evals) as bar:
        tally.attach(bar)
        best_loss = float("inf")
        while (
            (n_queued < n_trials and not exhausted) or (block_until_done and not all_done)
        ) and not (
            run.is_cancelled
            or (run.timeout is not None and default_timer() - run.start_time >= run.timeout)
            or (run.loss_threshold is not None and best_loss < run.loss_threshold)
        ):
            room = run.max_queue_len - trials.count_by_state_unsynced(JOB_STATE_NEW)
            while room > 0 and n_queued < n_trials and not exhausted and not run.is_cancelled:
                new_ids = trials.new_trial_ids(min(room, n_trials - n_queued))
                trials.refresh()
                docs = run.algo(new_ids, run.domain, trials, draw_seed(run.rstate))
                if docs is None or not len(docs):
                    exhausted = True
                    break
                trials.insert_trial_docs(docs)
                trials.refresh()
                n_queued += len(docs)
                room = run.max_queue_len - trials.count_by_state_unsynced(JOB_STATE_NEW)
            all_done = trials.count_by_state_unsynced(_UNFINISHED) == 0
            if not all_done:
                time.sleep(run.poll_interval_secs)
            trials.refresh()
            run.save()
            tally.recount(trials._trials, trials.count_by_state_unsynced(JOB_STATE_RUNNING))
            best_loss = tally.best_loss
            all_done = trials.count_by_state_unsynced(_UNFINISHED) == 0
            if (ended is not None and _wants_early_stop(run, ended)) or (
                exhausted and not block_until_done
            ):
                break
        if block_until_done and not run.is_cancelled:
            wait_for_workers(run)
            tally.recount(trials._trials, 0)
    return tally


def _wants_early_stop(run: FMinIter, ended: Ended) -> bool:
    """Ask the stopping rule about every trial that has ended since, one after the other."""
    for doc in ended.news():
        ended.add(doc)
        if run.wants_early_stop(ended):
            return True
    return False


def wait_for_workers(run: FMinIter) -> None:
    """Sleep until no trial is new or running."""
    told = False
    while n_unfinished := run.trials.count_by_state_unsynced(_UNFINISHED):
        if not told and run.verbose:
            log.info("Waiting for %d jobs to finish ...", n_unfinished)
            told = True
        time.sleep(run.poll_interval_secs)
    run.trials.refresh()
