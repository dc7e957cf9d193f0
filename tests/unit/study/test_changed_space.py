"""Studies that go on with another space than the one that their trials were made with."""

from __future__ import annotations

import pickle

import pytest

from hyperopt import Trials, fmin, hp, rand, tpe
from hyperopt.base import JOB_STATE_CANCEL, JOB_STATE_DONE
from hyperopt.exceptions import ChangedSpace, SpaceWarning
from hyperopt.fmin import generate_trials_to_calculate
from hyperopt.space import compile_space
from hyperopt.space.description import describe

LOSSES = {"svm": 1.0, "rf": 2.0, "lr": 3.0, "gp": 4.0}


def loss(option):
    return LOSSES[option if isinstance(option, str) else "svm"]


def go(space, max_evals, trials=None, objective=loss, algo=rand.suggest, **options):
    trials = Trials() if trials is None else trials
    fmin(objective, space, algo, max_evals, trials=trials, rstate=max_evals, verbose=False,
         **options)  # fmt: skip
    return trials


def choice(*options):
    return hp.choice("k", list(options))


def values(trials):
    return [trials._space.evaluate(vals) for vals in assignments(trials)]


def assignments(trials):
    return [{"k": doc["misc"]["vals"]["k"][0]} for doc in trials.trials]


@pytest.mark.parametrize("restored", [lambda t: t, lambda t: pickle.loads(pickle.dumps(t))])
@pytest.mark.parametrize(
    "options", [("lr", "svm", "rf"), ("rf", "svm"), ("gp", "rf", "lr", "svm"), ("svm", "lr", "rf")]
)
def test_options_that_move_take_their_trials_along(options, restored):
    trials = restored(go(choice("svm", "rf"), 12))
    before = values(trials)
    assert set(before) == {"svm", "rf"}
    go(choice(*options), 16, trials, algo=tpe.suggest)
    assert values(trials)[:12] == before
    for value, result in zip(values(trials), trials.losses(), strict=True):
        assert result == LOSSES[value]
    assert trials.best_params == "svm"
    frame = trials.to_dataframe()
    assert list(frame["k"])[:12] == before


def test_trials_of_a_removed_option_are_left_out_with_a_warning():
    trials = go(choice("svm", "rf", "lr"), 20)
    n_svm = values(trials).count("svm")
    space = choice("rf", "lr")
    with pytest.warns(SpaceWarning, match=f"{n_svm} trials .* 'k' has no option 'svm' any more"):
        best = go(space, 22, trials, return_argmin=False)
    assert best is trials
    assert set(values(trials)) == {"rf", "lr"}
    assert trials.best_params == "rf"
    assert len(trials) == 22
    left = [doc for doc in trials._dynamic_trials if doc["state"] == JOB_STATE_CANCEL]
    assert len(left) == n_svm
    assert {doc["result"]["loss"] for doc in left} == {1.0}
    assert "not of the space" in left[0]["misc"]["error"][1]
    trials.to_dataframe()


def test_no_trial_of_the_space_is_an_error_before_anything_runs():
    trials = go(choice("svm", "rf"), 5)
    before, ran = pickle.dumps(trials._dynamic_trials), []
    for space, words in [
        (choice("lr", "gp"), "has no option 'svm' any more|has no option 'rf' any more"),
        ({"c": hp.uniform("c", 0, 1)}, "the space has no parameter 'k'"),
        ([choice("svm", "rf"), hp.uniform("c", 0, 1)], "no value for the parameter 'c'"),
    ]:
        with pytest.raises(ChangedSpace, match=words):
            go(space, 9, trials, objective=ran.append)
        with pytest.raises(ChangedSpace, match=words):
            trials.study(space)
    assert not ran
    assert pickle.dumps(trials._dynamic_trials) == before
    assert trials.best_params in LOSSES


def test_a_choice_that_becomes_another_parameter_or_has_equal_options_is_an_error():
    trials = go(choice("svm", "rf"), 5)
    with pytest.raises(ChangedSpace, match=r"'k' means .* was hp.choice\('k', \['svm', 'rf'\]\)"):
        go(hp.randint("k", 5), 9, trials, objective=float)
    with pytest.raises(ChangedSpace, match="'svm' is there more than once"):
        go(choice("svm", "svm", "rf"), 9, trials)


def test_nested_options_are_known_by_their_parts():
    def space(high, *more):
        return hp.choice("k", [*more, {"svm": hp.uniform("c", 0, high)}, "rf"])

    trials = go(space(1), 10)
    with pytest.warns(SpaceWarning, match=r"'c' was uniform\(0, 1\) and is uniform\(0, 2\)"):
        go(space(2, "lr"), 14, trials)
    for doc in trials.trials:
        assert (doc["misc"]["vals"]["k"] == [1]) == bool(doc["misc"]["vals"]["c"])


def test_narrower_bounds_warn_and_leave_out_what_is_outside():
    trials = go(hp.uniform("x", 0, 10), 20, objective=lambda x: -x)
    with pytest.warns(SpaceWarning, match=r"'x' was uniform\(0, 10\) and is uniform\(0, 1\)"):
        go(hp.uniform("x", 0, 1), 25, trials, objective=lambda x: -x)
    assert 0 <= trials.argmin["x"] <= 1
    assert len(trials) == 25
    wider = go(hp.uniform("x", 0, 1), 5, objective=lambda x: -x)
    with pytest.warns(SpaceWarning, match="was uniform"):
        go(hp.loguniform("x", -20, 5), 8, wider, objective=lambda x: -x)
    assert len(wider) == 8


def test_points_that_are_known_outside_of_the_bounds_stay_in_a_study_that_goes_on():
    space, trials = hp.uniform("x", 0, 1), Trials()
    fmin(abs, space, rand.suggest, 4, trials=trials, rstate=0, verbose=False,
         points_to_evaluate=[{"x": 5.0}])  # fmt: skip
    go(hp.uniform("x", 0, 1), 6, trials, objective=abs)
    assert len(trials) == 6
    assert 5.0 in trials.vals["x"]


def test_a_save_file_goes_on_with_a_changed_space(tmp_path):
    path = tmp_path / "study.pkl"

    def run(space, max_evals):
        return fmin(loss, space, rand.suggest, max_evals, trials_save_file=path, rstate=1,
                    verbose=False, return_argmin=False)  # fmt: skip

    run(choice("svm", "rf"), 8)
    assert run(choice("lr", "svm", "rf"), 10) == "svm"
    trials = pickle.loads(path.read_bytes())
    assert trials.best_params == "svm"
    assert [LOSSES[value] for value in values(trials)] == trials.losses()
    with pytest.raises(ChangedSpace):
        run({"other": hp.uniform("x", 0, 1)}, 12)
    assert len(pickle.loads(path.read_bytes())) == 10


def test_a_study_whose_space_cannot_be_pickled_still_knows_its_options():
    def unpicklable():
        return None

    trials = go(hp.choice("k", [unpicklable, "rf", "svm"]), 9, objective=lambda k: 1.0)
    again = pickle.loads(pickle.dumps(trials))
    assert again._space is None
    assert again.space_description == trials.space_description
    numbers = [doc["misc"]["vals"]["k"][0] for doc in again.trials]
    go(hp.choice("k", ["rf", "svm", unpicklable]), 10, again, objective=lambda k: 1.0)
    moved = {0: 2, 1: 0, 2: 1}
    assert [doc["misc"]["vals"]["k"][0] for doc in again.trials][:9] == [moved[n] for n in numbers]


def test_trials_that_know_no_space_are_checked_for_what_can_be():
    trials = generate_trials_to_calculate([{"x": 0.5}])
    go(hp.uniform("x", 0, 1), 3, trials, objective=abs)
    trials._space = trials._space_description = None
    with pytest.raises(ChangedSpace, match="no parameter 'x'"):
        go(hp.uniform("y", 0, 1), 5, trials, objective=abs)
    many = go(choice("svm", "rf", "lr"), 12)
    many._space = many._space_description = None
    with pytest.warns(SpaceWarning, match="are left out"):
        go(choice("svm", "rf"), 14, many)
    assert many.count_by_state_unsynced(JOB_STATE_DONE) == 14


def test_ask_and_tell_goes_on_with_a_changed_space():
    trials = go(choice("svm", "rf"), 6)
    study = trials.study(choice("lr", "svm", "rf"), rand.suggest, 0)
    assert study.best_params == "svm"
    trial = study.ask()
    study.tell(trial, LOSSES[trial.params])
    assert trials.best_params == "svm"


def test_descriptions_are_plain_data_and_the_same_for_equal_spaces():
    def space():
        return {
            "k": hp.choice("k", [None, 1, (1, [2]), {"a": hp.normal("n", 0, 1)}, print, Trials]),
            "p": hp.pchoice("p", [(0.1, "x"), (0.9, hp.choice("q", [0.5, object()]))]),
            "q": hp.quniform("u", 0, 9, 3),
        }

    first, second = (describe(compile_space(space())) for _ in range(2))
    assert first == second
    assert pickle.loads(pickle.dumps(first)) == first
    assert first["k"]["options"] == [
        "None",
        "1",
        "pos_args(1, pos_args(2))",
        "dict(a=<n>)",
        "builtins.print",
        "hyperopt.base.Trials",
    ]
    assert first["p"] == {
        "family": "categorical",
        "args": [0.1, 0.9],
        "options": ["'x'", "<choice q>"],
    }
    assert first["u"] == {"family": "quniform", "args": [0.0, 9.0, 3.0]}
