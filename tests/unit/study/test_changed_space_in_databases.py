"""Studies in a database that go on with another space."""

from __future__ import annotations

import warnings
from collections import Counter

import pytest

from hyperopt import StoredTrials, fmin, hp, open_study, rand, tpe
from hyperopt.base import JOB_STATE_DONE
from hyperopt.exceptions import ChangedSpace, SpaceWarning
from hyperopt.pyll import scope

LOSSES = {"svm": 1.0, "rf": 2.0, "lr": 3.0}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


def go(url, space, max_evals, objective=lambda point: LOSSES.get(str(point), 4.0), **options):
    trials = url if isinstance(url, StoredTrials) else StoredTrials(url)
    options = {"algo": rand.suggest, "rstate": 0, "verbose": False, **options}
    fmin(objective, space, max_evals=max_evals, trials=trials, **options)
    return trials


def choice(*options):
    return hp.choice("k", list(options))


def refused(url, space, words):
    before = StoredTrials(url)
    ran = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.filterwarnings("error", message=".*are left out")  # which is not done
        with pytest.raises(ChangedSpace, match=words):
            go(url, space, 50, objective=ran.append)
        with pytest.raises(ChangedSpace, match=words):
            open_study(url, space=space)
    assert not ran
    after = StoredTrials(url)
    assert after._dynamic_trials == before._dynamic_trials
    assert after.space_description == before.space_description


class Model:
    """An option that is no data."""


def function(x):
    return x


OPTIONS = [("svm", "rf", "lr"), (Model, function, 2), (["a"], {"b": 1}, None)]


@pytest.mark.parametrize("options", OPTIONS)
def test_options_at_the_end_may_be_added_and_none_moved_or_removed(url, options):
    first, second, third = options
    go(url, choice(first, second), 8)
    refused(url, choice(third, first, second), r"the options of 'k' were \[.*\] and are \[")
    refused(url, choice(second, first), r"the options of 'k' were .* give the study another name")
    refused(url, choice(first), r"trials are not of this space: 'k' has no option .* any more")
    trials = go(url, choice(first, second, third), 30, algo=tpe.suggest)
    assert len(trials) == 30
    assert trials.count_by_state_synced(JOB_STATE_DONE) == 30
    numbers = Counter(doc["misc"]["vals"]["k"][0] for doc in trials.trials)
    assert set(numbers) == {0, 1, 2}
    refused(url, choice(first, second), "'k' has no option .* any more")


def test_values_are_what_they_were(url):
    go(url, choice("svm", "rf"), 8)
    trials = go(url, choice("svm", "rf", "lr"), 30)
    frame = trials.to_dataframe()
    for option, loss in zip(frame["k"], frame["loss"], strict=True):
        assert loss == LOSSES[option]
    assert StoredTrials(url).best_params == "svm"


def test_a_space_that_is_not_read_from_a_database_is_compared_all_the_same(url):
    @scope.define
    def changed_space_same(x):
        return x

    go(url, scope.changed_space_same(choice("svm", "rf")), 6)
    refused(url, scope.changed_space_same(choice("rf", "svm")), "the options of 'k' were")


def test_other_labels_are_refused(url):
    go(url, {"x": hp.uniform("x", 0, 1)}, 6, objective=lambda p: p["x"])
    refused(url, {"x": hp.uniform("y", 0, 1)}, "no parameter 'x'. Give the study another name")
    both = {"x": hp.uniform("x", 0, 1), "y": hp.uniform("y", 0, 1)}
    refused(url, both, "there is no value for the parameter 'y'")


def test_wider_bounds_warn_and_narrower_ones_are_refused_where_a_trial_is_outside(url):
    go(url, hp.uniform("x", 0, 1), 8, objective=abs)
    with pytest.warns(SpaceWarning, match=r"'x' was uniform\(0, 1\) and is uniform\(0, 2\)"):
        trials = go(url, hp.uniform("x", 0, 2), 16, objective=abs)
    assert len(trials) == 16
    refused(url, hp.uniform("x", 0, 1e-3), "a value of 'x' is outside of its new bounds")


def test_the_same_trials_know_the_space_of_their_last_run(url):
    trials = go(url, choice("svm", "rf"), 4)
    assert trials.space_description["k"]["options"] == ["'svm'", "'rf'"]
    go(trials, choice("svm", "rf", "lr"), 30)
    with pytest.raises(ChangedSpace, match="'k' has no option 'lr' any more"):
        go(trials, choice("svm", "rf", "gp"), 40)


def test_who_runs_trials_is_not_given_those_of_another_space(url):
    first = open_study(url, space=choice("svm", "rf"), algo=rand.suggest, rstate=0)
    asked = first.ask()
    with pytest.raises(ChangedSpace, match=r"process \d+ on .* with another space"):
        open_study(url, space=choice("svm", "rf", "lr"))
    same = open_study(url, space=choice("svm", "rf"), algo=rand.suggest, rstate=0)
    assert same.ask() is not None
    first.tell(asked, 1.0)
    assert first.trials.space_description == same.trials.space_description


def test_who_runs_trials_may_add_an_option_in_the_middle_of_them(url):
    trials = StoredTrials(url)
    asked = trials.study(choice("svm", "rf"), rand.suggest, rstate=0).ask()
    more = trials.study(choice("svm", "rf", "lr"), rand.suggest, rstate=0)
    assert trials.space_description["k"]["options"] == ["'svm'", "'rf'", "'lr'"]
    more.tell(asked.tid, 1.0)
    assert more.best_params in ("svm", "rf")


def test_experiments_of_one_study_may_run_at_once_with_spaces_of_their_own(url):
    first = open_study(url, exp_key="a", space=choice("svm", "rf"), algo=rand.suggest, rstate=0)
    first.ask()
    other = hp.uniform("x", 0, 1)
    second = open_study(url, exp_key="b", space=other, algo=rand.suggest, rstate=0)
    assert second.ask().assignment.keys() == {"x"}
    assert first.ask().assignment.keys() == {"k"}
