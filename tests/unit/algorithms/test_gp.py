"""What `gp.suggest` promises. Its matrices and gradients are tested in the core."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest

from hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, gp, hp, partial, rand
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_RUNNING, Domain
from hyperopt.pyll import scope

SPACE = {
    "x": hp.uniform("x", -5, 5),
    "lr": hp.loguniform("lr", -7, 0),
    "n": hp.uniformint("n", 1, 9),
    "size": hp.qloguniform("size", 0, math.log(2980), 1),
    "bias": hp.qnormal("bias", 0, 3, 0.5),
    "scale": hp.lognormal("scale", 0, 1),
    "seed": hp.randint("seed", 1000),
    "model": hp.choice(
        "model",
        [
            {"kind": "a", "depth": hp.randint("depth", 1, 6)},
            {
                "kind": "b",
                "w": hp.normal("w", 0, 2),
                "inner": hp.pchoice("inner", [(0.2, 0.0), (0.8, hp.quniform("q", 0, 1, 0.1))]),
            },
        ],
    ),
}


def objective(config: dict[str, Any]) -> float:
    model = config["model"]
    extra = abs(model.get("depth", 3) - 3) + abs(model.get("w", 0.0)) + model.get("inner", 0.3)
    return float((config["x"] - 1) ** 2 + abs(np.log(config["lr"]) + 3) + config["n"] / 9 + extra)


def vals(doc: dict[str, Any]) -> dict[str, Any]:
    return {label: value[0] for label, value in doc["misc"]["vals"].items() if value}


def study(
    n: int, seed: int = 0, space: Any = SPACE, loss: Any = objective, algo: Any = gp.suggest
) -> tuple[Domain, Trials]:
    domain, trials = Domain(loss, space), Trials()
    rstate = np.random.default_rng(seed)
    fmin(loss, space, algo, n, trials=trials, rstate=rstate, show_progressbar=False)
    return domain, trials


def test_values_have_the_types_and_supports_of_their_priors() -> None:
    domain, trials = study(40)
    for doc in trials.trials:
        point = vals(doc)
        assert set(point) == set(domain.space.active(point))
        assert -5 <= point["x"] <= 5
        assert math.exp(-7) <= point["lr"] <= 1
        assert point["n"] in range(1, 10)
        assert point["size"] >= 0
        assert point["size"] == round(point["size"])
        assert point["bias"] * 2 == round(point["bias"] * 2)
        assert point["scale"] > 0
        assert type(point["seed"]) is np.int64
        assert 0 <= point["seed"] < 1000
        assert ("depth" in point) == (point["model"] == 0)
        assert ("q" in point) == (point.get("inner") == 1)


def test_the_same_seed_gives_the_same_run() -> None:
    first, again, other = (study(25, seed)[1].vals for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_a_smooth_bowl_needs_few_trials() -> None:
    space = {label: hp.uniform(label, -5, 5) for label in "abcd"}

    def valley(p: dict[str, float]) -> float:
        return 10 * sum((p[x] - p[y]) ** 2 for x, y in ("ab", "bc", "cd")) + (p["a"] - 1) ** 2

    # The best of 50 random trials has a loss of about 60; of 2,000, about 8.
    assert max(min(study(50, seed, space, valley)[1].losses()) for seed in range(3)) < 4.0


def test_a_batch_is_distinct_and_leaves_no_trace() -> None:
    domain, trials = study(20)
    before = gp.suggest([100], domain, trials, 7)
    docs = gp.suggest(list(range(100, 112)), domain, trials, 7)
    assert [doc["tid"] for doc in docs] == list(range(100, 112))
    assert len({tuple(vals(doc).items()) for doc in docs}) == 12
    assert vals(gp.suggest([100], domain, trials, 7)[0]) == vals(before[0]) == vals(docs[0])


def test_the_fed_history_suggests_what_a_fresh_one_does() -> None:
    domain, trials = study(50)
    for doc in trials.trials[20:30]:
        doc["result"]["loss"] += 5.0
    for doc in trials.trials[30:33]:
        doc["state"] = JOB_STATE_ERROR
    trials.trials[35]["result"] = {"status": STATUS_FAIL}
    trials.reread()
    again = pickle.loads(pickle.dumps(trials))
    for seed in range(3):
        fed = gp.suggest([1000, 1001], domain, trials, seed)
        fresh = gp.suggest([1000, 1001], domain, again, seed)
        assert [vals(doc) for doc in fed] == [vals(doc) for doc in fresh]


def test_pending_trials_are_kept_away_from() -> None:
    space = {"x": hp.uniform("x", 0, 1)}
    domain, trials = study(12, 0, space, lambda p: float((p["x"] - 0.4) ** 2))
    docs = gp.suggest([100], domain, trials, 1)
    docs[0]["state"] = JOB_STATE_RUNNING
    trials.insert_trial_docs(docs)
    trials.refresh()
    assert vals(gp.suggest([101], domain, trials, 1)[0]) != vals(docs[0])


def test_failed_trials_count_as_bad_ones() -> None:
    space = {"x": hp.uniform("x", 0, 1)}

    def fails(p: dict[str, float]) -> dict[str, Any]:
        if p["x"] > 0.5:
            return {"status": STATUS_FAIL}
        return {"status": STATUS_OK, "loss": float(-p["x"])}

    _, trials = study(40, 0, space, fails)
    failed = [status == STATUS_FAIL for status in trials.statuses()]
    # The losses fall towards where trials fail; without a word of failures it would stay there.
    assert sum(failed[10:]) <= 18
    assert min(loss for loss in trials.losses() if loss is not None) < -0.499


@pytest.mark.parametrize(
    "loss",
    [
        lambda i, x: 1.0,
        lambda i, x: math.floor(3 * x),
        lambda i, x: 1e6 if i % 5 == 0 else x,
        lambda i, x: 1e300 * (-1) ** i,
        lambda i, x: 1e-300 * x,
        lambda i, x: float("nan") if i % 2 else x,
        lambda i, x: float("inf") if i % 3 else x,
        lambda i, x: -0.0,
    ],
)
def test_strange_losses_are_survived(loss: Any) -> None:
    domain, trials = Domain(objective, SPACE), Trials()
    for number in range(24):
        docs = gp.suggest(trials.new_trial_ids(1), domain, trials, number)
        docs[0]["state"] = JOB_STATE_DONE
        value = loss(number, vals(docs[0])["x"] / 10 + 0.5)
        docs[0]["result"] = {"status": STATUS_OK, "loss": value}
        trials.insert_trial_docs(docs)
        trials.refresh()
    assert len({tuple(vals(doc).items()) for doc in trials._dynamic_trials}) == 24


def test_the_same_point_many_times_is_survived() -> None:
    domain, trials = study(10)
    copies = [pickle.loads(pickle.dumps(trials.trials[3])) for _ in range(20)]
    for number, doc in enumerate(copies):
        doc["tid"] = doc["misc"]["tid"] = 100 + number
        for label, value in doc["misc"]["idxs"].items():
            doc["misc"]["idxs"][label] = [100 + number] * len(value)
        doc["result"]["loss"] = float(number % 3)
    trials.insert_trial_docs(copies)
    trials.refresh()
    assert vals(gp.suggest([200], domain, trials, 0)[0]) != vals(copies[0])


def test_a_finite_space_is_tried_completely_before_anything_twice() -> None:
    space = [hp.choice("a", [0, hp.quniform("b", 0, 3, 1)]), hp.randint("c", -1, 2)]
    _, trials = study(15, 0, space, lambda p: float(p[0] + p[1]))
    assert len({tuple(sorted(vals(doc).items())) for doc in trials.trials}) == 15


def test_hundreds_of_parameters_and_long_studies_are_left_to_the_joint_estimator() -> None:
    wide = {f"x{i}": hp.uniform(f"x{i}", 0, 1) for i in range(200)}
    _, trials = study(13, 0, wide, lambda p: float(sum(p.values())))
    assert len(trials.trials) == 13
    algo = partial(gp.suggest, max_trials=12)
    _, trials = study(30, 0, SPACE, objective, algo)
    assert len(trials.trials) == 30


def test_values_from_elsewhere_are_learnt_from() -> None:
    domain, trials = Domain(objective, SPACE), Trials()
    docs = rand.suggest(list(range(15)), domain, trials, 0)
    for number, doc in enumerate(docs):
        for label, value in (("x", 80.0), ("lr", 5.0), ("n", 4.4), ("seed", 5000), ("model", 7)):
            doc["misc"]["vals"][label] = [value]
        for label in ("bias", "unknown"):
            doc["misc"]["vals"][label] = []
        doc["state"], doc["result"] = 2, {"status": STATUS_OK, "loss": float(number)}
    trials.insert_trial_docs(docs)
    trials.refresh()
    for seed in range(3):
        point = vals(gp.suggest([100], domain, trials, seed)[0])
        assert -5 <= point["x"] <= 5
        assert point["model"] in (0, 1)


def test_branches_that_only_evaluation_can_tell_are_handled() -> None:
    sign = hp.randint("k", 4)
    space = {
        "k": sign,
        "v": scope.switch(sign // 2, hp.uniform("u", 0, 1), hp.normal("w", 0, 1)),
    }
    domain, trials = study(20, 0, space, lambda p: float(abs(p["v"]) + p["k"]))
    assert domain.space.has_dynamic_activity
    for doc in trials.trials:
        assert ("u" in vals(doc)) == (vals(doc)["k"] < 2)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("n_EI_candidates", 0),
        ("n_startup_jobs", -1),
        ("max_trials", -1),
        ("max_parameters", -1),
        ("length_prior", (0.0, 0.0)),
        ("scale_prior", (math.nan, 1.0)),
        ("noise_prior", (0.0, math.inf)),
        ("mean_variance", -1.0),
        ("epsilon", 1.01),
    ],
)
def test_an_option_out_of_range_is_named(option: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{option}="):
        gp.suggest([0], Domain(objective, SPACE), Trials(), 0, **{option: value})


@pytest.mark.parametrize(
    "option", ["n_startup_jobs", "n_EI_candidates", "max_trials", "max_parameters"]
)
def test_a_count_must_be_an_integer(option: str) -> None:
    with pytest.raises(TypeError, match=f"{option}=2.5"):
        gp.suggest([0], Domain(objective, SPACE), Trials(), 0, **{option: 2.5})  # type: ignore[arg-type]
