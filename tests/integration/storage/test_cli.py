"""The command line looks at studies, and changes them when told to."""

from __future__ import annotations

import csv
import io
import json
import traceback
from pathlib import Path
from typing import Any

import psycopg
import pytest

import hyperopt
from hyperopt import StoredTrials, fmin, hp, rand
from hyperopt.cli.main import main
from hyperopt.exceptions import StorageError
from hyperopt.storage.sql import codec

from .postgresql_server import running_server
from .processes import until

SPACE = {"x": hp.uniform("x", -5, 5), "kind": hp.choice("kind", ["left", "right"])}


def study(url: str, name: str = "bowl", max_evals: int = 8) -> StoredTrials:
    trials = StoredTrials(url, name)
    fmin(lambda p: p["x"] ** 2, SPACE, rand.suggest, max_evals, trials=trials, rstate=0,
         verbose=False)  # fmt: skip
    return trials


def output(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    status = main(arguments)
    captured = capsys.readouterr()
    assert status == 0, captured.err
    return captured.out


def test_studies_are_listed(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    study(url)
    study(url, "other", 3)
    (bowl, other) = json.loads(output(capsys, "studies", "--storage", url, "--json"))
    assert (bowl["study"], bowl["trials"], bowl["done"], bowl["max_evals"]) == ("bowl", 8, 8, 8)
    assert other["study"] == "other"
    assert "bowl" in output(capsys, "studies", "--storage", url)


def test_a_study_is_shown_with_its_best_trials(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = study(url)
    facts = json.loads(output(capsys, "show", "bowl", "--storage", url, "--json"))
    assert facts["trials"] == 8
    assert facts["best_loss"] == trials.best_trial["result"]["loss"]
    assert facts["parameters"] == "kind, x"
    assert "hyperopt.rand.suggest" in output(capsys, "show", "bowl", "--storage", url)
    best = json.loads(output(capsys, "best", "--storage", url, "--json"))
    assert best["params"] == trials.best_params
    assert len(output(capsys, "best", "--storage", url, "-n", "3").splitlines()) == 4


class _Unless:
    """Stops the trials from the second to the sixth at once."""

    def rule(self, curves: Any, tid: int) -> Any:
        return (lambda steps, values: True) if 1 <= tid <= 5 else None


def test_what_was_stopped_or_paused_has_not_failed(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    tid = iter(range(8))

    def objective(x: float) -> Any:
        number = next(tid)
        checkpoint = b"here" if number in (2, 3) else None
        hyperopt.report(x, step=1, checkpoint=checkpoint)
        return {"status": "fail"} if number == 6 else x

    space = hp.uniform("x", 0, 1)
    fmin(objective, space, rand.suggest, 8, trials=StoredTrials(sqlite_url, "s"), rstate=0,
         pruner=_Unless(), verbose=False)  # fmt: skip
    facts = json.loads(output(capsys, "show", f"{sqlite_url}#s", "--json"))
    assert (facts["stopped_early"], facts["paused"]) == (3, 2)
    assert facts["commonest_failure"].startswith("1 x returned {'status': 'fail', ")


class _AtFirst:
    """Stops the second trial, until three others have finished."""

    def rule(self, curves: Any, tid: int) -> Any:
        return (lambda steps, values: True) if tid == 1 and len(curves.finished) < 3 else None


def test_a_trial_that_failed_when_it_went_on_has_failed(
    sqlite_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def objective(x: float) -> float:
        if hyperopt.resume() is not None:
            raise RuntimeError("went on")
        hyperopt.report(x, step=1, checkpoint=b"here")
        return x

    space = hp.uniform("x", 0, 1)
    fmin(objective, space, rand.suggest, 6, trials=StoredTrials(sqlite_url, "s"), rstate=0,
         pruner=_AtFirst(), catch_eval_exceptions=True, verbose=False)  # fmt: skip
    facts = json.loads(output(capsys, "show", f"{sqlite_url}#s", "--json"))
    assert (facts["stopped_early"], facts["paused"]) == (0, 0)
    assert facts["commonest_failure"] == "1 x raised RuntimeError: went on"


def test_a_study_is_named_as_a_file_or_after_the_url(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study(sqlite_url).close()  # Whoever is collected leaves at a moment of its own.
    path = sqlite_url.removeprefix("sqlite:///")
    assert output(capsys, "show", path) == output(capsys, "show", sqlite_url)
    fmin(lambda p: p["x"] ** 2, SPACE, rand.suggest, 3, trials=f"{sqlite_url}#other", verbose=False)
    assert json.loads(output(capsys, "show", f"{sqlite_url}#other", "--json"))["trials"] == 3
    assert json.loads(output(capsys, "show", f"{sqlite_url}#bowl", "--json"))["trials"] == 8
    (tmp_path / "notes.txt").write_text("no database")
    assert main(["show", str(tmp_path / "notes.txt")]) == 1
    assert "no database is named" in capsys.readouterr().err


def test_a_wrong_password_is_said_and_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with running_server() as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE USER me PASSWORD 'right'")
            rules = server.data / "pg_hba.conf"
            rules.write_text("local all hyperopt trust\nlocal all me scram-sha-256\n")
            connection.execute("SELECT pg_reload_conf()")
        url = f"postgresql://me:wr0ng@/postgres?host={server.folder}"
        until(lambda: main(["studies", "--storage", url]) == 1)
        capsys.readouterr()
        assert main(["studies", "--storage", url]) == 1
        captured = capsys.readouterr()
        assert "password authentication failed" in captured.err
        assert "wr0ng" not in captured.out + captured.err
        with pytest.raises(StorageError, match="password authentication failed") as caught:
            StoredTrials(url)
        shown = "".join(traceback.format_exception(caught.value))
        assert "wr0ng" not in shown
        # The schema that every user may read, and nobody but its owner may write to.
        with pytest.raises(StorageError, match="GRANT CREATE ON SCHEMA"):
            StoredTrials(url.replace("wr0ng", "right"))


def test_trials_are_listed_and_exported(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trials = study(url)
    lines = output(capsys, "trials", "--storage", url, "--last", "2", "--json").splitlines()
    assert [json.loads(line)["tid"] for line in lines] == [6, 7]
    assert json.loads(lines[0])["kind"] in ("left", "right")
    assert output(capsys, "trials", "--storage", url, "--state", "error") == "no trials\n"
    rows = list(csv.DictReader(io.StringIO(output(capsys, "export", "--storage", url))))
    assert [float(row["loss"]) for row in rows] == trials.losses()
    path = tmp_path / "study.jsonl"
    output(capsys, "export", "--storage", url, "-o", str(path))
    docs = [codec.from_text(line) for line in path.read_text().splitlines()]
    assert docs == trials.trials
    output(capsys, "export", "--storage", url, "-o", str(path), "--format", "json")
    assert [row["loss"] for row in json.loads(path.read_text())] == trials.losses()


def test_the_storage_may_be_the_study_or_come_from_the_environment(
    sqlite_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    study(sqlite_url)
    assert "bowl" in output(capsys, "show", sqlite_url)
    monkeypatch.setenv("HYPEROPT_STORAGE", sqlite_url)
    assert "bowl" in output(capsys, "show", "bowl")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["show", "nothing", "--storage", "{url}"], "no study 'nothing'"),
        (["show", "--storage", "sqlite:///{tmp}/none.db"], "no such file"),
        (["studies", "--storage", "mysql://me:secret@h/d"], "not the URL"),
        (["studies"], "HYPEROPT_STORAGE"),
        (["best", "empty", "--storage", "{url}"], "no trial with a loss"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(
    sqlite_url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    StoredTrials(sqlite_url, "empty")
    filled = [argument.format(url=sqlite_url, tmp=tmp_path) for argument in arguments]
    assert main(filled) == 1
    message = capsys.readouterr().err
    assert words in message
    assert "secret" not in message
    assert message.count("\n") == 1


def test_a_terminal_obeys_nothing_that_a_study_holds(
    sqlite_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    label, hostile = "x\n\x1b[31m", "\x1b]0;owned\x07 \ud800"

    def objective(x: float) -> dict[str, Any]:
        return {"loss": x, "status": "ok", "note\x1b[2J": hostile}

    fmin(objective, hp.uniform(label, 0, 1), rand.suggest, 2, trials=sqlite_url, rstate=0,
         verbose=False)  # fmt: skip
    for command in ("show", "trials", "best"):
        assert main([command, "--storage", sqlite_url]) == 0
        shown = capsys.readouterr().out
        assert not set(shown) & {"\x1b", "\x07", "\ud800"}
    assert main(["export", "--storage", sqlite_url]) == 0
    assert "\\ud800" in capsys.readouterr().out
    path = tmp_path / "trials.csv"
    assert main(["export", "--storage", sqlite_url, "-o", str(path)]) == 0
    assert "\\ud800" in path.read_text(encoding="utf-8")


def test_nothing_is_written_by_looking(sqlite_url: str, tmp_path: Path, capsys: Any) -> None:
    study(sqlite_url).close()
    before = (tmp_path / "study.db").read_bytes()
    for command in ("studies", "show", "trials", "best", "export"):
        output(capsys, command, "--storage", sqlite_url)
    assert (tmp_path / "study.db").read_bytes() == before
