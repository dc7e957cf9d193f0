"""The callbacks, with the real libraries where they can be installed."""

import sys
import types

import numpy as np
import pytest
from sklearn.datasets import make_classification, make_friedman1
from sklearn.linear_model import SGDClassifier, SGDRegressor

from hyperopt import TrialPruned, Trials, fmin, hp
from hyperopt.integrations.partial_fit import fit_in_steps
from hyperopt.pruning import Reporter
from hyperopt.pruning.reporting import running

X, Y = make_friedman1(120, random_state=0)
A, B = make_classification(120, random_state=0)


def stop_after(step):
    return lambda steps, values: steps[-1] >= step


def reports_of(train, rule=None):
    """What a trial reports, and whether it was stopped."""
    reporter = Reporter()
    reporter.rule = rule
    token = running.set(reporter)
    stopped = False
    try:
        train()
    except TrialPruned:
        stopped = True
    finally:
        running.reset(token)
    return reporter.complete({"status": "ok"}).get("intermediate", []), stopped


# -- XGBoost


def boost(n=5, **options):
    import xgboost

    from hyperopt.integrations.xgboost import ReportRounds

    train, valid = xgboost.DMatrix(X[:80], Y[:80]), xgboost.DMatrix(X[80:], Y[80:])
    log = {}
    xgboost.train(
        {"nthread": 1, "eval_metric": ["mae", "rmse"]},
        train,
        n,
        evals=[(train, "train"), (valid, "valid")],
        evals_result=log,
        verbose_eval=False,
        callbacks=[ReportRounds(**options)],
    )
    return log


def test_xgboost_reports_each_round():
    logs = []
    points, stopped = reports_of(lambda: logs.append(boost()))
    assert not stopped
    assert [step for step, _ in points] == [1, 2, 3, 4, 5]
    assert [value for _, value in points] == logs[0]["valid"]["rmse"]
    points, _ = reports_of(lambda: boost(data="train", metric="mae", maximise=True))
    assert [value for _, value in points] == pytest.approx([-v for v in logs[0]["train"]["mae"]])


def test_xgboost_is_stopped():
    points, stopped = reports_of(boost, stop_after(2))
    assert stopped
    assert len(points) == 2


def test_xgboost_cross_validates_and_has_estimators():
    import xgboost

    from hyperopt.integrations.xgboost import ReportRounds

    data = xgboost.DMatrix(X, Y)
    table = []
    points, _ = reports_of(
        lambda: table.append(
            xgboost.cv({"nthread": 1}, data, 3, nfold=3, callbacks=[ReportRounds()], seed=0)
        )
    )
    assert [v for _, v in points] == pytest.approx(table[0]["test-rmse-mean"].tolist())
    model = xgboost.XGBRegressor(n_estimators=3, n_jobs=1, callbacks=[ReportRounds()])
    points, _ = reports_of(lambda: model.fit(X, Y, eval_set=[(X, Y)], verbose=False))
    assert len(points) == 3


def test_xgboost_says_what_is_missing():
    with pytest.raises(ValueError, match="'valid'"):
        reports_of(lambda: boost(data="test"))
    with pytest.raises(ValueError, match="'rmse'"):
        reports_of(lambda: boost(metric="auc"))


# -- LightGBM


def light(n=5, metric="l2", **options):
    import lightgbm

    from hyperopt.integrations.lightgbm import report_rounds

    train = lightgbm.Dataset(A[:80], B[:80])
    valid = lightgbm.Dataset(A[80:], B[80:], reference=train)
    log = {}
    lightgbm.train(
        {"objective": "binary", "metric": metric, "num_threads": 1, "verbosity": -1},
        train,
        n,
        valid_sets=[valid],
        valid_names=["valid"],
        callbacks=[report_rounds(**options), lightgbm.record_evaluation(log)],
    )
    return log["valid"][metric]


def test_lightgbm_reports_each_round_and_knows_what_is_better():
    logs = []
    points, stopped = reports_of(lambda: logs.append(light()))
    assert not stopped
    assert [step for step, _ in points] == [1, 2, 3, 4, 5]
    assert [value for _, value in points] == logs[0]
    points, _ = reports_of(lambda: logs.append(light(metric="auc")))
    assert [value for _, value in points] == [-v for v in logs[1]]


def test_lightgbm_is_stopped_and_says_what_is_missing():
    points, stopped = reports_of(light, stop_after(3))
    assert stopped
    assert len(points) == 3
    with pytest.raises(ValueError, match="'valid'"):
        reports_of(lambda: light(data="test"))


# -- Lightning; of Keras, see tests/integration


class Base:
    """Stands for the base class of a library's callbacks."""


def stand_in(monkeypatch, name):
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        module = types.ModuleType(".".join(parts[:depth]))
        monkeypatch.setitem(sys.modules, module.__name__, module)
    sys.modules[name].Callback = Base


def test_lightning_reports_validations_but_not_the_sanity_check(monkeypatch):
    stand_in(monkeypatch, "lightning.pytorch.callbacks")
    monkeypatch.delitem(sys.modules, "hyperopt.integrations.lightning", raising=False)
    from hyperopt.integrations.lightning import ReportEpochs

    def fit():
        callback = ReportEpochs("val_acc", maximise=True)
        for epoch, checking, value in ((0, True, 9.0), (0, False, 0.5), (1, False, 0.75)):
            trainer = types.SimpleNamespace(
                sanity_checking=checking,
                current_epoch=epoch,
                callback_metrics={"val_acc": np.float32(value)},
            )
            callback.on_validation_end(trainer, None)

    assert reports_of(fit) == ([[1, -0.5], [2, -0.75]], False)
    assert reports_of(fit, stop_after(1)) == ([[1, -0.5]], True)
    monkeypatch.delitem(sys.modules, "hyperopt.integrations.lightning")


# -- partial_fit


def test_partial_fit_is_reported_step_by_step():
    def objective(alpha):
        model = SGDClassifier(alpha=alpha, random_state=0)
        return fit_in_steps(model, A[:80], B[:80], A[80:], B[80:], n_steps=6)

    trials = Trials()
    fmin(objective, hp.loguniform("alpha", -9, 3), max_evals=8, trials=trials, rstate=0,
         pruner=True, verbose=False)  # fmt: skip
    assert trials.results[0]["intermediate"][-1] == [6, trials.results[0]["loss"]]
    assert any("pruned" in result for result in trials.results)


def test_partial_fit_takes_a_loss_of_ones_own():
    loss = lambda model, x, y: float(np.mean((model.predict(x) - y) ** 2))  # noqa: E731
    model = SGDRegressor(random_state=0)
    points, _ = reports_of(lambda: fit_in_steps(model, X, Y, X, Y, 3, loss))
    assert points[-1][1] == loss(model, X, Y)
    with pytest.raises(ValueError, match="n_steps"):
        fit_in_steps(model, X, Y, X, Y, 0)
