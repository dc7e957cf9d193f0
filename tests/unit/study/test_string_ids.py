"""Trials whose ids are texts, as some of upstream's callers give them."""

from __future__ import annotations

import numpy as np
import pytest

from hyperopt import Domain, Trials, anneal, hp, jtpe, rand, tpe
from hyperopt.base import JOB_STATE_DONE

SPACE = {"x": hp.uniform("x", -5, 5), "k": hp.choice("k", [0, {"y": hp.normal("y", 0, 1)}])}


@pytest.mark.parametrize("algo", [rand, tpe, jtpe, anneal], ids=lambda algo: algo.__name__)
def test_every_algorithm_accepts_them_throughout_a_search(algo):
    domain, trials = Domain(lambda point: point["x"] ** 2, SPACE), Trials()
    for number in range(30):
        ids = [f"{number}-{letter}" for letter in "ab"]
        docs = algo.suggest(ids, domain, trials, number)
        again = algo.suggest(ids, domain, trials, number)
        assert [doc["misc"]["vals"] for doc in docs] == [doc["misc"]["vals"] for doc in again]
        assert [doc["tid"] for doc in docs] == ids
        assert docs[0]["misc"]["vals"] != docs[1]["misc"]["vals"]
        for doc in docs:
            for label, values in doc["misc"]["vals"].items():
                assert doc["misc"]["idxs"][label] == [doc["tid"]] * len(values)
            (x,) = doc["misc"]["vals"]["x"]
            doc["state"], doc["result"] = JOB_STATE_DONE, {"status": "ok", "loss": x**2}
        trials.insert_trial_docs(docs)
        trials.refresh()
    assert len(trials) == 60
    assert np.isfinite(trials.best_trial["result"]["loss"])


def test_the_columns_of_a_random_batch_hold_them():
    idxs, vals = rand.suggest_batch(["a", "b"], Domain(None, SPACE), Trials(), 1)
    assert idxs["x"] == ["a", "b"]
    assert len(vals["x"]) == 2
