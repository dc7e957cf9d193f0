"""What a trial reports, and what its document keeps of it."""

import contextlib
import math
import pickle

import numpy as np
import pytest

import hyperopt
from hyperopt import STATUS_FAIL, STATUS_OK, TrialPruned, Trials, fmin, hp
from hyperopt.base import JOB_STATE_DONE, Ctrl, Domain
from hyperopt.exceptions import AllTrialsFailed
from hyperopt.pruning import Reporter


class StopAt:
    """A pruner whose trials stop at a step, from the second trial on."""

    def __init__(self, step):
        self.step = step

    def rule(self, curves, tid):
        step = self.step
        return (lambda steps, values: steps[-1] >= step) if tid else None


def minimise(objective, max_evals=3, **options):
    trials = Trials()
    options = {"rstate": 0, "return_argmin": False, "verbose": False, **options}
    with contextlib.suppress(AllTrialsFailed):
        fmin(objective, hp.uniform("x", -5, 5), max_evals=max_evals, trials=trials, **options)
    return trials


def curve(x, last=5):
    for step in range(1, last + 1):
        hyperopt.report(abs(x) + 1 / step, step=step)
    return abs(x) + 1 / last


def test_reports_are_kept_with_the_result_also_without_a_pruner():
    trials = minimise(curve, 1)
    x = trials.vals["x"][0]
    result = trials.results[0]
    assert result["status"] == STATUS_OK
    assert result["loss"] == abs(x) + 1 / 5
    assert result["intermediate"] == [[k, abs(x) + 1 / k] for k in range(1, 6)]
    assert "pruned" not in result


def test_a_stopped_trial_is_done_and_failed_and_has_no_loss():
    trials = minimise(curve, pruner=StopAt(3))
    first, *others = trials.trials
    assert first["result"]["status"] == STATUS_OK
    for doc in others:
        x = doc["misc"]["vals"]["x"][0]
        assert doc["state"] == JOB_STATE_DONE
        assert doc["result"] == {
            "status": STATUS_FAIL,
            "pruned": 3,
            "intermediate": [[k, abs(x) + 1 / k] for k in range(1, 4)],
        }
    assert trials.losses()[1:] == [None, None]


def test_stopped_trials_count_as_evaluations():
    assert len(minimise(curve, 7, pruner=StopAt(1))) == 7


def test_outside_a_trial_a_report_does_nothing():
    assert hyperopt.report(0.5, step=3) is None
    assert hyperopt.report("anything") is None


def test_the_stop_passes_through_a_bare_except_exception():
    reached = []

    def careless(x):
        try:
            return curve(x)
        except Exception:
            reached.append(x)
            return 0.0

    trials = minimise(careless, pruner=StopAt(2))
    assert not reached
    assert [r.get("pruned") for r in trials.results] == [None, 2, 2]


def test_the_loss_of_an_objective_that_ignores_the_stop_counts():
    def stubborn(x):
        with contextlib.suppress(BaseException):
            curve(x)
        return 7.0

    trials = minimise(stubborn, pruner=StopAt(2))
    assert [r["status"] for r in trials.results] == [STATUS_OK] * 3
    assert [r["loss"] for r in trials.results] == [7.0] * 3
    assert "pruned" not in trials.results[1]
    assert len(trials.results[1]["intermediate"]) == 2


def test_an_objective_may_raise_the_stop_itself():
    def gives_up(x):
        hyperopt.report(1.0)
        hyperopt.report(0.5)
        raise TrialPruned("this leads nowhere")

    result = minimise(gives_up, 1).results[0]
    assert result == {"status": STATUS_FAIL, "pruned": 2, "intermediate": [[1, 1.0], [2, 0.5]]}


def test_ctrl_reports_without_stopping_and_tells_when_to_stop():
    asked = []

    @hyperopt.fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        for step in range(1, 6):
            ctrl.report(1 / step, step=step)
            if ctrl.should_prune():
                asked.append(step)
                return {"status": STATUS_FAIL}
        return 0.2

    trials = minimise(objective, pruner=StopAt(4))
    assert asked == [4, 4]
    assert [r.get("pruned") for r in trials.results] == [None, 4, 4]


def test_a_failure_of_its_own_is_not_called_pruned():
    def fails(x):
        hyperopt.report(1.0)
        return {"status": STATUS_FAIL}

    assert minimise(fails, 1).results[0] == {"status": STATUS_FAIL, "intermediate": [[1, 1.0]]}


def test_exceptions_after_reports_pass_through():
    def raises(x):
        hyperopt.report(1.0)
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        minimise(raises, 1)


@pytest.mark.parametrize("value", ["0.5", None, [0.5], object(), 1j, np.zeros(2)])
def test_a_value_that_is_no_number_is_refused(value):
    with pytest.raises(TypeError, match=r"report.value=.*must be a number"):
        minimise(lambda x: hyperopt.report(value), 1)


@pytest.mark.parametrize("value", [1, 1.5, np.float32(1.5), np.int64(1), np.array(1.5), True])
def test_anything_that_is_one_number_is_a_value(value):
    reporter = Reporter()
    reporter.report(value)
    assert reporter.complete({"status": "ok"})["intermediate"] == [[1, float(value)]]


@pytest.mark.parametrize("second", [2, 1, 0])
def test_steps_that_repeat_or_go_backwards_are_refused(second):
    reporter = Reporter()
    reporter.report(1.0, 2)
    with pytest.raises(ValueError, match="the last report was at step 2, and steps must grow"):
        reporter.report(0.5, second)


@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("1", TypeError),
        (math.nan, TypeError),
        (math.inf, TypeError),
        (True, TypeError),
        (-1, ValueError),
    ],
)
def test_a_step_is_a_number_from_zero_on(step, error):
    with pytest.raises(error, match=r"report.step="):
        Reporter().report(1.0, step)


class Mute(float):
    """Says nothing about itself."""

    def __repr__(self):
        raise RuntimeError

    __str__ = __float__ = __repr__


@pytest.mark.parametrize(
    "report",
    [
        {"value": 10**400},
        {"value": 1.0, "step": 10**400},
        {"value": 1.0, "fold": 10**400},
        {"value": 1.0, "step": 1.1e300},
        {"value": object.__new__(type("Mute", (), {"__repr__": Mute.__repr__}))},
        {"value": 1.0, "step": Mute("nan")},
        {"value": 1.0, "fold": Mute(1)},
    ],
    ids=["value", "step", "fold", "float", "mute value", "mute step", "mute fold"],
)
def test_a_report_that_cannot_be_calculated_with_fails_its_trial_and_no_other(report):
    def objective(x):
        if objective.first:
            objective.first = False
            hyperopt.report(**report)
        hyperopt.report(x)
        return x

    objective.first = True
    trials = Trials()
    fmin(objective, hp.uniform("x", 0, 1), max_evals=4, trials=trials, rstate=0, verbose=False,
         pruner=True, catch_eval_exceptions=True)  # fmt: skip
    kinds = [doc["misc"].get("error", [None])[0] for doc in trials._dynamic_trials]
    assert kinds[0] in ("<class 'TypeError'>", "<class 'ValueError'>")
    assert kinds[1:] == [None] * 3


def test_steps_count_on_by_themselves():
    reporter = Reporter()
    for step in (None, None, 10, None, 10.5 + 1, np.int64(20)):
        reporter.report(0.0, step)
    steps = [step for step, _ in reporter.complete({"status": "ok"})["intermediate"]]
    assert steps == [1, 2, 10, 11, 11.5, 20]
    assert type(steps[-1]) is int


def test_nan_is_the_worst_value_and_is_kept_as_it_is():
    seen = []
    reporter = Reporter()
    reporter.rule = lambda steps, values: bool(seen.append(list(values)))
    reporter.report(math.nan)
    assert seen == [[math.inf]]
    assert math.isnan(reporter.complete({"status": "ok"})["intermediate"][0][1])


def test_reports_after_the_end_change_nothing():
    kept = []

    @hyperopt.fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        kept.append(ctrl)
        ctrl.report(1.0)
        return 1.0

    trials = minimise(objective, 1)
    kept[0].report(2.0)
    assert trials.results[0]["intermediate"] == [[1, 1.0]]


def test_folds_are_reported_once_each_and_not_mixed_with_steps():
    reporter = Reporter()
    reporter.report(1.0, fold=1)
    reporter.report(1.0, fold=0)
    with pytest.raises(ValueError, match="already"):
        reporter.report(1.0, fold=1)
    with pytest.raises(ValueError, match="fold="):
        reporter.report(1.0, step=3)
    with pytest.raises(ValueError, match="one of them"):
        reporter.report(1.0, step=3, fold=3)
    with pytest.raises(TypeError, match="whole number"):
        reporter.report(1.0, fold=0.5)
    result = reporter.complete({"status": "ok", "loss": 1.0})
    assert result["intermediate"] == [[1, 1.0], [0, 1.0]]
    assert result["reported"] == "folds"


def test_a_trial_within_a_trial_reports_to_its_own():
    def outer(x):
        hyperopt.report(1.0)
        minimise(curve, 1)
        hyperopt.report(0.5)
        return 0.5

    assert minimise(outer, 1).results[0]["intermediate"] == [[1, 1.0], [2, 0.5]]


def test_the_stop_is_no_exception_and_can_be_pickled():
    assert not issubclass(TrialPruned, Exception)
    assert isinstance(pickle.loads(pickle.dumps(TrialPruned("why"))), TrialPruned)


def test_a_domain_evaluates_without_a_ctrl():
    domain = Domain(curve, hp.uniform("x", -5, 5))
    assert domain.evaluate({"x": 1.0}, None) == {"loss": 1.2, "status": STATUS_OK}
    assert "intermediate" in domain.evaluate({"x": 1.0}, Ctrl(None))
