"""`HyperoptSearchCV` that leaves out the folds of hopeless candidates."""

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.exceptions import FitFailedWarning
from sklearn.model_selection import KFold, RandomizedSearchCV
from sklearn.svm import SVC

from hyperopt import hp
from hyperopt.sklearn import HyperoptSearchCV

X, Y = load_iris(return_X_y=True)
SPACE = {"C": hp.loguniform("C", -6, 3), "gamma": hp.loguniform("gamma", -8, 2)}
CV = KFold(5, shuffle=True, random_state=0)


class Counting(SVC):
    """Counts its fits."""

    fits = 0

    def fit(self, X, y):
        Counting.fits += 1
        return super().fit(X, y)


def search(n=15, **options):
    options = {"cv": CV, "random_state": 0, "stop_folds_early": True, **options}
    return HyperoptSearchCV(Counting(), SPACE, n, **options).fit(X, Y)


def test_hopeless_candidates_are_not_fitted_on_all_folds():
    Counting.fits = 0
    found = search()
    stopped = [r for r in found.trials_.results if "pruned" in r]
    done = sum(len(r["intermediate"]) for r in found.trials_.results)
    assert len(stopped) > 3
    assert Counting.fits == done + 1 < 15 * 5
    assert found.n_splits_ == 5
    assert found.cv is CV


def test_the_best_is_the_best_of_those_that_were_fitted_on_all_folds():
    found = search()
    scores = found.cv_results_["mean_test_score"]
    assert len(scores) == 15
    assert np.isnan(scores).sum() == sum("pruned" in r for r in found.trials_.results)
    assert found.best_score_ == np.nanmax(scores)
    finished = [r["loss"] for r in found.trials_.results if r["status"] == "ok"]
    assert found.best_score_ == pytest.approx(-min(finished))


def test_what_is_finished_is_what_the_whole_cross_validation_gives():
    found = search()
    best = found.best_params_
    whole = RandomizedSearchCV(SVC(), {k: [v] for k, v in best.items()}, n_iter=1, cv=CV)
    assert whole.fit(X, Y).best_score_ == pytest.approx(found.best_score_)


def test_several_metrics_and_iterators_of_splits_work():
    found = search(8, scoring=["accuracy", "f1_macro"], refit="f1_macro")
    assert found.best_score_ == np.nanmax(found.cv_results_["mean_test_f1_macro"])
    assert search(4, cv=iter(list(CV.split(X)))).n_splits_ == 5


def test_a_candidate_that_cannot_be_fitted_is_a_failed_one():
    class Fails(SVC):
        def fit(self, X, y):
            if self.C > 1:
                raise ValueError("too large")
            return super().fit(X, y)

    with pytest.warns(FitFailedWarning):
        found = HyperoptSearchCV(
            Fails(), SPACE, 10, cv=CV, random_state=0, stop_folds_early=True
        ).fit(X, Y)
    failed = [r for r in found.trials_.results if r["status"] == "fail" and "pruned" not in r]
    assert failed
    assert found.best_params_["C"] <= 1


def test_a_search_that_goes_on_keeps_its_folds():
    found = HyperoptSearchCV(
        SVC(), SPACE, 6, cv=CV, random_state=0, stop_folds_early=True, warm_start=True
    ).fit(X, Y)
    found.max_evals = 9
    assert len(found.fit(X, Y).cv_results_["params"]) == 9
    found.max_evals, found.cv = 12, 3
    with pytest.raises(ValueError, match="5 splits"):
        found.fit(X, Y)
