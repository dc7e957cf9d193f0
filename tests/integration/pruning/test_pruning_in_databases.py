"""Stopping trials early in studies that live in a database."""

import hyperopt
from hyperopt import StoredTrials, fmin, hp
from hyperopt.study.worker import Task, work

SPACE = {"x": hp.uniform("x", -5, 5)}


def objective(point):
    for step in range(1, 10):
        value = abs(point["x"]) + 1 / step
        hyperopt.report(value, step=step)
    return value


def pruned(trials):
    return sum("pruned" in result for result in trials.results)


def test_a_study_goes_on_with_the_curves_that_others_have_stored(tmp_path):
    url = f"sqlite:///{tmp_path}/study.db"
    options = {"pruner": True, "rstate": 0, "verbose": False}
    fmin(objective, SPACE, max_evals=5, trials=StoredTrials(url, "s"), **options)
    trials = StoredTrials(url, "s")
    first = pruned(trials)
    fmin(objective, SPACE, max_evals=25, trials=trials, **options)
    assert pruned(trials) - first > 10
    for doc in trials.trials:
        last = doc["result"]["intermediate"][-1]
        assert last[0] == doc["result"].get("pruned", 9)
    trials.close()


def test_workers_use_the_pruner_of_the_study(tmp_path):
    url = f"sqlite:///{tmp_path}/study.db"
    trials = StoredTrials(url, "s")
    fmin(objective, SPACE, max_evals=3, trials=trials, pruner=True, rstate=0, verbose=False)
    trials.close()
    worker = StoredTrials(url, "s", _create=False)
    work(worker, Task(max_evals=25, trust_pickles=True))
    assert len(worker) == 25
    assert pruned(worker) > 10
    worker.close()
