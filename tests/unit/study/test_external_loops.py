"""Other people's drivers: ask and tell through Domain, Trials and documents changed in place."""

from __future__ import annotations

import cloudpickle
import numpy as np
import pytest

import hyperopt as hpo
from hyperopt import hp
from hyperopt.fmin import generate_trials_to_calculate
from hyperopt.storage.states import SMALL_STUDY

SPACE = {
    "lr": hp.loguniform("lr", -5, 0),
    "layers": hp.choice("layers", [1, 2, {"deep": hp.randint("deep", 3, 9)}]),
}


class Searcher:
    """The way of schedulers: suggest a config, later report a result or an error."""

    def __init__(self, algo, points=None):
        self.algo = algo
        self.domain = hpo.Domain(lambda spc: spc, SPACE)
        self.rstate = np.random.default_rng(0)
        self.points = list(reversed(points or []))
        self.trials = generate_trials_to_calculate(self.points)
        self.trials.refresh()
        self.live = {}

    def suggest(self, name):
        if self.points:
            self.points.pop()
            new_trial = self.trials.trials[len(self.points)]
        else:
            new_ids = self.trials.new_trial_ids(1)
            self.trials.refresh()
            seed = self.rstate.integers(2**31 - 1)
            new_trials = self.algo(new_ids, self.domain, self.trials, seed)
            self.trials.insert_trial_docs(new_trials)
            self.trials.refresh()
            new_trial = new_trials[0]
        self.live[name] = new_trial["tid"]
        config = hpo.base.spec_from_misc(new_trial["misc"])
        ctrl = hpo.base.Ctrl(self.trials, current_trial=new_trial)
        memo = self.domain.memo_from_config(config)
        hpo.utils.use_obj_for_literal_in_memo(self.domain.expr, ctrl, hpo.base.Ctrl, memo)
        return hpo.pyll.rec_eval(
            self.domain.expr,
            memo=memo,
            print_node_on_error=self.domain.rec_eval_print_node_on_error,
        )

    def _doc(self, name):
        return next(doc for doc in self.trials.trials if doc["tid"] == self.live[name])

    def running(self, name):
        now = hpo.utils.coarse_utcnow()
        doc = self._doc(name)
        doc["book_time"] = doc["refresh_time"] = now

    def complete(self, name, loss):
        doc = self._doc(name)
        doc["state"] = hpo.base.JOB_STATE_DONE
        doc["result"] = {"loss": loss, "status": "ok"}
        self.trials.refresh()

    def fail(self, name):
        doc = self._doc(name)
        doc["state"] = hpo.base.JOB_STATE_ERROR
        doc["misc"]["error"] = ("SomeError", "it failed")
        self.trials.refresh()


def test_a_scheduler_asks_and_tells(suggest):
    searcher = Searcher(suggest, points=[{"lr": 0.5, "layers": 0}, {"lr": 0.1, "layers": 1}])
    assert searcher.suggest("a") == {"layers": 1, "lr": 0.5}
    assert searcher.suggest("b") == {"layers": 2, "lr": 0.1}
    for number in range(20):
        searcher.suggest(number)
        searcher.running(number)
    searcher.complete("a", 0.5)
    searcher.fail("b")
    for number in range(20):
        searcher.complete(number, float(number))
    assert len(searcher.trials) == 21
    assert searcher.trials.best_trial["result"]["loss"] == 0.0
    assert searcher.trials.count_by_state_unsynced(hpo.JOB_STATE_ERROR) == 1


def test_a_scheduler_restores_its_state(suggest):
    searcher = Searcher(suggest)
    searcher.suggest("a")
    again = Searcher(suggest)
    again.__dict__ = cloudpickle.loads(cloudpickle.dumps(searcher.__dict__))
    again.complete("a", 1.0)
    again.suggest("b")
    again.complete("b", 2.0)
    assert again.trials.losses() == [1.0, 2.0]


def test_a_long_outer_loop_sees_every_result(suggest):
    searcher = Searcher(suggest)
    n = SMALL_STUDY + 100
    for number in range(n):
        searcher.suggest(number)
        searcher.complete(number, float(number))
    assert searcher.trials.losses() == [float(number) for number in range(n)]


def test_a_tuner_drives_an_fmin_iter_without_running_it(suggest):
    domain = hpo.Domain(None, SPACE, pass_expr_memo_ctrl=None)
    trials = hpo.Trials()
    rval = hpo.FMinIter(
        suggest, domain, trials, max_evals=-1, rstate=np.random.default_rng(1), verbose=0
    )
    rval.catch_eval_exceptions = False
    for number in range(5):
        new_ids = rval.trials.new_trial_ids(1)
        rval.trials.refresh()
        docs = rval.algo(new_ids, rval.domain, rval.trials, rval.rstate.integers(2**31 - 1))
        values = {
            label: column[0].item() for label, column in docs[0]["misc"]["vals"].items() if column
        }
        misc = {"tid": new_ids[0], "cmd": domain.cmd, "workdir": domain.workdir}
        hpo.base.miscs_update_idxs_vals(
            [misc],
            dict.fromkeys(values, new_ids),
            {label: [value] for label, value in values.items()},
            idxs_map={new_ids[0]: new_ids[0]},
            assert_all_vals_used=False,
        )
        (trial,) = trials.new_trial_docs(new_ids, [None], [domain.new_result()], [misc])
        trial["result"] = {"loss": float(number), "status": "ok"}
        trial["state"] = hpo.JOB_STATE_DONE
        trials.insert_trial_docs([trial])
        trials.refresh()
    assert trials.best_trial["tid"] == 0
    assert set(trials.argmin) >= {"lr", "layers"}


def test_an_objective_runs_one_step_at_a_time_over_many_calls(suggest):
    trials = hpo.Trials()
    for step in range(1, 6):
        hpo.fmin(
            lambda point: {"loss": point["lr"], "status": "ok"},
            SPACE,
            suggest,
            max_evals=len(trials.trials) + 1,
            trials=trials,
            return_argmin=False,
            rstate=step,
            verbose=False,
        )
    assert len(trials) == 5


class Workers(hpo.Trials):
    """A store that others fill: here, while the loop sleeps or counts."""

    asynchronous = True

    def count_by_state_unsynced(self, arg):
        for doc in self._dynamic_trials:
            if doc["state"] == hpo.JOB_STATE_NEW and len(self._dynamic_trials) >= self.patience:
                domain = cloudpickle.loads(self.attachments["FMinIter_Domain"])
                config = hpo.base.spec_from_misc(doc["misc"])
                doc["result"] = domain.evaluate(config, hpo.Ctrl(self, current_trial=doc))
                doc["state"] = hpo.JOB_STATE_DONE
        return super().count_by_state_unsynced(arg)


@pytest.mark.parametrize("queue", [1, 3])
def test_an_asynchronous_store_is_waited_for(suggest, queue):
    trials = Workers()
    trials.patience = queue
    domain = hpo.Domain(lambda point: point["lr"], SPACE)
    iterator = hpo.FMinIter(
        suggest,
        domain,
        trials,
        np.random.default_rng(0),
        max_evals=7,
        max_queue_len=queue,
        poll_interval_secs=0.001,
    )
    iterator.exhaust()
    assert len(trials) == 7
    assert trials.count_by_state_synced(hpo.JOB_STATE_DONE) == 7
    assert iterator.counts.best_loss == min(trials.losses())
