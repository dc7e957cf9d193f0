"""`trials_save_file`: nothing that has finished is ever lost."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

from hyperopt import Domain, FMinIter, Trials, fmin, hp, save_file
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_NEW, JOB_STATE_RUNNING
from hyperopt.fmin import generate_trial, generate_trials_to_calculate
from hyperopt.save_file import Saver, load

X = hp.uniform("x", -5, 5)

WORKER = textwrap.dedent(
    """
    import sys
    from hyperopt import Trials, fmin, hp
    from hyperopt.algobase import SuggestAlgo

    def suggest(new_ids, domain, trials, seed):
        return [doc for i in new_ids for doc in SuggestAlgo(domain, trials, seed)(i)]

    def objective(x):
        # A trial is known to be finished once the next one starts.
        print(n[0], flush=True)
        n[0] += 1
        return {"loss": x**2, "status": "ok", "attachments": {"x": x}, "blob": "b" * 20000}

    n = [0]
    fmin(objective, hp.uniform("x", -5, 5), suggest, 10**6, trials_save_file=sys.argv[1],
         rstate=int(sys.argv[2]), verbose=False)
    """
)


def killed_run(path, seed, delay_s):
    """Start a run in another process, kill it after a while; return how many trials began."""
    log = path.with_suffix(".log")
    with (
        log.open("w") as stdout,
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(path), str(seed)], stdout=stdout
        ) as run,
    ):
        while not log.stat().st_size:
            assert run.poll() is None
            time.sleep(0.001)
        time.sleep(delay_s)
        run.send_signal(signal.SIGKILL)
    return len(log.read_text().split())


def test_a_killed_run_loses_no_finished_trial(tmp_path, suggest, rng):
    path = tmp_path / "trials.pkl"
    for round_ in range(6):
        known = len(load(path)) if path.exists() else 0
        began = killed_run(path, round_, float(rng.uniform(0.0, 0.15)))
        # What the file holds at this moment, for anybody.
        trials = pickle.loads(path.read_bytes())
        assert len(trials) in (known + began - 1, known + began)
        assert trials.tids == list(range(len(trials)))
        for doc in trials.trials:
            assert doc["state"] == JOB_STATE_DONE
            (x,) = doc["misc"]["vals"]["x"]
            assert doc["result"]["loss"] == x**2
            assert trials.trial_attachments(doc)["x"] == x
        assert trials.count_by_state_unsynced(JOB_STATE_DONE) == len(trials)
    n = len(trials)
    fmin(lambda x: x**2, X, suggest, n + 2, trials_save_file=path, rstate=0, verbose=False)
    assert len(pickle.loads(path.read_bytes())) == n + 2


def test_any_prefix_of_a_write_leaves_a_complete_file(tmp_path, suggest):
    """The file of every moment between two trials, as a kill could leave it."""
    path, trials = tmp_path / "trials.pkl", Trials()
    domain = Domain(lambda x: x**2, X)
    run = FMinIter(
        suggest, domain, trials, np.random.default_rng(0), max_evals=9, trials_save_file=path
    )
    run.run(3)
    before = path.read_bytes()
    run.run(1)
    after = path.read_bytes()
    assert len(after) > len(before)
    tail = after[len(before) :]
    for cut in range(0, len(tail), 7):
        written = before + tail[:cut]
        assert len(pickle.loads(written)) == 3
    assert len(pickle.loads(before + tail)) == 3
    assert len(pickle.loads(after)) == 4


def test_the_cost_of_saving_does_not_grow_with_the_study(tmp_path, suggest):
    path = tmp_path / "trials.pkl"
    sizes = []

    def objective(x):
        sizes.append(path.stat().st_size if path.exists() else 0)
        return x

    fmin(objective, X, suggest, 300, trials_save_file=path, rstate=0, verbose=False)
    steps = np.diff(sizes[2:])
    assert steps.max() < 2 * steps.min()


def test_a_finished_run_leaves_a_plain_pickle_and_no_other_file(tmp_path, suggest):
    path = tmp_path / "trials.pkl"
    fmin(lambda x: x, X, suggest, 5, trials_save_file=str(path), rstate=0, verbose=False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["trials.pkl"]
    assert b"save_file" not in path.read_bytes()
    assert len(pickle.loads(path.read_bytes())) == 5


def test_a_run_resumes_from_the_file_and_does_not_repeat_its_points(tmp_path, suggest):
    path = tmp_path / "trials.pkl"
    options = {"trials_save_file": path, "rstate": 0, "verbose": False}
    points = [{"x": 0.0}]
    fmin(lambda x: x**2, X, suggest, 3, points_to_evaluate=points, **options)
    assert len(load(path)) == 4
    best = fmin(lambda x: x**2, X, suggest, 6, points_to_evaluate=points, **options)
    assert best == {"x": 0.0}
    assert len(load(path)) == 6


def test_given_trials_are_saved_over_the_file(tmp_path, suggest):
    path, trials = tmp_path / "trials.pkl", Trials()
    for max_evals in (3, 5):
        fmin(
            lambda x: x,
            X,
            suggest,
            max_evals,
            trials=trials,
            trials_save_file=path,
            rstate=0,
            verbose=False,
        )
        assert len(load(path)) == max_evals


def test_failed_trials_are_saved_too(tmp_path, suggest):
    path = tmp_path / "trials.pkl"

    def objective(x):
        if len(calls) == 2:
            raise RuntimeError("third")
        calls.append(x)
        return x

    calls = []
    with pytest.raises(RuntimeError, match="third"):
        fmin(objective, X, suggest, 5, trials_save_file=path, rstate=0, verbose=False)
    trials = load(path)
    assert len(trials) == 2
    assert trials._dynamic_trials[2]["state"] == JOB_STATE_ERROR


def test_pending_points_survive_and_running_ones_start_again(tmp_path):
    trials = generate_trials_to_calculate([{"x": float(i)} for i in range(3)])
    trials.refresh()
    first, second, _ = trials.trials
    saver = Saver(tmp_path / "f", trials)
    first["state"] = JOB_STATE_RUNNING
    saver.save()
    second["state"] = JOB_STATE_DONE
    second["result"] = {"status": "ok", "loss": 1.0}
    saver.save()
    again = load(tmp_path / "f")
    assert [doc["state"] for doc in again.trials] == [JOB_STATE_NEW, JOB_STATE_DONE, JOB_STATE_NEW]
    assert again.losses()[1] == 1.0


def test_trials_that_end_out_of_order_are_back_in_order_after_loading(tmp_path):
    trials = Trials()
    saver = Saver(tmp_path / "f", trials)
    saver.save()
    docs = [generate_trial(tid, {"x": 0.5}) for tid in range(4)]
    trials.insert_trial_docs(docs)
    for tid in (2, 0, 3, 1):
        docs[tid]["state"] = JOB_STATE_DONE
        docs[tid]["result"] = {"status": "ok", "loss": float(tid)}
        saver.save()
    assert len(pickle.loads((tmp_path / "f").read_bytes())) == 4
    assert load(tmp_path / "f").losses() == [0.0, 1.0, 2.0, 3.0]


def test_a_file_that_is_moved_away_during_the_run_is_written_anew(tmp_path, suggest):
    path = tmp_path / "trials.pkl"

    def objective(x):
        if path.exists() and len(pickle.loads(path.read_bytes())) == 3:
            path.rename(tmp_path / "old.pkl")
        return x

    fmin(objective, X, suggest, 6, trials_save_file=path, rstate=0, verbose=False)
    assert len(load(path)) == 6
    assert len(load(tmp_path / "old.pkl")) == 3


def test_results_that_only_cloudpickle_knows_are_saved(tmp_path, suggest):
    path = tmp_path / "trials.pkl"
    fmin(
        lambda x: {"loss": x, "status": "ok", "model": lambda: x},
        X,
        suggest,
        3,
        trials_save_file=path,
        rstate=0,
        verbose=False,
    )
    trials = load(path)
    assert trials.trials[2]["result"]["model"]() == trials.losses()[2]


@pytest.mark.parametrize("content", [b"not a pickle", b"", pickle.dumps([1, 2])])
def test_a_file_that_is_something_else_is_named_in_the_error(tmp_path, suggest, content):
    path = tmp_path / "trials.pkl"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"trials_save_file='.*trials.pkl'.*another file name"):
        fmin(lambda x: x, X, suggest, 3, trials_save_file=path)
    assert path.read_bytes() == content


def test_a_directory_that_does_not_exist_is_an_error(tmp_path, suggest):
    def run(path):
        never = lambda _: pytest.fail("the objective ran")  # noqa: E731
        fmin(never, X, suggest, 3, trials_save_file=path, verbose=False)

    with pytest.raises(FileNotFoundError, match=r"trials_save_file='.*there is no folder '.*no'"):
        run(tmp_path / "no" / "f")
    with pytest.raises(IsADirectoryError, match=r"trials_save_file='.*is a folder"):
        run(tmp_path)


def test_the_file_stays_where_it_was_meant_when_the_objective_moves(tmp_path, suggest, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "real").mkdir()
    (tmp_path / "f").symlink_to(tmp_path / "real" / "f")

    def moves(x):
        os.chdir(tmp_path / "elsewhere")
        return x

    fmin(moves, X, suggest, 3, trials_save_file="f", rstate=0, verbose=False)
    assert not list((tmp_path / "elsewhere").iterdir())
    assert (tmp_path / "f").is_symlink()
    with (tmp_path / "real" / "f").open("rb") as file:
        assert len(pickle.load(file)) == 3


def test_a_leftover_temporary_file_is_overwritten(tmp_path, suggest):
    (tmp_path / ".f.tmp").write_bytes(b"half a snapshot")
    fmin(lambda x: x, X, suggest, 3, trials_save_file=tmp_path / "f", rstate=0, verbose=False)
    assert [entry.name for entry in tmp_path.iterdir()] == ["f"]


def test_a_file_torn_by_a_power_cut_gives_what_is_whole(tmp_path, suggest):
    path = tmp_path / "f"
    run = FMinIter(
        suggest, Domain(abs, X), Trials(), np.random.default_rng(0), trials_save_file=path
    )
    run.run(3)
    run.run(2)
    torn = path.read_bytes()[:-40]
    path.write_bytes(torn)
    assert 3 <= len(load(path)) < 5
    assert os.fspath(path)
    assert save_file.load(path).tids == list(range(len(load(path))))
