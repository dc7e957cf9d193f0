"""Trials survive pickling, also by upstream, and runs continue from what was saved."""

from __future__ import annotations

import copy
import io
import math
import pickle
from pathlib import Path

import cloudpickle
import joblib
import pytest

from hyperopt import Trials, fmin, hp
from hyperopt.base import JOB_STATE_DONE

DATA = Path(__file__).parents[2] / "data"
SPACE = {
    "x": hp.uniform("x", -5, 5),
    "n": hp.randint("n", 10),
    "m": hp.choice(
        "m",
        [
            {"k": "a", "lr": hp.loguniform("lr", -5, 0)},
            {"k": "b", "d": hp.quniform("d", 1, 9, 1)},
        ],
    ),
}


def objective(point):
    return point["x"] ** 2 + point["n"]


def through_joblib(obj):
    buffer = io.BytesIO()
    joblib.dump(obj, buffer)
    buffer.seek(0)
    return joblib.load(buffer)


ROUND_TRIPS = {
    "pickle": lambda obj: pickle.loads(pickle.dumps(obj)),
    "cloudpickle": lambda obj: cloudpickle.loads(cloudpickle.dumps(obj)),
    "joblib": through_joblib,
    "deepcopy": copy.deepcopy,
}


@pytest.mark.parametrize("version", ["0.2.7", "0.3.0"])
def test_studies_pickled_by_upstream_load_and_continue(version, suggest):
    trials = pickle.loads((DATA / f"trials-hyperopt-{version}.pkl").read_bytes())
    assert type(trials) is Trials
    assert len(trials) == 40
    best = trials.best_trial["result"]["loss"]
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == 40
    fmin(objective, SPACE, suggest, 45, trials=trials, rstate=0, verbose=False)
    assert len(trials) == 45
    assert trials.tids == list(range(45))
    assert trials.best_trial["result"]["loss"] <= best
    assert math.isfinite(trials.losses()[-1])


@pytest.mark.parametrize("how", ROUND_TRIPS)
def test_a_run_continues_after_a_round_trip(how, suggest):
    trials = Trials()
    fmin(objective, SPACE, suggest, 5, trials=trials, rstate=0, verbose=False)
    trials.trial_attachments(trials.trials[0])["note"] = "kept"
    again = ROUND_TRIPS[how](trials)
    assert again.trials == trials.trials
    assert again.argmin == trials.argmin
    assert again.trial_attachments(again.trials[0])["note"] == "kept"
    fmin(objective, SPACE, suggest, 8, trials=again, rstate=1, verbose=False)
    assert again.tids == list(range(8))
    assert len(trials) == 5


def test_pickles_hold_upstreams_class_path_and_no_caches():
    trials = Trials(exp_key="e")
    state = pickle.loads(pickle.dumps(trials)).__getstate__()
    assert set(state) == {"_ids", "_dynamic_trials", "_exp_key", "attachments", "_trials"}
    assert b"hyperopt.base" in pickle.dumps(trials)


class KeepsMore(Trials):
    def __init__(self, note):
        super().__init__()
        self.note = note


def test_attributes_of_subclasses_are_pickled():
    assert cloudpickle.loads(cloudpickle.dumps(KeepsMore("n"))).note == "n"
