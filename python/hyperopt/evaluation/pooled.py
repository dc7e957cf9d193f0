"""Trials in the standard library's process pool: where processes can't be forked."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from hyperopt.evaluation.futures import FutureEvaluator

__all__ = ["PooledEvaluator"]


class PooledEvaluator(FutureEvaluator):
    """Runs trials in a pool of its own; a worker that dies ends the run.

    Parameters
    ----------
    n_jobs
        The number of processes.
    """

    def __init__(self, n_jobs: int) -> None:
        pool = ProcessPoolExecutor(n_jobs, multiprocessing.get_context("spawn"))
        super().__init__(pool, n_jobs)
        self._pool = pool

    def close(self, *, cancel: bool) -> None:
        """End the trials, then the processes."""
        super().close(cancel=cancel)
        processes = list((self._pool._processes or {}).values())
        self._pool.shutdown(wait=not cancel, cancel_futures=cancel)
        if cancel:
            for process in processes:
                process.kill()
