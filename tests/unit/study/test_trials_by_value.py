"""Trials by value: best_params, known results, and tables."""

from __future__ import annotations

import datetime
import pickle
import sys

import pytest

from hyperopt import Trials, fmin, hp, space_eval
from hyperopt.base import JOB_STATE_ERROR
from hyperopt.exceptions import AllTrialsFailed, MissingLabel
from hyperopt.pyll import scope

SPACE = {
    "units": scope.int(hp.quniform("units", 16, 64, 16)),
    "lr": hp.loguniform("lr", -5, 0),
    "act": hp.choice("act", ["relu", "tanh"]),
    "model": hp.choice(
        "model", [{"kind": "lin"}, {"kind": "tree", "depth": hp.randint("depth", 9)}]
    ),
    "seed": hp.uniformint("seed", 0, 9),
}


@pytest.fixture
def trials(suggest):
    trials = Trials()
    fmin(lambda p: p["lr"], SPACE, suggest, 12, trials=trials, rstate=0, verbose=False)
    return trials


def test_best_params_is_the_point_in_native_types(trials):
    best = trials.best_params
    assert best["lr"] == trials.best_trial["result"]["loss"]
    assert best["act"] in ("relu", "tanh")
    assert best["model"]["kind"] in ("lin", "tree")
    assert {name: type(value) for name, value in best.items()} == {
        "units": int,
        "lr": float,
        "act": str,
        "model": dict,
        "seed": int,
    }


def test_best_params_is_known_after_unpickling(trials):
    assert pickle.loads(pickle.dumps(trials)).best_params == trials.best_params
    assert trials.view().best_params == trials.best_params


def test_trials_that_do_not_know_their_space_say_so():
    trials = Trials()
    with pytest.raises(AllTrialsFailed):
        _ = trials.best_params
    trials.add_observation({"x": 1.0}, 0.5)
    with pytest.raises(ValueError, match="space_eval"):
        _ = trials.best_params


def test_a_space_of_local_functions_does_not_hinder_pickling(suggest):
    trials = Trials()
    space = {"x": hp.uniform("x", 0, 1), "f": lambda: 1}
    fmin(lambda p: p["x"], space, suggest, 2, trials=trials, rstate=0, verbose=False)
    again = pickle.loads(pickle.dumps(trials))
    assert again.argmin == trials.argmin


def test_a_known_result_brings_its_attachments():
    trials = Trials()
    result = {"status": "ok", "loss": 0.5, "attachments": {"model": b"weights"}}
    trials.add_observation({"x": 1.0}, result=result)
    assert trials.results == [{"status": "ok", "loss": 0.5}]
    assert dict(trials.trial_attachments(trials.trials[0])) == {"model": b"weights"}


def test_known_results_are_history_and_count_as_trials(trials, suggest):
    tid = trials.add_observation(
        {"units": 32.0, "lr": 1e-9, "act": "tanh", "model": 0, "seed": 3}, -1.0
    )
    assert tid == 12
    assert trials.best_trial["tid"] == tid
    assert trials.best_params["act"] == "tanh"
    assert trials.trials[-1]["misc"]["vals"]["depth"] == []
    fmin(lambda p: p["lr"], SPACE, suggest, 14, trials=trials, rstate=0, verbose=False)
    assert len(trials) == 14


def test_known_results_are_checked_when_the_space_is_known():
    trials = Trials()
    with pytest.raises(ValueError, match="'nope'"):
        trials.add_observation({"nope": 1}, 0.5, space=SPACE)
    with pytest.raises(MissingLabel, match="'depth'"):
        trials.add_observation(
            {"units": 16, "lr": 0.1, "act": 0, "model": 1, "seed": 1}, 0.5, space=SPACE
        )
    with pytest.raises(ValueError, match="pass space="):
        Trials().add_observation({"act": "relu"}, 0.5)
    with pytest.raises(ValueError, match="give a dict"):
        Trials().add_observation([1], 0.5)
    for wrong in ({}, {"loss": 1.0, "result": {"status": "fail"}}):
        with pytest.raises(ValueError, match="exactly one"):
            Trials().add_observation({"x": 1}, **wrong)
    assert len(trials) == 0


def test_the_table_has_a_row_per_trial_and_a_column_per_parameter(trials):
    trials._dynamic_trials[3]["state"] = JOB_STATE_ERROR
    trials._dynamic_trials[0]["refresh_time"] += datetime.timedelta(minutes=1)
    trials.refresh()
    table = trials.to_dataframe()
    assert len(table) == 12
    assert list(table.columns) == [
        "tid",
        "state",
        "status",
        "loss",
        "act",
        "depth",
        "lr",
        "model",
        "seed",
        "units",
        "error",
        "book_time",
        "refresh_time",
        "duration_s",
    ]
    assert table["state"].tolist()[3] == "error"
    assert set(table["act"]) <= {"relu", "tanh"}
    assert table["loss"].drop(3).tolist() == trials.losses()
    row = table.iloc[0]
    assert row["model"] in ("lin", "tree")
    assert row["duration_s"] >= 60
    assert (table["duration_s"] >= 0).all()
    assert row["units"] in (16, 32, 48, 64)


def test_the_table_says_what_is_missing_without_pandas(trials, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ImportError, match=r"to_dataframe\(\) needs pandas: pip install"):
        trials.to_dataframe()
    with pytest.raises(ImportError, match=r"curves\(\) needs pandas"):
        trials.curves()


def test_the_table_has_all_results_errors_and_options_to_group_by(suggest):
    def objective(point):
        if point["x"] > 0.8:
            raise ValueError("too large")
        return {"loss": point["x"], "status": "ok", "auc": 0.5, "x": "taken", "parts": {"a": 1}}

    trials = Trials()
    space = {
        "x": hp.uniform("x", 0, 1),
        "model": hp.choice("model", [{"kind": "svm", "C": hp.uniform("C", 0, 1)}, [1, 2]]),
    }
    run = {"catch_eval_exceptions": True, "verbose": False, "rstate": 0}
    fmin(objective, space, suggest, 30, trials=trials, **run)
    table = trials.to_dataframe()
    assert len(table) == 30
    failed = table[table["state"] == "error"]
    assert len(failed) > 0
    assert failed["error"].str.contains("ValueError").all()
    assert failed["error"].str.contains("too large").all()
    done = table[table["state"] == "done"]
    assert set(done["auc"]) == {0.5}
    assert set(done["result_x"]) == {"taken"}
    assert done["parts"].iloc[0] == {"a": 1}
    assert set(table.groupby("model")["loss"].min().index) == {"svm", "#1"}


def test_the_best_value_is_the_loss_of_the_best_trial(trials):
    assert trials.best_value == min(trials.losses())
    assert trials.study(SPACE).best_value == trials.best_value
    assert trials.study(SPACE).best_trial is trials.best_trial
    with pytest.raises(AllTrialsFailed):
        _ = Trials().best_value


def test_parameters_keep_their_types_and_do_not_hide_other_columns(suggest):
    trials = Trials()
    space = {
        "loss": hp.choice("loss", ["hinge", "log_loss"]),
        "branch": hp.choice("branch", [0, {"n": hp.randint("n", 5)}]),
    }
    fmin(lambda p: 0.25, space, suggest, 12, trials=trials, rstate=0, verbose=False)
    table = trials.to_dataframe()
    assert set(table["loss"]) == {0.25}
    assert set(table["param_loss"]) == {"hinge", "log_loss"}
    assert table["n"].dtype == "Int64"
    assert 0 < table["n"].isna().sum() < 12
    assert len(Trials().to_dataframe()) == 0


def test_trials_that_do_not_know_their_space_are_shown_by_value_when_given_it(trials):
    unknown = pickle.loads(pickle.dumps(trials))
    unknown._space = None
    assert set(unknown.to_dataframe()["act"]) <= {0, 1}
    assert unknown.to_dataframe(SPACE).equals(trials.to_dataframe())


@pytest.mark.parametrize("wrong", [None, "x", [1], 3])
def test_a_point_is_evaluated_from_a_dict(wrong):
    with pytest.raises(TypeError, match=r"hp_assignment=.*give a dict"):
        space_eval(SPACE, wrong)
