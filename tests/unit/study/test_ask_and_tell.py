"""Asking for points and telling what became of them: `Trials.study`."""

from __future__ import annotations

import pickle

import pytest

from hyperopt import Study, Trials, fmin, hp, tpe
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_RUNNING
from hyperopt.exceptions import NothingToSuggest
from hyperopt.pyll import scope

SPACE = {
    "units": scope.int(hp.quniform("units", 16, 64, 16)),
    "lr": hp.loguniform("lr", -5, 0),
    "model": hp.choice("model", ["lin", {"kind": "tree", "depth": hp.randint("depth", 9)}]),
}
SMALL = {"c": hp.choice("c", ["a", "b"]), "n": hp.randint("n", 2)}


@pytest.fixture
def study(suggest):
    return Trials().study(SPACE, algo=suggest, rstate=0)


def test_one_trial_or_a_list_of_trials_is_asked_for(study):
    single = study.ask()
    several = study.ask(3)
    assert [single.tid, *[trial.tid for trial in several]] == [0, 1, 2, 3]
    assert [trial.tid for trial in study.ask(1)] == [4]
    assert study.trials.count_by_state_unsynced(JOB_STATE_RUNNING) == 5
    assert type(single.params["units"]) is int
    assert type(single.params["lr"]) is float
    assert {type(value) for value in single.assignment.values()} <= {int, float}


def test_trials_make_their_study_and_keep_what_it_is_told(suggest):
    trials = Trials()
    study = trials.study(SPACE, suggest, 0)
    assert isinstance(study, Study)
    assert study.trials is trials
    first, second, third = study.ask(3)
    study.tell(first, 0.5)
    study.tell(second.tid, result={"status": "ok", "loss": 0.25, "attachments": {"a": 1}})
    study.tell(third, failure=ValueError("broken"))
    assert trials.losses() == [0.5, 0.25]
    assert trials.trial_attachments(trials.trials[1])["a"] == 1
    assert trials._dynamic_trials[2]["misc"]["error"] == ("<class 'ValueError'>", "broken")
    assert trials.count_by_state_unsynced(JOB_STATE_ERROR) == 1
    assert trials.best_params == study.best_params == second.params


def test_a_trial_can_fail_without_an_exception(study):
    study.tell(study.ask(), failure="the power went off")
    study.tell(study.ask(), result={"status": "fail", "why": "diverged"})
    study.tell(study.ask(), float("nan"))
    assert study.trials.statuses() == ["fail", "ok"]
    assert [row["state"] for row in study.trials._dynamic_trials] == [3, 2, 2]


def test_a_point_of_ones_own_is_checked_and_told_like_others(study):
    mine = study.enqueue({"units": 16, "lr": 0.1, "model": "lin"})
    assert mine.params == {"units": 16, "lr": 0.1, "model": "lin"}
    study.tell(mine, 1.0)
    assert study.trials.losses() == [1.0]
    with pytest.raises(ValueError, match="'nope'"):
        study.enqueue({"nope": 1})


def test_queued_points_are_given_first_and_in_their_order(study):
    points = [{"units": 16, "lr": lr, "model": "lin"} for lr in (0.1, 0.2, 0.3)]
    queued = [study.enqueue(point) for point in points]
    assert [trial.params for trial in study.pending] == points
    assert study.ask().params == points[0]
    study.tell(queued[1], 1.0)  # one need not ask for it
    last, new = study.ask(2)
    assert last == queued[2]
    assert new.tid == 3
    assert new.params not in points
    for trial in (queued[0], last, new):
        study.tell(trial, 0.5)
    assert study.pending == []


def test_points_that_wait_in_the_trials_are_given_by_a_new_study(study):
    study.enqueue({"units": 16, "lr": 0.1, "model": "lin"})
    study.enqueue({"units": 16, "lr": 0.2, "model": "lin"})
    again = pickle.loads(pickle.dumps(study.trials)).study(SPACE, rstate=0)
    assert [trial.params["lr"] for trial in again.ask(2)] == [0.1, 0.2]
    assert again.ask().tid == 2


@pytest.mark.parametrize("n", [0, -1, 1.5, "2", True])
def test_the_number_asked_for_is_checked(study, n):
    with pytest.raises(ValueError, match=r"ask\(.*whole number"):
        study.ask(n)


def test_telling_is_checked(study):
    trial = study.ask()
    with pytest.raises(ValueError, match="exactly one"):
        study.tell(trial)
    with pytest.raises(ValueError, match="exactly one"):
        study.tell(trial, 1.0, failure="x")
    with pytest.raises(TypeError, match="number"):
        study.tell(trial, "abc")
    assert [pending.tid for pending in study.pending] == [trial.tid]  # it can be told still
    with pytest.raises(ValueError, match=r"tell\(99\): there is no such trial.*\[0\]"):
        study.tell(99, 1.0)
    study.tell(trial, 1.0)
    with pytest.raises(ValueError, match=r"told already.*'done'"):
        study.tell(trial, 1.0)


@pytest.mark.parametrize("bad", ["tpe", 3, tpe])
def test_an_algorithm_that_is_no_function_is_refused(bad):
    with pytest.raises(TypeError, match=r"did you mean .*suggest"):
        Trials().study(SPACE, algo=bad)
    with pytest.raises(TypeError, match=r"did you mean Trials\(\)"):
        Study(SPACE, Trials)
    with pytest.raises(TypeError, match="space='annotated'"):
        Study("annotated")


def test_a_study_continues_a_run_and_a_run_a_study(suggest):
    trials = Trials()
    fmin(lambda p: p["lr"], SPACE, suggest, 12, trials=trials, rstate=0, verbose=False)
    study = trials.study(SPACE, algo=suggest, rstate=1)
    trial = study.ask()
    assert trial.tid == 12
    study.tell(trial, -5.0)
    fmin(lambda p: p["lr"], SPACE, suggest, 15, trials=trials, rstate=0, verbose=False)
    assert len(trials) == 15
    assert trials.best_trial["tid"] == 12
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == 15


def test_another_study_of_the_same_trials_takes_over(study, suggest):
    first, second = study.ask(2)
    other = study.trials.study(SPACE, suggest, 1)
    assert [(p.tid, p.params) for p in other.pending] == [
        (first.tid, first.params),
        (second.tid, second.params),
    ]
    other.tell(first, 1.0)
    third = other.ask()
    study.tell(third, 2.0)
    with pytest.raises(ValueError, match="told already"):
        study.tell(first, 1.0)
    assert [pending.tid for pending in study.pending] == [second.tid]


def test_a_study_can_be_pickled_with_trials_that_wait(study):
    study.ask(2)
    again = pickle.loads(pickle.dumps(study))
    again.tell(1, 0.5)
    assert again.trials.losses() == [None, 0.5]
    assert [pending.tid for pending in again.pending] == [0]
    assert again.ask().params == study.ask().params


def test_each_experiment_has_its_own_trials(suggest):
    mine = Trials("mine")
    yours = mine.view("yours")
    studies = [trials.study(SPACE, suggest, 0) for trials in (mine, yours)]
    first, second = (study.ask() for study in studies)
    assert first.tid != second.tid
    with pytest.raises(ValueError, match="no such trial"):
        studies[1].tell(first, 1.0)
    studies[1].tell(second, 2.0)
    assert (mine.losses(), yours.losses()) == ([None], [2.0])


def test_a_store_of_another_kind_is_asked_and_told_through_its_methods(suggest):
    class Logged(Trials):
        def insert_trial_docs(self, docs):
            return super().insert_trial_docs([dict(doc) for doc in docs])

    trials = Logged()
    study = trials.study(SPACE, suggest, 0)
    first, second = study.ask(2)
    study.tell(second, 1.0)
    study.tell(first, failure="x")
    assert trials.losses() == [1.0]


def test_no_point_is_asked_twice_when_duplicates_are_avoided(suggest):
    study = Trials().study(SMALL, suggest, 0, avoid_duplicates=True)
    asked = [study.ask(), *study.ask(10)]
    assert {(p.params["c"], p.params["n"]) for p in asked} == {
        (c, n) for c in "ab" for n in range(2)
    }
    assert len(asked) == 4
    assert study.ask(3) == []
    with pytest.raises(NothingToSuggest, match="every point"):
        study.ask()


def test_the_same_seed_asks_for_the_same_points():
    def losses():
        study = Trials().study(SPACE, rstate=5)
        for _ in range(25):
            trial = study.ask()
            study.tell(trial, trial.params["lr"])
        return study.trials.losses()

    assert losses() == losses()
