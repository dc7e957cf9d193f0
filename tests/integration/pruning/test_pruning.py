"""Runs whose trials stop early: the same in this thread, in threads and in processes."""

import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import hyperopt
from hyperopt import Trials, fmin, hp, jtpe, partial, rand

SPACE = {"x": hp.uniform("x", -5, 5), "rate": hp.uniform("rate", 0.3, 2)}


def objective(point):
    for step in range(1, 28):
        value = abs(point["x"]) + step ** -point["rate"]
        hyperopt.report(value, step=step)
    return value


def run(max_evals=40, fn=objective, **options):
    trials = Trials()
    options = {"rstate": 3, "pruner": True, "verbose": False, **options}
    fmin(fn, SPACE, max_evals=max_evals, trials=trials, **options)
    return trials


def facts(trials):
    return [(doc["misc"]["vals"], doc["result"]) for doc in trials.trials]


def pruned(trials):
    return sum("pruned" in result for result in trials.results)


@pytest.mark.parametrize("pruner", [True, "asha", "median", "percentile", "hyperband"])
def test_a_study_can_be_repeated(pruner):
    first = run(pruner=pruner)
    assert pruned(first) > 10
    assert facts(first) == facts(run(pruner=pruner))


def test_a_study_that_goes_on_is_the_study_in_one_piece():
    whole = run(30, algo=rand.suggest)
    trials, rstate = Trials(), np.random.default_rng(3)
    for n in (1, 7, 30):
        fmin(
            objective, SPACE, rand.suggest, n, trials=trials, rstate=rstate, pruner=True,
            verbose=False,
        )  # fmt: skip
    assert facts(trials) == facts(whole)


def test_in_strict_order_threads_give_the_same_study_whatever_the_timing():
    def uneven(point):
        time.sleep(0.002 * (point["x"] % 1))
        return objective(point)

    options = {"executor": "threads", "n_jobs": 4, "strict_order": True}
    first = run(fn=uneven, **options)
    assert pruned(first) > 5
    assert facts(first) == facts(run(**options))


def test_strict_order_gives_processes_and_threads_the_same_study():
    options = {"n_jobs": 2, "strict_order": True, "max_evals": 24}
    in_processes = run(**options)
    assert pruned(in_processes) > 5
    assert facts(in_processes) == facts(run(executor="threads", **options))


@pytest.mark.parametrize("make", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_trials_stop_in_other_executors(make):
    with make(2) as executor:
        assert pruned(run(24, executor=executor)) > 5


class Waits:
    """Its first trial lasts until the second has ended, and only then reports the rest."""

    def __init__(self, folder):
        self.flag = folder / "ended"

    def __call__(self, point):
        try:
            self.flag.with_name("begun").mkdir()
        except FileExistsError:
            for step in range(1, 11):
                hyperopt.report(1.0 / step, step=step)
            self.flag.touch()
            return 0.1
        hyperopt.report(9.0, step=1)
        while not self.flag.exists():
            time.sleep(0.01)
        for step in range(2, 11):
            time.sleep(0.1)
            hyperopt.report(9.0, step=step)
        return 9.0


@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_a_trial_that_runs_learns_of_the_outcomes_of_others(executor, tmp_path):
    trials = run(2, fn=Waits(tmp_path), n_jobs=2, executor=executor)
    assert sorted("pruned" in result for result in trials.results) == [False, True]


def test_rules_of_ones_own_travel_to_processes():
    class Own:
        def rule(self, curves, tid):
            last = 3 + tid
            return lambda steps, values: steps[-1] >= last and tid > 0

    trials = run(4, pruner=Own(), n_jobs=2)
    assert [result.get("pruned") for result in trials.results] == [None, 4, 5, 6]


def test_an_evaluator_that_cannot_stop_trials_is_refused():
    class Plain:
        capacity = 1

        def start(self, domain, trials): ...
        def submit(self, doc): ...
        def wait(self, timeout_s): ...
        def cancel(self, tids, reason): ...
        def close(self, *, cancel): ...

    with pytest.raises(TypeError, match="can't be stopped"):
        run(1, executor=Plain())


def test_the_bar_tells_how_many_were_stopped():
    shown = []

    class Bar:
        def __enter__(self):
            return self

        def __exit__(self, *_):
            return None

        def __setattr__(self, name, value):
            shown.append(str(value))

        def update(self, n): ...

    trials = run(20, verbose=True, show_progressbar=lambda initial, total: Bar())
    assert f"pruned: {pruned(trials)}" in shown[-1]
    assert "failed" not in shown[-1]


def test_reports_from_a_thread_of_the_objective_do_nothing_but_those_of_ctrl_count():
    @hyperopt.fmin_pass_expr_memo_ctrl
    def elsewhere(expr, memo, ctrl):
        threads = [
            threading.Thread(target=hyperopt.report, args=(5.0, 1)),
            threading.Thread(target=ctrl.report, args=(1.0, 1)),
        ]
        for thread in threads:
            thread.start()
            thread.join()
        return 1.0

    assert run(1, fn=elsewhere).results[0]["intermediate"] == [[1, 1.0]]


def test_tpe_takes_stopped_trials_for_failed_ones():
    trials = run(30, algo=partial(hyperopt.tpe.suggest, n_startup_jobs=5))
    failed = Trials()
    docs = [dict(doc) for doc in trials.trials]
    for doc in docs:
        if "pruned" in doc["result"]:
            doc["result"] = {"status": "fail"}
    failed.insert_trial_docs(docs)
    failed.refresh()
    domain = hyperopt.Domain(objective, SPACE)
    vals = [
        hyperopt.tpe.suggest([99], domain, each, 7)[0]["misc"]["vals"] for each in (trials, failed)
    ]
    assert vals[0] == vals[1]


def test_pruned_trials_leave_the_best_alone():
    trials = run(40, algo=jtpe.suggest)
    losses = [loss for loss in trials.losses() if loss is not None]
    assert trials.best_trial["result"]["loss"] == min(losses)
