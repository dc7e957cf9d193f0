"""The report in a real browser: what it draws, and what it does when it is touched."""

from __future__ import annotations

import base64
import datetime
import math
from pathlib import Path
from typing import Any

import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.visualization.report import write_report

HOSTILE = "</script><img src=x onerror=alert(1)><b class=injected>"

FLAT = {
    "x": hp.uniform("x", -1, 1),
    "lr": hp.loguniform("lr", math.log(1e-4), 0),
    "n": hp.quniform("n", 0, 8, 2),
    "act": hp.choice("act", ["relu", "tanh"]),
}

NESTED = hp.choice(
    "model",
    [
        {"type": "tree", "depth": hp.uniformint("depth", 1, 12)},
        {
            "type": HOSTILE,
            "alpha": hp.uniform("alpha", 0, 1),
            "penalty": hp.choice(HOSTILE + "l", ["l1", "l2"]),
        },
    ],
)


def flat(point: Any) -> float:
    return point["x"] ** 2 + 0.1 * abs(math.log10(point["lr"]) + 2) + (point["act"] == "relu")


def nested(point: Any) -> Any:
    if point["type"] == "tree":
        if point["depth"] > 10:
            raise ValueError(f"too deep {HOSTILE}")
        curve = [[step, point["depth"] + 1 / (step + 1)] for step in range(6)]
        result = {"status": "ok", "loss": point["depth"], "intermediate": curve}
        result["losses"] = {"error": point["depth"], "size": 12 - point["depth"]}
        return {**result, "pruned": True} if point["depth"] == 9 else result
    return {"status": "ok", "loss": math.nan if point["penalty"] == "l1" else 5.0}


def run(objective: Any, space: Any, n: int) -> Trials:
    trials = Trials()
    fmin(
        objective,
        space,
        rand.suggest,
        n,
        trials=trials,
        rstate=0,
        show_progressbar=False,
        catch_eval_exceptions=True,
    )
    return trials


@pytest.fixture(scope="module")
def flat_trials() -> Trials:
    return run(flat, FLAT, 200)


@pytest.fixture(scope="module")
def flat_file(flat_trials: Trials, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return flat_trials.report(tmp_path_factory.mktemp("report") / "flat.html")


@pytest.fixture(scope="module")
def nested_trials() -> Trials:
    return run(nested, NESTED, 120)


def values(trials: Trials, label: str) -> list[float]:
    return [float(v[0]) for v in (doc["misc"]["vals"][label] for doc in trials.trials) if v]


def test_every_plot_draws_a_mark_for_each_trial(page: Any, flat_file: Path) -> None:
    page.open(flat_file)
    assert page.marks() == {
        "history": [200],
        "importance": [4],
        "best": [],
        "parallel": [200],
        "slices": [200] * 4,
        "contour": [200],
        "edf": [200],
        "facts": [],
        "space": [],
        "timeline": [200],
        "trials": [],
    }
    assert all(all(plots) for plots in page.painted().values())
    assert page.n_listed() == 200


def test_conditional_parameters_failures_curves_and_fronts_are_drawn(
    page: Any, nested_trials: Trials, tmp_path: Path
) -> None:
    page.open(nested_trials.report(tmp_path / "nested.html"))
    docs = nested_trials._dynamic_trials
    ok = [
        doc
        for doc in docs
        if doc["result"].get("loss", math.nan) == doc["result"].get("loss")
        and doc["state"] == 2
        and not doc["result"].get("pruned")
    ]
    curves = [doc for doc in docs if "intermediate" in doc["result"]]
    deep = [doc for doc in ok if doc["misc"]["vals"]["depth"]]
    marks = page.marks()
    labels = page.run(
        "return [...document.querySelectorAll('#slices .title')].map((t) => t.textContent)"
    )
    assert marks["history"] == [len(docs)]
    assert marks["parallel"] == [len(ok)]
    assert marks["curves"] == [len(curves)]
    assert marks["pareto"] == [len(deep)]
    # Those that failed are ticks at the lower edge.
    with_depth = [doc for doc in docs if doc["misc"]["vals"]["depth"]]
    assert marks["slices"][labels.index("depth")] == len(with_depth) > len(deep)
    assert 0 < len(deep) < len(ok) < len(docs)
    assert all(all(plots) for plots in page.painted().values())
    assert "not active" in page.text("#trials tbody")


def test_hostile_text_stays_text(page: Any, nested_trials: Trials, tmp_path: Path) -> None:
    page.open(nested_trials.report(tmp_path / "nested.html", name=HOSTILE, title=HOSTILE))
    assert page.text("h1") == HOSTILE
    assert page.run("return document.title") == HOSTILE
    injected = "return document.querySelectorAll('.injected, img').length"
    assert page.run(injected) == 0
    assert page.run("return document.scripts.length") == 2
    assert HOSTILE in page.text("#facts")
    assert HOSTILE in page.text("#space")


def test_a_range_of_the_keyboard_selects_the_trials_that_lie_in_it(
    page: Any, flat_trials: Trials, flat_file: Path
) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open(flat_file)
    rail = page.driver.find_element("css selector", "[data-axis=x]")
    for _ in range(10):
        rail.send_keys(Keys.SHIFT, Keys.ARROW_DOWN)
    expected = sum(x <= 0.0 for x in values(flat_trials, "x"))
    page.until(lambda: page.n_listed() == expected)
    assert f"{expected} selected" in page.text(".summary")
    assert page.marks()["parallel"] == [expected]
    rail.send_keys(Keys.ESCAPE)
    page.until(lambda: page.n_listed() == 200)


def test_a_range_that_is_dragged_changes_the_table(page: Any, flat_file: Path) -> None:
    from selenium.webdriver import ActionChains

    page.open(flat_file)
    rail = page.driver.find_element("css selector", "[data-axis=loss]")
    page.run("arguments[0].scrollIntoView({block: 'center'})", rail)
    drag = ActionChains(page.driver).move_to_element_with_offset(rail, 0, 40)
    drag.click_and_hold().move_by_offset(0, 60).move_by_offset(0, 40).release().perform()
    page.until(lambda: 0 < page.n_listed() < 200)
    few = page.n_listed()
    assert page.marks()["parallel"] == [few]
    page.driver.find_element("css selector", "#parallel button").click()
    page.until(lambda: page.n_listed() == 200)


def test_the_table_sorts_and_filters(page: Any, flat_trials: Trials, flat_file: Path) -> None:
    page.open(flat_file)
    best = flat_trials.best_trial["tid"]
    assert page.rows()[0][0] == str(best)
    page.driver.find_element("css selector", "#trials th button[data-key=tid]").click()
    page.until(lambda: [row[0] for row in page.rows()] == [str(i) for i in range(25)])
    page.driver.find_element("css selector", "#trials th button[data-key=tid]").click()
    page.until(lambda: page.rows()[0][0] == "199")
    search = page.driver.find_element("css selector", "#trials input[type=search]")
    search.send_keys("act=tanh x>0.5")
    rows = [doc["misc"]["vals"] for doc in flat_trials.trials]
    expected = sum(vals["act"][0] == 1 and vals["x"][0] > 0.5 for vals in rows)
    page.until(lambda: page.n_listed() == expected)
    assert all("tanh" in row for row in page.rows())
    search.clear()
    search.send_keys("no such word")
    page.until(lambda: page.n_listed() == 0)


def test_a_mark_that_is_picked_stands_out_in_the_table(page: Any, flat_file: Path) -> None:
    from selenium.webdriver.common.keys import Keys

    page.open(flat_file)
    page.driver.find_element("css selector", "#history figure").send_keys(Keys.ARROW_RIGHT)
    page.until(lambda: page.run("return document.querySelectorAll('tr.picked').length") == 1)
    tip = page.text("#tip")
    assert tip.startswith("trial ")
    assert "act" in tip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_it_fits_a_phone_in_light_and_dark(
    page: Any, nested_trials: Trials, tmp_path: Path, dark: bool
) -> None:
    page.open(nested_trials.report(tmp_path / "nested.html"), width=390, dark=dark)
    assert page.run("return document.documentElement.scrollWidth") <= 390
    assert page.run("return document.documentElement.dataset.theme") == (
        "dark" if dark else "light"
    )
    page.driver.find_element("css selector", "header button").click()
    assert page.run("return document.documentElement.dataset.theme") == (
        "light" if dark else "dark"
    )


def test_failures_only_and_nothing_at_all_say_so(page: Any, tmp_path: Path) -> None:
    failed = Trials()
    for i in range(7):
        failed.add_observation({"x": i / 7}, result={"status": "fail"}, space=FLAT["x"])
    page.open(failed.report(tmp_path / "failed.html"))
    assert page.marks()["history"] == [7]
    assert page.marks()["slices"] == [7]
    assert page.marks()["parallel"] == [0]
    assert "too early" in page.text("#importance")
    assert "no trial has a loss yet" in page.text("#best")
    page.open(Trials().report(tmp_path / "empty.html"))
    assert page.marks()["history"] == [0]
    assert "no trials yet" in page.text("#trials")


def test_two_studies_are_compared(page: Any, flat_trials: Trials, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    other = run(flat, FLAT, 50)
    file = write_report(tmp_path / "both.html", [flat_trials, other], names=["long", "short"])
    page.open(file)
    assert page.marks()["edf"] == [250]
    assert page.marks()["history"] == [200]
    assert "best so far of short" in page.text("#history")
    Select(page.driver.find_element("css selector", "header select")).select_by_visible_text(
        "short"
    )
    page.until(lambda: page.marks()["history"] == [50])
    page.until(lambda: page.n_listed() == 50)


def test_it_prints_with_every_panel(page: Any, flat_file: Path) -> None:
    page.open(flat_file, dark=True)
    printed = page.driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": True})
    assert base64.b64decode(printed["data"]).startswith(b"%PDF")
    assert page.run("return document.documentElement.dataset.theme") == "dark"


@pytest.mark.slow
def test_ten_thousand_trials_are_drawn(page: Any, tmp_path: Path) -> None:
    trials = run(flat, FLAT, 10_000)
    page.open(trials.report(tmp_path / "long.html"))
    page.until(lambda: page.marks()["slices"] == [10_000] * 4)
    assert page.marks()["parallel"] == [10_000]
    assert page.n_listed() == 10_000


def test_times_have_the_unit_in_which_they_read_well(page: Any, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import Select

    trials = run(flat, FLAT, 30)
    start = datetime.datetime(2026, 1, 1)
    for i, doc in enumerate(trials.trials):
        doc["book_time"] = start + datetime.timedelta(minutes=20 * i)
        doc["refresh_time"] = doc["book_time"] + datetime.timedelta(minutes=19)
    page.open(trials.report(tmp_path / "long.html"))
    assert "hours since the start" in page.text("#timeline figure")
    over = page.driver.find_element("css selector", "#history select")
    Select(over).select_by_visible_text("time")
    page.until(lambda: "hours since the start" in page.text("#history figure"))
    assert "seconds" not in page.text("#history figure")


def test_zero_has_a_place_on_a_logarithmic_axis(page: Any, tmp_path: Path) -> None:
    space = {"n": hp.qlognormal("n", 0, 3, 1), "x": hp.uniform("x", 0, 1)}
    trials = run(lambda point: point["n"], space, 60)
    assert 0 in values(trials, "n")
    assert max(values(trials, "n")) > 100
    page.open(trials.report(tmp_path / "zero.html"))
    ticks = page.run(
        "return [...document.querySelectorAll('#slices figure')].map("
        "(f) => [...f.querySelectorAll('text[text-anchor=middle]')].map((t) => t.textContent))"
    )
    (of_n,) = [texts for texts in ticks if texts[-1] == "n"]
    assert of_n[0] == "0"
    assert "100" in of_n or "10" in of_n


def test_every_axis_of_numbers_has_at_least_two_ticks(page: Any, tmp_path: Path) -> None:
    bounds = [(1, 12), (0.75, 1.35), (16, 256), (-0.9, 1.9), (0, 3), (99.9, 100.2)]
    space = {f"p{i}": hp.uniform(f"p{i}", *low_high) for i, low_high in enumerate(bounds)}
    space["whole"] = hp.uniformint("whole", 1, 12)
    trials = run(lambda point: sum(point.values()), space, 25)
    page.open(trials.report(tmp_path / "ticks.html"))
    counts = page.run(
        "return [...document.querySelectorAll('#slices figure')]"
        ".map((f) => f.querySelectorAll('text[text-anchor=middle]:not(.title)').length)"
    )
    assert len(counts) == 7
    assert all(2 <= count <= 6 for count in counts), counts


def test_clearing_the_ranges_of_one_study_leaves_those_of_another(
    page: Any, flat_trials: Trials, tmp_path: Path
) -> None:
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select

    other = run(flat, FLAT, 50)
    file = write_report(tmp_path / "both.html", [flat_trials, other], names=["long", "short"])
    page.open(file)

    def narrow() -> None:
        rail = page.driver.find_element("css selector", "[data-axis=x]")
        for _ in range(10):
            rail.send_keys(Keys.SHIFT, Keys.ARROW_DOWN)

    def choose(name: str, n: int) -> None:
        found = page.driver.find_element("css selector", "header select")
        Select(found).select_by_visible_text(name)
        page.until(lambda: page.n_listed() == n)

    narrow()
    few = sum(x <= 0.0 for x in values(flat_trials, "x"))
    page.until(lambda: page.n_listed() == few)
    choose("short", 50)
    narrow()
    page.until(lambda: page.n_listed() < 50)
    page.driver.find_element("css selector", "#parallel button").click()
    page.until(lambda: page.n_listed() == 50)
    choose("long", few)
