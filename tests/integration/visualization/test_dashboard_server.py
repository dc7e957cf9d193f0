"""The server of the live page, asked over the network by what is no browser."""

from __future__ import annotations

import http.client
import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from hyperopt import Trials, fmin, hp, partial, rand, tpe
from hyperopt.environment.installation import version
from hyperopt.visualization.dashboard import Server, TrialsSource


@pytest.fixture
def address() -> Iterator[str]:
    server = Server()
    trials = Trials()
    trials.add_observation({"x": 0.5}, 0.25, space=hp.uniform("x", 0, 1))
    yield server.add(TrialsSource(trials, "forest"))
    server.close()


def ask(
    address: str, method: str = "GET", path: str | None = None, **headers: str
) -> tuple[int, bytes, Any]:
    url = urlsplit(address)
    connection = http.client.HTTPConnection(url.hostname or "", url.port, timeout=20)
    try:
        connection.request(method, url.path if path is None else path, headers=headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def test_the_page_and_its_news_are_served(address: str) -> None:
    status, body, headers = ask(address)
    assert status == 200
    assert b"<title>forest" in body
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    status, body, headers = ask(address, path=f"{urlsplit(address).path}news?since=")
    assert status == 200
    assert json.loads(body)["studies"][0]["whole"]["columns"]["loss"] == [0.25]


def test_nothing_is_said_without_the_token(address: str) -> None:
    path = urlsplit(address).path
    for wrong in ("/", "/news", path[:-2] + "/", path.rstrip("/"), "/../..", path + "other"):
        status, body, _ = ask(address, path=wrong)
        assert (status, body) == (404, b"")


def test_another_name_for_this_machine_is_refused(address: str) -> None:
    status, body, _ = ask(address, Host="evil.example")
    assert (status, body) == (421, b"")
    assert ask(address, Host=f"localhost:{urlsplit(address).port}")[0] == 200


def test_no_other_site_may_read_it(address: str) -> None:
    status, _, headers = ask(address, Origin="http://evil.example")
    assert status == 200
    assert not [name for name in headers if name.lower().startswith("access-control")]
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    path = f"{urlsplit(address).path}news"
    assert ask(address, path=path, **{"Sec-Fetch-Site": "cross-site"})[0] == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_changed(address: str, method: str) -> None:
    assert ask(address, method)[0] == 501


def test_a_study_that_cannot_be_read_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(TrialsSource):
        def look(self) -> Any:
            raise OSError("the database is away")

    server = Server()
    try:
        address = server.add(Broken(Trials(), "forest"))
        assert [ask(address)[0] for _ in range(3)] == [500, 500, 500]
    finally:
        server.close()
    assert caplog.messages == ["dashboard: OSError: the database is away"]


def test_it_listens_on_this_machine_only_and_says_which_port_is_taken(address: str) -> None:
    assert urlsplit(address).hostname == "127.0.0.1"
    port = urlsplit(address).port
    with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}.*give another port"):
        Server(port=port or 0)


@pytest.fixture
def pickled(tmp_path: Path) -> Path:
    import pickle

    trials = Trials()
    trials.add_observation({"x": 0.5}, 0.25, space=hp.uniform("x", 0, 1))
    file = tmp_path / "forest.pkl"
    file.write_bytes(pickle.dumps(trials))
    return file


def run(*arguments: str) -> int:
    from hyperopt.cli.main import main

    return main(list(arguments))


def test_the_command_writes_a_report_of_a_trusted_file(
    pickled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.html"
    assert run("report", str(pickled), "-o", str(out)) == 1
    assert "--trust-pickles" in capsys.readouterr().err
    assert not out.exists()
    assert run("report", str(pickled), "-o", str(out), "--trust-pickles") == 0
    assert capsys.readouterr().out.strip() == str(out)
    assert '"name":"forest"' in out.read_text()


def test_the_command_compares_studies_of_databases(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from hyperopt.study.stored import StoredTrials

    url = f"sqlite:///{tmp_path}/study.db"
    for name in ("first", "second"):
        trials = StoredTrials(url, name)
        trials.add_observation({"x": 0.5}, 0.25, space=hp.uniform("x", 0, 1))
        trials.close()
    out = tmp_path / "out.html"
    assert run("report", f"{url}#first", "second", "--storage", url, "-o", str(out)) == 0
    page = out.read_text()
    assert '"name":"first"' in page
    assert '"name":"second"' in page
    assert '"guessed":true' not in page
    assert run("report", f"{url}#third", "-o", str(out)) == 1
    assert "third" in capsys.readouterr().err


def test_what_is_no_study_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "text.pkl"
    text.write_text("no pickle")
    for arguments, words in (
        ((str(text), "--trust-pickles"), "no pickle that can be loaded"),
        ((str(tmp_path / "nowhere" / "x.pkl"), "--trust-pickles"), "there is no such file"),
    ):
        assert run("report", *arguments) == 1
        assert words in capsys.readouterr().err
        assert run("dashboard", *arguments) == 1
        assert words in capsys.readouterr().err


def test_a_study_in_a_database_is_followed(tmp_path: Path) -> None:
    from hyperopt.cli.dashboard import source_of
    from hyperopt.study.stored import StoredTrials
    from hyperopt.visualization.dashboard.feed import Feed

    url = f"sqlite:///{tmp_path}/study.db"
    trials = StoredTrials(url, "forest")
    feed = Feed(source_of(url, None, trust_pickles=False))
    whole, revision = feed.whole()
    assert whole["columns"]["tid"] == []
    trials.add_observation({"x": 0.5}, 0.25, space=hp.uniform("x", 0, 1))
    trials.refresh()
    (news,) = feed.news(revision)["studies"]
    assert news["pieces"][0]["columns"]["loss"] == [0.25]
    trials.close()


def test_a_database_knows_of_all_runs_whoever_looks(tmp_path: Path) -> None:
    from hyperopt.cli.dashboard import source_of
    from hyperopt.study.stored import StoredTrials
    from hyperopt.visualization.dashboard.feed import Feed

    url = f"sqlite:///{tmp_path}/study.db"
    feed = None
    for algo, max_evals in ((rand.suggest, 3), (partial(tpe.suggest, gamma=0.3), 5)):
        trials = StoredTrials(url, "forest")
        space = hp.uniform("x", 0, 1)
        fmin(abs, space, algo, max_evals, trials=trials, rstate=7, show_progressbar=False)
        trials.close()
        feed = feed or Feed(source_of(url, None, trust_pickles=False))
        feed.whole()
    assert run("report", url, "-o", str(tmp_path / "command.html")) == 0
    opened = StoredTrials(url, "forest")
    opened.report(tmp_path / "opened.html")
    pickle.loads(pickle.dumps(opened)).report(tmp_path / "pickled.html")
    opened.close()
    pages = [(tmp_path / f"{name}.html").read_text() for name in ("command", "opened", "pickled")]
    for text in (*pages, json.dumps(feed.whole()[0], separators=(",", ":"))):
        assert '"algorithm","hyperopt.rand.suggest, hyperopt.tpe.suggest(gamma=0.3)"' in text
        assert '"max evals","5"' in text
        assert '"workers","2 processes, on ' in text
        assert f'"run with","hyperopt-rs {version()}, Python ' in text
    assert '"name":"forest"' in pages[1]
