"""The driver loop with evaluators that run several trials at once, and end them in any order."""

from __future__ import annotations

import numpy as np
import pytest

from hyperopt import Trials, fmin, hp
from hyperopt.base import JOB_STATE_CANCEL, JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_RUNNING
from hyperopt.evaluation import Evaluator, Outcome, SerialEvaluator, TrialLost

X = hp.uniform("x", -5, 5)


class Shuffled:
    """Evaluates in this thread, and reports in an order that a seed decides."""

    def __init__(self, capacity, seed, at_once=1, patience=None):
        self.capacity = capacity
        self.rng = np.random.default_rng(seed)
        self.at_once = at_once
        self.patience = patience
        self.running, self.log = {}, []

    def start(self, domain, trials):
        self.domain = domain
        self.log.append("start")

    def submit(self, doc):
        assert doc["state"] == JOB_STATE_RUNNING
        assert len(self.running) < self.capacity
        self.running[doc["tid"]] = {k: v[0] for k, v in doc["misc"]["vals"].items() if v}

    def wait(self, timeout_s):
        assert self.running
        if self.patience is not None:
            self.patience -= 1
            if self.patience < 0:
                return []
        outcomes = []
        for _ in range(min(self.at_once, len(self.running))):
            tid = list(self.running)[self.rng.integers(len(self.running))]
            config = self.running.pop(tid)
            try:
                result = self.domain.evaluate(config, None, attach_attachments=False)
            except Exception as error:
                outcomes.append(Outcome(tid, error=error, traceback="remote traceback"))
            else:
                attachments = result.pop("attachments", None)
                outcomes.append(Outcome(tid, result, attachments))
        return outcomes

    def cancel(self, tids, reason):
        self.log.append((sorted(tids), reason))

    def close(self, *, cancel):
        self.log.append("close")


def history_aware(suggest):
    """Suggestions that depend on everything the algorithm can see."""

    def algo(new_ids, domain, trials, seed):
        seen = [(d["tid"], d["state"], d["result"].get("loss")) for d in trials.trials]
        return suggest(new_ids, domain, trials, hash((seed, tuple(seen))) % 2**31)

    return algo


@pytest.fixture
def run(suggest):
    def run(evaluator, fn=lambda x: x**2, max_evals=30, **kwargs):
        trials = kwargs.pop("trials", None)
        trials = Trials() if trials is None else trials
        kwargs.setdefault("algo", history_aware(suggest))
        fmin(
            fn,
            X,
            max_evals=max_evals,
            trials=trials,
            executor=evaluator,
            rstate=0,
            verbose=False,
            **kwargs,
        )
        return trials

    return run


def test_the_doubles_are_evaluators():
    assert isinstance(Shuffled(1, 0), Evaluator)
    assert isinstance(SerialEvaluator(), Evaluator)


@pytest.mark.parametrize("at_once", [1, 3])
def test_every_trial_is_evaluated_once(run, at_once):
    evaluator = Shuffled(4, 0, at_once)
    trials = run(evaluator)
    assert trials.tids == list(range(30))
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == 30
    assert evaluator.log == ["start", "close"]


def test_strict_order_makes_the_trials_independent_of_timing(run):
    def vals(strict, seed, at_once):
        return run(Shuffled(4, seed, at_once), strict_order=strict).vals["x"]

    assert vals(True, 0, 1) == vals(True, 1, 1) == vals(True, 2, 3) == vals(True, 3, 4)
    assert vals(False, 0, 1) != vals(False, 1, 1)


def test_the_algorithm_sees_pending_trials(run, suggest):
    pending = []

    def algo(new_ids, domain, trials, seed):
        pending.append(trials.count_by_state_synced(JOB_STATE_RUNNING))
        return suggest(new_ids, domain, trials, seed)

    run(Shuffled(4, 0), algo=algo, max_evals=10)
    assert pending == [0, 3, 3, 3, 3, 3, 3]


def test_attachments_and_tracebacks_from_elsewhere_are_stored(run):
    def objective(x):
        if x > 0:
            raise ValueError("positive")
        return {"loss": x, "status": "ok", "attachments": {"x": x}}

    trials = run(Shuffled(3, 0), objective, catch_eval_exceptions=True)
    for doc in trials.trials:
        assert trials.trial_attachments(doc)["x"] == doc["result"]["loss"]
        assert "attachments" not in doc["result"]
    failed = [doc for doc in trials._dynamic_trials if doc["state"] == JOB_STATE_ERROR]
    assert len(failed) + len(trials) == 30
    assert failed[0]["misc"]["traceback"] == "remote traceback"


def test_an_exception_cancels_what_runs_and_keeps_what_ended(run):
    def objective(x):
        if x > 3:
            raise ValueError("large")
        return x

    trials, evaluator = Trials(), Shuffled(4, 0)
    with pytest.raises(ValueError, match="large"):
        run(evaluator, objective, trials=trials, max_evals=1000)
    states = [doc["state"] for doc in trials._dynamic_trials]
    assert states.count(JOB_STATE_ERROR) >= 1
    assert set(states) <= {JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_CANCEL}
    assert len(trials) == states.count(JOB_STATE_DONE)
    ((tids, reason),) = [entry for entry in evaluator.log if isinstance(entry, tuple)]
    assert len(tids) == 3
    assert reason == "another trial raised an exception"
    assert evaluator.log[-1] == "close"


def test_what_does_not_report_after_being_cancelled_is_marked_so(run):
    trials = Trials()
    evaluator = Shuffled(4, 0, patience=6)
    stop = iter([False] * 4 + [True]).__next__
    run(evaluator, trials=trials, early_stop_fn=lambda _: (stop(), []))
    states = [doc["state"] for doc in trials._dynamic_trials]
    assert states.count(JOB_STATE_DONE) == 6
    assert states.count(JOB_STATE_CANCEL) == 2
    cancelled = trials._dynamic_trials[states.index(JOB_STATE_CANCEL)]
    assert cancelled["misc"]["error"] == ("cancelled", "early stopping condition")
    run(Shuffled(4, 0), trials=trials, max_evals=9)
    assert len(trials) == 9


def test_a_lost_trial_fails_without_stopping_the_run(run):
    def objective(x):
        if x > 0:
            raise TrialLost("its worker died")
        return x

    trials = run(Shuffled(2, 0), objective)
    lost = 30 - len(trials)
    assert trials.count_by_state_unsynced(JOB_STATE_ERROR) == lost > 0


def test_an_evaluator_that_breaks_ends_the_run_with_its_error(run):
    class Breaks(Shuffled):
        def wait(self, timeout_s):
            if len(trials) > 6:
                raise ConnectionError("the cluster is gone")
            return super().wait(timeout_s)

    trials = Trials()
    with pytest.raises(ConnectionError, match="cluster"):
        run(Breaks(3, 0), trials=trials)
    assert trials.count_by_state_unsynced(JOB_STATE_RUNNING) == 0
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == len(trials) == 4


def test_an_evaluator_that_does_not_start_leaves_the_trials_alone(run):
    class Never(Shuffled):
        def start(self, domain, trials):
            raise TypeError("cannot be pickled")

    trials, evaluator = Trials(), Never(3, 0)
    with pytest.raises(TypeError, match="pickled"):
        run(evaluator, trials=trials)
    assert trials._dynamic_trials == []
    assert evaluator.log == ["close"]


@pytest.mark.parametrize("strict", [True, False])
def test_a_loss_threshold_ends_a_parallel_run(run, strict):
    trials = run(Shuffled(4, 0), max_evals=None, loss_threshold=0.5, strict_order=strict)
    assert trials.best_trial["result"]["loss"] < 0.5
    assert trials.count_by_state_unsynced(JOB_STATE_RUNNING) == 0


def test_an_experiment_key_keeps_runs_apart(run):
    both = Trials()
    for key in ("a", "b"):
        run(Shuffled(2, 0), trials=both.view(exp_key=key), max_evals=5)
    both.refresh()
    assert len(both) == 10
    assert len(both.view(exp_key="a")) == len(both.view(exp_key="b")) == 5
