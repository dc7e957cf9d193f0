"""The pruners as functions from curves to rules."""

import math
import pickle

import numpy as np
import pytest

from hyperopt import Trials, fmin, hp, pruners, report
from hyperopt.pruners import (
    ASHA,
    Curve,
    Curves,
    Folds,
    Hopeless,
    Hyperband,
    Median,
    Percentile,
    as_pruner,
)
from hyperopt.pruning.curves import curve_of, curves_of, log_of
from hyperopt.pruning.grid import MOST_RUNGS, rungs_of
from hyperopt.pruning.hopeless import _noise

EVERY = [Hopeless(), ASHA(), Median(), Percentile(), Hyperband(), Folds()]


def curve(values, finished=True, tid=0, first=1):
    values = np.asarray(values, dtype=float)
    steps = np.arange(first, first + len(values), dtype=float)
    return Curve(tid, steps, values, float(values[-1]) if finished else None)


def power(end, scale, last=27, rate=1.0):
    return [end + scale * k**-rate for k in range(1, last + 1)]


def stopped_at(rule, values, first=1):
    """The step at which a trial with these values stops; None if it runs to its end."""
    for n in range(1, len(values) + 1):
        steps = [first + k for k in range(n)]
        if rule is not None and rule(steps, list(values[:n])):
            return steps[-1]
    return None


# -- the default


def test_nothing_stops_before_a_trial_has_finished():
    assert Hopeless().rule(Curves(), 0) is None
    assert Hopeless().rule(Curves([curve([3.0, 2.0], finished=False)]), 1) is None
    two = Hopeless(min_finished=2)
    assert two.rule(Curves([curve(power(1, 1))]), 1) is None
    assert two.rule(Curves([curve(power(1, 1)), curve(power(1, 2))]), 2) is not None


def test_a_trial_that_has_stopped_improving_far_from_the_best_stops():
    rule = Hopeless().rule(Curves([curve(power(1, 1))]), 1)
    assert stopped_at(rule, [5.0] * 27) == 3


def test_a_slow_starter_goes_on_while_its_pace_may_bring_it_there():
    curves = Curves([curve(power(1, 1))])
    straight = list(np.linspace(10.0, 0.0, 27))
    assert stopped_at(Hopeless(prior_share=2).rule(curves, 1), straight) is None
    assert stopped_at(Hopeless(prior_share=0).rule(curves, 1), straight) == 3
    # Once such curves are known, the default lets them go on, too.
    curves = Curves([curve(power(1, 1)), curve(straight), curve(np.linspace(9.0, 0.1, 27))])
    assert stopped_at(Hopeless().rule(curves, 3), straight) is None


def test_the_best_trial_itself_would_not_be_stopped():
    rng = np.random.default_rng(0)
    for _ in range(50):
        curves = []
        for _ in range(8):
            end, scale, rate = rng.uniform(0, 1), rng.uniform(0, 3), rng.uniform(0.2, 2)
            noise = 0.05 * rng.normal(size=40)
            curves.append(curve(power(end, scale, 40, rate) + noise))
        rule = Hopeless().rule(Curves(curves), 8)
        best = min(curves, key=lambda c: c.values[-1])
        assert stopped_at(rule, best.values.tolist()) is None


def test_a_copy_of_any_of_the_better_half_stops_only_for_being_worse():
    better = [curve(power(1 + 0.01 * i, 2)) for i in range(3)]
    worse = [curve(power(5, 2)) for _ in range(3)]
    rule = Hopeless().rule(Curves([*better, *worse]), 6)
    assert stopped_at(rule, power(1.005, 2)) in (None, *range(20, 28))
    assert stopped_at(rule, power(5, 2)) < 10


def test_the_rule_depends_on_the_set_of_curves_alone():
    curves = [curve(power(1 + i % 3, 1 + i % 5), i % 4 > 0, i) for i in range(12)]
    first = Hopeless().rule(Curves(curves), 12)
    growing, pruner = Curves(), Hopeless()
    for each in curves:
        growing.append(each)
        last = pruner.rule(growing, 12)
    assert first == last
    assert pickle.loads(pickle.dumps(pruner)).rule(growing, 12) == first


def test_values_that_are_not_finite_are_dealt_with():
    rule = Hopeless().rule(Curves([curve(power(1, 1)), curve([math.inf] * 27)]), 2)
    assert stopped_at(rule, [math.inf] * 4) == 3
    assert stopped_at(rule, [math.inf, 1.0, 0.5, 0.4]) is None
    assert stopped_at(rule, [-math.inf] * 4) is None
    assert Hopeless().rule(Curves([curve([math.inf] * 27)]), 1) is None


def test_steps_from_zero_on_and_far_apart_are_dealt_with():
    for first in (0, 1, 1000):
        rule = Hopeless().rule(Curves([curve(power(1, 1), first=first)]), 1)
        assert stopped_at(rule, [9.0] * 27, first) == first + 2


def test_a_trial_whose_first_reports_stand_still_is_not_stopped_for_them():
    curves = Curves([curve(power(1, 1, 81)), curve(power(1.5, 1, 81))])
    late = [3.0] * 3 + [1.0 + 2.0 * 0.8**k for k in range(78)]
    assert stopped_at(Hopeless().rule(curves, 2), late) is None
    assert stopped_at(Hopeless(min_part=0).rule(curves, 2), late) == 3


def test_what_may_end_among_the_better_half_goes_on_once_there_are_many():
    many = Curves([curve(power(1 + 0.1 * i, 1)) for i in range(16)])
    few = Curves(many[:2])
    good, bad = power(1.15, 1), power(2.0, 1)
    assert stopped_at(Hopeless().rule(few, 2), good) is not None
    assert stopped_at(Hopeless().rule(many, 16), good) is None
    assert stopped_at(Hopeless(tolerance=0).rule(many, 16), good) is not None
    assert stopped_at(Hopeless().rule(many, 16), bad) < 10


def test_an_uneven_trial_is_granted_its_noise():
    rule = Hopeless().rule(Curves([curve(power(1, 1))]), 1)
    even = [1.3] * 27
    uneven = [1.3 + (0.15 if k % 2 else -0.15) for k in range(27)]
    assert stopped_at(rule, even) is not None
    assert stopped_at(rule, uneven) is None
    assert stopped_at(rule, [v + 3 for v in uneven]) is not None


def test_noise_is_measured_by_the_moves_that_a_convex_curve_does_not_make():
    assert _noise([2.0]) == _noise([2.0, 1.0]) == _noise(power(1, 5)) == 0
    assert _noise([math.inf, math.inf, 3.0, 2.0, 1.5]) == 0
    noise = np.random.default_rng(0).normal(size=4000)
    assert _noise((7 + 0.3 * noise).tolist()) == pytest.approx(0.3, rel=0.05)


def test_min_steps_are_granted():
    rule = Hopeless(min_steps=10).rule(Curves([curve(power(1, 1))]), 1)
    assert stopped_at(rule, [5.0] * 27) == 10


def test_a_rule_is_small_however_many_steps_there_are():
    long = curve(power(1, 1, 10_000))
    rule = Hopeless().rule(Curves([long] * 3), 3)
    assert len(pickle.dumps(rule)) < 4096
    rungs = rungs_of([long])
    assert len(rungs) <= MOST_RUNGS
    assert (np.diff(rungs) > 0).all()
    assert rungs[0] == 1
    assert rungs[-1] == 10_000


# -- successive halving


def test_asha_lets_one_in_factor_trials_go_on_from_each_rung():
    curves = Curves([curve([float(v)] * 16, False, v) for v in range(7)])
    rule = ASHA(1, 2).rule(curves, 7)
    assert rule.rungs == (1.0, 2.0, 4.0, 8.0, 16.0)
    assert rule.limits == (3.0,) * 5  # of 8, with the new one, the best 4
    assert ASHA(1, 4).rule(curves, 7).limits == (1.0,) * 3
    assert ASHA(3, 2).rule(curves, 7).rungs == (3.0, 6.0, 12.0)


def test_asha_stops_at_the_rung_and_not_between():
    rule = ASHA(1, 4).rule(Curves([curve([1.0] * 16)]), 1)
    assert stopped_at(rule, [0.5, 2.0, 2.0, 2.0]) == 4
    assert stopped_at(rule, [0.5, 2.0, 2.0, 1.0, 3.0]) is None
    assert not rule([3], [9.0]) or rule.rungs[0] == 1.0


def test_a_rung_that_is_skipped_is_decided_at_the_next_report():
    rule = ASHA(1, 4).rule(Curves([curve([1.0] * 16)]), 1)
    assert not rule([1], [0.5])
    assert rule([1, 6], [0.5, 2.0])
    assert not rule([1, 6, 7], [0.5, 0.5, 2.0])


def test_hyperband_has_brackets_that_begin_later():
    pruner = Hyperband(1, 27, 3)
    curves = Curves([curve([1.0] * 27, tid=t) for t in range(60)])
    first_rungs = {pruner.rule(curves, tid).rungs[0] for tid in range(60)}
    assert first_rungs == {1.0, 3.0, 9.0, 27.0}


def test_hyperband_takes_the_length_of_the_first_trial_that_ends():
    assert Hyperband().rule(Curves([curve([1.0] * 9, finished=False)]), 1) is None
    pruner = Hyperband()
    curves = Curves([curve([1.0] * 9, tid=t) for t in range(30)])
    rules = [pruner.rule(curves, tid) for tid in range(30)]
    assert {rule.rungs[0] for rule in rules} == {1.0, 3.0, 9.0}


# -- percentiles


def test_the_median_rule_compares_the_best_value_so_far():
    curves = Curves([curve([float(v), v - 0.5, v]) for v in (1, 2, 3, 4, 5)])
    rule = Median().rule(curves, 5)
    assert rule.limits == (3.0, 2.5, 2.5)
    assert stopped_at(rule, [2.0, 9.0, 9.0]) is None
    assert stopped_at(rule, [3.5]) == 1
    assert Median(startup_trials=6).rule(curves, 5) is None
    assert stopped_at(Median(warmup_steps=2).rule(curves, 5), [9.0, 9.0, 9.0]) == 3


def test_stopped_trials_are_not_among_those_compared_with():
    curves = [curve([float(v)] * 3) for v in (1, 2, 3, 4, 5)]
    more = [*curves, *[curve([9.0], finished=False) for _ in range(20)]]
    assert Percentile(25).rule(Curves(more), 0) == Percentile(25).rule(Curves(curves), 0)


# -- folds


def folds(scores, finished=True, tid=0):
    scores = np.asarray(scores, dtype=float)
    mean = float(scores.mean())
    steps = np.arange(float(len(scores)))
    return Curve(tid, steps, scores, mean if finished else None, by_fold=True)


HARD = np.array([0.1, 0.6, 0.2, 0.4, 0.3])


def test_folds_are_compared_with_the_same_folds():
    curves = Curves([folds(HARD), folds(HARD + np.array([0.01, 0.02, 0.01, 0.02, 0.015]))])
    curves.append(folds(HARD + np.array([0.11, 0.12, 0.11, 0.12, 0.115])))
    curves.append(folds(HARD + np.array([0.21, 0.22, 0.21, 0.22, 0.215])))
    curves.append(folds(HARD + np.array([0.31, 0.32, 0.31, 0.32, 0.315])))
    curves.append(folds(HARD + np.array([0.31, 0.32, 0.31, 0.32, 0.315])))
    rule = Folds().rule(curves, 6)
    assert stopped_at(rule, HARD - 0.01, 0) is None  # its second fold is worse than the mean
    assert stopped_at(rule, HARD + 0.1, 0) == 0
    assert stopped_at(Folds("aggressive").rule(curves, 6), HARD - 0.01, 0) == 1


def test_the_rules_of_bergman_and_others():
    curves = Curves([folds(HARD)])
    assert stopped_at(Folds("aggressive").rule(curves, 1), [0.31, 0.34, 0, 0, 0], 0) == 1
    assert stopped_at(Folds("forgiving").rule(curves, 1), [0.59, 0.6, 0, 0, 0], 0) is None
    assert stopped_at(Folds("forgiving").rule(curves, 1), [0.61, 0, 0, 0, 0], 0) == 0


def test_the_last_fold_decides_nothing():
    rule = Folds("aggressive").rule(Curves([folds(HARD)]), 1)
    assert stopped_at(rule, [0.1, 0.1, 0.1, 0.1, 99.0], 0) is None


def test_the_default_treats_folds_as_folds():
    curves = Curves([folds(HARD)])
    assert Hopeless().rule(curves, 1) == Folds().rule(curves, 1)


# -- curves from documents


def document(result, state=2, tid=0):
    return {"tid": tid, "state": state, "result": result, "exp_key": None}


def test_a_curve_is_read_from_a_document():
    done = curve_of(
        document({"status": "ok", "loss": 1.0, "intermediate": [[1, 2.0], [3, math.nan]]})
    )
    assert done.finished
    assert done.steps.tolist() == [1, 3]
    assert done.values.tolist() == [2.0, math.inf]
    stopped = curve_of(document({"status": "fail", "pruned": 1, "intermediate": [[1, 2.0]]}))
    assert not stopped.finished


@pytest.mark.parametrize(
    "result",
    [
        {"status": "ok", "loss": 1.0},
        {"status": "ok", "loss": 1.0, "intermediate": []},
        {"status": "ok", "loss": 1.0, "intermediate": "mine"},
        {"status": "ok", "loss": 1.0, "intermediate": [1, 2, 3]},
        {"status": "ok", "loss": 1.0, "intermediate": [[2, 1.0], [1, 1.0]]},
        {"status": "fail", "intermediate": [[1, 2.0]]},
    ],
)
def test_what_is_no_curve_is_left_alone(result):
    assert curve_of(document(result)) is None
    assert curve_of(document({"status": "new"}, state=0)) is None


def test_the_log_follows_the_documents():
    def objective(x):
        report(abs(x))
        report(abs(x) / 2)
        return abs(x) / 2

    trials = Trials()
    log = log_of(trials)
    run = {"trials": trials, "rstate": 0, "verbose": False}
    for n in (3, 6):
        fmin(objective, hp.uniform("x", -5, 5), max_evals=n, **run)
        assert len(log.curves()) == n
    assert log_of(trials) is log
    trials.trials[0]["result"] = {"status": "ok", "loss": 0.0, "intermediate": [[1, 0.0]]}
    trials.refresh()
    assert log.curves()[0].values.tolist() == [0.0]
    assert len(log.curves()) == len(curves_of(trials.trials)) == 6


def test_trials_show_their_curves_as_a_table():
    def objective(x):
        report(abs(x) + 1)
        report(abs(x))
        return abs(x)

    trials = Trials()
    fmin(objective, hp.uniform("x", -5, 5), max_evals=2, trials=trials, rstate=0, verbose=False)
    table = trials.curves()
    assert list(table.columns) == ["tid", "step", "value", "pruned"]
    assert table["step"].tolist() == [1, 2, 1, 2]
    assert table["value"].iloc[-1] == trials.losses()[-1]
    trials.trials[0]["result"]["intermediate"] = "mine"
    assert trials.curves()["tid"].tolist() == [1, 1]


# -- arguments


@pytest.mark.parametrize("pruner", EVERY, ids=repr)
def test_pruners_show_their_arguments_and_stop_nothing_at_first(pruner):
    assert type(pruner).__name__ in repr(pruner)
    assert pruner.rule(Curves(), 0) is None
    assert pickle.loads(pickle.dumps(pruner)).rule(Curves(), 0) is None


def test_names_and_instances_are_pruners():
    assert as_pruner(None) is None
    assert as_pruner(False) is None
    assert isinstance(as_pruner(True), Hopeless)
    assert isinstance(as_pruner("default"), Hopeless)
    for name in ("asha", "median", "percentile", "hyperband", "folds"):
        assert type(as_pruner(name)).__name__.lower() == name
    own = Median()
    assert as_pruner(own) is own


@pytest.mark.parametrize(
    ("pruner", "error", "text"),
    [
        ("best", ValueError, "'asha'"),
        (ASHA, TypeError, r"did you mean ASHA\(\)"),
        (3, TypeError, "rule"),
        (lambda: None, TypeError, "rule"),
    ],
)
def test_anything_else_is_refused(pruner, error, text):
    with pytest.raises(error, match=text):
        fmin(lambda x: x, hp.uniform("x", 0, 1), max_evals=1, pruner=pruner, verbose=False)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: ASHA(min_steps=0), ValueError),
        (lambda: ASHA(factor=1), ValueError),
        (lambda: ASHA(factor=2.5), TypeError),
        (lambda: Percentile(101), ValueError),
        (lambda: Percentile("half"), TypeError),
        (lambda: Median(startup_trials=-1), ValueError),
        (lambda: Hyperband(min_steps=9, max_steps=3), ValueError),
        (lambda: Hopeless(min_finished=0), ValueError),
        (lambda: Hopeless(prior_share=math.nan), ValueError),
        (lambda: Folds("theirs"), ValueError),
    ],
)
def test_arguments_out_of_range_are_refused(make, error):
    with pytest.raises(error, match="must be"):
        make()


def test_the_front_door_shows_everything():
    assert all(hasattr(pruners, name) for name in pruners.__all__)
