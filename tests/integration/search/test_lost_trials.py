"""Trials that get lost with their worker are begun again, three times in all."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter

import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.base import JOB_STATE_CANCEL, JOB_STATE_DONE, JOB_STATE_ERROR
from hyperopt.evaluation import Outcome, TrialLost

X = hp.uniform("x", -5, 5)


class Losing:
    """Loses each trial a number of times that depends on its id."""

    def __init__(self, n_losses, again=True, capacity=3):
        self.capacity, self.n_losses, self.again = capacity, n_losses, again
        self.running, self.begun = [], Counter()

    def start(self, domain, trials):
        self.domain = domain

    def submit(self, doc):
        self.begun[doc["tid"]] += 1
        self.running.append(doc)

    def wait(self, timeout_s):
        doc = self.running.pop()
        tid = doc["tid"]
        if self.begun[tid] <= self.n_losses(tid):
            return [Outcome(tid, error=TrialLost("its worker is gone", again=self.again))]
        return [Outcome(tid, self.domain.evaluate({"x": doc["misc"]["vals"]["x"][0]}, None))]

    def cancel(self, tids, reason):
        pass

    def close(self, *, cancel):
        pass


def search(evaluator, **options):
    trials = Trials()
    fmin(lambda x: x, X, rand.suggest, 8, trials=trials, rstate=0, verbose=False,
         executor=evaluator, **options)  # fmt: skip
    return [doc["state"] for doc in trials._dynamic_trials]


@pytest.mark.parametrize("strict", [False, True])
def test_a_trial_is_begun_again_until_it_was_lost_three_times(strict, caplog):
    evaluator = Losing(lambda tid: tid % 4)
    states = search(evaluator, strict_order=strict)
    expected = [JOB_STATE_DONE, JOB_STATE_DONE, JOB_STATE_DONE, JOB_STATE_ERROR] * 2
    assert states == expected
    assert [evaluator.begun[tid] for tid in range(8)] == [1, 2, 3, 3] * 2
    assert "its worker is gone; attempt 2 of 3 follows" in caplog.messages


def test_a_trial_that_is_lost_by_its_own_fault_is_not_begun_again():
    evaluator = Losing(lambda tid: tid % 2, again=False)
    assert search(evaluator) == [JOB_STATE_DONE, JOB_STATE_ERROR] * 4
    assert set(evaluator.begun.values()) == {1}


def test_a_trial_that_is_begun_again_when_the_run_ends_is_cancelled():
    evaluator = Losing(lambda tid: 1 if tid == 2 else 0, capacity=1)
    states = search(evaluator, early_stop_fn=lambda trials: (len(trials) >= 2, []))
    assert set(states) <= {JOB_STATE_DONE, JOB_STATE_CANCEL}


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize(
    ("number", "n_attempts"), [(signal.SIGKILL, 3), (signal.SIGTERM, 3), (signal.SIGSEGV, 1)]
)
def test_a_worker_that_is_killed_gives_its_trial_back_but_one_that_crashes_does_not(
    tmp_path, number, n_attempts
):
    log = tmp_path / "attempts"

    def objective(x):
        with log.open("a") as file:
            file.write(f"{x}\n")
        if x > 0:
            os.kill(os.getpid(), number)
        return x

    trials = Trials()
    fmin(objective, X, rand.suggest, 4, trials=trials, rstate=3, verbose=False, n_jobs=2)
    begun = Counter(float(line) for line in log.read_text().split())
    for doc in trials._dynamic_trials:
        (x,) = doc["misc"]["vals"]["x"]
        assert doc["state"] == (JOB_STATE_ERROR if x > 0 else JOB_STATE_DONE)
        assert begun[x] == (n_attempts if x > 0 else 1)
    assert n_attempts in begun.values()
