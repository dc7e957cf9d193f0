"""A study in a database behaves as `Trials` does, in one process and in several."""

from __future__ import annotations

import os
import pickle
import signal
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hyperopt
from hyperopt import StoredTrials, Trials, fmin, hp, jtpe, open_study, rand, tpe
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_NEW, JOB_STATE_RUNNING
from hyperopt.exceptions import InvalidTrial, StorageError, StudyNotFound
from hyperopt.storage.sql.codec import Opaque
from hyperopt.study.verification import verify

from .processes import Child, check_whole, describe, query, until

SPACE = {
    "x": hp.uniform("x", -5, 5),
    "kind": hp.choice("kind", [{"a": hp.normal("a", 0, 1)}, {"b": hp.quniform("b", 0, 8, 2)}]),
}


def bowl(point: Any) -> float:
    return float(point["x"] ** 2 + sum(point["kind"].values()))


def minimise(
    url: Any, max_evals: int | None, fn: Any = bowl, algo: Any = jtpe.suggest, **options: Any
) -> Any:
    options = {"rstate": 7, "verbose": False, **options}
    return fmin(fn, SPACE, algo, max_evals, trials=url, **options)


def described(trials: Any) -> list[str]:
    return [describe(doc) for doc in sorted(trials._dynamic_trials, key=lambda doc: doc["tid"])]


# -- one process


def test_a_study_goes_on_where_it_ended(url: str) -> None:
    minimise(url, 12)
    best = minimise(url, 20)
    trials = StoredTrials(url)
    assert len(trials) == 20
    assert trials.argmin == best
    check_whole(url, 20)


def test_a_study_in_pieces_is_the_same_as_one_in_one_piece(url: str, tmp_path: Path) -> None:
    for n in (3, 11, 30):
        minimise(url, n)
    whole = f"sqlite:///{tmp_path}/whole.db"
    minimise(whole, 30)
    assert described(StoredTrials(url)) == described(StoredTrials(whole))


def test_the_seed_of_the_study_is_kept_and_another_is_another_study(
    url: str, tmp_path: Path
) -> None:
    minimise(url, 5)
    minimise(url, 10, rstate=99)
    other = f"sqlite:///{tmp_path}/other.db"
    minimise(other, 10)
    assert described(StoredTrials(url)) == described(StoredTrials(other))
    third = f"sqlite:///{tmp_path}/third.db"
    minimise(third, 10, rstate=99)
    assert described(StoredTrials(third)) != described(StoredTrials(other))


def test_documents_are_read_back_as_they_were_written(url: str) -> None:
    trials = StoredTrials(url)
    minimise(trials, 15)
    back = StoredTrials(url)
    assert back.trials == trials.trials
    types = [type(v[0]) for doc in back for v in doc["misc"]["vals"].values() if v]
    assert types == [type(v[0]) for doc in trials for v in doc["misc"]["vals"].values() if v]
    assert back.losses() == trials.losses()
    assert back.best_trial == trials.best_trial


def test_a_pickle_is_plain_trials_without_a_database(url: str) -> None:
    trials = StoredTrials(url)
    minimise(trials, 4, fn=lambda p: {"loss": bowl(p), "status": "ok", "attachments": {"n": b"1"}})
    plain = pickle.loads(pickle.dumps(trials))
    assert type(plain) is Trials
    assert plain.trials == trials.trials
    assert plain.trial_attachments(plain.trials[0])["n"] == b"1"
    assert plain.best_params == trials.best_params


@pytest.mark.parametrize("algo", [tpe.suggest, rand.suggest, hyperopt.anneal.suggest])
def test_every_algorithm_suggests_the_same_for_a_study_that_was_read_back(
    sqlite_url: str, tmp_path: Path, algo: Any
) -> None:
    for n in range(1, 26, 4):
        minimise(sqlite_url, n, algo=algo)
    whole = f"sqlite:///{tmp_path}/whole.db"
    minimise(whole, 25, algo=algo)
    assert described(StoredTrials(sqlite_url)) == described(StoredTrials(whole))


def test_studies_of_one_database_do_not_mix(url: str) -> None:
    first, second = StoredTrials(url, "first"), StoredTrials(url, "second")
    minimise(first, 5)
    minimise(second, 3)
    assert (len(StoredTrials(url, "first")), len(StoredTrials(url, "second"))) == (5, 3)
    assert first.name == "first"


def test_an_objective_may_return_anything(url: str) -> None:
    class Model:
        def __init__(self) -> None:
            self.lock = threading.Lock()  # It can't be pickled.

    def objective(point: Any) -> dict[str, Any]:
        return {
            "loss": np.float32(bowl(point)),
            "status": "ok",
            "nan": float("nan"),
            "array": np.arange(3),
            "function": bowl,
            "model": Model(),
            "nested": {(1, 2): [b"bytes", {3}]},
        }

    minimise(url, 3, fn=objective)
    result = StoredTrials(url).trials[0]["result"]
    assert result["loss"] == pytest.approx(result["loss"])
    assert list(result["array"]) == [0, 1, 2]
    assert result["nested"] == {(1, 2): [b"bytes", {3}]}
    assert isinstance(result["function"], Opaque)
    assert result["function"].load()({"x": 2.0, "kind": {}}) == 4.0
    assert "Model" in repr(result["model"])


def test_attachments_are_kept_and_belong_to_their_trial(url: str) -> None:
    def objective(point: Any) -> dict[str, Any]:
        blob = os.urandom(10)
        return {"loss": 1.0, "status": "ok", "attachments": {"blob": blob, "obj": {"n": 1}},
                "copy": blob}  # fmt: skip

    trials = StoredTrials(url)
    minimise(trials, 3, fn=objective)
    trials.attachments["of the study"] = "text"
    back = StoredTrials(url)
    for doc in back:
        mine = back.trial_attachments(doc)
        assert mine["blob"] == doc["result"]["copy"]
        assert dict(mine)["obj"] == {"n": 1}
        assert "blob" in mine
        assert len(mine) == 2
    assert back.attachments["of the study"] == "text"
    del back.trial_attachments(back.trials[0])["blob"]
    with pytest.raises(KeyError, match="blob"):
        trials.trial_attachments(trials.trials[0])["blob"]
    assert sum("blob" in key for key in trials.attachments) == 2


def test_an_attachment_larger_than_a_piece_comes_back_whole(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hyperopt.storage.sql.blobs.CHUNK_BYTES", 1000)
    value = os.urandom(12_345)
    trials = StoredTrials(url)
    trials.attachments["large"] = value
    assert query(url, "SELECT count(*) FROM hyperopt_chunk") == [(13,)]
    assert StoredTrials(url).attachments["large"] == value
    trials.attachments["large"] = b"small"
    assert query(url, "SELECT count(*) FROM hyperopt_chunk") == [(1,)]


def test_points_to_evaluate_come_first_once_and_on_top(url: str) -> None:
    points = [{"x": 1.0, "kind": 1, "b": 2}, {"x": 2.0, "kind": 0, "a": 0.5}]
    minimise(url, 3, points_to_evaluate=points)
    minimise(url, 6, points_to_evaluate=points)
    trials = StoredTrials(url)
    assert len(trials) == 8
    assert [doc["misc"]["vals"]["x"][0] for doc in trials.trials[:2]] == [1.0, 2.0]


def test_known_results_and_injected_ones_count_as_history(url: str) -> None:
    trials = StoredTrials(url)
    tid = trials.add_observation({"x": 0.0, "kind": 0, "a": -9.0}, loss=-9.0, space=SPACE)

    @hyperopt.fmin_pass_expr_memo_ctrl
    def objective(expr: Any, memo: Any, ctrl: Any) -> float:
        if ctrl.current_trial["tid"] == 2:
            misc = {**ctrl.current_trial["misc"], "from_tid": 2}
            (new,) = ctrl.trials.new_trial_ids(1)
            misc = {**misc, "tid": new, "cmd": None, "idxs": {"x": [new]}, "vals": {"x": [0.5]}}
            ctrl.inject_results([None], [{"loss": 0.25, "status": "ok"}], [misc], [new])
        return 1.0

    minimise(trials, 6, fn=objective)
    back = StoredTrials(url)
    assert back.best_trial["tid"] == tid
    assert len(back) == 6
    assert 0.25 in back.losses()


def test_only_trials_of_the_experiment_are_shown_and_counted(url: str) -> None:
    one, two = StoredTrials(url, exp_key="one"), StoredTrials(url, exp_key="two")
    minimise(one, 4)
    minimise(two, 3)
    assert (len(one), len(two), len(StoredTrials(url))) == (4, 3, 7)
    assert len({doc["tid"] for doc in StoredTrials(url)}) == 7
    minimise(StoredTrials(url, exp_key="one"), 6)
    assert len(StoredTrials(url, exp_key="one")) == 6
    assert len(StoredTrials(url).view("two")) == 3


def test_failed_trials_count_and_keep_their_error(url: str) -> None:
    def objective(point: Any) -> float:
        if point["x"] > 0:
            raise ValueError("too far to the right")
        return bowl(point)

    minimise(url, 12, fn=objective, catch_eval_exceptions=True)
    minimise(url, 14, fn=objective, catch_eval_exceptions=True)
    trials = StoredTrials(url)
    assert len(trials._dynamic_trials) == 14
    errors = [doc for doc in trials._dynamic_trials if doc["state"] == JOB_STATE_ERROR]
    assert errors
    assert errors[0]["misc"]["error"] == ("<class 'ValueError'>", "too far to the right")


def test_an_exception_of_the_objective_passes_through_and_is_stored(url: str) -> None:
    def objective(point: Any) -> float:
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        minimise(url, 5, fn=objective)
    (doc,) = StoredTrials(url)._dynamic_trials
    assert doc["state"] == JOB_STATE_ERROR


def test_stopping_rules_work(url: str) -> None:
    minimise(url, 50, early_stop_fn=lambda trials: (len(trials) >= 7, []))
    assert len(StoredTrials(url)) == 7
    minimise(url, 500, loss_threshold=1e9)
    assert len(StoredTrials(url)) <= 9
    began = time.monotonic()
    minimise(url, None, fn=lambda p: time.sleep(0.05) or 1.0, timeout=0.4)
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    "options", [{"n_jobs": 2}, {"executor": "threads", "n_jobs": 3}, {"max_queue_len": 4}]
)
def test_ways_of_evaluating_compose_with_storage(url: str, options: dict[str, Any]) -> None:
    def objective(point: Any) -> float:
        return float(point["x"] ** 2)

    minimise(url, 14, fn=objective, **options)
    check_whole(url, 14)
    with ThreadPoolExecutor(2) as pool:
        minimise(url, 18, executor=pool)
    check_whole(url, 18)


def test_no_point_is_evaluated_twice_if_asked_so(url: str) -> None:
    space = {"n": hp.randint("n", 6)}
    fmin(lambda p: float(p["n"]), space, jtpe.suggest, 20, trials=url, avoid_duplicates=True,
         verbose=False)  # fmt: skip
    trials = StoredTrials(url)
    assert sorted(doc["misc"]["vals"]["n"][0] for doc in trials) == list(range(6))


def test_an_algorithm_of_the_user_is_called_while_others_can_go_on(url: str) -> None:
    other = StoredTrials(url, patience_s=2.0)

    def mine(new_ids: Any, domain: Any, trials: Any, seed: Any) -> Any:
        other.refresh()
        other.new_trial_ids(1)  # It would wait for ever if the study were held now.
        return rand.suggest(new_ids, domain, trials, seed)

    minimise(url, 5, algo=mine)
    check_whole(url, 5)


def test_an_algorithm_that_fails_or_strays_leaves_nothing_behind(url: str) -> None:
    def fails(new_ids: Any, domain: Any, trials: Any, seed: Any) -> Any:
        raise RuntimeError("no idea")

    def strays(new_ids: Any, domain: Any, trials: Any, seed: Any) -> Any:
        return rand.suggest([n + 100 for n in new_ids], domain, trials, seed)

    mine = StoredTrials(url)
    with pytest.raises(RuntimeError, match="no idea"):
        minimise(mine, 5, algo=fails)
    with pytest.raises(ValueError, match="has to use the ids"):
        minimise(mine, 5, algo=strays)
    assert query(url, "SELECT tid FROM hyperopt_trial") == []  # while we still take part
    minimise(url, 5)
    assert len(StoredTrials(url)) == 5


# -- ask and tell


def test_a_study_is_asked_and_told(url: str) -> None:
    study = open_study(url, "s", space=SPACE, rstate=1)
    first, second = study.ask(2)
    study.tell(first, 0.5)
    study.tell(second.tid, failure="broken")
    queued = study.enqueue({"x": 0.0, "kind": 1, "b": 4})
    assert queued.params == {"x": 0.0, "kind": {"b": 4.0}}
    other = open_study(url, "s", space=SPACE)
    assert [asked.tid for asked in other.pending] == [queued.tid]
    other.tell(queued.tid, result={"status": "ok", "loss": 0.25, "attachments": {"a": b"b"}})
    study.trials.refresh()
    assert study.trials.losses() == [0.5, 0.25]
    assert study.trials.trial_attachments({"tid": queued.tid})["a"] == b"b"
    with pytest.raises(ValueError, match="told already"):
        study.tell(queued, 1.0)


def test_two_who_ask_get_different_trials(url: str) -> None:
    studies = [open_study(url, space=SPACE, rstate=5) for _ in range(3)]
    asked = [study.ask() for study in studies for _ in range(4)]
    assert sorted(trial.tid for trial in asked) == list(range(12))


def test_what_was_asked_for_can_be_told_by_a_later_process(url: str) -> None:
    def ask() -> None:
        study = open_study(url, space=SPACE, rstate=5)
        study.ask()
        study.trials.close()

    assert Child(ask).wait() == 0
    study = open_study(url, space=SPACE)
    (pending,) = study.pending
    assert study.ask().tid != pending.tid
    study.tell(pending, 1.5)
    assert StoredTrials(url).losses()[0] == 1.5


# -- changes by hand


def test_paused_trials_go_on_once_whoever_has_paused_them(url: str) -> None:
    begun: list[tuple[float, int]] = []

    def steps(point: Any) -> float:
        done = int(hyperopt.resume() or b"0")
        begun.append((point["x"], done))
        for step in range(done + 1, 10):
            time.sleep(0.001)
            hyperopt.report(bowl(point) + 1 / step, step=step, checkpoint=str(step).encode())
        return bowl(point) + 1 / 9

    def take_part(number: int) -> None:
        trials = StoredTrials(url)
        minimise(trials, 40, steps, rstate=number, pruner=hyperopt.pruners.ASHA(factor=2))
        trials.close()

    minimise(url, 1, steps)
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(take_part, range(3)))
    trials = StoredTrials(url)
    assert len(trials) == 40
    assert len(begun) == len(set(begun))
    resumed = [doc for doc in trials.trials if "resumed" in doc["result"]]
    assert resumed
    for doc in trials.trials:
        last = doc["result"].get("pruned", 9)
        assert [step for step, _ in doc["result"]["intermediate"]] == list(range(1, last + 1))
    trials.close()
    assert verify(url, "default").problems == []


def test_changes_by_hand_are_seen_by_everybody(url: str) -> None:
    trials = StoredTrials(url)
    minimise(trials, 6)
    other = StoredTrials(url)
    kept = other.trials[3]
    trials.correct(3, loss=-100.0)
    trials.delete([0, 5])
    assert trials.retry([1]) == [1]
    other.refresh()
    assert kept["result"]["loss"] == -100.0
    assert [doc["tid"] for doc in other.trials] == [1, 2, 3, 4]
    assert other.trials[0]["state"] == JOB_STATE_NEW
    assert other.best_trial is kept
    minimise(other, 6)
    assert len(StoredTrials(url)) == 6
    assert other.trials[0]["state"] == JOB_STATE_DONE


def test_a_document_changed_in_place_is_written_at_the_next_refresh(url: str) -> None:
    trials = StoredTrials(url)
    minimise(trials, 4)
    trials.trials[1]["result"]["loss"] = -50.0
    trials.trials[2]["misc"]["note"] = "looked at"
    trials.refresh()
    other = StoredTrials(url)
    assert other.best_trial["tid"] == 1
    assert other.trials[2]["misc"]["note"] == "looked at"
    kinds = Counter(kind for (kind,) in query(url, "SELECT kind FROM hyperopt_event"))
    assert kinds["correct"] == 2


def test_of_two_changes_of_one_document_the_first_stays(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    trials = StoredTrials(url)
    minimise(trials, 3)
    other = StoredTrials(url)
    trials.trials[1]["result"]["loss"] = -50.0
    other.trials[1]["result"]["loss"] = -70.0
    trials.refresh()
    other.refresh()
    assert other.trials[1]["result"]["loss"] == -50.0
    assert "changed elsewhere too" in caplog.text


def test_everything_can_be_deleted(url: str) -> None:
    trials = StoredTrials(url)
    minimise(trials, 4)
    trials.delete_all()
    assert len(trials) == 0
    assert len(StoredTrials(url)) == 0
    minimise(url, 3)
    assert len(StoredTrials(url)) == 3


def test_the_ids_of_documents_must_be_free_whole_numbers(url: str) -> None:
    trials = StoredTrials(url)
    minimise(trials, 3)
    docs = Trials().new_trial_docs
    for tid in (1, "a", -1):
        misc = {"tid": tid, "cmd": None, "idxs": {}, "vals": {}}
        with pytest.raises(InvalidTrial, match="tid"):
            trials.insert_trial_docs(docs([tid], [None], [{"status": "new"}], [misc]))


# -- several processes


def test_processes_share_the_work_and_never_overshoot(url: str, tmp_path: Path) -> None:
    def work() -> None:
        trials = StoredTrials(url)
        (tmp_path / f"ready-{os.getpid()}").touch()
        until(lambda: len(list(tmp_path.glob("ready-*"))) == 4)  # none begins before all are there
        minimise(trials, 40, fn=lambda p: time.sleep(0.05) or bowl(p))
        assert len(trials) == 40

    children = [Child(work) for _ in range(4)]
    assert [child.wait() for child in children] == [0] * 4
    check_whole(url, 40)
    workers = query(url, "SELECT worker FROM hyperopt_event WHERE kind = 'finish'")
    shares = Counter(workers)
    assert len(shares) == 4


def test_points_to_evaluate_given_by_all_are_evaluated_once(url: str) -> None:
    points = [{"x": float(n), "kind": 1, "b": 2} for n in range(5)]
    children = [Child(lambda: minimise(url, 4, points_to_evaluate=points)) for _ in range(4)]
    assert [child.wait() for child in children] == [0] * 4
    check_whole(url, 9)


def test_the_trial_of_a_killed_process_is_run_again_at_once(url: str, tmp_path: Path) -> None:
    started = tmp_path / "started"

    def hang(point: Any) -> float:
        started.write_text("yes")
        time.sleep(60)
        return 0.0

    child = Child(lambda: minimise(url, 5, fn=hang))
    until(started.exists)
    child.kill()
    child.wait()
    (before,) = StoredTrials(url)._dynamic_trials
    assert before["state"] == JOB_STATE_RUNNING
    minimise(url, 5)
    after = StoredTrials(url).trials[0]
    assert after["misc"]["vals"] == before["misc"]["vals"]
    check_whole(url, 5)
    kinds = [k for (k,) in query(url, "SELECT kind FROM hyperopt_event WHERE tid = 0 ORDER BY rev")]
    assert kinds[-4:] == ["suggest", "lost", "claim", "finish"]


def test_a_trial_that_is_lost_three_times_is_an_error(url: str, tmp_path: Path) -> None:
    def die(point: Any) -> float:
        os.kill(os.getpid(), signal.SIGKILL)
        return 0.0

    for _ in range(3):
        assert Child(lambda: minimise(url, 4, fn=die)).wait() == -signal.SIGKILL
    minimise(url, 4)
    trials = StoredTrials(url)
    first = trials._dynamic_trials[0]
    assert first["state"] == JOB_STATE_ERROR
    assert "3 processes were lost" in first["misc"]["error"][1]
    check_whole(url, 4)
    trials.retry([0])
    minimise(url, 4)
    assert StoredTrials(url).trials[0]["state"] == JOB_STATE_DONE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_process_gives_its_trial_back(url: str, tmp_path: Path, number: int) -> None:
    started = tmp_path / "started"

    def hang(point: Any) -> float:
        started.write_text("yes")
        time.sleep(60)
        return 0.0

    def work() -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        try:
            minimise(url, 5, fn=hang)
        except KeyboardInterrupt:
            raise SystemExit(130) from None

    child = Child(work)
    until(started.exists)
    child.kill(number)
    assert child.wait() == 128 + number
    (doc,) = StoredTrials(url)._dynamic_trials
    assert doc["state"] == JOB_STATE_NEW
    kinds = [k for (k,) in query(url, "SELECT kind FROM hyperopt_event ORDER BY rev")]
    assert kinds[-1] == "return"
    assert query(url, "SELECT state FROM hyperopt_trial") == [(JOB_STATE_NEW,)]
    minimise(url, 5)
    check_whole(url, 5)


def test_the_last_process_waits_for_the_others(url: str, tmp_path: Path) -> None:
    started, go = tmp_path / "started", tmp_path / "go"

    def slow(point: Any) -> float:
        started.write_text("yes")
        until(go.exists)
        return -1000.0

    child = Child(lambda: minimise(url, 3, fn=slow))
    until(started.exists)
    timer = threading.Timer(0.5, lambda: go.write_text("go"))
    timer.start()
    trials = StoredTrials(url)
    minimise(trials, 3)
    timer.join()
    assert child.wait() == 0
    assert min(trials.losses()) == -1000.0
    check_whole(url, 3)


def test_a_forked_objective_does_not_disturb_the_connection_of_its_parent(url: str) -> None:
    trials = StoredTrials(url)

    def objective(point: Any) -> float:
        pid = os.fork()
        if pid == 0:
            len(trials.attachments)  # The child has a connection of its own.
            os._exit(0)
        assert os.waitpid(pid, 0)[1] == 0
        return bowl(point)

    minimise(trials, 4, fn=objective)
    check_whole(url, 4)


# -- what is refused


def test_a_database_in_a_folder_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no folder"):
        StoredTrials(f"sqlite:///{tmp_path}/missing/study.db")
    with pytest.raises(StorageError, match="is a folder"):
        StoredTrials(f"sqlite:///{tmp_path}")


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "study.db"
    path.write_bytes(b"precious" * 1000)
    with pytest.raises(StorageError, match="not a database"):
        StoredTrials(f"sqlite:///{path}")
    assert path.read_bytes() == b"precious" * 1000


def test_a_network_file_system_is_refused(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hyperopt.storage.sql.sqlite.network_file_system", lambda path: "nfs4")
    with pytest.raises(StorageError, match="PostgreSQL"):
        StoredTrials(sqlite_url)


def test_a_study_that_is_missing_is_named_with_those_that_there_are(url: str) -> None:
    StoredTrials(url, "here")
    with pytest.raises(StudyNotFound, match="'there'; it has 'here'"):
        StoredTrials(url, "there", _create=False)


def test_files_are_made_with_the_umask_of_the_user(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        minimise(f"sqlite:///{tmp_path}/study.db", 3)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("study.db*")}
    assert "study.db-turn" in modes
    assert {mode & 0o077 for mode in modes.values()} == {0}
