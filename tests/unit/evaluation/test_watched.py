"""The evaluator that watches what others evaluate."""

from __future__ import annotations

from typing import Any

import pytest

from hyperopt.evaluation.watched import WatchingEvaluator
from hyperopt.storage import lifecycle
from hyperopt.storage.documents import JOB_STATE_NEW, Document
from hyperopt.storage.store import TrialStore


def make(tid: int) -> Document:
    misc: dict[str, Any] = {"tid": tid, "cmd": None, "idxs": {}, "vals": {}}
    return lifecycle.new_document(tid, None, {"status": "new"}, misc, None)


class ReadsAnew(TrialStore):
    """A store that makes new documents at each refresh, as one in a database may."""

    def refresh(self) -> None:
        self._dynamic_trials = [dict(doc) for doc in self._dynamic_trials]
        super().refresh()


@pytest.fixture(params=[TrialStore, ReadsAnew])
def watched(request: pytest.FixtureRequest) -> tuple[TrialStore, WatchingEvaluator]:
    store = request.param()
    store.insert_trial_docs([make(tid) for tid in range(4)])
    store.refresh()
    evaluator = WatchingEvaluator(2, 0.0)
    evaluator.start(None, store)  # type: ignore[arg-type]
    for doc in store._dynamic_trials:
        evaluator.submit(doc)
    assert evaluator.wait(0.0) == []
    return store, evaluator


def test_trials_are_reported_once_with_the_document_that_the_store_has(watched) -> None:
    store, evaluator = watched
    lifecycle.begin(store._dynamic_trials[1])
    lifecycle.finish(store._dynamic_trials[1], {"status": "ok", "loss": 1.0})
    (outcome,) = evaluator.wait(0.0)
    assert outcome.tid == 1
    assert outcome.document is store._dynamic_trials[1]
    assert evaluator.wait(0.0) == []


def test_failed_and_cancelled_trials_have_ended_too(watched) -> None:
    store, evaluator = watched
    lifecycle.fail(store._dynamic_trials[0], "ValueError", "too large")
    lifecycle.cancel(store._dynamic_trials[2], "given up")
    assert sorted(outcome.tid for outcome in evaluator.wait(0.0)) == [0, 2]


def test_there_is_room_while_fewer_wait_than_shall(watched) -> None:
    store, evaluator = watched
    assert evaluator.capacity == 2  # four are watched, and four wait
    for doc in store._dynamic_trials[:3]:
        lifecycle.begin(doc)
    assert store.count_by_state_unsynced(JOB_STATE_NEW) == 1
    assert evaluator.capacity == 5  # room for one more to wait


def test_a_trial_that_is_taken_out_of_the_store_is_not_waited_for(watched) -> None:
    store, evaluator = watched
    del store._dynamic_trials[3]
    store.refresh()
    (outcome,) = evaluator.wait(0.0)
    assert outcome.tid == 3
    assert outcome.cancelled == "it was taken out of the store"
