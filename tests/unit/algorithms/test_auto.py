"""What the default promises: the better of two models, from trial to trial."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

from hyperopt import Trials, auto, fmin, gp, hp, jtpe, partial
from hyperopt.base import Domain

SPACE = {"x": hp.uniform("x", -5, 5), "y": hp.uniform("y", -5, 5), "k": hp.randint("k", 4)}


def vals(doc: dict[str, Any]) -> dict[str, Any]:
    return {label: value[0] for label, value in doc["misc"]["vals"].items() if value}


def study(n: int, loss: Any, algo: Any = None, seed: int = 0) -> tuple[Domain, Trials]:
    domain, trials = Domain(loss, SPACE), Trials()
    rstate = np.random.default_rng(seed)
    fmin(loss, SPACE, algo, n, trials=trials, rstate=rstate, show_progressbar=False)
    return domain, trials


def bowl(p: dict[str, Any]) -> float:
    return float((p["x"] - 1) ** 2 + (p["y"] - p["x"]) ** 2 + p["k"])


def noise(p: dict[str, Any]) -> float:
    return float(np.sin(1e6 * p["x"] * p["y"]))


def agreement(domain: Domain, trials: Trials, other: Any, seeds: int = 40) -> float:
    """How often the default suggests what another algorithm does."""
    same = [
        vals(auto.suggest([1000], domain, trials, seed)[0])
        == vals(other([1000], domain, trials, seed)[0])
        for seed in range(seeds)
    ]
    return float(np.mean(same))


def test_fmin_and_studies_take_it_without_being_told() -> None:
    trials = study(20, bowl)[1]
    assert trials.vals == study(20, bowl, auto.suggest)[1].vals
    assert Trials().study(SPACE).algo is auto.suggest


def test_what_can_be_predicted_is_left_to_the_process() -> None:
    domain, trials = study(30, bowl)
    # 95 % of the seeds, of 40; fewer than 30 have a probability below 1e-4.
    assert agreement(domain, trials, gp.suggest) >= 0.75


def test_what_cannot_be_predicted_is_left_to_the_estimator_mostly() -> None:
    domain, trials = study(40, noise)
    # 70 % of the seeds, of 40; fewer than 16 have a probability below 1e-4.
    assert agreement(domain, trials, jtpe.suggest) >= 0.4


def test_the_process_fades_in_a_long_study() -> None:
    algo = partial(gp.suggest, trust=(0.3, 0.95, 20, 30), max_trials=30)
    domain, trials = study(45, bowl, algo)
    for seed in range(5):
        last = algo([1000], domain, trials, seed)[0]
        assert vals(last) == vals(jtpe.suggest([1000], domain, trials, seed)[0])


def test_a_study_that_was_read_back_goes_on_alike() -> None:
    domain, trials = study(50, bowl)
    again = pickle.loads(pickle.dumps(trials))
    for seed in range(10):
        ids = [1000, 1001, 1002]
        ours, theirs = (auto.suggest(ids, domain, known, seed) for known in (trials, again))
        assert [vals(doc) for doc in ours] == [vals(doc) for doc in theirs]


def test_a_batch_is_distinct() -> None:
    domain, trials = study(20, bowl)
    docs = auto.suggest(list(range(100, 116)), domain, trials, 7)
    assert len({tuple(vals(doc).items()) for doc in docs}) == 16


def test_a_number_out_of_range_is_named() -> None:
    domain = Domain(bowl, SPACE)
    with pytest.raises(ValueError, match="n_startup_jobs=-1"):
        auto.suggest([0], domain, Trials(), 0, n_startup_jobs=-1)
    with pytest.raises(TypeError, match=r"n_startup_jobs=2\.5"):
        auto.suggest([0], domain, Trials(), 0, n_startup_jobs=2.5)  # type: ignore[arg-type]


def test_trust_out_of_range_is_named() -> None:
    with pytest.raises(ValueError, match="trust="):
        gp.suggest([0], Domain(bowl, SPACE), Trials(), 0, trust=(0.9, 0.1, 0, 1))
