"""Trials that are paused, and go on when they turn out promising."""

import contextlib
import pickle
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hyperopt
from hyperopt import STATUS_OK, STATUS_SUSPENDED, Trials, fmin, hp, rand, resume
from hyperopt.base import JOB_STATE_DONE, Domain
from hyperopt.exceptions import AllTrialsFailed
from hyperopt.pruning import Reporter
from hyperopt.pruning.checkpoints import Continuation, packed
from hyperopt.pruning.curves import curve_of, log_of

LAST = 9


class Halving:
    """Stops at a step, unless it is among the best half of all that have come there."""

    def __init__(self, *rungs):
        self.rungs = rungs

    def rule(self, curves, tid):
        seen = {
            rung: sorted(
                float(c.values[list(c.steps).index(rung)]) for c in curves if rung in c.steps
            )
            for rung in self.rungs
        }

        def rule(steps, values):
            if steps[-1] not in seen:
                return False
            others = seen[steps[-1]]
            return len(others) < 2 or values[-1] > others[len(others) // 2 - 1]

        return rule


class StopsAt:
    """Stops all but the first trial at a step; or lets them go on."""

    def __init__(self, step, yes=True):
        self.step, self.yes = step, yes

    def rule(self, curves, tid):
        step, yes = self.step, self.yes
        return lambda steps, values: yes and tid > 0 and steps[-1] == step


def value_at(x, step):
    return abs(x) + 1 / step


class Counted:
    """An objective that can go on, and remembers the steps that it has made."""

    def __init__(self, how=lambda state: state):
        self.how = how
        self.made = []
        self.resumed = []

    def __call__(self, x):
        state = resume()
        step = 0
        if state is not None:
            step = state["step"] if isinstance(state, dict) else int(state)
            self.resumed.append((x, step))
        while step < LAST:
            step += 1
            self.made.append((x, step))
            hyperopt.report(value_at(x, step), step=step, checkpoint=self.how({"step": step}))
        return value_at(x, LAST)


def minimise(objective, max_evals=12, trials=None, **options):
    trials = Trials() if trials is None else trials
    options = {
        "rstate": 0,
        "return_argmin": False,
        "verbose": False,
        "algo": rand.suggest,
        **options,
    }
    options.setdefault("pruner", Halving(1, 3))
    with contextlib.suppress(AllTrialsFailed):
        fmin(objective, hp.uniform("x", -5, 5), max_evals=max_evals, trials=trials, **options)
    return trials


def facts(trials):
    return [(doc["tid"], doc["misc"]["vals"], doc["result"]) for doc in trials.trials]


def paused(trials):
    return [doc for doc in trials.trials if doc["result"]["status"] == STATUS_SUSPENDED]


def whole(x, last):
    return [[step, value_at(x, step)] for step in range(1, last + 1)]


def test_a_stopped_trial_that_gave_a_checkpoint_is_paused():
    trials = minimise(Counted(), 2, pruner=StopsAt(1))
    doc = trials.trials[1]
    x = doc["misc"]["vals"]["x"][0]
    assert doc["state"] == JOB_STATE_DONE
    assert doc["result"] == {
        "status": STATUS_SUSPENDED,
        "pruned": 1,
        "checkpoint": "checkpoint.pickle",
        "intermediate": whole(x, 1),
    }
    stored = trials.trial_attachments(doc)["checkpoint.pickle"]
    assert pickle.loads(stored) == {"step": 1}
    assert trials.losses()[1:] == [None]


def test_the_better_ones_go_on_and_no_step_is_made_twice():
    objective = Counted()
    trials = minimise(objective, 30)
    assert len(trials) == 30
    assert len(objective.resumed) > 5
    assert len(objective.made) == len(set(objective.made))
    finished = [doc for doc in trials.trials if doc["result"]["status"] == STATUS_OK]
    assert finished
    for doc in trials.trials:
        x = doc["misc"]["vals"]["x"][0]
        last = doc["result"].get("pruned", LAST)
        assert doc["result"]["intermediate"] == whole(x, last)
    best = min(abs(doc["misc"]["vals"]["x"][0]) for doc in trials.trials)
    assert trials.best_trial["result"]["loss"] == pytest.approx(best + 1 / LAST)


def test_the_result_tells_at_which_steps_the_trial_was_paused():
    trials = minimise(Counted())
    assert {tuple(r.get("resumed", ())) for r in trials.results} <= {(), (1,), (3,), (1, 3)}
    finished = [r for r in trials.results if r["status"] == STATUS_OK]
    assert any("resumed" in r for r in finished)


def test_checkpoints_are_dropped_when_trials_have_finished():
    trials = minimise(Counted())
    kept = {name for name in trials.attachments if "checkpoint" in name}
    assert kept == {f"ATTACH::{doc['tid']}::checkpoint.pickle" for doc in paused(trials)}


def test_bytes_are_kept_as_they_are():
    trials = minimise(Counted(lambda state: str(state["step"]).encode()))
    doc = paused(trials)[0]
    assert trials.trial_attachments(doc)["checkpoint"] == str(doc["result"]["pruned"]).encode()
    assert any("resumed" in result for result in trials.results)


def test_a_function_is_only_called_when_the_trial_stops():
    called = []

    def how(state):
        def save():
            called.append(state["step"])
            return state

        return save

    objective = Counted(how)
    trials = minimise(objective)
    n_stops = len(objective.resumed) + len(paused(trials))
    assert len(called) == n_stops < len(objective.made)


def test_a_model_that_can_be_called_is_a_checkpoint_itself():
    class Model:
        def __call__(self, x):
            raise AssertionError

    assert "checkpoint.pickle" in packed(Model())
    reporter = Reporter()
    reporter.rule = lambda steps, values: True
    reporter.report(1.0, checkpoint=Model())
    assert reporter.pruned()["status"] == STATUS_SUSPENDED


def test_an_exception_of_that_function_is_the_objectives():
    def breaks():
        raise ZeroDivisionError

    def objective(x):
        hyperopt.report(1.0, checkpoint=breaks)
        return 1.0

    with pytest.raises(ZeroDivisionError):
        minimise(objective, 1)


def test_outside_of_a_trial_and_in_a_new_one_there_is_nothing_to_go_on_with():
    assert resume() is None
    seen = []

    def objective(x):
        seen.append(resume())
        return x

    minimise(objective, 2)
    assert seen == [None, None]


def test_a_scikit_learn_estimator_goes_on_by_itself():
    from sklearn.linear_model import SGDRegressor

    from hyperopt.integrations.partial_fit import fit_in_steps

    rng = np.random.default_rng(0)
    X = rng.normal(size=(80, 3))
    y = X @ [1.0, -2.0, 0.5] + 0.1 * rng.normal(size=80)
    fits = []

    class Counting(SGDRegressor):
        def partial_fit(self, X, y):
            fits.append(1)
            return super().partial_fit(X, y)

    def objective(rate):
        model = Counting(eta0=rate, learning_rate="constant", random_state=0)
        return fit_in_steps(model, X, y, X, y, n_steps=LAST)

    def run(pruner):
        trials, before = Trials(), len(fits)
        space = hp.loguniform("rate", -9, -3)
        fmin(
            objective, space, rand.suggest, 3, trials=trials, pruner=pruner, rstate=0, verbose=False
        )
        return trials, len(fits) - before

    whole, n = run(None)
    trials, _ = run(StopsAt(4))
    assert [r["status"] for r in trials.results] == [STATUS_OK, *[STATUS_SUSPENDED] * 2]
    options = {"algo": rand.suggest, "pruner": StopsAt(4, yes=False), "rstate": 0, "verbose": False}
    fmin(objective, hp.loguniform("rate", -9, -3), max_evals=3, trials=trials, **options)
    assert trials.losses() == whole.losses()
    assert len(fits) == 2 * n


def test_what_cannot_be_pickled_is_warned_of_once_and_the_trial_is_pruned():
    def objective(x):
        hyperopt.report(abs(x), step=1, checkpoint=threading.Lock())
        return abs(x)

    with pytest.warns(RuntimeWarning, match="can't be pickled") as caught:
        trials = minimise(objective, 3)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert trials.results[0]["status"] == "fail"
    assert "cannot pickle" in trials.results[0]["unsaved"]
    assert not trials.attachments


def test_a_checkpoint_that_cannot_be_read_begins_the_trial_anew():
    seen = []

    def objective(x):
        seen.append(resume())
        for step in range((seen[-1] or 0) + 1, LAST + 1):
            hyperopt.report(value_at(x, step), step=step, checkpoint=step)
        return value_at(x, LAST)

    trials = minimise(objective, 2, pruner=StopsAt(3))
    (name,) = trials.attachments
    trials.attachments[name] = b"cmissing\nclass\n."
    with pytest.warns(RuntimeWarning, match="begins anew"):
        minimise(objective, 3, trials, pruner=StopsAt(3, yes=False))
    assert seen == [None] * 4
    assert "resumed" not in trials.results[1]
    for doc in trials.trials:
        steps = [step for step, _ in doc["result"]["intermediate"]]
        assert steps == list(range(1, len(steps) + 1))


def test_an_objective_that_never_asks_begins_anew():
    def objective(x):
        for step in range(1, LAST + 1):
            hyperopt.report(value_at(x, step), step=step, checkpoint=step)
        return value_at(x, LAST)

    trials = minimise(objective)
    assert len(trials) == 12
    assert all("resumed" not in result for result in trials.results)
    assert any(result["status"] == STATUS_OK for result in trials.results)


def test_who_has_reported_already_is_told_to_ask_first():
    def objective(x):
        hyperopt.report(1.0, step=1, checkpoint=1)
        resume()
        hyperopt.report(1.0, step=2, checkpoint=1)
        return 1.0

    with pytest.raises(RuntimeError, match="at the start"):
        minimise(objective, 3)


def test_steps_of_the_second_part_follow_those_of_the_first():
    def objective(x):
        resume()
        for step in range(1, 4):
            hyperopt.report(value_at(x, step), step=step, checkpoint=step)
        return 1.0

    with pytest.raises(ValueError, match="last report was at step 1"):
        minimise(objective, 4, pruner=Halving(1))


def test_a_loss_that_is_returned_all_the_same_counts():
    def stubborn(x):
        with contextlib.suppress(BaseException):
            hyperopt.report(5.0, step=1, checkpoint=1)
        return 7.0

    trials = minimise(stubborn, 2)
    assert trials.losses() == [7.0, 7.0]
    assert not trials.attachments


def test_a_trial_that_brings_no_further_step_does_not_go_on_for_ever():
    begun = []

    class StopsThenAllows:
        def rule(self, curves, tid):
            return Odd()

    class Odd:
        def __call__(self, steps, values):
            return len(begun) % 2 == 1

    def objective(x):
        begun.append(x)
        if resume() is None:
            hyperopt.report(1.0, step=1, checkpoint=1)
            return 1.0
        raise hyperopt.TrialPruned

    trials = minimise(objective, 4, pruner=StopsThenAllows())
    assert len(trials) == 4
    assert len(begun) < 12


def test_ctrl_pauses_and_goes_on_as_well():
    given = []

    @hyperopt.fmin_pass_expr_memo_ctrl
    def objective(expr, memo, ctrl):
        state = ctrl.resume()
        given.append(state)
        for step in range((state or 0) + 1, LAST + 1):
            ctrl.report(1 / step, step=step, checkpoint=step)
            if ctrl.should_prune():
                return {"status": "fail"}
        return 1 / LAST

    trials = minimise(objective)
    assert {1, 3} & set(given)
    assert any(result["status"] == STATUS_OK for result in trials.results)
    assert all(r["status"] in (STATUS_OK, STATUS_SUSPENDED) for r in trials.results)


def test_a_report_after_the_stop_without_a_checkpoint_takes_it_back():
    reporter = Reporter()
    reporter.rule = lambda steps, values: True
    reporter.report(2.0, 1, checkpoint=b"a")
    reporter.report(1.0, 2)
    assert reporter.pruned() == {
        "status": "fail",
        "pruned": 2,
        "intermediate": [[1, 2.0], [2, 1.0]],
    }


def test_folds_go_on_too():
    seen = []

    def objective(x):
        losses = resume() or []
        seen.append(len(losses))
        for fold in range(len(losses), 4):
            losses.append(abs(x) + 0.01 * fold)
            hyperopt.report(losses[-1], fold=fold, checkpoint=list(losses))
        return sum(losses) / 4

    trials = minimise(objective, 8, pruner=Halving(1))
    assert max(seen) == 2
    resumed = next(result for result in trials.results if "resumed" in result)
    assert [fold for fold, _ in resumed["intermediate"]] == [0, 1, 2, 3]
    assert resumed["reported"] == "folds"


def test_a_study_that_is_gone_on_with_later_resumes_what_qualifies_then():
    objective = Counted()
    trials = minimise(objective, 3, pruner=StopsAt(2))
    assert len(paused(trials)) == 2
    trials = pickle.loads(pickle.dumps(trials))
    minimise(objective, 3, trials, pruner=StopsAt(2, yes=False))
    assert [r["status"] for r in trials.results] == [STATUS_OK] * 3
    assert [r.get("resumed") for r in trials.results] == [None, [2], [2]]
    assert len(objective.made) == len(set(objective.made)) == 3 * LAST


def test_a_study_does_not_end_before_one_trial_has_finished():
    class Always:
        def rule(self, curves, tid):
            return lambda steps, values: True

    trials = minimise(Counted(), 4, pruner=Always())
    done = [r for r in trials.results if r["status"] == STATUS_OK]
    assert len(done) == 1
    assert done[0]["resumed"] == list(range(1, LAST + 1))
    assert [r["pruned"] for r in trials.results if "pruned" in r] == [1, 1, 1]


def test_without_a_pruner_nothing_goes_on():
    trials = minimise(Counted(), 3, pruner=Halving(1, 3))
    before = paused(trials)
    minimise(Counted(), 4, trials, pruner=None)
    assert [doc["tid"] for doc in paused(trials)] == [doc["tid"] for doc in before]


def test_the_bar_tells_how_many_are_paused():
    shown = []

    class Bar:
        n = 0

        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def __setattr__(self, name, value):
            shown.append(str(value))

        def update(self, n):
            type(self).n += n

    trials = minimise(Counted(), verbose=True, show_progressbar=lambda initial, total: Bar())
    assert f"paused: {len(paused(trials))}" in shown[-1]
    assert "failed" not in shown[-1]
    assert Bar.n == 12


def test_a_stopping_rule_sees_each_trial_once_the_newest_last():
    seen = []

    def rule(trials):
        seen.append([doc["tid"] for doc in trials.trials])
        return False, []

    trials = minimise(Counted(), early_stop_fn=rule)
    assert all(len(tids) == len(set(tids)) for tids in seen)
    assert sorted(seen[-1]) == [doc["tid"] for doc in trials.trials]


@pytest.mark.parametrize("when", range(1, 30, 3))
def test_an_interrupt_leaves_a_trial_that_goes_on_paused_as_it_was(when):
    class Interrupted(Counted):
        def __call__(self, x):
            self.x = x
            if len(self.made) >= when:
                raise KeyboardInterrupt
            return super().__call__(x)

    plain = minimise(Counted())
    trials = Trials()
    with contextlib.suppress(KeyboardInterrupt):
        minimise(Interrupted(), trials=trials)
    for doc in trials.trials:
        assert doc["state"] == JOB_STATE_DONE
        if doc["result"]["status"] == STATUS_SUSPENDED:
            assert trials.trial_attachments(doc)["checkpoint.pickle"]
    by_tid = {doc["tid"]: doc["result"]["intermediate"] for doc in plain.trials}
    for doc in trials.trials:
        curve = doc["result"]["intermediate"]
        assert curve == by_tid[doc["tid"]][: len(curve)]


def test_a_curve_counts_also_while_its_trial_goes_on():
    lengths = []

    class Looks(Counted):
        def __call__(self, x):
            lengths.append((len(trials), len(log_of(trials).curves())))
            return super().__call__(x)

    trials = Trials()
    objective = Looks()
    minimise(objective, trials=trials)
    assert objective.resumed
    # One document is of the trial that begins; one that goes on is known.
    assert {n - known for n, known in lengths} == {0, 1}


def test_a_paused_trial_is_one_of_the_stopped_curves():
    trials = minimise(Counted(), 2, pruner=StopsAt(1))
    assert [curve_of(doc).finished for doc in trials.trials] == [True, False]
    assert trials.curves()["pruned"].tolist() == [False] * LAST + [True]


def test_reports_and_the_repr_count_it_as_paused():
    trials = minimise(Counted(), 2, pruner=StopsAt(1))
    assert "1 ok, 1 paused" in repr(trials)


@given(st.lists(st.integers(1, LAST - 1), max_size=5, unique=True).map(sorted), st.floats(-5, 5))
@settings(max_examples=60, deadline=None)
def test_a_trial_that_is_stopped_anywhere_has_the_curve_of_one_in_a_piece(stops, x):
    domain = Domain(Counted(), hp.uniform("x", -5, 5))
    continuation = None
    for stop in [*stops, None]:
        ctrl = hyperopt.Ctrl(Trials())
        ctrl.reporter.rule = lambda steps, values, stop=stop: steps[-1] == stop
        ctrl.reporter.continuation = continuation
        ctrl.current_trial = {"tid": 0}
        result = domain.evaluate({"x": x}, ctrl)
        if stop is not None:
            assert result["status"] == STATUS_SUSPENDED
            data = ctrl.attachments[result["checkpoint"]]
            continuation = Continuation(result, result["checkpoint"], data)
    assert result["status"] == STATUS_OK
    assert result["intermediate"] == whole(x, LAST)
    assert result.get("resumed", []) == stops


def test_the_same_seed_gives_the_same_study():
    assert facts(minimise(Counted())) == facts(minimise(Counted()))


def test_nan_is_still_the_worst_value_in_the_second_part():
    reporter = Reporter()
    seen = []
    result = {
        "status": STATUS_SUSPENDED,
        "pruned": 2,
        "intermediate": [[1, 1.0], [2, float("nan")]],
    }
    reporter.continuation = Continuation(result, "checkpoint", b"x")
    reporter.rule = lambda steps, values: bool(seen.append(list(values)))
    assert reporter.resume() == b"x"
    assert reporter.resume() == b"x"
    reporter.report(3.0)
    assert seen == [[1.0, np.inf, 3.0]]


def test_no_warning_comes_without_a_cause():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        minimise(Counted())
