"""What the report holds: data as the page's script gets it, and a page that keeps to itself."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hyperopt
from hyperopt import Trials, fmin, hp, rand, space_eval
from hyperopt.visualization.report import report_page, write_report
from hyperopt.visualization.report.columns import STATES

HOSTILE = "</script><script>alert(1)</script><!--"

SPACE = hp.choice(
    "model",
    [
        {"type": "svm", "C": hp.loguniform("C", -5, 5)},
        {"type": HOSTILE, "k": hp.uniformint("k", 1, 9), "o": hp.choice("o", [None, 0.5, max])},
    ],
)


def objective(point: Any) -> Any:
    if point["type"] == "svm":
        if point["C"] > 20:
            raise ValueError(f"no convergence {HOSTILE}")
        return {"status": "ok", "loss": abs(math.log(point["C"])), "intermediate": [[1, 2.0]]}
    if point["k"] == 2:
        return {"status": "fail", "reason": "k is 2"}
    if point["k"] == 3:
        return {"status": "ok", "loss": math.inf}
    if point["k"] == 4:
        return {"status": "ok", "loss": 4.0, "pruned": True}
    return {"status": "ok", "loss": point["k"], "losses": {"a": point["k"], "b": math.nan}}


@pytest.fixture(scope="module")
def trials() -> Trials:
    found = Trials()
    fmin(
        objective,
        SPACE,
        rand.suggest,
        120,
        trials=found,
        rstate=0,
        show_progressbar=False,
        catch_eval_exceptions=True,
    )
    return found


def data_of(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    return json.loads(text)


def study_of(page: str) -> dict[str, Any]:
    return data_of(page)["studies"][0]


def test_every_trial_is_a_row_with_its_state(trials: Trials) -> None:
    study = study_of(report_page(trials))
    columns = study["columns"]
    assert columns["tid"] == [doc["tid"] for doc in trials._dynamic_trials]
    assert len(columns["tid"]) == 120
    counts = {name: columns["state"].count(i) for i, name in enumerate(study["states"])}
    assert counts["ok"] == len([x for x in columns["loss"] if x is not None]) - counts["pruned"]
    assert all(counts[name] > 0 for name in ("ok", "failed", "error", "pruned", "no number"))
    assert sum(counts.values()) == 120


def test_a_trial_may_be_pruned_at_step_0_or_before_it_reported_anything() -> None:
    found = Trials()
    for step in (0, None):
        result = {"status": "fail", "pruned": step}
        found.add_observation({"x": 1.0}, result=result)
    states = study_of(report_page(found))["columns"]["state"]
    assert [STATES[state] for state in states] == ["pruned", "pruned"]


def test_values_are_numbers_where_a_parameter_is_active_and_null_elsewhere(trials: Trials) -> None:
    columns = study_of(report_page(trials))["columns"]
    for i, doc in enumerate(trials._dynamic_trials):
        for label, stored in doc["misc"]["vals"].items():
            shown = columns["values"][label][i]
            assert (shown is None) == (not stored)
            if stored:
                assert shown == pytest.approx(float(stored[0]), rel=1e-6)


def test_parameters_are_described_with_options_by_name_and_conditions_in_words(
    trials: Trials,
) -> None:
    parameters = {p["label"]: p for p in study_of(report_page(trials))["parameters"]}
    assert parameters["model"]["options"] == ["svm", HOSTILE]
    assert parameters["o"]["options"] == ["None", "0.5", "max"]
    assert parameters["C"]["log"]
    assert parameters["C"]["low"] == pytest.approx(math.exp(-5), rel=1e-6)
    assert parameters["C"]["when"] == "model = svm"
    assert parameters["model"]["when"] == ""
    assert (parameters["k"]["kind"], parameters["model"]["kind"]) == ("integer", "option")


def test_the_best_point_is_code_that_gives_it(trials: Trials) -> None:
    namespace: dict[str, Any] = {}
    exec(study_of(report_page(trials))["best"], namespace)
    assert namespace["best"] == trials.argmin
    assert namespace["params"] == space_eval(SPACE, trials.argmin)


def test_failures_are_told_by_reason_the_most_frequent_first(trials: Trials) -> None:
    facts = [text for name, text in study_of(report_page(trials))["facts"] if name == "failed"]
    counts = [int(fact.split(" ")[0]) for fact in facts]
    assert counts == sorted(counts, reverse=True)
    assert any("ValueError: no convergence" in fact for fact in facts)
    assert any("k is 2" in fact for fact in facts)
    assert any("the loss is inf" in fact for fact in facts)


def test_no_text_of_a_study_can_end_the_script_or_be_markup(trials: Trials) -> None:
    page = report_page(trials, title=HOSTILE, names=[HOSTILE])
    assert len(re.findall("<script", page)) == 2
    assert page.count("</script>") == 2
    assert "<!--" not in page
    assert "<title>&lt;/script&gt;" in page


def test_the_page_can_load_and_send_nothing(trials: Trials) -> None:
    page = report_page(trials)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    script = re.findall(r"<script>(.*?)</script>", page, re.S)[0]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert "default-src &#x27;none&#x27;" in policy
    assert "connect-src &#x27;none&#x27;" in policy
    assert f"script-src &#x27;sha256-{digest}&#x27;" in policy
    assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    assert not re.search(r"url\(", page)


def test_a_thousand_trials_of_ten_parameters_take_less_than_half_a_megabyte() -> None:
    space = {f"x{i}": hp.uniform(f"x{i}", -1, 1) for i in range(10)}
    found = Trials()
    fmin(
        lambda p: sum(p.values()),
        space,
        rand.suggest,
        1000,
        trials=found,
        rstate=0,
        show_progressbar=False,
    )
    assert len(report_page(found).encode()) <= 500_000


def test_an_empty_study_and_one_without_a_space_have_a_report(trials: Trials) -> None:
    assert study_of(report_page(Trials()))["columns"]["tid"] == []
    space, trials._space = trials._space, None
    try:
        guessed = study_of(report_page(trials))
        named = study_of(report_page(trials, space=SPACE))
    finally:
        trials._space = space
    assert guessed["guessed"]
    assert [p["label"] for p in guessed["parameters"]] == ["C", "k", "model", "o"]
    assert not named["guessed"]


def test_several_studies_come_with_their_names(trials: Trials) -> None:
    page = report_page([trials, Trials()], names=["first", "second"])
    assert [study["name"] for study in data_of(page)["studies"]] == ["first", "second"]
    with pytest.raises(ValueError, match="give one for each of the 2 studies"):
        report_page([trials, Trials()], names=["only one"])
    with pytest.raises(ValueError, match="give at least one"):
        report_page([])


def test_strange_documents_are_shown_as_far_as_they_can_be() -> None:
    found = Trials()
    found.add_observation({"x": 1.0}, 2.0)
    doc = found._dynamic_trials[0]
    doc["owner"] = ["host", 12]
    doc["book_time"] = None
    doc["misc"]["vals"]["y"] = [np.float64("nan")]
    doc["result"].update(intermediate=[[1], "x", [2, math.nan], [3, 0.5]], losses=[1, "two"])
    columns = study_of(report_page(found))["columns"]
    assert columns["owners"] == ["host:12"]
    assert columns["start"] == [None]
    assert columns["curves"] == {"0": [[2, None], [3, 0.5]]}
    assert columns["objectives"]["values"] == {"0": [1, None]}


def test_long_curves_are_thinned_out_and_keep_their_ends() -> None:
    found = Trials()
    curve = [[step, 1.0 / (step + 1)] for step in range(300_000)]
    found.add_observation({"x": 1.0}, result={"status": "ok", "loss": 1.0, "intermediate": curve})
    (shown,) = study_of(report_page(found))["columns"]["curves"].values()
    assert len(shown) <= 200_001
    assert (shown[0][0], shown[-1][0]) == (0, 299_999)


def test_a_report_is_written_at_one_stroke(trials: Trials, tmp_path: Path) -> None:
    path = trials.report(tmp_path / "study.html", name="forest")
    assert data_of(path.read_text(encoding="utf-8"))["studies"][0]["name"] == "forest"
    assert [file.name for file in tmp_path.iterdir()] == ["study.html"]
    with pytest.raises(IsADirectoryError, match="is a folder"):
        trials.report(tmp_path)
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        write_report(tmp_path / "nowhere" / "study.html", trials)


def test_a_label_of_any_text_can_be_written(tmp_path: Path) -> None:
    label = "ü \u2028 ' \" & < \x00"
    found = Trials()
    fmin(
        lambda p: p["x"],
        {"x": hp.uniform(label, 0, 1)},
        rand.suggest,
        3,
        trials=found,
        rstate=0,
        show_progressbar=False,
    )
    page = found.report(tmp_path / "study.html", name=label).read_text(encoding="utf-8")
    assert study_of(page)["parameters"][0]["label"] == label


def test_a_report_writes_through_a_link_and_leaves_nothing_beside_it(tmp_path, monkeypatch):
    target, link, stranger = tmp_path / "target.html", tmp_path / "link.html", tmp_path / "stranger"
    target.write_text("old")
    stranger.write_text("theirs")
    link.symlink_to(target)
    (tmp_path / ".target.html.tmp").symlink_to(stranger)
    trials = hyperopt.Trials()
    hyperopt.fmin(
        lambda x: x, hyperopt.hp.uniform("x", 0, 1), max_evals=3, trials=trials, verbose=False
    )
    trials.report(link)
    assert link.is_symlink()
    assert target.read_text(encoding="utf-8").startswith("<!")
    assert stranger.read_text() == "theirs"
    before = target.read_bytes()

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        trials.report(link)
    assert target.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "link.html", "stranger", "target.html"
    ]  # fmt: skip
