"""Reports that say nothing about the loss."""

import math
import warnings

import numpy as np
import pytest
from scipy.stats import spearmanr

import hyperopt
from hyperopt import Trials, fmin, hp, jtpe, pruners
from hyperopt.pruning.agreement import misleads, rank_correlation, rule_for, unproven
from hyperopt.pruning.curves import Curve, Curves


def finished(standing, loss, **options):
    return Curve(0, np.array([1.0, 2.0]), np.array([9.0, standing]), loss, **options)


def test_the_rank_correlation_is_spearmans():
    rng = np.random.default_rng(0)
    for n in (2, 5, 30):
        x, y = rng.integers(0, 6, n).astype(float), rng.normal(size=n)
        x[0] = 7
        assert rank_correlation(x, y) == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)
    assert math.isnan(rank_correlation(np.ones(3), np.arange(3.0)))


def test_reports_that_are_the_loss_never_mislead():
    assert misleads([finished(0.5, 0.5)] * 20) is None
    assert misleads([finished(v, v) for v in range(20)]) is None
    assert misleads([finished(v, 100 - 1 / (1 + v)) for v in range(20)]) is None


def test_accuracies_instead_of_losses_mislead():
    curves = [finished(accuracy, 1 - accuracy) for accuracy in (0.5, 0.9, 0.7, 0.6)]
    assert misleads(curves[:3]) is None
    assert unproven(curves[:3])
    assert not unproven(curves)
    assert not unproven([finished(0.5, 0.5)])
    assert misleads(curves) == (pytest.approx(-1), 4)


def test_a_metric_of_its_own_misleads_when_it_has_had_its_chance():
    rng = np.random.default_rng(1)
    unrelated = [finished(x, y) for x, y in rng.normal(size=(40, 2))]
    related = [finished(x + 0.5 * y, x) for x, y in rng.normal(size=(40, 2))]
    assert misleads(unrelated)
    assert misleads(related) is None
    assert misleads([finished(math.inf, 1.0), *related]) is None


def test_reports_that_tell_nothing_of_the_order_of_the_losses_mislead():
    curves = [finished(x, y) for x, y in ((1, 2), (2, 4), (3, 1), (4, 3))]
    assert misleads(curves) == (0, 4)


def test_folds_count_with_their_mean():
    curves = [
        Curve(0, np.arange(2.0), np.array([a, b]), (a + b) / 2, by_fold=True)
        for a, b in ((3, 0), (2, 2), (1, 4), (0, 6), (4, 1))
    ]
    assert misleads(curves) is None


@pytest.mark.parametrize("name", ["default", "asha", "median"])
def test_no_pruner_stops_a_trial_by_misleading_reports(name):
    curves = Curves([finished(-loss, loss) for loss in (0.5, 0.2, 0.3, 0.6)])
    pruner = pruners.as_pruner(name)
    assert rule_for(pruner, curves, 9) is None
    first = Curves([finished(-0.5, 0.5)])
    assert rule_for(pruner, first, 9) == (None if name == "default" else pruner.rule(first, 9))
    curves.append(finished(0.0, 9.0))
    for n in range(12):
        curves.append(finished(float(n), float(n)))
    assert not curves.misleading
    assert rule_for(pruner, curves, 9) == pruner.rule(curves, 9) is not None


def accuracy_reported(point):
    for step in range(1, 11):
        accuracy = (1 - abs(point) / 5) * (1 - 0.5**step)
        hyperopt.report(accuracy, step=step)
    return 1 - accuracy


def search(objective):
    trials = Trials()
    fmin(
        objective, hp.uniformint("x", -20, 20), jtpe.suggest, 40, trials=trials, rstate=1,
        pruner=True, verbose=False,
    )  # fmt: skip
    return trials


def test_a_search_says_so_once_and_goes_on_without_stopping():
    with pytest.warns(RuntimeWarning, match="do not go with|does not go with") as caught:
        trials = search(lambda x: accuracy_reported(x / 4))
    assert len(caught) == 1
    assert caught[0].filename == __file__
    ends = ["pruned" in result for result in trials.results]
    assert sum(ends[-20:]) == 0
    assert trials.best_trial["misc"]["vals"]["x"] == [0]  # although it may have been stopped first


def test_a_search_by_losses_is_not_told_anything():
    def objective(x):
        for step in range(1, 11):
            hyperopt.report(abs(x) + 0.5**step, step=step)
        return abs(x)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trials = search(objective)
    assert sum("pruned" in result for result in trials.results) > 10
