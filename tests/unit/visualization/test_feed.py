"""What the live page is told: what has changed since it last asked, no more and no less."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hyperopt import Trials, hp, rand
from hyperopt.visualization.dashboard.feed import Feed
from hyperopt.visualization.dashboard.gate import host_of, is_from_elsewhere, is_own_name
from hyperopt.visualization.dashboard.source import FileSource, TrialsSource

SPACE = {"x": hp.uniform("x", 0, 1)}


def study_of(trials: Trials) -> Any:
    return trials.study(SPACE, rand.suggest, rstate=0)


def add(trials: Trials, n: int) -> None:
    study = study_of(trials)
    for asked in study.ask(n):
        study.tell(asked, asked.params["x"])


def rows(news: dict[str, Any]) -> list[int]:
    (study,) = news["studies"]
    return [tid for piece in study.get("pieces", []) for tid in piece["columns"]["tid"]]


def test_a_page_is_told_of_new_trials_once() -> None:
    trials = Trials()
    add(trials, 3)
    feed = Feed(TrialsSource(trials, "forest"))
    whole, revision = feed.whole()
    assert whole["columns"]["tid"] == [0, 1, 2]
    news = feed.news(revision)
    assert rows(news) == []
    add(trials, 2)
    news = feed.news(revision)
    assert rows(news) == [3, 4]
    assert rows(feed.news(news["revision"])) == []
    # Another page, which is behind, gets what it lacks.
    assert rows(feed.news(revision)) == [3, 4]
    json.dumps(news, allow_nan=False)


def test_a_trial_that_ends_is_told_again() -> None:
    trials = Trials()
    study = study_of(trials)
    asked = study.ask()
    feed = Feed(TrialsSource(trials, "forest"))
    whole, revision = feed.whole()
    assert whole["columns"]["state"] == [1]
    study.tell(asked, 0.5)
    (changed,) = feed.news(revision)["studies"]
    assert changed["pieces"][0]["positions"] == [0]
    assert changed["pieces"][0]["columns"]["loss"] == [0.5]


def test_a_document_that_somebody_changes_is_told_after_a_while() -> None:
    trials = Trials()
    add(trials, 5)
    feed = Feed(TrialsSource(trials, "forest"))
    _, revision = feed.whole()
    trials._dynamic_trials[1]["result"]["loss"] = 9.0
    told = [rows(feed.news(revision)) for _ in range(30)]
    assert [1] in told


def test_reports_of_a_running_trial_are_told() -> None:
    trials = Trials()
    study_of(trials).ask()
    doc = trials._dynamic_trials[0]
    feed = Feed(TrialsSource(trials, "forest"))
    _, revision = feed.whole()
    doc["result"] = {"status": "running", "intermediate": [[1, 0.5]]}
    (changed,) = feed.news(revision)["studies"]
    assert changed["pieces"][0]["columns"]["curves"] == {0: [[1, 0.5]]}


def test_trials_that_are_taken_away_begin_another_life() -> None:
    trials = Trials()
    add(trials, 5)
    feed = Feed(TrialsSource(trials, "forest"))
    _, revision = feed.whole()
    trials.delete_all()
    add(trials, 2)
    (changed,) = feed.news(revision)["studies"]
    assert len(changed["whole"]["columns"]["tid"]) == 2


@pytest.mark.parametrize("since", ["", "nonsense", "1", "1.x.2", "9.9.9", "1.99999.0", "-1.0.0"])
def test_a_revision_that_is_not_known_gets_everything(since: str) -> None:
    trials = Trials()
    add(trials, 2)
    (answer,) = Feed(TrialsSource(trials, "forest")).news(since)["studies"]
    assert answer["whole"]["columns"]["tid"] == [0, 1]


def test_a_long_answer_is_told_in_pieces_while_the_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hyperopt.visualization.dashboard.feed._BUDGET_S", 0.0)
    trials = Trials()
    source = TrialsSource(trials, "forest")
    feed = Feed(source)
    _, revision = feed.whole()
    add(trials, 120)
    seen: list[int] = []
    answers = 0
    while True:
        news = feed.news(revision)
        if not rows(news):
            break
        assert len(rows(news)) <= 50
        seen += rows(news)
        revision = news["revision"]
        answers += 1
    assert seen == list(range(120))
    assert answers == 3
    source.running = False
    assert rows(feed.news("1.0.0")) == list(range(120))


def test_what_depends_on_all_trials_follows_when_it_is_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("hyperopt.visualization.dashboard.feed._SUMMARY_EVERY_S", 0.0)
    monkeypatch.setattr("hyperopt.visualization.dashboard.feed._SUMMARY_SHARE", 1e9)
    trials = Trials()
    feed = Feed(TrialsSource(trials, "forest"))
    _, revision = feed.whole()
    add(trials, 30)
    news = feed.news(revision)
    (study,) = news["studies"]
    assert study["importance"]["n_trials"] == 30
    assert study["best"].startswith("# trial")
    assert study["parameters"][0]["label"] == "x"
    # A page that knows it is not told again, one that does not is.
    assert "importance" not in feed.news(news["revision"])["studies"][0]
    assert "importance" in feed.news(revision)["studies"][0]


def test_a_file_may_appear_grow_and_be_replaced(tmp_path: Path) -> None:
    import pickle

    file = tmp_path / "study.pkl"

    def load(path: Path) -> Any:
        return pickle.loads(path.read_bytes())

    def write(trials: Trials, n: int) -> None:
        add(trials, n)
        file.write_bytes(pickle.dumps(trials))
        source._next_s = 0.0

    source = FileSource(file, load)
    feed = Feed(source)
    whole, revision = feed.whole()
    assert whole["columns"]["tid"] == []
    trials = Trials()
    write(trials, 3)
    news = feed.news(revision)
    assert rows(news) == [0, 1, 2]
    write(trials, 2)
    assert rows(feed.news(news["revision"])) == [3, 4]
    write(Trials(), 1)
    assert feed.news(news["revision"])["studies"][0]["whole"]["columns"]["tid"] == [0]
    file.write_bytes(b"torn")
    source._next_s = 0.0
    assert rows(feed.news(news["revision"])) == []


@pytest.mark.parametrize(
    ("header", "bound_to", "own"),
    [
        ("127.0.0.1:8000", "127.0.0.1", True),
        ("localhost:8000", "127.0.0.1", True),
        ("[::1]:8000", "::1", True),
        ("192.168.0.7:8000", "0.0.0.0", True),
        ("box.lan", "box.lan", True),
        ("evil.example:8000", "127.0.0.1", False),
        ("evil.example", "0.0.0.0", False),
        ("127.0.0.1.evil.example", "127.0.0.1", False),
        ("localhost.evil.example", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        (None, "127.0.0.1", False),
    ],
)
def test_only_names_of_this_machine_are_answered(
    header: str | None, bound_to: str, own: bool
) -> None:
    assert is_own_name(header, bound_to) is own


def test_parts_of_headers() -> None:
    assert host_of("[::1]") == "::1"
    assert [
        is_from_elsewhere(s) for s in (None, "none", "same-origin", "cross-site", "same-site")
    ] == [
        False,
        False,
        False,
        True,
        True,
    ]
