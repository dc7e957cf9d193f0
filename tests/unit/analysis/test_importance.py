"""Which parameters mattered, beside what Optuna 5 says of the same trials."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperopt import Trials, fmin, hp, rand
from hyperopt.exceptions import ImportanceWarning

RECORDED = json.loads((Path(__file__).parents[2] / "data" / "importance-optuna-5.json").read_text())

FLAT = {
    "u": hp.uniform("u", -5, 5),
    "l": hp.loguniform("l", math.log(1e-5), 0),
    "q": hp.quniform("q", 0, 10, 2),
    "n": hp.randint("n", 501),
    "r": hp.randint("r", 2, 9),
    "c": hp.choice("c", ["a", "b", "c"]),
    "k": hp.qloguniform("k", 0, math.log(128), 1),
    "one": hp.choice("one", ["only"]),
}
CONDITIONAL = hp.choice("c", [hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)])


def trials_of(values: dict[str, list[Any]], losses: list[float], space: Any) -> Trials:
    trials = Trials()
    for i, loss in enumerate(losses):
        point = {label: column[i] for label, column in values.items() if column[i] is not None}
        trials.add_observation(point, loss, space=space)
    return trials


def importance(trials: Trials, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ImportanceWarning)
        return trials.importance(**options)


def options_of(recorded: dict[str, Any]) -> dict[str, Any]:
    given = recorded["options"]
    return {
        "best": given.get("target_quantile", 0.1),
        "region": given.get("region_quantile", 1.0),
        "baseline": "trials" if given.get("evaluate_on_local", True) else "prior",
    }


@pytest.mark.parametrize("study", RECORDED["flat"], ids=lambda study: f"{len(study['losses'])}")
def test_flat_spaces_get_what_optuna_says(study: dict[str, Any]) -> None:
    trials = trials_of(study["values"], study["losses"], FLAT)
    for recorded in study["importances"]:
        options = options_of(recorded)
        found = importance(trials, **options)
        for label, raw in recorded["raw"].items():
            # Of a quantised parameter hyperopt knows how likely each value is by its prior, where
            # Optuna takes all for equally likely.
            if options["baseline"] == "trials" or label not in ("q", "k"):
                assert found.raw[label] == pytest.approx(raw, rel=1e-9, abs=1e-12)
        if options["baseline"] == "trials":
            assert found == pytest.approx(recorded["shares"], rel=1e-9, abs=1e-12)


def test_a_conditional_space_gets_what_optuna_says() -> None:
    study = RECORDED["conditional"]
    trials = trials_of(study["values"], study["losses"], CONDITIONAL)
    for recorded in study["importances"]:
        found = importance(trials, **options_of(recorded))
        assert found.raw == pytest.approx(recorded["raw"], rel=1e-9, abs=1e-12)


def test_children_get_no_credit_for_their_parent() -> None:
    def objective(point: Any) -> float:
        return point["kind"] + 0.1 * math.sin(1e6 * point["x"])

    space = hp.choice(
        "c",
        [{"kind": 0, "x": hp.uniform("x", 0, 1)}, {"kind": 1, "x": hp.uniform("y", 0, 1)}],
    )
    trials = Trials()
    fmin(objective, space, rand.suggest, 2000, trials=trials, rstate=1, show_progressbar=False)
    found = trials.importance()
    assert next(iter(found)) == "c"
    assert found["c"] > 0.8


# The Sobol indices of this function fall in the order of its arguments.
def sobol_g(x: list[float]) -> float:
    a = (0.0, 1.0, 4.5, 9.0, 99.0)
    return math.prod((abs(4 * xi - 2) + ai) / (1 + ai) for xi, ai in zip(x, a, strict=True))


def test_the_order_is_that_of_the_sobol_indices_of_additive_functions() -> None:
    space = [hp.uniform(f"x{i}", 0, 1) for i in range(5)]

    def objective(x: Any) -> float:
        return sum(weight * (xi - 0.3) ** 2 for weight, xi in zip((8, 4, 2, 1, 0), x, strict=True))

    trials = Trials()
    fmin(objective, space, rand.suggest, 2000, trials=trials, rstate=2, show_progressbar=False)
    assert list(trials.importance())[:4] == ["x0", "x1", "x2", "x3"]
    assert trials.importance()["x4"] < 0.02


def test_the_first_of_sobols_g_function_comes_first() -> None:
    space = [hp.uniform(f"x{i}", 0, 1) for i in range(5)]
    trials = Trials()
    fmin(sobol_g, space, rand.suggest, 2000, trials=trials, rstate=3, show_progressbar=False)
    assert next(iter(trials.importance())) == "x0"


def test_intervals_hold_the_share_and_repeat() -> None:
    study = RECORDED["flat"][-1]
    trials = trials_of(study["values"], study["losses"], FLAT)
    found = trials.importance(intervals=True)
    assert found.level == 0.9
    assert set(found.intervals) == set(found)
    assert all(0 <= low <= high <= 1 for low, high in found.intervals.values())
    low, high = found.intervals["u"]
    assert low < found["u"] < high
    assert trials.importance(intervals=True).intervals == found.intervals
    narrow = trials.importance(intervals=0.5).intervals["u"]
    assert low <= narrow[0] <= narrow[1] <= high
    assert trials.importance(intervals=True, seed=1).intervals != found.intervals
    assert trials.importance().intervals is None


def test_it_says_when_it_is_too_early() -> None:
    trials = trials_of({"x": list(np.linspace(0, 1, 19))}, list(range(19)), hp.uniform("x", 0, 1))
    with pytest.warns(ImportanceWarning, match="19 finished trials: it is too early"):
        assert trials.importance().is_too_early
    trials.add_observation({"x": 0.5}, 3.0)
    assert not trials.importance().is_too_early


def test_an_empty_study_has_equal_shares() -> None:
    trials = Trials()
    assert importance(trials) == {}
    assert importance(trials, space=FLAT) == pytest.approx(dict.fromkeys(FLAT, 1 / 8))


def test_failed_and_pruned_trials_are_left_out_or_count_as_bad() -> None:
    trials = Trials()
    for i in range(200):
        x = i / 200
        result: dict[str, Any] = {"status": "ok", "loss": x}
        if x > 0.5:
            result = {"status": "fail"} if i % 2 else {**result, "loss": -1.0, "pruned": True}
        trials.add_observation({"x": x}, result=result, space=hp.uniform("x", 0, 1))
    found = trials.importance()
    assert (found.n_trials, found.n_left_out) == (101, 99)
    counted = trials.importance(include_failed=True)
    assert (counted.n_trials, counted.n_left_out) == (101, 99)
    assert counted.raw != found.raw


def test_infinite_losses_are_no_losses() -> None:
    trials = trials_of(
        {"x": [i / 40 for i in range(40)]},
        [math.inf if i % 2 else float(i) for i in range(40)],
        hp.uniform("x", 0, 1),
    )
    assert trials.importance().n_trials == 20


def test_another_loss_can_be_asked_about() -> None:
    trials = Trials()
    space = [hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)]

    def objective(point: Any) -> dict[str, Any]:
        return {"status": "ok", "loss": point[0], "seconds": point[1]}

    fmin(objective, space, rand.suggest, 200, trials=trials, rstate=0, show_progressbar=False)
    assert next(iter(trials.importance())) == "x"
    assert next(iter(trials.importance(loss=lambda doc: doc["result"]["seconds"]))) == "y"
    with pytest.raises(TypeError, match="loss\\(trial\\) returned 'much'"):
        trials.importance(loss=lambda doc: "much")


@pytest.mark.filterwarnings("ignore::hyperopt.exceptions.SpaceWarning")
def test_a_space_that_is_not_known_is_guessed_from_the_values() -> None:
    trials = Trials()
    space = {
        "x": hp.uniform("x", 0, 1),
        "l": hp.loguniform("l", -12, 0),
        "c": hp.choice("c", ["a", "b"]),
        "one": hp.choice("one", [3]),
    }
    fmin(
        lambda p: p["x"] + (p["c"] == "b"),
        space,
        rand.suggest,
        200,
        trials=trials,
        rstate=0,
        show_progressbar=False,
    )
    known = trials.importance()
    trials._space = None
    guessed = trials.importance()
    assert list(guessed)[:2] == list(known)[:2]
    assert guessed == pytest.approx(known, abs=0.1)
    assert guessed["one"] == 0.0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"best": 0.0}, "best=0.0"),
        ({"best": 1.0}, "best=1.0"),
        ({"region": 0.05}, "region=0.05"),
        ({"baseline": "uniform"}, "baseline='uniform'"),
        ({"intervals": 2.0}, "intervals=2.0"),
        ({"n_resamples": 0}, "n_resamples=0"),
    ],
)
def test_what_makes_no_sense_is_refused(options: dict[str, Any], message: str) -> None:
    study = RECORDED["flat"][2]
    trials = trials_of(study["values"], study["losses"], FLAT)
    with pytest.raises(ValueError, match=message):
        trials.importance(**options)


def test_values_count_in_whatever_way_documents_hold_them() -> None:
    space = {"a": hp.choice("a", [0, 1, 2]), "x": hp.uniform("x", 0, 1), "y": hp.normal("y", 0, 1)}
    rng = np.random.default_rng(0)
    rows = [(int(rng.integers(3)), float(rng.random()), float(rng.normal())) for _ in range(70)]
    plain = trials_of(
        {name: [row[i] for row in rows] for i, name in enumerate("axy")},
        [a + x for a, x, _ in rows],
        space,
    )
    expected = plain.importance()
    forms = [
        lambda a, x, y: {"a": [a], "x": [x], "y": [y]},
        lambda a, x, y: {"y": (y,), "x": (np.float64(x),), "a": (np.int64(a),)},
        lambda a, x, y: {"a": [np.int32(a)], "other": [1], "x": [np.float64(x)], "y": [y]},
        lambda a, x, y: {"a": np.array([a]), "x": np.array([x]), "y": np.array([y])},
    ]
    for number, doc in enumerate(plain._dynamic_trials):
        a, x, y = rows[number]
        doc["misc"]["vals"] = forms[number % len(forms)](a, x, y)
    assert plain.importance() == expected
    for doc in plain._dynamic_trials[::3]:
        doc["misc"]["vals"] = {"x": [], "a": doc["misc"]["vals"]["a"]}
    assert plain.importance().raw["y"] != expected.raw["y"]
    plain._dynamic_trials[5]["misc"]["vals"]["x"] = ["much"]
    with pytest.raises(TypeError, match="the value of x in a trial is much"):
        plain.importance()
