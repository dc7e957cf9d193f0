"""The counts of a run: read from the change log, of any store."""

from __future__ import annotations

import pytest

from hyperopt import STATUS_FAIL, Trials, fmin, fmin_pass_expr_memo_ctrl, hp, rand
from hyperopt.search.counts import RunCounts
from hyperopt.storage import lifecycle
from hyperopt.storage.documents import misc_of_values


class Refreshing(Trials):
    """Shows documents in its own way, so its log tells nothing for sure."""

    def refresh(self):
        super().refresh()


def insert(trials, loss=None, *, end=True):
    """Insert a trial that ends, if it does, with this loss."""
    (tid,) = trials.new_trial_ids(1)
    result = {"status": "new"}
    (doc,) = trials.new_trial_docs([tid], [None], [result], [misc_of_values(tid, {}, [])])
    trials.insert_trial_docs([doc])
    trials.refresh()
    if end:
        finish(trials, doc, loss)
    return trials._dynamic_trials[-1]


def finish(trials, doc, loss):
    lifecycle.finish(
        doc, {"status": STATUS_FAIL} if loss is None else {"status": "ok", "loss": loss}
    )
    trials._settle(doc)


def facts(counts):
    return counts.n_done, counts.n_ended, counts.n_failed, counts.best_loss


@pytest.fixture(params=[Trials, Refreshing])
def trials(request):
    return request.param()


def test_what_ended_before_the_run_is_done_and_nothing_more(trials):
    insert(trials, 3.0)
    insert(trials, None)
    open_doc = insert(trials, end=False)
    counts = RunCounts(trials)
    assert facts(counts) == (2, 0, 0, 3.0)
    finish(trials, open_doc, 4.0)
    assert counts.update(trials) == []
    assert facts(counts) == (3, 1, 0, 3.0)


def test_each_trial_counts_once_however_often_the_log_tells_of_it(trials):
    counts = RunCounts(trials)
    first, second = insert(trials, 2.0), insert(trials, 1.0)
    assert counts.update(trials) == [first, second]
    for _ in range(3):
        trials.refresh()
        trials.reread()
        assert counts.update(trials) == []
    insert(trials, None)
    counts.update(trials)
    assert facts(counts) == (3, 3, 1, 1.0)
    assert counts.reasons == {"status fail": 1}


def test_a_loss_that_was_corrected_and_a_trial_that_was_taken_away_are_noticed(trials):
    insert(trials, 2.0)
    best = insert(trials, 1.0)
    counts = RunCounts(trials)
    best["result"]["loss"] = 5.0
    trials.reread()
    counts.update(trials)
    assert facts(counts) == (2, 0, 0, 2.0)
    del trials._dynamic_trials[0]
    trials.refresh()
    counts.update(trials)
    assert facts(counts) == (1, 0, 0, 5.0)


def test_cancelled_trials_and_those_of_other_experiments_do_not_count():
    trials = Trials("mine")
    counts = RunCounts(trials)
    lifecycle.cancel(insert(trials, end=False), "enough")
    other = insert(trials, 1.0)
    other["exp_key"] = "another"
    trials.reread()
    counts.update(trials)
    assert facts(counts) == (0, 0, 0, float("inf"))


def test_a_result_that_is_none_is_a_failure(trials):
    counts = RunCounts(trials)
    doc = insert(trials, 1.0)
    doc["result"] = None
    counts.update(trials)
    assert facts(counts) == (1, 1, 1, float("inf"))
    assert facts(RunCounts(trials))[0] == 1


class Bar:
    def __init__(self):
        self.n, self.postfix = 0, ""

    def update(self, n):
        self.n += n


def test_results_that_the_objective_injects_count_too(trials):
    bar = Bar()

    class Shown:
        def __enter__(self):
            return bar

        def __exit__(self, *_):
            pass

    @fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        (tid,) = ctrl.trials.new_trial_ids(1)
        misc = misc_of_values(tid, {"x": -7.0}, ["x"], cmd=None)
        ctrl.inject_results([None], [{"status": "ok", "loss": -7.0}], [misc], [tid])
        ctrl.trials.refresh()
        return 1.0

    fmin(objective, hp.uniform("x", 0, 1), rand.suggest, 10, trials=trials, rstate=0,
         loss_threshold=-1.0, show_progressbar=lambda initial, total: Shown())  # fmt: skip
    assert bar.n == 2
    assert bar.postfix.startswith("best loss: -7.0")
