"""Documents that somebody has changed between two runs: `fmin` sees them as a new process would."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperopt import STATUS_FAIL, Trials, fmin, hp, jtpe, tpe
from hyperopt.algorithms.feed import feed_of
from hyperopt.algorithms.history import HistoryFeed
from hyperopt.base import JOB_STATE_CANCEL, JOB_STATE_ERROR, JOB_STATE_NEW, Domain

SPACE = {
    "x": hp.uniform("x", -5, 5),
    "n": hp.quniform("n", 0, 8, 1),
    "kind": hp.choice("kind", [0, {"w": hp.normal("w", 0, 1)}]),
}


def objective(point: dict[str, Any]) -> float:
    return float(abs(point["x"]) + point["n"])


def run(trials: Trials, count: int, algo: Any) -> None:
    rstate = np.random.default_rng(len(trials._dynamic_trials))
    total = len(trials.trials) + count
    fmin(objective, SPACE, algo, total, trials=trials, rstate=rstate, show_progressbar=False)


def set_loss(docs: list[Any], at: int) -> None:
    docs[at]["result"]["loss"] = -10.0


def set_nan(docs: list[Any], at: int) -> None:
    docs[at]["result"]["loss"] = float("nan")


def fail(docs: list[Any], at: int) -> None:
    docs[at]["result"]["status"] = STATUS_FAIL


def set_value(docs: list[Any], at: int) -> None:
    docs[at]["misc"]["vals"]["x"][:] = [4.5]


def deactivate(docs: list[Any], at: int) -> None:
    docs[at]["misc"]["vals"]["w"] = []


def set_error(docs: list[Any], at: int) -> None:
    docs[at]["state"] = JOB_STATE_ERROR


def cancel(docs: list[Any], at: int) -> None:
    docs[at]["state"] = JOB_STATE_CANCEL


def delete(docs: list[Any], at: int) -> None:
    del docs[at]


def replace(docs: list[Any], at: int) -> None:
    docs[at] = copy.deepcopy(docs[at])
    docs[at]["result"]["loss"] = -20.0


def rename(docs: list[Any], at: int) -> None:
    docs[at]["tid"] += 5000


def repeat(docs: list[Any], at: int) -> None:
    docs.append(copy.deepcopy(docs[at]))
    docs[-1]["result"]["loss"] = -30.0


def derive(docs: list[Any], at: int) -> None:
    docs[at]["misc"]["from_tid"] = docs[0]["tid"]


CHANGES: list[Callable[[list[Any], int], None]] = [
    set_loss,
    set_nan,
    fail,
    set_value,
    deactivate,
    set_error,
    cancel,
    delete,
    replace,
    rename,
    repeat,
    derive,
]


def points(trials: Trials) -> list[Any]:
    return [doc["misc"]["vals"] for doc in trials.trials]


@pytest.mark.parametrize("algo", [tpe.suggest, jtpe.suggest])
@given(
    first=st.sampled_from([25, 150, 260]),
    changes=st.lists(
        st.lists(st.tuples(st.sampled_from(CHANGES), st.integers(0, 22)), max_size=3),
        min_size=1,
        max_size=4,
    ),
)
def test_a_run_goes_on_as_in_a_new_process(algo: Any, first: int, changes: list[Any]) -> None:
    trials = Trials()
    run(trials, first, algo)
    for batch in changes:
        for change, at in batch:
            change(trials._dynamic_trials, at)
        fresh = pickle.loads(pickle.dumps(trials))
        run(trials, 3, algo)
        run(fresh, 3, algo)
        assert points(trials)[-3:] == points(fresh)[-3:]


def test_documents_that_agree_are_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    trials = Trials()
    run(trials, 30, tpe.suggest)
    feed = feed_of(HistoryFeed, trials, Domain(objective, SPACE).space)
    history = feed.native
    run(trials, 5, tpe.suggest)
    assert feed.native is history
    trials._dynamic_trials[3]["result"]["loss"] = 5.0
    trials.refresh()  # Of a small study it sees everything: the change is passed on.
    run(trials, 1, tpe.suggest)
    assert feed.native is history
    trials._dynamic_trials[4]["state"] = JOB_STATE_NEW
    trials._dynamic_trials[5]["misc"]["vals"]["x"][:] = [0.25]
    run(trials, 1, tpe.suggest)
    assert feed.native is not history
