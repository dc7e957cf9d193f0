"""Documents: their layouts and the store that holds them."""

from __future__ import annotations

import copy
import datetime

import numpy as np
import pytest

from hyperopt import STATUS_OK, Trials, base, trials_from_docs
from hyperopt.base import (
    JOB_STATE_CANCEL,
    JOB_STATE_DONE,
    JOB_STATE_ERROR,
    JOB_STATE_NEW,
    JOB_STATE_RUNNING,
    TRIAL_KEYS,
    TRIAL_MISC_KEYS,
    SONify,
    miscs_to_idxs_vals,
    miscs_update_idxs_vals,
    spec_from_misc,
)
from hyperopt.exceptions import AllTrialsFailed, InvalidTrial
from hyperopt.storage.states import SMALL_STUDY, WINDOW


def make_doc(tid, loss=None, status=STATUS_OK, state=JOB_STATE_DONE, exp_key=None):
    result = {"status": status}
    if loss is not None:
        result["loss"] = loss
    return {
        "tid": tid,
        "spec": None,
        "result": result,
        "misc": {
            "tid": tid,
            "cmd": ("some cmd",),
            "idxs": {"z": [tid]},
            "vals": {"z": [tid if isinstance(tid, int) else 1]},
        },
        "extra": "more keys are welcome",
        "owner": None,
        "state": state,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
        "exp_key": exp_key,
    }


@pytest.mark.parametrize("key", TRIAL_KEYS)
def test_a_document_without_a_mandatory_key_is_refused(key):
    doc = make_doc(0)
    del doc[key]
    with pytest.raises(InvalidTrial, match=key):
        Trials().insert_trial_doc(doc)


@pytest.mark.parametrize("key", TRIAL_MISC_KEYS)
def test_a_document_without_a_mandatory_key_in_misc_is_refused(key):
    doc = make_doc(0)
    del doc["misc"][key]
    with pytest.raises(InvalidTrial, match=key):
        Trials().insert_trial_doc(doc)


def test_documents_of_another_experiment_or_with_two_ids_are_refused():
    with pytest.raises(InvalidTrial, match="exp_key"):
        Trials().insert_trial_doc(make_doc(0, exp_key="other"))
    doc = make_doc(0)
    doc["misc"]["tid"] = 1
    with pytest.raises(InvalidTrial, match="tid mismatch"):
        Trials().insert_trial_doc(doc)
    with pytest.raises(InvalidTrial, match="dict-like"):
        Trials().insert_trial_doc(5)


def test_inserted_documents_show_after_refresh_and_are_not_copied():
    trials = Trials()
    docs = [make_doc("a"), make_doc(5)]
    assert trials.insert_trial_doc(docs[0]) == "a"
    assert trials.insert_trial_docs(docs[1:]) == [5]
    assert len(trials) == 0
    trials.refresh()
    assert len(trials) == len(trials.results) == len(trials.specs) == len(trials.miscs) == 2
    assert trials.trials[0] is docs[0]
    assert list(trials) == docs
    assert trials.tids == ["a", 5]


def test_failed_and_cancelled_trials_are_hidden_by_refresh():
    states = (JOB_STATE_NEW, JOB_STATE_RUNNING, JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_CANCEL)
    trials = trials_from_docs([make_doc(tid, state=state) for tid, state in enumerate(states)])
    assert trials.tids == [0, 1, 2]
    for state in states:
        assert trials.count_by_state_unsynced(state) == 1
        assert trials.count_by_state_synced(state) == (state in base.JOB_VALID_STATES)
    assert trials.count_by_state_unsynced([JOB_STATE_NEW, JOB_STATE_ERROR]) == 2
    with pytest.raises(TypeError):
        trials.count_by_state_synced(7)
    with pytest.raises(AssertionError):
        trials.count_by_state_unsynced([9])


@pytest.mark.parametrize("size", [3, SMALL_STUDY + 400])
def test_changes_in_place_show_after_refresh(size):
    trials = trials_from_docs([make_doc(tid, loss=1.0, state=JOB_STATE_NEW) for tid in range(size)])
    doc = trials.trials[-1]
    doc["state"] = JOB_STATE_RUNNING
    assert trials.count_by_state_unsynced(JOB_STATE_RUNNING) == 1
    doc["state"] = JOB_STATE_ERROR
    assert len(trials) == size
    trials.refresh()
    assert len(trials) == size - 1
    first = trials.trials[0]
    first["state"] = JOB_STATE_ERROR
    trials.refresh()
    assert trials.tids == list(range(1, size - 1))
    first["state"] = JOB_STATE_DONE
    for _ in range(2 + size // WINDOW):
        trials.refresh()
    assert trials.tids == list(range(size - 1))


def naive_view(docs, exp_key):
    shown = [
        doc
        for doc in docs
        if doc["state"] in base.JOB_VALID_STATES and exp_key in (None, doc["exp_key"])
    ]
    counts = [
        sum(doc["state"] == state and exp_key in (None, doc["exp_key"]) for doc in docs)
        for state in base.JOB_STATES
    ]
    return shown, counts


@pytest.mark.parametrize("exp_key", [None, "a"])
def test_the_states_agree_with_a_naive_scan_after_any_sequence_of_changes(exp_key, rng):
    trials = Trials(exp_key=exp_key)
    for step in range(1500):
        unfinished = [d for d in trials._dynamic_trials[-20:] if d["state"] < JOB_STATE_DONE]
        action = rng.integers(5)
        if action <= 2 or not unfinished:
            state = int(rng.choice([JOB_STATE_NEW, JOB_STATE_NEW, JOB_STATE_DONE]))
            doc = make_doc(step, loss=1.0, state=state, exp_key=exp_key)
            if action == 1:
                other = make_doc(step, state=state, exp_key="b")
                trials._insert_trial_docs([other])
                trials.refresh()
            elif action == 2:
                trials.insert_trial_docs([doc])
                trials.refresh()
            else:
                trials._insert(doc)
        else:
            doc = unfinished[rng.integers(len(unfinished))]
            doc["state"] = int(rng.integers(doc["state"], 5))
            if action == 3:
                trials._settle(doc)
            else:
                trials.refresh()
        if step % 25 == 0 or step < 200:
            shown, counts = naive_view(trials._dynamic_trials, exp_key)
            trials.refresh()
            assert [id(d) for d in trials.trials] == [id(d) for d in shown]
            assert [trials.count_by_state_unsynced(s) for s in base.JOB_STATES] == counts


def test_the_log_tells_of_everything_that_is_inserted_or_settled():
    trials = Trials()
    doc = make_doc(0, state=JOB_STATE_NEW)
    seen = trials.revision
    trials._insert(doc)
    changes = trials.changes_since(seen)
    assert changes.documents == [doc]
    assert changes.complete
    doc["state"] = JOB_STATE_DONE
    trials._settle(doc)
    seen = changes.revision
    assert trials.changes_since(seen).documents == [doc]
    late = make_doc(1)
    trials.insert_trial_docs([late])
    seen = trials.revision
    trials.refresh()
    assert late in trials.changes_since(seen).documents
    seen = trials.revision
    assert trials.changes_since(seen).complete
    trials.reread()
    assert not trials.changes_since(seen).complete
    assert not {"_states", "_changes", "_caches"} & set(trials.__getstate__())


def test_documents_that_are_taken_away_leave_the_log_incomplete():
    trials = trials_with(5)
    seen = trials.revision
    del trials._dynamic_trials[2]
    trials.refresh()
    assert not trials.changes_since(seen).complete
    seen = trials.revision
    trials.delete_all()
    assert not trials.changes_since(seen).complete


def trials_with(count):
    trials = Trials()
    trials.insert_trial_docs([make_doc(tid, loss=1.0) for tid in range(count)])
    trials.refresh()
    return trials


def test_a_view_shares_the_documents_and_filters_by_experiment():
    trials = Trials()
    trials._insert_trial_docs([make_doc(0, exp_key="a"), make_doc(1, exp_key="b")])
    trials.refresh()
    view = trials.view(exp_key="b")
    assert view.tids == [1]
    assert len(trials) == 2
    assert view._dynamic_trials is trials._dynamic_trials
    view.attachments["k"] = 1
    assert trials.attachments["k"] == 1
    view.insert_trial_doc(make_doc(2, exp_key="b"))
    view.refresh()
    trials.refresh()
    assert view.tids == [1, 2]
    assert trials.tids == [0, 1, 2]
    assert view.count_by_state_unsynced(JOB_STATE_DONE) == 2


def test_new_ids_never_collide_with_those_that_are_taken():
    trials = trials_from_docs([make_doc(1), make_doc(2)])
    ids = trials.new_trial_ids(3)
    assert len(set(ids) | {1, 2}) == 5
    assert trials.new_trial_ids(1)[0] not in ids
    assert Trials().new_trial_ids(3) == [0, 1, 2]


def test_delete_all_forgets_trials_and_attachments():
    trials = trials_from_docs([make_doc(0)])
    trials.trial_attachments(trials.trials[0])["x"] = 1
    trials.delete_all()
    assert len(trials) == 0
    assert trials.attachments == {}
    assert trials.count_by_state_unsynced(JOB_STATE_DONE) == 0


def test_the_best_trial_is_the_first_ok_one_with_the_smallest_number():
    docs = [
        make_doc(0, loss=float("nan")),
        make_doc(1, loss=2.0),
        make_doc(2, loss=-100.0, status="fail"),
        make_doc(3, loss=0.5),
        make_doc(4, loss=0.5),
        make_doc(5, loss=-1.0, state=JOB_STATE_ERROR),
        make_doc(6, status="fail"),
    ]
    trials = trials_from_docs(docs)
    assert trials.best_trial["tid"] == 3
    assert trials.argmin == {"z": 3}
    assert trials.losses()[1:3] == [2.0, -100.0]
    assert trials.losses()[-1] is None
    assert trials.statuses() == [STATUS_OK, STATUS_OK, "fail", STATUS_OK, STATUS_OK, "fail"]


def test_an_infinite_loss_is_a_number():
    assert trials_from_docs([make_doc(0, loss=float("inf"))]).best_trial["tid"] == 0


def test_the_error_when_all_failed_quotes_the_first_real_failure():
    cancelled, failed = make_doc(0, state=JOB_STATE_CANCEL), make_doc(1, state=JOB_STATE_ERROR)
    failed["misc"]["error"] = ("<class 'ZeroDivisionError'>", "division by zero")
    with pytest.raises(AllTrialsFailed, match="trial 1 raised ZeroDivisionError: division by zero"):
        _ = trials_from_docs([cancelled, failed]).argmin
    doc = make_doc(0, status="fail")
    doc["result"]["why"] = "no data"
    with pytest.raises(AllTrialsFailed, match=r"trial 0 returned.*'why': 'no data'"):
        _ = trials_from_docs([doc]).best_trial
    with pytest.raises(AllTrialsFailed, match="nothing has been evaluated"):
        _ = Trials().argmin


def test_columns_and_miscs_are_translated_back_and_forth():
    miscs = [{"tid": 0}, {"tid": 1}]
    idxs, vals = {"a": [0, 1], "b": [1]}, {"a": [0.1, 0.2], "b": [0.3]}
    assert miscs_update_idxs_vals(miscs, idxs, vals) is miscs
    assert miscs[0] == {"tid": 0, "idxs": {"a": [0], "b": []}, "vals": {"a": [0.1], "b": []}}
    assert miscs_to_idxs_vals(miscs) == (idxs, vals)
    assert miscs_to_idxs_vals(miscs, keys=["b"]) == ({"b": [1]}, {"b": [0.3]})
    assert spec_from_misc(miscs[0]) == {"a": 0.1}
    with pytest.raises(NotImplementedError):
        spec_from_misc({"vals": {"a": [1, 2]}})
    with pytest.raises(ValueError, match="empty miscs"):
        miscs_to_idxs_vals([])
    with pytest.raises(KeyError):
        miscs_update_idxs_vals(miscs[:1], idxs, vals)
    miscs_update_idxs_vals(miscs[:1], idxs, vals, assert_all_vals_used=False)
    miscs_update_idxs_vals(miscs[:1], {"a": [7]}, {"a": [5]}, idxs_map={7: 0})
    assert miscs[0]["vals"] == {"a": [5]}


def test_sonify_makes_plain_python_values():
    when = datetime.datetime(2020, 1, 1)
    given = {"a": np.int64(1), "b": [np.float32(0.5), (np.bool_(True), None)], "c": np.eye(2)}
    given["d"] = when
    assert SONify(given) == {"a": 1, "b": [0.5, (True, None)], "c": [[1, 0], [0, 1]], "d": when}
    assert type(SONify(np.int64(3))) is int
    assert type(SONify(np.array(3.0))) is float


def test_source_trial_docs_name_their_origin():
    trials = trials_from_docs([make_doc(0)])
    docs = trials.source_trial_docs(
        [7], [None], [{"status": "ok"}], [{"idxs": {}, "vals": {}}], trials.trials
    )
    assert docs[0]["misc"]["from_tid"] == 0
    assert docs[0]["misc"]["tid"] == 7
    assert docs[0]["state"] == JOB_STATE_DONE
    with pytest.raises(AssertionError, match="tid"):
        trials.source_trial_docs(
            [7], [None], [{}], [{"tid": 8, "idxs": {}, "vals": {}}], trials.trials
        )


def test_attachments_are_a_mapping_per_trial():
    trials = trials_from_docs([make_doc(0), make_doc(1)])
    first, second = (trials.trial_attachments(doc) for doc in trials.trials)
    first["model"] = b"1"
    second["model"] = b"2"
    assert first["model"] == b"1"
    assert "model" in first
    assert "other" not in first
    assert list(first) == ["model"]
    assert len(second) == 1
    assert trials.attachments == {"ATTACH::0::model": b"1", "ATTACH::1::model": b"2"}
    del first["model"]
    with pytest.raises(KeyError):
        first["model"]


def test_average_best_error_weighs_by_the_probability_of_being_best():
    docs = [make_doc(0, loss=1.0), make_doc(1, loss=2.0), make_doc(2, loss=1.0)]
    for true_loss, doc in zip((3.0, 9.0, 5.0), docs, strict=True):
        doc["result"]["true_loss"] = true_loss
    trials = trials_from_docs(copy.deepcopy(docs))
    assert trials.average_best_error() == 4.0
    for doc in trials.trials:
        doc["result"]["loss_variance"] = 0.01
    assert 3.0 < trials.average_best_error() < 5.0
    with pytest.raises(ValueError, match="no trial"):
        Trials().average_best_error()


def test_indexing_trials_is_refused_because_it_is_ambiguous():
    with pytest.raises(NotImplementedError, match="ambiguous"):
        trials_from_docs([make_doc(0)])[0]
