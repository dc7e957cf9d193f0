"""What jtpe and gp learn from trials that a pruner stopped."""

import pickle

import numpy as np
import pytest

import hyperopt
from hyperopt import Domain, Trials, fmin, gp, hp, jtpe, tpe
from hyperopt.algorithms.rungs import losses_of_stopped
from hyperopt.pruning.curves import Curve

SPACE = {"x": hp.uniform("x", -5, 5), "rate": hp.uniform("rate", 0.3, 2)}


def objective(point):
    for step in range(1, 10):
        value = abs(point["x"]) + step ** -point["rate"]
        hyperopt.report(value, step=step)
    return value


def curve(values, loss=None, by_fold=False):
    values = np.array(values, dtype=float)
    return Curve(0, np.arange(1.0, len(values) + 1), values, loss, by_fold)


def test_where_the_last_value_is_the_loss_a_stopped_trial_has_its_last_value():
    finished = [curve([9, v], v) for v in (1.0, 2.0, 5.0)]
    stopped = [curve([9, v]) for v in (0.5, 1.0, 1.7, 7.0)]
    assert losses_of_stopped(finished, stopped).tolist() == [0.5, 1.0, 1.7, 7.0]


def test_other_scales_of_losses_are_followed():
    finished = [curve([v], loss) for v, loss in ((0.9, -90.0), (0.5, -95.0), (0.1, -99.0))]
    stopped = [curve([v]) for v in (0.5, 0.7, 0.1)]
    assert losses_of_stopped(finished, stopped) == pytest.approx([-95.0, -92.5, -99.0])


def test_a_lower_last_value_never_counts_as_worse():
    finished = [curve([v], loss) for v, loss in ((1.0, 3.0), (2.0, 2.0), (2.0, 1.0), (3.0, 5.0))]
    grid = np.linspace(0, 4, 41)
    losses = losses_of_stopped(finished, [curve([v]) for v in grid])
    assert (np.diff(losses) >= 0).all()


def test_without_finished_trials_the_values_themselves_are_compared():
    assert losses_of_stopped([], [curve([3.0]), curve([2.0])]).tolist() == [3.0, 2.0]
    assert losses_of_stopped([curve([np.inf], 1.0)], [curve([3.0])]).tolist() == [3.0]
    assert losses_of_stopped([curve([1.0], 1.0)], []).tolist() == []


def test_a_cross_validation_counts_by_its_mean():
    finished = [curve([0.2, 0.4], 0.3, by_fold=True)]
    assert losses_of_stopped(finished, [curve([0.5, 0.1], by_fold=True)]) == pytest.approx([0.3])


def pruned_study(algo, n=40):
    trials = Trials()
    fmin(objective, SPACE, algo, n, trials=trials, rstate=1, pruner=True, verbose=False)
    assert sum("pruned" in r for r in trials.results) > 10
    return trials


@pytest.mark.parametrize("module", [jtpe, gp])
def test_a_study_that_was_read_back_gives_the_same_suggestion(module):
    trials = pruned_study(module.suggest)
    domain = Domain(objective, SPACE)
    live = module.suggest([99], domain, trials, 5)[0]["misc"]["vals"]
    again = pickle.loads(pickle.dumps(trials))
    assert module.suggest([99], domain, again, 5)[0]["misc"]["vals"] == live
    trials.reread()
    assert module.suggest([99], domain, trials, 5)[0]["misc"]["vals"] == live


def test_jtpe_prefers_where_stopped_trials_came_further_down():
    trials = Trials()
    docs = []
    for tid, x in enumerate(np.linspace(-4.9, 4.9, 60)):
        vals = {"x": [float(x)], "rate": [1.0]}
        misc = {"tid": tid, "cmd": None, "idxs": {k: [tid] for k in vals}, "vals": vals}
        result = {"status": "fail", "pruned": 1, "intermediate": [[1, float((x - 3) ** 2)]]}
        (doc,) = trials.new_trial_docs([tid], [None], [result], [misc])
        docs.append({**doc, "state": hyperopt.JOB_STATE_DONE})
    trials.insert_trial_docs(docs)
    trials.refresh()
    domain = Domain(objective, SPACE)
    drawn = [
        jtpe.suggest([99], domain, trials, seed, epsilon=0.0)[0]["misc"]["vals"]["x"][0]
        for seed in range(20)
    ]
    assert np.median(np.abs(np.array(drawn) - 3)) < 0.5


def test_what_jtpe_learns_does_not_reach_tpe():
    trials = pruned_study(jtpe.suggest)
    domain = Domain(objective, SPACE)
    after = tpe.suggest([99], domain, trials, 5)[0]["misc"]["vals"]
    alone = pickle.loads(pickle.dumps(trials))
    assert tpe.suggest([99], domain, alone, 5)[0]["misc"]["vals"] == after


def test_a_stopped_trial_that_is_corrected_is_learnt_anew():
    trials = pruned_study(jtpe.suggest)
    domain = Domain(objective, SPACE)
    for doc in trials.trials:
        if "pruned" in doc["result"]:
            doc["result"] = {"status": "ok", "loss": 9.0}
    trials.refresh()
    fresh = pickle.loads(pickle.dumps(trials))
    live, read = (jtpe.suggest([99], domain, t, 5)[0]["misc"]["vals"] for t in (trials, fresh))
    assert live == read
