"""Ctrl-C keeps everything that has finished."""

from __future__ import annotations

import pickle
import signal
import subprocess
import sys
import textwrap

import pytest

from hyperopt import Trials, fmin, hp
from hyperopt.base import JOB_STATE_CANCEL

X = hp.uniform("x", -5, 5)

WORKER = textwrap.dedent(
    """
    import pickle, signal, sys, time
    from hyperopt import Trials, fmin, hp
    from hyperopt.algobase import SuggestAlgo

    # Whoever starts the tests in the background has them ignore it, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def suggest(new_ids, domain, trials, seed):
        return [doc for i in new_ids for doc in SuggestAlgo(domain, trials, seed)(i)]

    def objective(x):
        if len(trials) == 4:
            print("sleeping", flush=True)
            time.sleep(60)
        return x**2

    trials = Trials()
    try:
        fmin(objective, hp.uniform("x", -5, 5), suggest, 10, trials=trials)
    except KeyboardInterrupt:
        with open(sys.argv[1], "wb") as file:
            pickle.dump(trials, file)
        print("interrupted", flush=True)
    """
)


def test_a_signal_in_the_middle_of_a_trial_leaves_the_finished_ones(tmp_path, suggest):
    path = tmp_path / "trials.pkl"
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        lines = iter(process.stdout.readline, "")
        while "sleeping" not in next(lines):
            pass
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert "interrupted" in out
    trials = pickle.loads(path.read_bytes())
    assert trials.tids == [0, 1, 2]
    assert trials._dynamic_trials[3]["state"] == JOB_STATE_CANCEL
    fmin(lambda x: x**2, X, suggest, 10, trials=trials, rstate=0, verbose=False)
    assert len(trials) == 10
    assert len(trials._dynamic_trials) == 11


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit])
def test_the_interrupted_trial_is_cancelled_and_does_not_count(suggest, interruption):
    trials = Trials()

    def objective(x):
        if len(trials) == 3:
            raise interruption
        return x

    with pytest.raises(interruption):
        fmin(objective, X, suggest, 5, trials=trials, max_queue_len=3, rstate=0, verbose=False)
    # Of the first batch of three, one finished not at all and one was never started.
    states = [doc["state"] for doc in trials._dynamic_trials]
    assert len(trials) == states.count(2)
    assert set(states) <= {2, JOB_STATE_CANCEL}
    fmin(lambda x: x, X, suggest, 5, trials=trials, rstate=0, verbose=False)
    assert len(trials) == 5
    assert trials.count_by_state_unsynced(2) == 5


def test_an_interrupted_suggestion_leaves_the_trials_in_order(suggest):
    trials = Trials()

    def algo(new_ids, domain, given, seed):
        if len(given) == 2:
            raise KeyboardInterrupt
        return suggest(new_ids, domain, given, seed)

    with pytest.raises(KeyboardInterrupt):
        fmin(lambda x: x, X, algo, 5, trials=trials, rstate=0, verbose=False)
    assert len(trials) == len(trials._dynamic_trials) == 2
