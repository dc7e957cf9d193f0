"""Trials that are paused and go on: in threads, processes, save files and shared databases."""

import json
import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest

import hyperopt
from hyperopt import StoredTrials, Trials, fmin, hp, rand
from hyperopt.study.verification import verify
from hyperopt.study.worker import Task, work

SPACE = {"x": hp.uniform("x", -5, 5)}
LAST = 9


def value_at(x, step):
    return abs(x) + 1 / step


def objective(point):
    state = hyperopt.resume() or {"step": 0}
    for step in range(state["step"] + 1, LAST + 1):
        value = value_at(point["x"], step)
        hyperopt.report(value, step=step, checkpoint={"step": step, "where": os.getpid()})
    return value


def in_bytes(point):
    done = int(hyperopt.resume() or b"0")
    for step in range(done + 1, LAST + 1):
        value = value_at(point["x"], step)
        hyperopt.report(value, step=step, checkpoint=lambda step=step: str(step).encode())
    return value


def run(max_evals=30, fn=objective, trials=None, **options):
    trials = Trials() if trials is None else trials
    pruner = hyperopt.pruners.ASHA(factor=2)
    options = {"rstate": 3, "pruner": pruner, "verbose": False, "algo": rand.suggest, **options}
    fmin(fn, SPACE, max_evals=max_evals, trials=trials, **options)
    return trials


def facts(trials):
    return [(doc["tid"], doc["misc"]["vals"], doc["result"]) for doc in trials.trials]


def check(trials, n=30, *, least_resumed=1):
    """Every curve is whole, nothing counts twice, and some trials went on."""
    assert len(trials) == n
    assert len({doc["tid"] for doc in trials.trials}) == n
    for doc in trials.trials:
        x, result = doc["misc"]["vals"]["x"][0], doc["result"]
        last = result.get("pruned", LAST)
        assert doc["state"] == 2
        assert result["status"] in ("ok", "suspended")
        assert result["intermediate"] == [[k, value_at(x, k)] for k in range(1, last + 1)]
    assert sum("resumed" in result for result in trials.results) >= least_resumed


@pytest.mark.parametrize("fn", [objective, in_bytes])
@pytest.mark.parametrize("executor", ["threads", "processes"])
def test_trials_go_on_in_threads_and_processes(fn, executor):
    check(run(fn=fn, n_jobs=2, executor=executor))


@pytest.mark.parametrize("make", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_trials_go_on_in_other_executors(make):
    with make(2) as executor:
        check(run(executor=executor))


def test_in_strict_order_threads_and_processes_give_the_same_study():
    options = {"n_jobs": 2, "strict_order": True, "fn": in_bytes}
    in_threads = run(executor="threads", **options)
    check(in_threads)
    assert facts(in_threads) == facts(run(executor="processes", **options))
    assert facts(in_threads) == facts(run(executor="threads", **options))


def dies_once(point):
    """Its first resumed trial is killed once."""
    if hyperopt.resume() is not None:
        flag = Path(os.environ["HYPEROPT_TEST_FLAG"])
        if not flag.exists():
            flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return objective(point)


def test_a_trial_whose_worker_is_killed_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setenv("HYPEROPT_TEST_FLAG", str(tmp_path / "flag"))
    trials = run(fn=dies_once, n_jobs=2)
    assert (tmp_path / "flag").exists()
    check(trials)


def killed_at(path, when, fn):
    made = [0]

    def counted(point):
        made[0] += 1
        if made[0] == when:
            os.kill(os.getpid(), signal.SIGKILL)
        return fn(point)

    fmin(counted, SPACE, rand.suggest, 30, rstate=3, pruner="asha", verbose=False,
         trials_save_file=path)  # fmt: skip


@pytest.mark.parametrize("when", [9, 17, 26])
def test_a_killed_run_goes_on_from_its_save_file_with_every_checkpoint(tmp_path, when):
    path = str(tmp_path / "study.pkl")
    process = multiprocessing.get_context("fork").Process(
        target=killed_at, args=(path, when, objective)
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    fmin(objective, SPACE, rand.suggest, 30, rstate=3, pruner="asha", verbose=False,
         trials_save_file=path)  # fmt: skip
    from hyperopt.storage.save_file import load

    trials = load(path)
    check(trials)
    paused = [doc["tid"] for doc in trials.trials if doc["result"]["status"] == "suspended"]
    assert set(trials.attachments) == {f"ATTACH::{tid}::checkpoint.pickle" for tid in paused}


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/study.db"


@pytest.mark.parametrize("fn", [objective, in_bytes])
def test_trials_go_on_in_a_database_and_the_study_can_be_verified(url, fn):
    trials = StoredTrials(url, "s")
    run(fn=fn, trials=trials, algo=hyperopt.jtpe.suggest)
    check(trials)
    in_memory = run(fn=fn, algo=hyperopt.jtpe.suggest)
    assert {doc["result"]["status"] for doc in in_memory.trials} == {"ok", "suspended"}
    trials.close()
    again = StoredTrials(url, "s")
    check(again)
    names = {name for name in again.attachments if "checkpoint" in name}
    kind = "checkpoint" if fn is in_bytes else "checkpoint.pickle"
    paused = [doc["tid"] for doc in again.trials if doc["result"]["status"] == "suspended"]
    assert names == {f"ATTACH::{tid}::{kind}" for tid in paused}
    again.close()
    verdict = verify(url, "s")
    assert verdict.problems == []
    assert verdict.n_recomputed == 30


class Never:
    def rule(self, curves, tid):
        return None


class Halts:
    """Pauses all but the first trial."""

    def rule(self, curves, tid):
        return (lambda steps, values: True) if tid else None


def test_pickles_of_other_processes_are_only_loaded_where_they_are_trusted(url):
    first = StoredTrials(url, "s")
    run(3, objective, first, pruner=Halts())
    first.close()
    stranger = StoredTrials(url, "s")
    run(3, objective, stranger, pruner=Never())
    assert [result["status"] for result in stranger.results] == ["ok", "suspended", "suspended"]
    stranger.close()
    friend = StoredTrials(url, "s", trust_pickles=True)
    run(3, objective, friend, pruner=Never())
    check(friend, 3)
    friend.close()


def test_paused_trials_that_were_copied_into_a_database_go_on_there(url):
    memory = run(3, in_bytes, pruner=Halts())
    trials = StoredTrials(url, "s")
    trials.insert_trial_docs([dict(doc) for doc in memory.trials])
    trials.refresh()
    trials.attachments.update(memory.attachments)
    run(3, in_bytes, trials, pruner=Never())
    check(trials, 3, least_resumed=2)
    assert not any("checkpoint" in name for name in trials.attachments)
    database = trials._mirror.shared.database
    rows = database.read(lambda: database.execute("SELECT name FROM hyperopt_blob", ()).fetchall())
    assert {name for (name,) in rows} <= {"FMinIter_Domain"}
    trials.close()
    assert verify(url, "s").problems == []


def test_bytes_of_other_processes_are_trusted(url):
    first = StoredTrials(url, "s")
    run(3, in_bytes, first, pruner=Halts())
    first.close()
    other = StoredTrials(url, "s")
    run(3, in_bytes, other, pruner=Never())
    check(other, 3)
    other.close()


def test_a_pickle_that_somebody_has_replaced_is_not_loaded(url, tmp_path):
    trials = StoredTrials(url, "s")
    run(2, objective, trials, pruner=Halts())
    other = StoredTrials(url, "s")
    flag = tmp_path / "loaded"
    bad = b"cos\nmkdir\n(V%s\ntR." % str(flag).encode()
    other.trial_attachments(other.trials[1])["checkpoint.pickle"] = bad
    other.close()
    run(2, objective, trials, pruner=Never())
    assert not flag.exists()
    assert [step for step, _ in trials.results[1]["intermediate"]] == list(range(1, LAST + 1))
    assert "resumed" not in trials.results[1]
    trials.close()


def take_part(url, where, seed):
    begun = []

    def logged(point):
        state = hyperopt.resume()
        begun.append((point["x"], 0 if state is None else state["step"]))
        time.sleep(0.005)
        return objective(point)

    trials = StoredTrials(url, "s", trust_pickles=True)
    run(60, logged, trials, rstate=seed)
    trials.close()
    where.write_text(json.dumps(begun))


def test_four_processes_share_a_study_and_no_trial_goes_on_twice(url, tmp_path):
    StoredTrials(url, "s").close()
    context = multiprocessing.get_context("fork")
    files = [tmp_path / f"{number}.json" for number in range(4)]
    processes = [
        context.Process(target=take_part, args=(url, file, number))
        for number, file in enumerate(files)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
        assert process.exitcode == 0
    begun = [tuple(each) for file in files for each in json.loads(file.read_text())]
    assert len(begun) == len(set(begun))
    trials = StoredTrials(url, "s")
    check(trials, 60)
    trials.close()
    assert verify(url, "s").problems == []


def test_workers_go_on_with_what_others_have_paused(url):
    trials = StoredTrials(url, "s")
    run(5, objective, trials, pruner=Halts())
    run(6, objective, trials, pruner="asha")
    trials.close()
    worker = StoredTrials(url, "s", _create=False)
    work(worker, Task(max_evals=30, trust_pickles=True, algo="hyperopt.rand:suggest"))
    check(worker)
    worker.close()


def interrupted(url):
    def slow(point):
        if hyperopt.resume() is not None:
            os.kill(os.getpid(), signal.SIGKILL)
        return objective(point)

    run(30, slow, StoredTrials(url, "s"))


def test_a_process_that_is_killed_leaves_the_checkpoint_to_others(url):
    process = multiprocessing.get_context("fork").Process(target=interrupted, args=(url,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    trials = StoredTrials(url, "s", trust_pickles=True)
    run(30, objective, trials)
    check(trials)
    trials.close()
    assert verify(url, "s").problems == []
