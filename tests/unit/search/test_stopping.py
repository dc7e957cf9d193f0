"""Stopping rules: asked once for every trial that ends, in the order in which they end."""

from __future__ import annotations

import threading

import pytest

from hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp, rand
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_RUNNING
from hyperopt.early_stop import no_progress_loss
from hyperopt.evaluation import Outcome

X = hp.uniform("x", -5, 5)


class Counting:
    """Improves at every call, from any thread."""

    def __init__(self):
        self.lock = threading.Lock()
        self.calls = 0

    def __call__(self, x):
        with self.lock:
            self.calls += 1
            return -float(self.calls)


class Backwards:
    """Runs `capacity` trials at once and reports them from the last to the first."""

    def __init__(self, capacity, at_once):
        self.capacity, self.at_once, self.running = capacity, at_once, []

    def start(self, domain, trials):
        self.domain = domain

    def submit(self, doc):
        self.running.append(doc)

    def wait(self, timeout_s):
        taken = [self.running.pop() for _ in range(min(self.at_once, len(self.running)))]
        return [self.outcome(doc) for doc in taken]

    def outcome(self, doc):
        try:
            return Outcome(
                doc["tid"], self.domain.evaluate({"x": doc["misc"]["vals"]["x"][0]}, None)
            )
        except Exception as error:
            return Outcome(doc["tid"], error=error)

    def cancel(self, tids, reason):
        pass

    def close(self, *, cancel):
        pass


PARALLEL = [
    {},
    {"max_queue_len": 7},
    {"executor": "threads", "n_jobs": 2},
    {"executor": "threads", "n_jobs": 8},
    {"executor": "threads", "n_jobs": 3, "strict_order": True},
]


@pytest.mark.parametrize("options", PARALLEL)
def test_a_search_that_improves_at_every_trial_is_not_stopped(options):
    trials = Trials()
    objective = Counting()
    if options.get("strict_order"):  # in the order of recording, not of calling
        objective = lambda x: x  # noqa: E731
        options = options | {"early_stop_fn": no_progress_loss(101)}
    fmin(
        objective,
        X,
        rand.suggest,
        100,
        trials=trials,
        rstate=0,
        verbose=False,
        **({"early_stop_fn": no_progress_loss(10)} | options),
    )
    assert len(trials) == 100


@pytest.mark.parametrize("options", PARALLEL)
def test_a_search_without_progress_stops_after_exactly_that_many_trials(options):
    trials = Trials()
    fmin(lambda x: 1.0, X, rand.suggest, 200, trials=trials, rstate=0, verbose=False,
         early_stop_fn=no_progress_loss(10), **options)  # fmt: skip
    # What had ended with the tenth is kept too.
    assert 10 <= trials.count_by_state_unsynced(JOB_STATE_DONE) <= 10 + options.get("n_jobs", 1)


@pytest.mark.parametrize("at_once", [1, 3])
def test_the_rule_is_asked_once_for_every_trial_and_sees_it_last(at_once):
    trials, evaluator, seen = Trials(), Backwards(4, at_once), []

    def rule(given, *state):
        assert given is trials
        assert all(doc["state"] == JOB_STATE_DONE for doc in given.trials)
        seen.append(given.trials[-1]["tid"])
        assert given.losses() == [trials._dynamic_trials[tid]["result"]["loss"] for tid in seen]
        assert len(given) == len(seen)
        return False, []

    fmin(lambda x: x, X, rand.suggest, 20, trials=trials, rstate=0, verbose=False,
         executor=evaluator, early_stop_fn=rule)  # fmt: skip
    assert sorted(seen) == list(range(20))
    assert seen != sorted(seen)
    assert trials.tids == list(range(20))  # afterwards all are shown as they were


def test_the_rule_is_asked_about_failed_trials_and_meets_no_document_without_a_loss():
    asked = []

    def objective(x):
        if x < 0:
            raise ValueError("negative")
        return {"status": STATUS_FAIL} if x > 3 else {"status": STATUS_OK, "loss": x}

    def rule(trials, *state):
        asked.append([doc["result"]["status"] for doc in trials.trials])
        return False, []

    trials = Trials()
    fmin(objective, X, rand.suggest, 30, trials=trials, rstate=0, verbose=False,
         catch_eval_exceptions=True, early_stop_fn=rule, executor=Backwards(3, 2))  # fmt: skip
    assert len(asked) == 30
    assert set(asked[-1]) <= {STATUS_OK, STATUS_FAIL}
    assert len(asked[-1]) == len(trials)


def test_a_rule_that_refreshes_the_trials_leaves_them_in_order():
    trials = Trials()

    def rule(given, *state):
        given.refresh()
        return False, []

    fmin(lambda x: x, X, rand.suggest, 20, trials=trials, rstate=0, verbose=False,
         executor=Backwards(3, 2), early_stop_fn=rule)  # fmt: skip
    assert trials.tids == list(range(20))


def test_a_rule_that_raises_keeps_what_has_ended_with_the_trial():
    trials = Trials()

    def rule(given, *state):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fmin(lambda x: x, X, rand.suggest, 20, trials=trials, rstate=0, verbose=False,
             executor=Backwards(3, 3), early_stop_fn=rule)  # fmt: skip
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == 3
    assert trials.count_by_state_unsynced(JOB_STATE_RUNNING) == 0


def test_trials_of_an_earlier_run_are_shown_but_not_asked_about():
    trials, seen = Trials(), []
    fmin(lambda x: x, X, rand.suggest, 5, trials=trials, rstate=0, verbose=False)

    def rule(given, *state):
        seen.append(len(given))
        return False, []

    fmin(lambda x: x, X, rand.suggest, 8, trials=trials, rstate=0, verbose=False,
         early_stop_fn=rule)  # fmt: skip
    assert seen == [6, 7, 8]


def test_a_failing_result_with_a_loss_of_any_kind_is_no_progress():
    trials = Trials()

    def objective(x):
        return {"status": STATUS_FAIL, "loss": "none"} if len(trials) > 1 else 1.0

    fmin(objective, X, rand.suggest, 50, trials=trials, rstate=0, verbose=False,
         early_stop_fn=no_progress_loss(5))  # fmt: skip
    assert len(trials) == 5
