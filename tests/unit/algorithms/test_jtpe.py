"""What `jtpe.suggest` promises. Its densities and draws are tested in the core."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp, jtpe, partial, rand, space_eval
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_RUNNING, Domain
from hyperopt.exceptions import BadSearchSpace
from hyperopt.pyll import scope

SPACE = {
    "x": hp.uniform("x", -5, 5),
    "lr": hp.loguniform("lr", -7, 0),
    "n": hp.uniformint("n", 1, 9),
    "size": hp.qloguniform("size", 0, math.log(2980), 1),
    "bias": hp.qnormal("bias", 0, 3, 0.5),
    "rate": hp.qlognormal("rate", 1, 1, 0.25),
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
    n: int, seed: int = 0, space: Any = SPACE, loss: Any = objective, algo: Any = jtpe.suggest
) -> tuple[Domain, Trials]:
    domain, trials = Domain(loss, space), Trials()
    rstate = np.random.default_rng(seed)
    fmin(loss, space, algo, n, trials=trials, rstate=rstate, show_progressbar=False)
    return domain, trials


def insert(trials: Trials, docs: list[dict[str, Any]], loss: Any, state: int = 2) -> None:
    for doc in docs:
        doc["state"] = state
        doc["result"] = {"status": STATUS_OK, "loss": loss}
    trials.insert_trial_docs(docs)
    trials.refresh()


def test_one_document_comes_for_every_id() -> None:
    domain, trials = study(30)
    docs = jtpe.suggest([100, 101, 102], domain, trials, 7)
    assert [doc["tid"] for doc in docs] == [100, 101, 102]
    for doc in docs:
        active = [label for label, value in doc["misc"]["vals"].items() if value]
        assert [doc["misc"]["idxs"][label] for label in active] == [[doc["tid"]]] * len(active)
        assert set(active) == set(domain.space.active(vals(doc)))


def test_values_have_the_types_and_supports_of_their_priors() -> None:
    _, trials = study(120)
    for doc in trials.trials:
        point = vals(doc)
        assert -5 <= point["x"] <= 5
        assert math.exp(-7) <= point["lr"] <= 1
        assert point["n"] in range(1, 10)
        assert point["size"] >= 0
        assert point["size"] == round(point["size"])
        assert point["bias"] * 2 == round(point["bias"] * 2)
        assert point["rate"] >= 0
        assert point["scale"] > 0
        assert type(point["seed"]) is np.int64
        assert type(point["n"]) is np.float64
        assert 0 <= point["seed"] < 1000
        assert ("depth" in point) == (point["model"] == 0)
        assert ("q" in point) == (point.get("inner") == 1)


def test_the_same_seed_gives_the_same_run() -> None:
    first, again, other = (study(60, seed)[1].vals for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_suggestions_of_a_batch_differ() -> None:
    domain, trials = study(40)
    docs = jtpe.suggest(list(range(100, 130)), domain, trials, 7)
    assert len({vals(doc)["x"] for doc in docs}) == 30


def test_a_batch_that_is_never_inserted_leaves_no_trace() -> None:
    domain, trials = study(40)
    before = jtpe.suggest([100], domain, trials, 7)
    jtpe.suggest(list(range(100, 150)), domain, trials, 9)
    assert vals(jtpe.suggest([100], domain, trials, 7)[0]) == vals(before[0])


def test_the_fed_history_suggests_what_a_fresh_one_does() -> None:
    domain, trials = study(200)
    for doc in trials.trials[50:60]:
        doc["result"]["loss"] += 5.0
    for doc in trials.trials[70:75]:
        doc["state"] = JOB_STATE_ERROR
    trials.reread()
    again = pickle.loads(pickle.dumps(trials))
    for seed in range(5):
        ids = list(range(1000, 1004))
        fed = jtpe.suggest(ids, domain, trials, seed)
        fresh = jtpe.suggest(ids, domain, again, seed)
        assert [vals(doc) for doc in fed] == [vals(doc) for doc in fresh]


def test_a_correlated_valley_is_followed() -> None:
    space = {label: hp.uniform(label, -5, 5) for label in "abcd"}

    def valley(p: dict[str, float]) -> float:
        return 10 * sum((p[x] - p[y]) ** 2 for x, y in ("ab", "bc", "cd")) + (p["a"] - 1) ** 2

    joint = [min(study(100, seed, space, valley)[1].losses()) for seed in range(10)]
    random = []
    for seed in range(10):
        trials = Trials()
        rstate = np.random.default_rng(seed)
        fmin(valley, space, rand.suggest, 100, trials=trials, rstate=rstate, show_progressbar=False)
        random.append(min(trials.losses()))
    # Medians of ten seeded runs; they differ by a factor of about ten.
    assert np.median(joint) < np.median(random) / 3


def test_pending_trials_are_kept_away_from() -> None:
    domain, trials = study(30)
    docs = jtpe.suggest([100], domain, trials, 1)
    alone = vals(jtpe.suggest([101], domain, trials, 1)[0])
    assert alone == vals(docs[0])
    docs[0]["state"] = JOB_STATE_RUNNING
    trials.insert_trial_docs(docs)
    trials.refresh()
    assert vals(jtpe.suggest([101], domain, trials, 1)[0]) != alone


def test_failures_nan_and_missing_losses_are_survived() -> None:
    domain, trials = Domain(objective, SPACE), Trials()
    for number in range(40):
        docs = jtpe.suggest(trials.new_trial_ids(1), domain, trials, number)
        docs[0]["state"] = JOB_STATE_DONE
        docs[0]["result"] = [
            {"status": STATUS_FAIL},
            {"status": STATUS_OK, "loss": float("nan")},
            {"status": STATUS_FAIL, "loss": 0.0},
            {"status": STATUS_OK, "loss": float("inf")},
        ][number % 4]
        trials.insert_trial_docs(docs)
        trials.refresh()
    assert len(vals(jtpe.suggest([99], domain, trials, 0)[0])) >= 9


def test_a_finite_space_is_tried_completely_before_anything_twice() -> None:
    space = [hp.choice("a", [0, hp.quniform("b", 0, 3, 1)]), hp.randint("c", -1, 2)]
    _, trials = study(15, 0, space, lambda p: float(p[0] + p[1]))
    points = {tuple(sorted(vals(doc).items())) for doc in trials.trials}
    assert len(points) == 15


def test_values_from_elsewhere_are_learnt_from() -> None:
    domain, trials = Domain(objective, SPACE), Trials()
    docs = rand.suggest(list(range(30)), domain, trials, 0)
    for doc in docs:
        for label, value in (("x", 80.0), ("lr", 5.0), ("n", 4.4), ("seed", 5000), ("model", 7)):
            doc["misc"]["vals"][label] = [value]
        for label in ("bias", "unknown"):
            doc["misc"]["vals"][label] = []
    insert(trials, docs, 1.0)
    for seed in range(20):
        point = vals(jtpe.suggest([100], domain, trials, seed)[0])
        assert -5 <= point["x"] <= 5
        assert point["model"] in (0, 1)
        space_eval(SPACE, point)


def test_branches_that_only_evaluation_can_tell_are_handled() -> None:
    inner = hp.uniform("u", 0, 1)
    sign = hp.randint("k", 4)
    space = {"k": sign, "v": scope.switch(sign // 2, inner, hp.normal("w", 0, 1))}
    domain, trials = study(40, 0, space, lambda p: float(abs(p["v"]) + p["k"]))
    assert domain.space.has_dynamic_activity
    for doc in trials.trials:
        assert ("u" in vals(doc)) == (vals(doc)["k"] < 2)
    ids = list(range(100, 110))
    batch = jtpe.suggest(ids, domain, trials, 3)
    assert [vals(doc) for doc in batch] == [
        vals(doc) for doc in jtpe.suggest(ids, domain, trials, 3)
    ]
    eager = partial(jtpe.suggest, evolve_after=20, evolve_share=1)
    _, trials = study(80, 0, space, lambda p: float(abs(p["v"]) + p["k"]), eager)
    for doc in trials.trials:
        assert ("u" in vals(doc)) == (vals(doc)["k"] < 2)


def test_searches_begin_at_no_value_that_a_parameter_cannot_have() -> None:
    domain, trials = study(30, 0)
    docs = rand.suggest([50], domain, trials, 0)
    docs[0]["misc"]["vals"]["model"] = [7]
    insert(trials, docs, -5.0)
    for seed in range(20):
        for doc in jtpe.suggest([100 + seed], domain, trials, seed, evolve_after=10):
            space_eval(SPACE, vals(doc))


def test_choices_are_sets_and_integers_are_ordered() -> None:
    space = Domain(objective, SPACE).space
    unordered = dict(zip(space.labels, space.selectors, strict=True))
    assert {label for label, flag in unordered.items() if flag} == {"model", "inner"}


def test_a_space_without_parameters_is_refused() -> None:
    with pytest.raises(BadSearchSpace, match="no parameters"):
        study(12, 0, {"x": 1}, lambda p: float(p["x"]))


def test_options_reach_the_algorithm_through_partial() -> None:
    algo = partial(jtpe.suggest, n_startup_jobs=3, n_EI_candidates=4, gamma=0.3, max_good=5)
    best = fmin(objective, SPACE, algo, 20, rstate=np.random.default_rng(0), show_progressbar=False)
    assert "x" in best


BOX = {f"x{i}": hp.uniform(f"x{i}", -5, 5) for i in range(4)}


def sphere(p: dict[str, float]) -> float:
    return sum((x - 1.3) ** 2 for x in p.values())


def rosenbrock(p: dict[str, float]) -> float:
    *x, last = p.values()  # With more than three of them, the valley has a second minimum.
    return last**2 + sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in pairwise(x))


# The model alone has 1e-4 and 1e-2 or more after so many trials. In 14 other runs of each the worst
# had 2e-31 and 1e-28: no run has come near the bounds.
@pytest.mark.parametrize(
    ("loss", "evaluations", "bound"), [(sphere, 1000, 1e-15), (rosenbrock, 2000, 1e-12)]
)
def test_hundreds_of_trials_bring_the_search_to_the_optimum(
    loss: Callable[[dict[str, float]], float], evaluations: int, bound: float
) -> None:
    for seed in range(2):
        _, trials = study(evaluations, seed, BOX, loss)
        assert min(trials.losses()) < bound


def branches_and_numbers(p: dict[str, Any]) -> float:
    inner = p["inner"]
    if inner["kind"] == 0:
        return float(4 + (inner["y"] - 3.0) ** 2)
    return float((inner["n"] / 10 - 0.7) ** 2 + (inner["z"] - 0.25) ** 2 + (p["x"] + 2.0) ** 2)


def test_numbers_are_refined_within_the_branch_that_is_best() -> None:
    space = {
        "x": hp.uniform("x", -5, 5),
        "inner": hp.choice(
            "inner",
            [
                {"kind": 0, "y": hp.uniform("y", -5, 5)},
                {"kind": 1, "n": hp.randint("n", 30), "z": hp.loguniform("z", -6, 0)},
            ],
        ),
    }
    for seed in range(3):
        _, trials = study(800, seed, space, branches_and_numbers)
        assert min(trials.losses()) < 1e-5


def test_late_results_of_many_workers_count() -> None:
    domain = Domain(sphere, BOX)
    trials = Trials()
    waiting: list[Any] = []
    order = np.random.default_rng(5)
    for tid in range(1800):
        (doc,) = jtpe.suggest([tid], domain, trials, tid)
        doc["state"] = JOB_STATE_RUNNING
        trials.insert_trial_doc(doc)
        trials.refresh()
        waiting.append(trials._dynamic_trials[-1])
        if len(waiting) == 16:
            done = waiting.pop(int(order.integers(16)))
            values = {label: value[0] for label, value in done["misc"]["vals"].items()}
            done["state"] = JOB_STATE_DONE
            done["result"] = {"status": "ok", "loss": sphere(values)}
            trials.refresh()
    losses = [loss for loss in trials.losses() if loss is not None]
    assert min(losses) < 1e-6


def test_a_long_study_goes_on_alike_after_pickling() -> None:
    algo = partial(jtpe.suggest, max_rest=30)
    domain, trials = study(200, 3, algo=algo)
    again = pickle.loads(pickle.dumps(trials))
    for seed in range(5):
        ours, theirs = (
            [vals(doc) for doc in algo([1000, 1001], domain, known, seed)]
            for known in (trials, again)
        )
        assert ours == theirs
    algo = partial(algo, evolve_share=0)
    everything = partial(algo, max_rest=1000)
    for seed in range(5):
        ours, theirs, others = (
            [vals(doc) for doc in suggest([1000, 1001], domain, known, seed)]
            for suggest, known in ((algo, trials), (algo, again), (everything, trials))
        )
        assert ours == theirs
        assert ours != others


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("n_EI_candidates", 0),
        ("max_good", 0),
        ("max_rest", 0),
        ("gamma", 0.0),
        ("gamma", 1.0),
        ("gamma", math.nan),
        ("prior_weight", 0.0),
        ("prior_weight", -1.0),
        ("n_startup_jobs", -1),
        ("linear_forgetting", -1),
        ("min_bandwidth", 0.0),
        ("min_bandwidth", 2.0),
        ("good_exponent", -0.5),
        ("discrete_exponent", math.nan),
        ("rest_exponent", math.inf),
        ("option_weight", 0.0),
        ("epsilon", -0.1),
        ("epsilon", 1.01),
    ],
)
def test_an_option_out_of_range_is_named(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option}="):
        jtpe.suggest([0], Domain(objective, SPACE), Trials(), 0, **{option: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "option", ["n_startup_jobs", "n_EI_candidates", "max_good", "max_rest", "linear_forgetting"]
)
def test_a_count_must_be_an_integer(option: str) -> None:
    with pytest.raises(TypeError, match=f"{option}=2.5"):
        jtpe.suggest([0], Domain(objective, SPACE), Trials(), 0, **{option: 2.5})  # type: ignore[arg-type]


def raising_search(seed: int) -> Trials:
    def raising(point: dict[str, Any]) -> float:
        if point["kind"] == "broken":
            raise ValueError("broken")
        return (point["x"] - 0.3) ** 2

    space = {"kind": hp.choice("kind", ["broken", "fine"]), "x": hp.uniform("x", 0, 1)}
    trials = Trials()
    fmin(
        raising,
        space,
        algo=jtpe.suggest,
        max_evals=80,
        trials=trials,
        rstate=np.random.default_rng(seed),
        catch_eval_exceptions=True,
        show_progressbar=False,
        verbose=False,
    )
    return trials


def test_what_raises_is_avoided() -> None:
    # If nothing were known of exceptions, more than half of the trials would raise.
    broken = [
        sum(doc["state"] == JOB_STATE_ERROR for doc in raising_search(seed)._dynamic_trials)
        for seed in range(3)
    ]
    assert max(broken) < 30


def test_exceptions_are_remembered_when_a_study_is_loaded() -> None:
    trials = raising_search(1)
    space = {"kind": hp.choice("kind", ["broken", "fine"]), "x": hp.uniform("x", 0, 1)}
    domain = Domain(objective, space)
    loaded = pickle.loads(pickle.dumps(trials))
    (doc,) = jtpe.suggest([80], domain, trials, 5)
    (same,) = jtpe.suggest([80], domain, loaded, 5)
    assert doc["misc"]["vals"] == same["misc"]["vals"]
    without = Trials()
    without.insert_trial_docs(trials.trials)
    without.refresh()
    others = [jtpe.suggest([80], domain, without, seed)[0]["misc"]["vals"] for seed in range(30)]
    known = [jtpe.suggest([80], domain, trials, seed)[0]["misc"]["vals"] for seed in range(30)]
    assert sum(vals["kind"] == [0] for vals in known) < sum(vals["kind"] == [0] for vals in others)
