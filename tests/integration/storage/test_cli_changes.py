"""The command line changes studies, copies them, verifies them and works on them."""

from __future__ import annotations

import base64
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import optuna
import pytest

from hyperopt import StoredTrials, Trials, anneal, fmin, gp, hp, jtpe, mix, partial, rand, tpe
from hyperopt.cli.main import main
from hyperopt.exceptions import StorageError
from hyperopt.integrations import mongo
from hyperopt.mongoexp import MongoTrials, as_mongo_str, main_worker_helper, parse_url
from hyperopt.storage.sql import schema
from hyperopt.study.verification import verify

from .processes import Child, check_whole, execute, query, until

SPACE = {
    "x": hp.uniform("x", -5, 5),
    "kind": hp.choice("kind", [{"a": hp.normal("a", 0, 1)}, {"b": hp.quniform("b", 0, 8, 2)}]),
}


def bowl(point: Any) -> float:
    if point["x"] > 4.5:
        raise ValueError("too far")
    return float(point["x"] ** 2)


def minimise(url: Any, n: int, algo: Any = jtpe.suggest, fn: Any = bowl, **options: Any) -> Any:
    options = {"rstate": 3, "verbose": False, "catch_eval_exceptions": True, **options}
    return fmin(fn, SPACE, algo, n, trials=url, **options)


def run(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> str:
    assert main(arguments) == status
    captured = capsys.readouterr()
    return captured.out + captured.err


# -- verify


ALGORITHMS = {
    "auto": None,
    "gp": gp.suggest,
    "tpe": partial(tpe.suggest, gamma=0.5),
    "anneal": anneal.suggest,
    "rand": rand.suggest,
    "mix": partial(mix.suggest, p_suggest=[(0.5, rand.suggest), (0.5, tpe.suggest)]),
}


def check_recomputed(url: str, algo: Any) -> None:
    def work() -> None:
        minimise(url, 30, algo, lambda p: time.sleep(0.002) or bowl(p))

    children = [Child(work) for _ in range(3)]
    assert [child.wait() for child in children] == [0] * 3
    verdict = verify(url, "default")
    assert verdict.problems == []
    assert (verdict.n_trials, verdict.n_recomputed) == (30, 30)


def test_what_several_processes_suggested_is_recomputed(url: str) -> None:
    check_recomputed(url, jtpe.suggest)


@pytest.mark.parametrize("algo", ALGORITHMS)
def test_what_any_algorithm_suggested_is_recomputed(sqlite_url: str, algo: str) -> None:
    check_recomputed(sqlite_url, ALGORITHMS[algo])


@pytest.mark.parametrize(
    "options",
    [{"max_queue_len": 4}, {"executor": "threads", "n_jobs": 3}, {"avoid_duplicates": True}],
)
def test_batches_and_wrapped_algorithms_are_recomputed(
    sqlite_url: str, options: dict[str, Any]
) -> None:
    minimise(sqlite_url, 30, **options)
    verdict = verify(sqlite_url, "default")
    assert verdict.problems == []
    assert verdict.n_recomputed == 30


def test_a_study_that_was_changed_by_hand_is_still_recomputed(url: str) -> None:
    trials = StoredTrials(url)
    minimise(trials, 15)
    trials.correct(3, loss=-5.0)
    minimise(trials, 20)
    trials.delete([3, 7])
    trials.retry([5])
    trials.add_observation({"x": 0.0, "kind": 0, "a": 1.0}, loss=-100.0)
    minimise(trials, 25)
    trials.trials[2]["result"]["loss"] = 50.0
    trials.refresh()
    minimise(trials, 30)
    verdict = verify(url, "default")
    assert verdict.problems == []
    assert verdict.n_recomputed == verdict.n_suggestions > 29


_OTHER_POINT = (
    "UPDATE hyperopt_trial SET doc = (SELECT doc FROM hyperopt_trial WHERE tid = 11) WHERE tid = 12"
)
_OTHER_LOSS = """
UPDATE hyperopt_trial SET doc = replace(doc, '"loss":', '"loss":-9') WHERE tid = 1
"""


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        (_OTHER_POINT, "trial 12 is not"),
        ("UPDATE hyperopt_trial SET doc = '{' WHERE tid = 12", "trial 12 cannot be read"),
        ("UPDATE hyperopt_study SET seed = '77'", "is not what hyperopt.jtpe.suggest"),
        (_OTHER_LOSS, "is not what"),
        ("DELETE FROM hyperopt_event WHERE rev = 9", "without a gap"),
        ("DELETE FROM hyperopt_trial WHERE tid = 4", "not those that the log tells of"),
        ("UPDATE hyperopt_trial SET rev = 1 WHERE tid = 4", "without an entry in the log"),
        ("UPDATE hyperopt_study SET n_counted = 3", "count towards max_evals"),
        ("UPDATE hyperopt_chunk SET data = 'x'", "is damaged"),
    ],
)  # fmt: skip
def test_what_was_tampered_with_is_found(
    sqlite_url: str, sql: str, words: str, capsys: Any
) -> None:
    minimise(sqlite_url, 20)
    assert "passed" in run(capsys, "verify", sqlite_url)
    execute(sqlite_url, sql)
    assert words in run(capsys, "verify", sqlite_url, status=1)


def mine(new_ids: Any, domain: Any, trials: Any, seed: Any) -> Any:
    return rand.suggest(new_ids, domain, trials, seed)


def test_what_can_not_be_recomputed_is_said(sqlite_url: str, capsys: Any) -> None:
    minimise(sqlite_url, 5, mine)
    said = run(capsys, "verify", sqlite_url)
    assert "0 of 5 suggestions recomputed" in said
    assert "test_cli_changes.mine" in said


# -- stop, retry, delete


def test_stop_ends_the_processes_that_take_part_now(url: str, capsys: Any) -> None:
    child = Child(lambda: minimise(url, 10**6, fn=lambda p: time.sleep(0.01) or bowl(p)))
    until(lambda: _count(url) > 3)
    assert "1 processes stop" in run(capsys, "stop", "default", "--storage", url)
    assert child.wait(20) == 0
    n = _count(url)
    minimise(url, n + 3)
    assert _count(url) == n + 3


def _count(url: str) -> int:
    try:
        return int(query(url, "SELECT count(*) FROM hyperopt_trial WHERE state >= 2")[0][0])
    except Exception:
        return 0


def test_failed_trials_are_retried_and_others_deleted(url: str, capsys: Any) -> None:
    minimise(url, 60)
    failed = [doc["tid"] for doc in StoredTrials(url)._dynamic_trials if doc["state"] == 3]
    assert failed
    answer = run(capsys, "retry", "--storage", url)
    assert f": {len(failed)} trial" in answer
    assert "back into the queue" in answer
    assert {doc["tid"] for doc in StoredTrials(url).trials if doc["state"] == 0} == set(failed)
    run(capsys, "delete", "--storage", url, "--trials", "0-3,5")
    assert len(StoredTrials(url)) == 55
    assert "left alone" in run(capsys, "retry", "--storage", url, "--trials", "0", status=1)


def test_a_study_is_deleted_only_when_that_is_meant(url: str, capsys: Any) -> None:
    minimise(url, 4)
    minimise(StoredTrials(url, "other"), 3, fn=lambda p: p["x"])
    assert "--yes" in run(capsys, "delete", "default", "--storage", url, status=1)
    run(capsys, "delete", "default", "--storage", url, "--yes")
    assert "no study 'default'" in run(capsys, "show", "default", "--storage", url, status=1)
    assert len(StoredTrials(url, "other")) == 3
    assert query(url, "SELECT DISTINCT study FROM hyperopt_event") == query(
        url, "SELECT id FROM hyperopt_study"
    )


# -- copy


def test_a_copy_between_databases_has_everything(url: str, tmp_path: Path, capsys: Any) -> None:
    trials = StoredTrials(url)
    minimise(trials, 12, fn=lambda p: {"loss": 1.0, "status": "ok", "attachments": {"a": b"b"}})
    trials.delete([2])
    target = f"sqlite:///{tmp_path}/copy.db"
    run(capsys, "copy", url, f"{target}#copied")
    copied = StoredTrials(target, "copied")
    assert copied.trials == trials.trials
    assert copied.trial_attachments(copied.trials[4])["a"] == b"b"
    assert verify(target, "copied").n_recomputed == 12  # the deleted one too
    assert verify(target, "copied").problems == []
    # Both go on in the same way: the seed was copied too.
    minimise(trials, 15)
    minimise(copied, 15)
    assert [d["misc"]["vals"] for d in copied.trials] == [d["misc"]["vals"] for d in trials.trials]
    assert "already" in run(capsys, "copy", url, f"{target}#copied", status=1)


def test_pickles_and_save_files_are_copied_both_ways(url: str, tmp_path: Path, capsys: Any) -> None:
    saved = tmp_path / "saved.pkl"
    trials = Trials()
    minimise(trials, 8, trials_save_file=str(saved))
    trials.attachments["note"] = "x"
    trials.trial_attachments(trials.trials[0])["mine"] = b"1"
    plain = tmp_path / "plain.pkl"
    plain.write_bytes(pickle.dumps(trials))
    run(capsys, "copy", "--trust-pickles", str(saved), f"{url}#saved")
    run(capsys, "copy", "--trust-pickles", str(plain), f"{url}#plain")
    assert StoredTrials(url, "saved").trials == trials.trials
    stored = StoredTrials(url, "plain")
    assert stored.attachments["note"] == "x"
    assert stored.trial_attachments(stored.trials[0])["mine"] == b"1"
    assert stored.best_params == trials.best_params
    minimise(stored, 12)
    back = tmp_path / "back.pkl"
    run(capsys, "copy", f"{url}#plain", str(back))
    loaded = pickle.loads(back.read_bytes())
    assert type(loaded) is Trials
    assert loaded.trials == stored.trials
    before = back.read_bytes()
    assert "already" in run(capsys, "copy", f"{url}#saved", str(back), status=1)
    assert back.read_bytes() == before


def test_trials_without_usable_ids_get_new_ones(
    sqlite_url: str, tmp_path: Path, capsys: Any
) -> None:
    trials = Trials()
    docs = []
    for tid in ("a", 3, 3):
        misc = {"tid": tid, "cmd": None, "idxs": {"x": [tid]}, "vals": {"x": [1.0]}}
        (doc,) = trials.new_trial_docs([tid], [None], [{"status": "ok", "loss": 1.0}], [misc])
        doc["state"] = 2
        docs.append(doc)
    trials.insert_trial_docs(docs)
    trials.refresh()
    (tmp_path / "odd.pkl").write_bytes(pickle.dumps(trials))
    run(capsys, "copy", "--trust-pickles", str(tmp_path / "odd.pkl"), f"{sqlite_url}#odd")
    assert sorted(StoredTrials(sqlite_url, "odd").tids) == [3, 4, 5]


def test_an_optuna_study_is_copied_and_goes_on(tmp_path: Path, capsys: Any) -> None:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    theirs = f"sqlite:///{tmp_path}/optuna.db"
    study = optuna.create_study(storage=theirs, study_name="theirs", direction="maximize")

    def objective(trial: Any) -> float:
        x = trial.suggest_float("x", -5, 5)
        lr = trial.suggest_float("lr", 1e-5, 1e-1, log=True)
        n = trial.suggest_int("n", 1, 9)
        k = trial.suggest_int("k", 10, 50, step=10)
        kind = trial.suggest_categorical("kind", ["a", None, 3])
        if trial.number == 4:
            trial.report(0.25, step=3)
            raise optuna.TrialPruned
        return -(x**2) - lr - n - k + (kind == "a")

    study.optimize(objective, n_trials=12)
    ours = f"sqlite:///{tmp_path}/ours.db"
    run(capsys, "copy", f"optuna:{theirs}#theirs", f"{ours}#mine")
    trials = StoredTrials(ours, "mine")
    assert trials.best_params == study.best_params
    assert trials.best_trial["result"]["loss"] == -study.best_value
    assert trials.statuses().count("fail") == 1
    assert trials.results[4]["intermediate"] == [[3, -0.25]]  # of what is minimised here
    fmin(lambda p: p["x"] ** 2, trials._space.expression, jtpe.suggest, 15, trials=trials,
         verbose=False)  # fmt: skip
    back = f"sqlite:///{tmp_path}/back.db"
    run(capsys, "copy", f"{ours}#mine", f"optuna:{back}#back")
    returned = optuna.load_study(study_name="back", storage=back)
    assert len(returned.trials) == 15
    assert returned.trials[0].params == study.trials[0].params
    minimise(f"sqlite:///{tmp_path}/branches.db", 3)
    refused = run(
        capsys, "copy", f"sqlite:///{tmp_path}/branches.db", f"optuna:{back}#no", status=1
    )
    assert "conditional" in refused


# -- workers


def write_objective(folder: Path) -> None:
    (folder / "my_objective.py").write_text(
        "import os\n"
        "def loss(point):\n"
        "    if os.path.exists('fail'): raise ValueError('no')\n"
        "    return point['x'] ** 2\n"
    )


def program(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, cwd=folder,
        timeout=120, check=False,
    )  # fmt: skip


def test_a_worker_goes_on_with_a_named_objective(url: str, tmp_path: Path) -> None:
    minimise(url, 4)
    write_objective(tmp_path)
    arguments = ["hyperopt", "worker", "default", "--storage", url]
    refused = program(tmp_path, *arguments)
    assert refused.returncode == 1
    assert "--trust-pickles" in refused.stderr
    arguments += ["--objective", "my_objective:loss", "--max-evals", "9"]
    done = program(tmp_path, *arguments)
    assert done.returncode == 0, done.stderr
    assert "9 trials have ended" in done.stdout
    check_whole(url, 9)
    verdict = verify(url, "default")
    assert verdict.problems == []
    assert verdict.n_recomputed == 9  # It used the algorithm that was used before.


def test_a_worker_that_begins_a_study_searches_as_fmin_does(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    write_objective(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    trials = StoredTrials(sqlite_url, "worker")
    trials.remember_space(trials.study(SPACE).domain.space)
    trials.close()
    named = ["--objective", "my_objective:loss", "--max-evals", "3"]
    run(capsys, "worker", f"{sqlite_url}#worker", *named)
    minimise(StoredTrials(sqlite_url, "fmin"), 3, None)
    shown = [json.loads(run(capsys, "show", f"{sqlite_url}#{name}", "--json"))
             for name in ("worker", "fmin")]  # fmt: skip
    assert shown[0]["algorithms"] == shown[1]["algorithms"] == "hyperopt.auto.suggest"
    assert (shown[0]["trials"], shown[0]["max_evals"]) == (3, 3)


def test_a_worker_keeps_the_objective_of_the_study(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    minimise(sqlite_url, 2)
    before = StoredTrials(sqlite_url).attachments["FMinIter_Domain"]
    write_objective(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    run(capsys, "worker", sqlite_url, "--objective", "my_objective:loss", "--max-evals", "4")
    assert StoredTrials(sqlite_url).attachments["FMinIter_Domain"] == before


def test_a_worker_loads_the_stored_objective_when_it_is_trusted(
    sqlite_url: str, tmp_path: Path
) -> None:
    def objective(point: Any) -> float:
        return float(point["x"] ** 2)

    minimise(sqlite_url, 3, fn=objective)
    done = program(
        tmp_path, "hyperopt", "worker", sqlite_url, "--trust-pickles", "--max-evals", "6", "-n", "2"
    )
    assert done.returncode == 0, done.stderr
    check_whole(sqlite_url, 6)


class Planted:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> Any:
        return Path.touch, (self._path,)


def columns_of(url: str) -> list[tuple[str, str, str]]:
    """Table, name and type of every column."""
    tables = query(url, "SELECT name FROM sqlite_master WHERE name LIKE 'hyperopt%' AND "
                   "type = 'table'")  # fmt: skip
    return [
        (table, name, kind)
        for (table,) in tables
        for _, name, kind, *_ in query(url, f"PRAGMA table_info({table})")
    ]


READING = ("studies", "show", "trials", "best", "export", "verify", "report")


@pytest.mark.parametrize("all_of_them", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_a_hostile_pickle_in_every_column_is_run_by_no_reading_command(
    sqlite_url: str, tmp_path: Path, capsys: Any, all_of_them: bool
) -> None:
    exploded = tmp_path / "exploded"
    bomb = Planted(exploded)
    minimise(sqlite_url, 4, fn=lambda p: {"loss": 1.0, "status": "ok", "thing": bomb})
    trials = StoredTrials(sqlite_url)
    pickled = pickle.dumps(bomb)
    trials.attachments["FMinIter_Domain"] = pickled
    trials.trial_attachments(trials.trials[0])["a"] = pickled
    trials.attachments["object"] = bomb
    trials.delete([3])
    trials.close()
    hostile = json.dumps({"$p": ["text", base64.b64encode(pickled).decode()]})
    commands = READING if all_of_them else ("show", "export", "verify")
    n_planted = 0
    for table, column, kind in columns_of(sqlite_url):
        # SQLite keeps anything in a column of any type.
        if not all_of_them and kind not in ("TEXT", "BLOB"):
            continue
        for value in (hostile, pickled):
            target = f"sqlite:///{tmp_path}/{table}-{column}-{type(value).__name__}.db"
            with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as whole:
                whole.execute("VACUUM INTO ?", (target.removeprefix("sqlite:///"),))
            try:
                execute(target, f"UPDATE {table} SET {column} = ?", value)
            except StorageError:  # It has to be unique, or a number.
                continue
            except sqlite3.IntegrityError:
                continue
            n_planted += 1
            for command in commands:
                place = ["--storage", target] if command == "studies" else [f"{target}#default"]
                more = ["-o", str(tmp_path / "page.html")] if command == "report" else []
                assert main([command, *place, *more]) in (0, 1)
            main(["storage", "check", "--storage", target])
    capsys.readouterr()
    assert n_planted > (50 if all_of_them else 20)
    assert not exploded.exists()
    repr(StoredTrials(sqlite_url).trials)
    dict(StoredTrials(sqlite_url).attachments)
    assert not exploded.exists()


def test_a_copy_loads_a_pickle_only_when_told_to(
    sqlite_url: str, tmp_path: Path, capsys: Any
) -> None:
    exploded, hostile = tmp_path / "exploded", tmp_path / "hostile.pkl"
    hostile.write_bytes(pickle.dumps(Planted(exploded)))
    assert "--trust-pickles" in run(capsys, "copy", str(hostile), sqlite_url, status=1)
    assert not exploded.exists()
    assert not Path(sqlite_url.removeprefix("sqlite:///")).exists()
    run(capsys, "copy", "--trust-pickles", str(hostile), sqlite_url, status=1)
    assert exploded.exists()


def test_a_copy_takes_a_database_that_is_named_as_a_file(
    sqlite_url: str, tmp_path: Path, capsys: Any
) -> None:
    minimise(StoredTrials(sqlite_url), 3)
    path = sqlite_url.removeprefix("sqlite:///")
    run(capsys, "copy", path, f"sqlite:///{tmp_path}/other.db")
    assert len(StoredTrials(f"sqlite:///{tmp_path}/other.db")._dynamic_trials) == 3
    answer = run(capsys, "copy", path, str(tmp_path / "third.db"), status=1)
    assert f"sqlite:///{tmp_path}/third.db" in answer


# -- the names that MongoTrials had


def mongo_worker(url: str, *arguments: str) -> int:
    options = mongo._parser().parse_args(
        ["--mongo", url, "--exp-key", "first", "--poll-interval", "0.05", *arguments]
    )
    return main_worker_helper(options, [])


def test_fmin_with_mongo_trials_leaves_all_trials_to_the_workers(url: str) -> None:
    home, slow = os.getpid(), 0.05

    def objective(point: Any) -> dict[str, Any]:
        assert os.getpid() != home
        time.sleep(slow)
        return {"loss": bowl(point), "status": "ok", "pid": os.getpid()}

    def work() -> int:
        return mongo_worker(url, "--trust-pickles", "--reserve-timeout", "20", "--max-jobs", "12")

    workers = [Child(lambda: sys.exit(work())) for _ in range(2)]  # which come first, and wait
    trials = MongoTrials(url, exp_key="first")
    assert isinstance(trials, StoredTrials)
    best = minimise(trials, 24, fn=objective, max_queue_len=3)
    assert best == trials.argmin
    docs = trials._dynamic_trials
    assert [doc["tid"] for doc in docs] == list(range(24))
    assert {doc["state"] for doc in docs} <= {2, 3}
    pids = {doc["result"]["pid"] for doc in docs if doc["state"] == 2}
    assert pids == {worker.pid for worker in workers}
    assert [worker.wait() for worker in workers] == [0, 0]
    verdict = verify(url, "default")
    assert verdict.problems == []
    assert verdict.n_recomputed == 24
    check_whole(url, 24)


def test_mongo_trials_are_evaluated_here_by_whoever_is_named(sqlite_url: str) -> None:
    trials = MongoTrials(f"{sqlite_url}/jobs", exp_key="first")
    minimise(trials, 6, executor="threads", n_jobs=2)
    assert {doc["state"] for doc in trials._dynamic_trials} <= {2, 3}
    check_whole(sqlite_url, 6)


def test_a_mongo_worker_ends_when_it_is_told_to(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = MongoTrials(sqlite_url, "first").study(SPACE, rstate=1)
    for x in range(9):
        study.enqueue({"x": x / 9, "kind": 0, "a": 0.0})
    study.trials.close()
    write_objective(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    named = ["--objective", "my_objective:loss"]

    def states() -> list[int]:
        return [doc["state"] for doc in MongoTrials(sqlite_url, "first")._dynamic_trials]

    assert mongo_worker(sqlite_url, *named, "--max-jobs", "2") == 0
    assert states() == [2] * 2 + [0] * 7
    (tmp_path / "fail").touch()
    assert mongo_worker(sqlite_url, *named, "--max-consecutive-failures", "3") == 0
    assert states() == [2] * 2 + [3] * 3 + [0] * 4
    (tmp_path / "fail").unlink()
    # It suggests nothing, and leaves when the queue has been empty for a while.
    assert mongo_worker(sqlite_url, *named, "--reserve-timeout", "0.1") == 0
    assert states() == [2] * 2 + [3] * 3 + [2] * 4
    assert mongo_worker(sqlite_url, "--reserve-timeout", "0.1") == 1


def test_the_urls_of_mongo_are_read_and_refused_with_what_to_do() -> None:
    assert as_mongo_str("h:1/d/c") == "mongo://h:1/d/c"
    assert parse_url("mongo://me:pw@h:27017/d/c?authSource=a") == (
        "mongo", "me", "pw", "h", 27017, "d", "c", "a",
    )  # fmt: skip
    with pytest.raises(ValueError, match="hyperopt copy"):
        MongoTrials("mongo://me:secret@localhost:1234/db/jobs", exp_key="x")


# -- the database itself


def test_a_sound_database_is_sound(url: str, capsys: Any) -> None:
    minimise(url, 3, fn=lambda p: p["x"])
    assert "sound" in run(capsys, "storage", "check", "--storage", url)
    assert "up to date" in run(capsys, "storage", "upgrade", "--storage", url)


def test_an_old_and_a_new_version_are_side_by_side(
    url: str, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    minimise(url, 3, fn=lambda p: p["x"])
    old = StoredTrials(url)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "SCHEMA", 2)
        patch.setattr(schema, "_MIGRATIONS", {1: "ALTER TABLE hyperopt_study ADD COLUMN note TEXT"})
        assert len(StoredTrials(url)) == 3  # The new version uses the old tables as they are.
        assert "upgraded to 2" in run(capsys, "storage", "upgrade", "--storage", url)
        assert query(url, "SELECT note FROM hyperopt_study") == [(None,)]
    # The old version goes on, because what is new does not concern it.
    old.refresh()
    minimise(url, 5, fn=lambda p: p["x"])
    assert len(StoredTrials(url)) == 5
    execute(url, "UPDATE hyperopt_meta SET value = '3' WHERE name = 'min_writer'")
    with pytest.raises(schema.VersionMismatch, match="pip install --upgrade"):
        StoredTrials(url)
    assert "5" in run(capsys, "show", "--storage", url)
    execute(url, "UPDATE hyperopt_meta SET value = '3' WHERE name = 'min_reader'")
    assert "read" in run(capsys, "show", "--storage", url, status=1)
    with monkeypatch.context() as patch:
        patch.setattr(schema, "SCHEMA", 9)
        patch.setattr(schema, "OLDEST", 8)
        with pytest.raises(schema.VersionMismatch, match="storage upgrade"):
            StoredTrials(url)


def test_a_running_process_stops_when_it_has_become_too_old_and_loses_nothing(url: str) -> None:
    evaluated = []

    def objective(point: Any) -> float:
        evaluated.append(point["x"])
        if len(evaluated) == 3:
            execute(url, "UPDATE hyperopt_meta SET value = '2' WHERE name = 'min_writer'")
        return float(point["x"])

    with pytest.raises(schema.VersionMismatch, match="pip install --upgrade"):
        minimise(url, 5, fn=objective)
    assert query(url, "SELECT count(*) FROM hyperopt_trial WHERE state = 2") == [(2,)]
    execute(url, "UPDATE hyperopt_meta SET value = '1' WHERE name = 'min_writer'")
    minimise(url, 5, fn=objective)
    assert len(evaluated) == 5
    assert sorted(StoredTrials(url).losses()) == sorted(evaluated)
    check_whole(url, 5)


def test_a_failed_upgrade_changes_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    minimise(url, 3, fn=lambda p: p["x"])
    with monkeypatch.context() as patch:
        patch.setattr(schema, "SCHEMA", 2)
        patch.setattr(
            schema,
            "_MIGRATIONS",
            {1: "ALTER TABLE hyperopt_study ADD COLUMN note TEXT; ALTER TABLE missing ADD x TEXT"},
        )
        assert main(["storage", "upgrade", "--storage", url]) == 1
    assert query(url, "SELECT value FROM hyperopt_meta WHERE name = 'schema'") == [("1",)]
    minimise(url, 4, fn=lambda p: p["x"])
    assert len(StoredTrials(url)) == 4
