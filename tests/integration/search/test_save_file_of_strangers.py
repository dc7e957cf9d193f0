"""Save files with objects of the user's that can't be unpickled any more: nothing else is lost."""

from __future__ import annotations

import logging
import pickle
import sys

import numpy as np
import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.storage.save_file import Saver, load
from hyperopt.storage.sql.codec import Opaque

X = hp.uniform("x", -5, 5)
REFUSES = []
"""Not empty while the methods below raise."""


class State:
    def __init__(self, x):
        self.x = x

    def __setstate__(self, state):
        if REFUSES:
            raise ValueError("no way back")
        self.__dict__.update(state)


class Exit(State):
    def __setstate__(self, state):
        if REFUSES:
            raise SystemExit(3)
        self.__dict__.update(state)


def _made(x):
    if REFUSES:
        raise RuntimeError("no way back")
    return State(x)


class Reduced(State):
    def __reduce__(self):
        return _made, (self.x,)


class Vanishing(State):
    pass


KINDS = {"state": State, "exit": Exit, "reduce": Reduced, "vanished": Vanishing}


def objective(kind, x):
    result = {"loss": x * x, "status": "ok", "model": kind(x), "parts": [kind(x), np.arange(3)]}
    result["attachments"] = {"model": kind(x)}
    return result


def state(x):
    return objective(State, x)


def exits(x):
    return objective(Exit, x)


def reduced(x):
    return objective(Reduced, x)


def vanished(x):
    return objective(Vanishing, x)


OBJECTIVES = {"state": state, "exit": exits, "reduce": reduced, "vanished": vanished}


def search(path, max_evals, objective=lambda x: x * x, **options):
    trials = options.pop("trials", None)
    return fmin(
        objective, X, rand.suggest, max_evals, trials=trials, trials_save_file=path,
        rstate=0, verbose=False, **options,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _restored(monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "Vanishing", Vanishing)
    yield
    REFUSES.clear()


def break_everything(monkeypatch):
    REFUSES.append(True)
    monkeypatch.delattr(sys.modules[__name__], "Vanishing")


def mend_everything(monkeypatch):
    REFUSES.clear()
    monkeypatch.setattr(sys.modules[__name__], "Vanishing", KINDS["vanished"], raising=False)


@pytest.mark.parametrize("n_jobs", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_a_study_goes_on_whatever_of_it_can_not_be_unpickled(
    tmp_path, monkeypatch, caplog, kind, n_jobs
):
    path = tmp_path / "study.pkl"
    search(path, 4, OBJECTIVES[kind], n_jobs=n_jobs)
    losses = [doc["result"]["loss"] for doc in load(path).trials]
    break_everything(monkeypatch)
    caplog.clear()
    with caplog.at_level(logging.WARNING, "hyperopt"):
        search(path, 8, n_jobs=n_jobs)
    (record,) = [r for r in caplog.records if "can't be unpickled" in r.getMessage()]
    message = record.getMessage()
    assert str(path) in message
    assert "trial 0: result['model']" in message
    assert "12 objects" in message
    assert "delete" not in message

    trials = load(path)
    assert [doc["result"]["loss"] for doc in trials.trials][:4] == losses
    assert len(trials) == 8
    assert trials.best_trial["result"]["loss"] == min(trials.losses())
    result = trials.trials[0]["result"]
    assert isinstance(result["model"], Opaque)
    assert isinstance(result["parts"][0], Opaque)
    assert result["parts"][1].tolist() == [0, 1, 2]
    assert isinstance(trials.trial_attachments(trials.trials[0])["model"], Opaque)

    # Both the file that the second run has rewritten and a plain pickle still hold the objects.
    mend_everything(monkeypatch)
    for back in (load(path), pickle.loads(pickle.dumps(trials))):
        for doc in back.trials[:4]:
            assert doc["result"]["model"].x == doc["misc"]["vals"]["x"][0]
            assert back.trial_attachments(doc)["model"].x == doc["misc"]["vals"]["x"][0]


@pytest.mark.parametrize("kind", KINDS)
def test_the_pieces_of_a_run_that_was_killed_are_read_one_by_one(tmp_path, monkeypatch, kind):
    path, trials = tmp_path / "f", Trials()
    saver = Saver(path, trials)
    saver.save()
    for n in range(1, 4):  # As many pieces, of a run that never closes its file.
        search("", n, OBJECTIVES[kind] if n == 2 else lambda x: x, trials=trials)
        saver.save()
    data = path.read_bytes()
    saver._release()
    break_everything(monkeypatch)
    for read in (load(path), pickle.loads(data)):
        assert read.losses() == trials.losses()
        assert isinstance(read.trials[1]["result"]["model"], Opaque)


def test_a_file_without_trials_is_never_called_something_to_delete(tmp_path, monkeypatch):
    path = tmp_path / "f"
    path.write_bytes(pickle.dumps(Vanishing(1)))
    break_everything(monkeypatch)
    with pytest.raises(ValueError, match="no pickle that can be loaded here") as info:
        search(path, 1)
    assert "delete" not in str(info.value)
    assert "another file name" in str(info.value)
    assert path.exists()


def test_a_space_that_can_not_be_unpickled_comes_back_where_it_can(tmp_path, monkeypatch):
    trials = Trials()
    space = hp.choice("kind", [State, Vanishing])
    fmin(lambda kind: kind is State, space, rand.suggest, 3, trials=trials, rstate=0, verbose=False)
    data = pickle.dumps(trials)
    break_everything(monkeypatch)
    read = pickle.loads(data)
    assert read.losses() == trials.losses()
    data = pickle.dumps(read)
    mend_everything(monkeypatch)
    assert pickle.loads(data).best_params == trials.best_params
