"""Every argument of `fmin`: what it does, and the error that a bad value gives."""

from __future__ import annotations

import contextlib
import inspect
import sys
import time

import numpy as np
import pytest

from hyperopt import Domain, FMinIter, Trials, fmin, hp, partial, space_eval, tpe
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_NEW, STATUS_OK
from hyperopt.early_stop import no_progress_loss
from hyperopt.exceptions import (
    AllTrialsFailed,
    DuplicateLabel,
    InvalidAnnotatedParameter,
    MissingLabel,
)
from hyperopt.fmin import generate_trials_to_calculate
from hyperopt.search.options import MoreOptions

X = hp.uniform("x", -5, 5)


@pytest.fixture
def run(suggest):
    """`fmin` with random search and no progress bar."""

    def run(fn, space=X, max_evals=10, **kwargs):
        kwargs.setdefault("rstate", 0)
        kwargs.setdefault("verbose", False)
        return fmin(fn, space, kwargs.pop("algo", suggest), max_evals, **kwargs)

    return run


def square(x):
    return x**2


def test_the_result_is_the_assignment_of_the_best_trial(run):
    trials = Trials()
    best = run(square, trials=trials, max_evals=20)
    assert len(trials) == 20
    assert best == trials.argmin
    assert best["x"] ** 2 == min(trials.losses())
    doc = trials.trials[0]
    assert doc["state"] == JOB_STATE_DONE
    assert doc["misc"]["cmd"] == ("domain_attachment", "FMinIter_Domain")
    assert doc["book_time"] <= doc["refresh_time"]
    assert doc["owner"] is None


def test_return_argmin_false_returns_the_point(run):
    space = {"o": hp.choice("o", [100, 5, 10])}
    assert run(lambda p: p["o"], space, 30, return_argmin=False) == {"o": 5}
    assert run(lambda p: p["o"], space, 30) == {"o": 1}


def test_a_run_continues_with_a_larger_max_evals(run):
    trials = Trials()
    run(square, trials=trials, max_evals=5)
    run(square, trials=trials, max_evals=5)
    assert len(trials) == 5
    run(square, trials=trials, max_evals=12)
    assert trials.tids == list(range(12))


def seeds_of(run, rstate):
    seen = []

    def algo(new_ids, domain, trials, seed):
        seen.append(seed)
        return algo.suggest(new_ids, domain, trials, seed)

    from hyperopt.algobase import SuggestAlgo

    algo.suggest = lambda ids, domain, trials, seed: SuggestAlgo(domain, trials, seed)(ids[0])
    run(square, algo=algo, max_evals=4, rstate=rstate)
    return seen


def test_seeds_come_from_rstate_in_all_its_forms(run, monkeypatch):
    generator = np.random.default_rng(3)
    expected = [int(generator.integers(2**31 - 1)) for _ in range(4)]
    assert seeds_of(run, np.random.default_rng(3)) == expected
    assert seeds_of(run, 3) == expected
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "3")
    assert seeds_of(run, None) == expected
    legacy = seeds_of(run, np.random.RandomState(3))
    assert legacy == seeds_of(run, np.random.RandomState(3)) != expected
    monkeypatch.delenv("HYPEROPT_FMIN_SEED")
    assert seeds_of(run, None) != seeds_of(run, None)


def test_a_bad_seed_is_an_error(run, monkeypatch):
    with pytest.raises(ValueError, match="rstate='a'"):
        run(square, rstate="a")
    monkeypatch.setenv("HYPEROPT_FMIN_SEED", "x")
    with pytest.raises(ValueError, match="HYPEROPT_FMIN_SEED='x'"):
        run(square, rstate=None)


def test_the_objective_never_runs_when_something_is_wrong(run):
    def never(_):
        raise AssertionError("the objective ran")

    with pytest.raises(DuplicateLabel):
        run(never, [X, hp.normal("x", 0, 1)])
    for timeout in (-1, True, 0, "a"):
        with pytest.raises(ValueError) as info:
            run(never, timeout=timeout)
        assert str(info.value) == (
            f"The timeout argument should be None or a positive value. Given value: {timeout}"
        )
    for threshold in ("a", True):
        with pytest.raises(ValueError) as info:
            run(never, loss_threshold=threshold)
        assert str(info.value) == (
            "The loss_threshold argument should be None or a numeric value. "
            f"Given value: {threshold}"
        )
    for max_evals in ("many", 2.5, -1, float("nan")):
        with pytest.raises(ValueError, match=f"max_evals={max_evals!r}"):
            run(never, max_evals=max_evals)
    for length in (0, 1.5, "2", True):
        with pytest.raises(ValueError, match=f"max_queue_len={length!r}: give a whole number"):
            run(never, max_queue_len=length)
    with pytest.raises(ValueError, match="early_stop_fn=3"):
        run(never, early_stop_fn=3)
    with pytest.raises(ValueError, match="show_progressbar=3"):
        run(never, show_progressbar=3, verbose=True)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"fn": 5}, "fn=5"),
        ({"algo": tpe}, r"did you mean hyperopt.tpe.suggest\?"),
        ({"algo": "random"}, r"algo='random' cannot be called: .*rand\.suggest, without quotes"),
        ({"trials": Trials}, r"did you mean Trials\(\)\?"),
        ({"trials": []}, r"trials=\[\]"),
        ({"space": "annotate"}, "space='annotate': .*'annotated'"),
        ({"trials_save_file": 5}, "trials_save_file=5"),
        ({"early_stop_fn": lambda trials: True}, r"returned True: return \(stop, state\)"),
        ({"early_stop_fn": lambda trials: (True, 1)}, r"returned \(True, 1\)"),
        ({"early_stop_fn": no_progress_loss}, r"did you mean no_progress_loss\(20\)"),
    ],
)
def test_common_slips_are_named(run, wrong, message):
    with pytest.raises(TypeError, match=message):
        run(wrong.pop("fn", square), **wrong)


def test_points_must_hold_numbers(run):
    space = {"x": X, "n": hp.randint("n", 5), "c": hp.choice("c", ["a", "b"])}

    def points(**changes):
        run(lambda p: p["x"], space, points_to_evaluate=[{"x": 1.0, "n": 2, "c": 0, **changes}])

    for value in ("0.5", None, [1.0], float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"points_to_evaluate\[0\]\['x'\] is .*finite number"):
            points(x=value)
    with pytest.raises(ValueError, match=r"\['n'\] is 1.5; give a whole number"):
        points(n=1.5)
    points(n=2.0, c=1.0)  # as a table of numbers has them


def test_a_timeout_ends_the_run_before_the_next_trial(run):
    trials = Trials()
    run(lambda x: time.sleep(0.02) or x, trials=trials, max_evals=None, timeout=0.1)
    assert 1 <= len(trials) <= 6
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == len(trials)


def test_loss_threshold_is_strict_and_sees_ok_trials_only(run):
    trials = Trials()
    losses = iter([5.0, -100.0, 1.0, 0.5, 0.0])

    def objective(_):
        loss = next(losses)
        return {"loss": loss, "status": "fail" if loss == -100.0 else STATUS_OK}

    run(objective, trials=trials, max_evals=None, loss_threshold=1.0)
    assert trials.losses() == [5.0, -100.0, 1.0, 0.5]


def test_a_resumed_run_evaluates_once_before_it_looks_at_the_threshold(run):
    trials = Trials()
    run(lambda _: 0.0, trials=trials, max_evals=1)
    run(lambda _: 1.0, trials=trials, max_evals=5, loss_threshold=0.5)
    assert len(trials) == 2


def test_early_stop_fn_keeps_its_state_from_round_to_round(run):
    trials, counts = Trials(), []

    def stop(given, count=0):
        assert given is trials
        counts.append(len(given))
        return count + 1 >= 7, [count + 1]

    run(square, trials=trials, max_evals=500, early_stop_fn=stop)
    assert len(trials) == 7
    assert counts == list(range(1, 8))


def test_no_progress_loss_stops_after_that_many_trials(run):
    trials = generate_trials_to_calculate([{"x": -100}])
    run(lambda x: x, trials=trials, max_evals=500, early_stop_fn=no_progress_loss(10))
    assert len(trials) == 10
    trials = Trials()
    run(lambda _: 1.0, trials=trials, max_evals=500, early_stop_fn=no_progress_loss(10))
    assert len(trials) == 10


def test_no_progress_loss_counts_failed_trials_as_no_progress(run):
    trials = Trials()
    with pytest.raises(AllTrialsFailed):
        run(
            lambda _: {"status": "fail"},
            trials=trials,
            max_evals=100,
            early_stop_fn=no_progress_loss(5),
        )
    assert len(trials) == 5


def test_no_progress_loss_asks_for_a_percentage():
    rule = no_progress_loss(3, percent_increase=10)

    def feed(losses):
        state = []
        for number, loss in enumerate(losses):
            trials = Trials()
            trials._trials = [{"result": {"loss": loss}}]
            stop, state = rule(trials, *state)
            if stop:
                return number
        return None

    assert feed([100, 95, 91, 90.5, 0]) == 2
    assert feed([100, 89, 88, 87, 86]) == 4
    assert feed([-10, -10.9, -11.5, -11.6, 0, 0]) == 5


def test_one_call_of_the_algorithm_fills_the_queue(run, suggest):
    asked = []

    def algo(new_ids, domain, trials, seed):
        asked.append((len(new_ids), len(trials)))
        return suggest(new_ids, domain, trials, seed)

    trials = Trials()
    run(square, algo=algo, trials=trials, max_evals=10, max_queue_len=4)
    assert asked == [(4, 0), (4, 4), (2, 8)]
    assert len(trials) == 10


def test_the_algorithm_may_return_fewer_or_stop(run, suggest):
    def one_of_many(new_ids, domain, trials, seed):
        return suggest(new_ids[:1], domain, trials, seed)

    trials = Trials()
    run(square, algo=one_of_many, trials=trials, max_evals=5, max_queue_len=4)
    assert len(trials) == 5
    for nothing in ([], None):
        with pytest.raises(AllTrialsFailed, match="nothing has been evaluated"):
            run(square, algo=lambda *_, nothing=nothing: nothing)

    def stops_at_three(new_ids, domain, trials, seed):
        return suggest(new_ids, domain, trials, seed) if len(trials) < 3 else []

    trials = Trials()
    run(square, algo=stops_at_three, trials=trials, max_evals=50)
    assert len(trials) == 3


def test_points_to_evaluate_come_first_and_on_top(run):
    trials_seen = []

    def objective(p):
        trials_seen.append((p["x"], p["c"]))
        return p["x"] ** 2

    space = {"x": X, "c": hp.choice("c", ["relu", "tanh", True])}
    points = [{"x": 1.0, "c": 1}, {"x": 0.0, "c": "tanh"}, {"x": 2.0, "c": True}]
    best = run(objective, space, 3, points_to_evaluate=points)
    assert trials_seen[:3] == [(1.0, "tanh"), (0.0, "tanh"), (2.0, True)]
    assert len(trials_seen) == 6
    assert best["x"] == 0.0


def test_points_to_evaluate_work_with_trials_and_are_not_repeated(run):
    trials = Trials()
    run(square, trials=trials, max_evals=2)
    for _ in range(2):
        run(square, trials=trials, max_evals=4, points_to_evaluate=[{"x": 0.125}])
    assert [v for v in trials.vals["x"] if v == 0.125] == [0.125]
    assert len(trials) == 5


@pytest.mark.parametrize(
    ("points", "error", "message"),
    [
        ([{"y": 1}], ValueError, r"points_to_evaluate\[0\] has the key 'y'.*'c', 'n', 'x'"),
        ([{"x": 1, "c": 0}, {"x": 1, "c": 1}], MissingLabel, r"points_to_evaluate\[1\].*'n'"),
        ([{"c": 0}], MissingLabel, "'x'"),
        ([{"x": 1, "c": "zzz"}], ValueError, r"\['c'\] is 'zzz', which is no option"),
        ([{"x": 1, "c": 7}], ValueError, "0 to 1"),
        ({"x": 1}, ValueError, "list of dicts"),
        ("a", ValueError, "list of dicts"),
    ],
)
def test_bad_points_are_refused_early(run, points, error, message):
    space = {"x": X, "c": hp.choice("c", ["a", hp.randint("n", 3)])}
    with pytest.raises(error, match=message):
        run(lambda _: pytest.fail("the objective ran"), space, points_to_evaluate=points)


def test_an_exception_passes_through_unchanged_and_marks_its_trial(run):
    class Broken(Exception):
        pass

    error = Broken("at 2")
    trials = Trials()

    def objective(_):
        if len(trials) == 3:
            raise error
        return 1.0

    with pytest.raises(Broken) as info:
        run(objective, trials=trials)
    assert info.value is error
    assert info.value.__cause__ is None
    assert info.value.__context__ is None
    assert len(trials) == 2
    failed = trials._dynamic_trials[2]
    assert failed["state"] == JOB_STATE_ERROR
    assert failed["misc"]["error"] == (str(Broken), "at 2")
    run(lambda _: 0.0, trials=trials, max_evals=5)
    assert trials.tids == [0, 1, 3, 4, 5]


def test_caught_exceptions_count_as_evaluations_and_are_hidden(run):
    trials, calls = Trials(), []

    def objective(x):
        calls.append(x)
        if len(calls) % 2:
            raise RuntimeError(f"call {len(calls)}")
        return x

    run(objective, trials=trials, max_evals=9, catch_eval_exceptions=True)
    assert len(calls) == 9
    assert len(trials) == 4
    assert trials.count_by_state_unsynced(JOB_STATE_ERROR) == 5
    assert trials._dynamic_trials[0]["misc"]["error"][1] == "call 1"


def test_when_every_trial_raised_there_is_nothing_to_return(run):
    def objective(_):
        raise RuntimeError("no luck")

    with pytest.raises(AllTrialsFailed, match="RuntimeError: no luck"):
        run(objective, catch_eval_exceptions=True)
    assert run(objective, catch_eval_exceptions=True, return_argmin=False) is None


@pytest.mark.parametrize("return_argmin", [True, False])
def test_without_a_usable_loss_all_trials_failed(run, return_argmin):
    with pytest.raises(AllTrialsFailed, match="loss nan"):
        run(lambda _: float("nan"), return_argmin=return_argmin)


def test_annotations_are_a_space(suggest):
    def objective(x: hp.uniform("x", -5, 5), *, n: hp.randint("n", 3), bias=1.0) -> float:
        return x**2 + n + bias

    trials = Trials()
    fmin(objective, "annotated", suggest, 5, trials=trials, rstate=0, verbose=False)
    assert set(trials.argmin) == {"x", "n"}

    def wrong(x: hp.uniform("x", -5, 5), y: float):
        return x

    with pytest.raises(InvalidAnnotatedParameter, match=r"'y'.*float"):
        fmin(wrong, "annotated", suggest, 5)

    def missing(x):
        return x

    with pytest.raises(InvalidAnnotatedParameter, match="'x' is missing"):
        fmin(missing, "annotated", suggest, 5)


def test_pass_expr_memo_ctrl_hands_over_the_ctrl_of_the_trial(run):
    trials, seen = Trials(), []

    def objective(expr, memo, ctrl):
        seen.append(ctrl.current_trial["tid"])
        ctrl.attachments["note"] = "from inside"
        return {"loss": 0.0, "status": STATUS_OK}

    run(objective, trials=trials, max_evals=2, pass_expr_memo_ctrl=True)
    assert seen == [0, 1]
    assert trials.trial_attachments(trials.trials[1])["note"] == "from inside"


def test_results_that_an_objective_injects_become_trials(run):
    trials = Trials()

    def objective(expr, memo, ctrl):
        tid = trials.new_trial_ids(1)[0]
        misc = {"idxs": {"x": [tid]}, "vals": {"x": [0.5]}}
        ctrl.inject_results([None], [{"loss": -1.0, "status": "ok"}], [misc], [tid])
        return 1.0

    run(objective, trials=trials, max_evals=2, pass_expr_memo_ctrl=True)
    assert trials.losses() == [1.0, -1.0, 1.0, -1.0]
    assert trials.argmin == {"x": 0.5}


def test_a_users_progress_bar_is_told_of_everything(run):
    log = []

    class Bar:
        postfix = None

        def update(self, n):
            log.append((n, self.postfix))

    @contextlib.contextmanager
    def show(initial, total):
        log.append((initial, total))
        yield Bar()
        log.append("closed")

    trials = Trials()
    run(lambda x: abs(x) + 1, trials=trials, max_evals=3, show_progressbar=show, verbose=True)
    assert log[0] == (0, 3)
    assert [entry[0] for entry in log[1:4]] == [1, 1, 1]
    assert log[3][1] == f"best loss: {min(trials.losses())}"
    assert log[-1] == "closed"
    log.clear()

    def fails(_):
        raise ValueError

    with pytest.raises(ValueError):
        run(fails, trials=trials, max_evals=5, show_progressbar=show, verbose=True)
    assert log[0] == (3, 5)
    assert log[-1] == "closed"


def test_the_bar_shows_progress_and_prints_stay_whole(run, capsys):
    real = sys.stdout, sys.stderr
    run(lambda x: print(f"x is {x:.3f}") or x, max_evals=3, verbose=True)
    assert (sys.stdout, sys.stderr) == real
    out, err = capsys.readouterr()
    assert out.count("x is ") == 3
    assert "best loss" in out + err
    assert "3/3" in out + err


@pytest.mark.parametrize("quiet", [{"verbose": False}, {"show_progressbar": False}])
def test_nothing_is_printed_when_asked_to_be_quiet(run, capsys, quiet):
    kwargs = {"verbose": True, "max_evals": 3} | quiet
    run(square, **kwargs)
    run(lambda _: 1 / 0, catch_eval_exceptions=True, return_argmin=False, **kwargs)
    assert capsys.readouterr() == ("", "")


def test_nothing_is_sampled_when_max_evals_is_reached(run):
    with pytest.raises(AllTrialsFailed):
        run(square, max_evals=0)
    assert run(square, max_evals=0, return_argmin=False) is None


def test_a_store_with_its_own_fmin_takes_over(run):
    class Elsewhere(Trials):
        def fmin(self, fn, space, algo, max_evals, **kwargs):
            self.called = (max_evals, sorted(kwargs))
            return "done elsewhere"

    trials = Elsewhere()
    assert run(square, trials=trials) == "done elsewhere"
    max_evals, names = trials.called
    assert max_evals == 10
    assert names == [
        "catch_eval_exceptions",
        "early_stop_fn",
        "loss_threshold",
        "max_queue_len",
        "pass_expr_memo_ctrl",
        "return_argmin",
        "rstate",
        "show_progressbar",
        "timeout",
        "trials_save_file",
        "verbose",
    ]
    trials.called = None
    run(square, trials=trials, allow_trials_fmin=False)
    assert trials.called is None
    assert len(trials) == 10


def test_trials_fmin_is_fmin_with_these_trials(suggest):
    trials = Trials()
    trials.fmin(square, X, algo=suggest, max_evals=4, rstate=0)
    assert len(trials) == 4


def test_subclasses_that_override_methods_keep_working(run):
    calls = {"refresh": 0, "insert": 0}

    class Watched(Trials):
        def refresh(self):
            calls["refresh"] += 1
            super().refresh()

        def insert_trial_docs(self, docs):
            calls["insert"] += 1
            return super().insert_trial_docs([dict(doc) for doc in docs])

    trials = Watched()
    run(square, trials=trials, max_evals=6, max_queue_len=2)
    assert len(trials) == 6
    assert calls["insert"] == 3
    assert calls["refresh"] >= 6
    assert trials.count_by_state_unsynced(JOB_STATE_NEW) == 0


def test_a_cancelled_store_ends_the_run(run):
    trials = Trials()

    def objective(x):
        trials._fmin_cancelled = len(trials) >= 3
        return x

    run(objective, trials=trials, max_evals=100)
    assert len(trials) == 3


def test_the_iterator_yields_the_trials_after_each_one(suggest):
    domain, trials = Domain(square, X), Trials()
    iterator = FMinIter(suggest, domain, trials, np.random.default_rng(0), max_evals=3)
    assert [len(given) for given in iterator] == [1, 2]
    assert len(trials) == 3
    iterator.run(2)
    assert len(trials) == 5
    with pytest.raises(StopIteration):
        next(iterator)
    assert iterator.exhaust() is iterator


def test_serial_evaluate_runs_what_waits(suggest):
    trials = generate_trials_to_calculate([{"x": 1.0}, {"x": 2.0}, {"x": 3.0}])
    iterator = FMinIter(suggest, Domain(square, X), trials, np.random.default_rng(0))
    iterator.serial_evaluate(1)
    assert trials.losses()[0] == 1.0
    assert trials.count_by_state_unsynced(JOB_STATE_NEW) == 2
    iterator.block_until_done()
    assert trials.losses() == [1.0, 4.0, 9.0]


def test_space_eval_gives_the_point_that_an_assignment_means():
    space = hp.choice("a", [("one", 1 + hp.lognormal("c1", 0, 1)), ("two", hp.uniform("c2", 0, 1))])
    assert space_eval(space, {"a": 0, "c1": 1.0}) == ("one", 2.0)
    assert space_eval(space, {"a": 1, "c2": 0.5}) == ("two", 0.5)


def test_partial_passes_options_to_an_algorithm(run, suggest):
    def algo(new_ids, domain, trials, seed, low=0):
        assert low == 3
        return suggest(new_ids, domain, trials, seed)

    run(square, algo=partial(algo, low=3), max_evals=2)


def test_fmin_has_upstreams_arguments_first():
    spec = inspect.getfullargspec(fmin)
    assert spec.args[:6] == ["fn", "space", "algo", "max_evals", "timeout", "loss_threshold"]
    assert spec.args[-1] == "trials_save_file"
    assert set(spec.kwonlyargs) == set(MoreOptions.__annotations__)


def test_the_default_algorithm_is_auto(monkeypatch):
    from hyperopt.algorithms import auto

    asked = []
    suggest = auto.suggest
    monkeypatch.setattr(auto, "suggest", lambda *a: asked.append(1) or suggest(*a))
    fmin(square, X, max_evals=2, rstate=0, verbose=False)
    assert len(asked) == 2
