"""What trials and studies look like in a notebook, and in one line."""

from __future__ import annotations

import re
from typing import Any

from hyperopt import Trials, fmin, hp, rand

HOSTILE = "<script>alert(1)</script>"


def search(n: int, space: Any, fn: Any) -> Trials:
    trials = Trials()
    options: dict[str, Any] = {"rstate": 0, "show_progressbar": False, "trials": trials}
    fmin(fn, space, rand.suggest, n, **options)
    return trials


def test_one_line_says_how_many_there_are_and_which_is_the_best() -> None:
    trials = search(9, hp.uniform("x", 0, 1), lambda x: {"status": "fail"} if x < 0.3 else x)
    best = trials.best_trial
    n_ok = sum(result["status"] == "ok" for result in trials.results)
    assert repr(trials) == (
        f"<Trials of 9 trials: {n_ok} ok, {9 - n_ok} failed, best loss "
        f"{best['result']['loss']:.5g} in trial {best['tid']}>"
    )
    assert repr(Trials()) == "<Trials of no trials>"
    study = trials.study(hp.uniform("x", 0, 1), rand.suggest)
    assert repr(study).startswith("<Study of 9 trials")


def test_a_subclass_that_is_being_made_has_a_repr() -> None:
    assert "Trials object at" in repr(object.__new__(Trials))


def test_the_summary_shows_the_best_trials_and_what_mattered() -> None:
    space = {"x": hp.uniform("x", 0, 1), "c": hp.choice("c", ["relu", HOSTILE])}
    trials = search(60, space, lambda p: p["x"])
    shown = trials._repr_html_()
    assert "Trials</b> of 60 trials: 60 ok" in shown
    assert "share in reaching the best 10 %" in shown
    rows = re.findall(r"<tr><td>(\d+)</td>", shown)
    order = sorted(trials.trials, key=lambda doc: doc["result"]["loss"])
    assert rows == [str(doc["tid"]) for doc in order[:5]]
    assert "<script" not in shown
    assert trials.study(space, rand.suggest)._repr_html_().startswith("<div")


def test_a_summary_of_nothing_and_of_failures_says_so() -> None:
    assert "none yet" in Trials()._repr_html_()
    trials = Trials()
    trials.add_observation({"x": 0.5}, result={"status": "fail"})
    assert "1 failed" in trials._repr_html_()
