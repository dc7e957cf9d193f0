"""HyperoptSearchCV keeps scikit-learn's contract of a search."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import FitFailedWarning
from sklearn.linear_model import LogisticRegression, Ridge, RidgeClassifier
from sklearn.model_selection import (
    GridSearchCV,
    GroupKFold,
    KFold,
    RandomizedSearchCV,
    ShuffleSplit,
    cross_val_score,
)
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import estimator_checks

import hyperopt
from hyperopt import Trials, hp, rand
from hyperopt.sklearn import HyperoptSearchCV

X, Y = make_regression(80, 4, noise=5.0, random_state=0)
XC, YC = make_classification(90, 6, random_state=0)
ALPHA = {"alpha": hp.loguniform("alpha", -6, 4)}


def search(estimator=None, space=ALPHA, max_evals=6, **options):
    options = {"cv": 3, "random_state": 0, **options}
    return HyperoptSearchCV(estimator or Ridge(), space, max_evals, **options)


def checks(estimator):
    instance = search(estimator, max_evals=2, cv=None)
    if hasattr(estimator_checks, "estimator_checks_generator"):
        generated = estimator_checks.estimator_checks_generator(instance)
    else:  # before scikit-learn 1.6
        generated = estimator_checks.check_estimator(instance, generate_only=True)
    return [
        pytest.param(*pair, id=f"{i}-{pair[1].func.__name__}") for i, pair in enumerate(generated)
    ]


REGRESSION = checks(Ridge())
OF_BOTH = {param.values[1].func.__name__ for param in REGRESSION}


def more_checks(estimator):
    """The checks of another estimator; those that there are for any are left to the slow tests."""
    return [
        pytest.param(*param.values, id=f"{type(estimator).__name__}-{param.id}", marks=marks)
        for param in checks(estimator)
        for marks in [[pytest.mark.slow] if param.values[1].func.__name__ in OF_BOTH else []]
    ]


@pytest.mark.parametrize(("estimator", "check"), REGRESSION + more_checks(RidgeClassifier()))
# The checks feed bad data on purpose, and scikit-learn warns about it in many ways.
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_checks_of_an_estimator_pass(estimator, check):
    check(estimator)


def test_the_results_look_like_those_of_a_randomised_search():
    ours = search(return_train_score=True).fit(X, Y)
    theirs = RandomizedSearchCV(
        Ridge(), {"alpha": [0.1, 1.0, 2.0]}, n_iter=3, cv=3, return_train_score=True
    ).fit(X, Y)
    assert set(ours.cv_results_) == set(theirs.cv_results_)
    for key, column in ours.cv_results_.items():
        assert len(column) == 6
        assert type(column) is type(theirs.cv_results_[key]), key
    assert ours.n_splits_ == 3
    public = {name for name in vars(theirs) if name.endswith("_")}
    assert public <= {name for name in vars(ours) if name.endswith("_")}


def test_the_scores_are_those_of_cross_validation():
    fitted = search().fit(X, Y)
    for params, score in zip(
        fitted.cv_results_["params"], fitted.cv_results_["mean_test_score"], strict=True
    ):
        assert cross_val_score(Ridge(**params), X, Y, cv=3).mean() == pytest.approx(score)


def test_the_best_parameters_are_values_and_belong_to_the_best_score():
    space = {
        "C": hp.loguniform("C", -3, 3),
        "kernel": hp.choice("kernel", ["linear", "rbf"]),
        "degree": hp.uniformint("degree", 2, 4),
    }
    fitted = search(SVC(), space, max_evals=8).fit(XC, YC)
    assert fitted.best_params_ == fitted.cv_results_["params"][fitted.best_index_]
    assert fitted.best_params_["kernel"] in ("linear", "rbf")
    assert type(fitted.best_params_["degree"]) is int
    assert fitted.best_score_ == max(fitted.cv_results_["mean_test_score"])
    assert fitted.best_params_["C"] == fitted.best_estimator_.C
    assert fitted.predict(XC).shape == YC.shape
    assert fitted.score(XC, YC) == fitted.best_estimator_.score(XC, YC)
    assert fitted.classes_.tolist() == [0, 1]


def test_the_losses_of_the_study_are_the_negated_scores():
    fitted = search().fit(X, Y)
    np.testing.assert_array_equal(fitted.trials_.losses(), -fitted.cv_results_["mean_test_score"])


def test_the_same_seed_gives_the_same_search_however_many_jobs():
    one = search(max_evals=24).fit(X, Y)
    two = search(max_evals=24, n_jobs=2).fit(X, Y)
    assert one.cv_results_["params"] == two.cv_results_["params"]
    other = search(max_evals=24, random_state=1).fit(X, Y)
    assert one.cv_results_["params"] != other.cv_results_["params"]


@pytest.mark.parametrize("seed", [None, np.random.RandomState(0), np.random.default_rng(0)])
def test_any_kind_of_seed_is_taken(seed):
    assert len(search(max_evals=2, random_state=seed).fit(X, Y).trials_) == 2


def test_an_unfitted_search_can_be_cloned_with_its_options():
    original = search(algo=rand.suggest, refit=False, scoring="r2")
    twin = clone(original)
    assert twin is not original
    assert twin.algo is rand.suggest
    assert twin.get_params(deep=False).keys() == original.get_params(deep=False).keys()
    assert twin.set_params(estimator__alpha=3.0).estimator.alpha == 3.0
    twin.fit(X, Y)
    assert not hasattr(original, "trials_")


def test_a_pipeline_is_searched_by_step_names_and_by_steps():
    pipeline = Pipeline([("scale", StandardScaler()), ("svc", SVC())])
    space = {
        "scale": hp.choice("scale", ["passthrough", MinMaxScaler(), StandardScaler()]),
        "svc__C": hp.loguniform("C", -2, 2),
    }
    fitted = search(pipeline, space).fit(XC, YC)
    assert fitted.best_params_["svc__C"] == fitted.best_estimator_.named_steps["svc"].C


def test_alternatives_with_their_own_parameters_are_searched():
    space = hp.choice(
        "model",
        [
            {"clf": SVC(), "clf__C": hp.loguniform("C", -2, 2)},
            {
                "clf": DecisionTreeClassifier(random_state=0),
                "clf__max_depth": 1 + hp.randint("d", 3),
            },
        ],
    )
    fitted = search(Pipeline([("clf", SVC())]), space, max_evals=10).fit(XC, YC)
    depths = fitted.cv_results_["param_clf__max_depth"]
    assert 0 < depths.mask.sum() < 10
    assert set(depths.compressed()) <= {1, 2, 3}


def test_a_search_can_be_nested_in_another_estimator():
    scores = cross_val_score(search(max_evals=3), X, Y, cv=3)
    assert np.isfinite(scores).all()
    outer = GridSearchCV(search(max_evals=2), {"estimator__fit_intercept": [True, False]}, cv=2)
    assert set(outer.fit(X, Y).best_params_) == {"estimator__fit_intercept"}


def test_several_metrics_are_reported_and_refit_names_the_one_that_guides():
    metrics = {"r2": "r2", "mse": "neg_mean_squared_error"}
    fitted = search(scoring=metrics, refit="mse").fit(X, Y)
    assert {"mean_test_r2", "mean_test_mse"} <= set(fitted.cv_results_)
    assert fitted.best_score_ == max(fitted.cv_results_["mean_test_mse"])
    np.testing.assert_array_equal(fitted.trials_.losses(), -fitted.cv_results_["mean_test_mse"])
    assert fitted.score(X, Y) < 0


def test_a_callable_refit_chooses_and_the_first_metric_guides():
    def last(results):
        return len(results["params"]) - 1

    fitted = search(scoring=["r2", "neg_mean_squared_error"], refit=last).fit(X, Y)
    assert fitted.best_index_ == 5
    assert fitted.best_params_ == fitted.cv_results_["params"][5]
    assert not hasattr(fitted, "best_score_")
    np.testing.assert_array_equal(fitted.trials_.losses(), -fitted.cv_results_["mean_test_r2"])


def test_a_callable_scoring_may_return_several_metrics():
    def scoring(estimator, X, y):
        return {"good": estimator.score(X, y), "bad": -estimator.score(X, y)}

    fitted = search(scoring=scoring, refit="good").fit(X, Y)
    assert fitted.best_score_ == max(fitted.cv_results_["mean_test_good"])
    for refit in ("unknown", True):
        with pytest.raises(ValueError, match=r"refit=.*\['bad', 'good'\]"):
            search(scoring=scoring, refit=refit).fit(X, Y)


def test_without_refit_there_are_best_parameters_but_no_estimator():
    fitted = search(refit=False).fit(X, Y)
    assert fitted.best_params_ == fitted.cv_results_["params"][fitted.best_index_]
    assert not hasattr(fitted, "best_estimator_")
    assert not hasattr(fitted, "predict")


def test_methods_that_the_estimator_lacks_are_absent():
    assert not hasattr(search(), "predict_proba")
    assert hasattr(search(LogisticRegression()), "predict_proba")


def test_all_candidates_see_the_same_random_splits():
    seen = []

    class Recording(ShuffleSplit):
        def split(self, *args, **kwargs):
            seen.append(1)
            return super().split(*args, **kwargs)

    search(cv=Recording(2, random_state=None)).fit(X, Y)
    assert len(seen) == 1


@pytest.mark.parametrize("as_given", [list, iter])
def test_ready_made_splits_are_taken(as_given):
    splits = list(KFold(2).split(X))
    assert search(cv=as_given(splits), max_evals=3).fit(X, Y).n_splits_ == 2


def test_groups_reach_the_splitter_and_fit_parameters_the_estimator():
    weights = []

    class Weighted(Ridge):
        def fit(self, X, y, sample_weight=None):
            weights.append(len(sample_weight))
            return super().fit(X, y, sample_weight)

    groups = np.arange(80) % 4
    search(Weighted(), cv=GroupKFold(4), max_evals=1).fit(
        X, Y, groups=groups, sample_weight=np.ones(80)
    )
    assert weights == [60] * 4 + [80]
    with pytest.raises(ValueError, match="groups"):
        search(cv=GroupKFold(4)).fit(X, Y)


def test_metadata_is_routed_when_that_is_switched_on():
    import sklearn

    with sklearn.config_context(enable_metadata_routing=True):
        ridge = Ridge().set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        fitted = search(ridge, cv=GroupKFold(4)).fit(
            X, Y, groups=np.arange(80) % 4, sample_weight=np.ones(80)
        )
    assert len(fitted.trials_) == 6


class SometimesFails(Ridge):
    def fit(self, X, y):
        if self.alpha < 1.0:
            raise ArithmeticError("alpha is too small")
        return super().fit(X, y)


def test_a_candidate_that_cannot_be_fitted_is_a_failed_trial_and_a_row_of_nan():
    with (
        pytest.warns(FitFailedWarning, match="of 10 candidates could not be fitted"),
        pytest.warns(UserWarning, match="non-finite"),
    ):
        fitted = search(SometimesFails(), max_evals=10, return_train_score=True).fit(X, Y)
    scores = fitted.cv_results_["mean_test_score"]
    failed = np.array([params["alpha"] < 1.0 for params in fitted.cv_results_["params"]])
    assert failed.any()
    assert not failed.all()
    assert np.isnan(scores[failed]).all()
    assert np.isfinite(scores[~failed]).all()
    assert [r["status"] == "fail" for r in fitted.trials_.results] == failed.tolist()
    assert fitted.best_params_["alpha"] >= 1.0
    assert (fitted.cv_results_["rank_test_score"][failed] > (~failed).sum()).all()


def test_a_numeric_error_score_stands_for_the_failed_fits():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FitFailedWarning)
        fitted = search(SometimesFails(), max_evals=10, error_score=-7.0).fit(X, Y)
    assert min(fitted.cv_results_["mean_test_score"]) == -7.0
    assert fitted.trials_.losses().count(7.0) >= 1


def test_error_score_raise_lets_the_estimators_exception_through():
    with pytest.raises(ArithmeticError, match="too small"):
        search(SometimesFails(), max_evals=10, error_score="raise").fit(X, Y)


@pytest.mark.parametrize("error_score", [np.nan, 0.0])
def test_a_search_in_which_nothing_can_be_fitted_is_an_error(error_score):
    class Fails(Ridge):
        def fit(self, X, y):
            raise ArithmeticError("never works")

    with pytest.raises(ValueError, match="never works"):
        search(Fails(), error_score=error_score).fit(X, Y)


@pytest.mark.filterwarnings("ignore:Scoring failed:UserWarning")
@pytest.mark.filterwarnings("ignore:One or more of the test scores:UserWarning")
def test_a_scorer_that_always_fails_leaves_nan_scores():
    def scoring(estimator, X, y):
        raise ArithmeticError

    fitted = search(scoring=scoring).fit(X, Y)
    assert np.isnan(fitted.cv_results_["mean_test_score"]).all()
    assert (fitted.cv_results_["rank_test_score"] == 1).all()


def test_given_trials_are_filled_and_count_towards_max_evals():
    trials = Trials()
    fitted = search(trials=trials, max_evals=4).fit(X, Y)
    assert fitted.trials_ is trials
    assert len(trials) == 4
    more = search(trials=trials, max_evals=7).fit(X, Y)
    assert len(trials) == 7
    assert len(more.cv_results_["params"]) == 3
    with pytest.raises(ValueError, match="raise max_evals"):
        more.fit(X, Y)


def test_a_warm_start_goes_on_with_the_study_and_keeps_the_earlier_results():
    fitted = search(warm_start=True, max_evals=4).fit(X, Y)
    first = list(fitted.cv_results_["params"])
    fitted.set_params(max_evals=9).fit(X, Y)
    params = fitted.cv_results_["params"]
    assert params[:4] == first
    assert len({p["alpha"] for p in params}) == len(fitted.trials_) == 9
    assert fitted.best_score_ == max(fitted.cv_results_["mean_test_score"])
    with pytest.raises(ValueError, match="3 splits"):
        fitted.set_params(max_evals=12, cv=KFold(4)).fit(X, Y)


def test_a_fitted_search_can_be_pickled_and_continued():
    fitted = pickle.loads(pickle.dumps(search(max_evals=3, cv=ShuffleSplit(2)).fit(X, Y)))
    assert fitted.predict(X).shape == Y.shape
    assert not any(type(value).__name__ == "SplitOnce" for value in vars(fitted).values())
    fitted.set_params(warm_start=True, max_evals=5).fit(X, Y)
    assert len(fitted.cv_results_["params"]) == 5


def test_without_warm_start_each_fit_begins_anew():
    fitted = search().fit(X, Y)
    first = list(fitted.cv_results_["params"])
    assert fitted.fit(X, Y).cv_results_["params"] == first


def test_data_frames_keep_their_column_names():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(X, columns=list("abcd"))
    fitted = search(max_evals=2).fit(frame, pandas.Series(Y))
    assert fitted.feature_names_in_.tolist() == list("abcd")
    assert fitted.n_features_in_ == 4


def test_a_search_is_quiet_unless_it_is_asked_to_talk(capfd):
    search(max_evals=2).fit(X, Y)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("max_evals", [0, -1, 2.5])
def test_an_impossible_number_of_evaluations_is_refused(max_evals):
    with pytest.raises(ValueError, match="max_evals"):
        search(max_evals=max_evals).fit(X, Y)


def test_a_space_whose_points_are_not_dicts_is_refused():
    with pytest.raises(TypeError, match="must be dicts"):
        search(space=hp.uniform("x", 0, 1)).fit(X, Y)


def test_the_module_offers_upstreams_names():
    from hyperopt import sklearn as module

    assert module.fmin is hyperopt.fmin
    assert module.Trials is hyperopt.Trials
    assert module.STATUS_OK == "ok"


def test_given_trials_that_an_earlier_fit_has_filled_are_left_alone_without_a_warm_start():
    trials = Trials()
    fitted = search(trials=trials, max_evals=4, warm_start=True).fit(X, Y)
    assert len(trials) == 4
    fitted.set_params(warm_start=False).fit(X, Y)
    assert len(trials) == len(fitted.trials_) == 4
    assert fitted.trials_ is not trials
    with pytest.raises(ValueError, match="holds 4 trials already"):
        search(trials=trials, max_evals=4).fit(X, Y)


def test_refit_by_the_name_of_a_metric_needs_several_metrics():
    with pytest.raises(ValueError, match="refit='r2' with scoring=None: a name chooses among"):
        search(refit="r2").fit(X, Y)
    search(refit="r2", scoring="r2").fit(X, Y)
    search(refit="r2", scoring=["r2", "neg_mean_absolute_error"]).fit(X, Y)


def test_scikit_learns_name_for_the_number_of_candidates_gets_a_sentence():
    with pytest.raises(TypeError, match="n_iter=3: the number of candidates is max_evals"):
        HyperoptSearchCV(Ridge(), ALPHA, n_iter=3)


@pytest.mark.parametrize("space", [{"alpha": [0.1, 1, 10]}, {}])
def test_a_space_that_is_a_grid_of_lists_is_an_error_that_says_what_to_write(space):
    with pytest.raises(hyperopt.exceptions.BadSearchSpace, match="has no parameters"):
        search(space=space).fit(X, Y)
