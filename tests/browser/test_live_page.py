"""The live page in a real browser: it follows a study, its end, and its beginning again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.storage.save_file import load
from hyperopt.visualization.dashboard import FileSource, Server, TrialsSource

SPACE = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["a", "b"])}


def objective(point: Any) -> float:
    return point["x"]


@pytest.fixture
def server(page: Any) -> Iterator[Server]:
    server = Server()
    yield server
    page.leave()  # It would ask in vain, and say so.
    server.close()


def n_shown(page: Any) -> int:
    return int(page.text(".summary").split(" ")[0])


def search(trials: Trials, n: int, **options: Any) -> None:
    fmin(
        objective,
        SPACE,
        rand.suggest,
        n,
        trials=trials,
        rstate=0,
        show_progressbar=False,
        **options,
    )


def test_a_study_in_memory_is_followed_to_its_end(page: Any, server: Server) -> None:
    trials = Trials()
    source = TrialsSource(trials, "forest")
    page.open(server.add(source))
    assert n_shown(page) == 0
    search(trials, 5)
    page.until(lambda: n_shown(page) == 5)
    search(trials, 30)
    page.until(lambda: n_shown(page) == 30)
    page.until(lambda: page.marks()["history"] == [30])
    # What depends on all trials comes a moment later.
    page.until(lambda: page.text("#best").count("trial"))
    page.until(lambda: "uniform" in page.text("#space"))
    source.running = False
    page.until(lambda: page.text(".live") == "the run has ended")


def test_a_running_trial_is_replaced_by_its_result(page: Any, server: Server) -> None:
    trials = Trials()
    study = trials.study(SPACE, rand.suggest, rstate=0)
    page.open(server.add(TrialsSource(trials, "asked")))
    asked = study.ask()
    page.until(lambda: "1 running" in page.text(".summary"))
    study.tell(asked, 0.25)
    page.until(lambda: "best loss 0.25" in page.text(".summary"))
    assert "running" not in page.text(".summary")


def test_ranges_stay_while_trials_come(page: Any, server: Server) -> None:
    from selenium.webdriver.common.keys import Keys

    trials = Trials()
    search(trials, 20)
    page.open(server.add(TrialsSource(trials, "forest")))
    rail = page.driver.find_element("css selector", "[data-axis=x]")
    for _ in range(10):
        rail.send_keys(Keys.SHIFT, Keys.ARROW_DOWN)
    search(trials, 60)
    page.until(lambda: n_shown(page) == 60)
    expected = sum(doc["misc"]["vals"]["x"][0] <= 0.5 for doc in trials.trials)
    page.until(lambda: page.n_listed() == expected)


def test_a_save_file_is_followed_and_may_begin_again(
    page: Any, server: Server, tmp_path: Path
) -> None:
    file = tmp_path / "study.pkl"
    page.open(server.add(FileSource(file, load)))
    assert n_shown(page) == 0
    search(Trials(), 12, trials_save_file=file)
    page.until(lambda: n_shown(page) == 12)
    file.unlink()
    search(Trials(), 4, trials_save_file=file)
    page.until(lambda: n_shown(page) == 4)


def test_the_page_says_when_the_server_has_gone_and_keeps_what_it_shows(page: Any) -> None:
    server = Server()
    trials = Trials()
    search(trials, 3)
    address = server.add(TrialsSource(trials, "forest"), token="same")
    page.open(address)
    server.close()
    page.until(lambda: "not connected" in page.text(".live"))
    assert n_shown(page) == 3
    again = Server(port=server.port)
    try:
        search(trials, 6)
        again.add(TrialsSource(trials, "forest"), token="same")
        page.until(lambda: n_shown(page) == 6)
    finally:
        page.leave()
        again.close()
        page.complaints()  # the console tells of the requests that failed
