"""Annealing through its Python interface."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from hyperopt import STATUS_FAIL, STATUS_OK, Trials, anneal, fmin, hp
from hyperopt.base import Domain

SPACE = {
    "u": hp.uniform("u", -1, 4),
    "lu": hp.loguniform("lu", -6, 1),
    "qlu": hp.qloguniform("qlu", 0, np.log(54), 1),
    "n": hp.normal("n", 1, 3),
    "qln": hp.qlognormal("qln", 1, 1, 0.5),
    "r": hp.randint("r", 3, 9),
    "kind": hp.choice("kind", ["plain", {"depth": hp.quniform("depth", 0, 9, 3)}]),
    "p": hp.pchoice("p", [(0.1, 1), (0.6, 2), (0.3, 3)]),
}


def quadratic(point: dict[str, Any]) -> float:
    return float((point["u"] - 1) ** 2 + (np.log(point["lu"]) + 2) ** 2)


def studied(n: int = 30, **kwargs: Any) -> tuple[Domain, Trials]:
    trials = Trials()
    fmin(
        quadratic,
        SPACE,
        algo=anneal.suggest,
        max_evals=n,
        trials=trials,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
        **kwargs,
    )
    return Domain(quadratic, SPACE), trials


def vals(docs: list[Any]) -> list[Any]:
    return [doc["misc"]["vals"] for doc in docs]


def test_a_study_gets_close_to_the_optimum() -> None:
    _, trials = studied(150)
    assert min(trials.losses()) < 0.05


def test_equal_seeds_and_ids_give_equal_suggestions() -> None:
    domain, trials = studied()
    one = anneal.suggest([100], domain, trials, 5)
    assert vals(one) == vals(anneal.suggest([100], domain, trials, 5))
    assert vals(one) != vals(anneal.suggest([100], domain, trials, 6))
    assert vals(one) != vals(anneal.suggest([101], domain, trials, 5))


def test_every_id_of_a_batch_gets_a_trial_of_its_own_and_leaves_no_trace() -> None:
    domain, trials = studied()
    docs = anneal.suggest([100, 101, 102], domain, trials, 5)
    assert [doc["tid"] for doc in docs] == [100, 101, 102]
    assert len({repr(v) for v in vals(docs)}) == 3
    assert vals(docs[:1]) == vals(anneal.suggest([100], domain, trials, 5))
    idxs, columns = anneal.suggest_batch([100, 101, 102], domain, trials, 5)
    assert idxs["u"] == [100, 101, 102]
    assert columns["u"] == [doc["misc"]["vals"]["u"][0] for doc in docs]


def test_values_have_the_types_and_places_of_documents() -> None:
    domain, trials = studied()
    (doc,) = anneal.suggest([100], domain, trials, 5)
    assert type(doc["misc"]["vals"]["u"][0]) is np.float64
    assert type(doc["misc"]["vals"]["r"][0]) is np.int64
    active = doc["misc"]["vals"]["kind"] == [1]
    assert doc["misc"]["idxs"]["depth"] == ([100] if active else [])
    assert 3 <= doc["misc"]["vals"]["r"][0] <= 8


# Kolmogorov-Smirnov, alpha = 1e-6.
def test_an_empty_history_gives_draws_from_the_prior() -> None:
    domain = Domain(quadratic, SPACE)
    docs = [anneal.suggest([tid], domain, Trials(), 3)[0] for tid in range(2000)]
    draws = [doc["misc"]["vals"]["u"][0] for doc in docs]
    assert stats.kstest(draws, stats.uniform(-1, 5).cdf).pvalue > 1e-6


# Kolmogorov-Smirnov, alpha = 1e-6 each. Both ways of asking draw from the same distribution.
def test_the_class_for_subclasses_draws_as_the_function_does() -> None:
    domain, trials = studied()
    ids = range(100, 700)
    fast = vals([anneal.suggest([tid], domain, trials, 1)[0] for tid in ids])
    algo = anneal.AnnealingAlgo(domain, trials, 2)
    slow = vals([algo(tid)[0] for tid in ids])
    for label in SPACE:
        one, two = ([v[label][0] for v in some] for some in (fast, slow))
        assert stats.ks_2samp(one, two).pvalue > 1e-6, label


def test_a_subclass_can_decide_a_family_in_another_way() -> None:
    class Stubborn(anneal.AnnealingAlgo):
        def hp_uniform(self, memo: Any, node: Any, label: str, tid: int, val: float) -> Any:
            return np.array([val])

    domain, trials = studied()
    known = {value for v in vals(trials.trials) for value in v["u"]}
    algo = Stubborn(domain, trials, 2)
    assert {algo(tid)[0]["misc"]["vals"]["u"][0] for tid in range(100, 120)} <= known
    assert algo.shrinking("u") == 1 / (1 + 30 * 0.1)


def test_steps_start_from_the_best_trial_when_the_mean_rank_is_one() -> None:
    domain, trials = studied()
    best = trials.best_trial["misc"]["vals"]["u"][0]
    half = 0.5 * 5 / (1 + 30 * 100.0)
    for tid in range(100, 120):
        (doc,) = anneal.suggest([tid], domain, trials, 5, avg_best_idx=1, shrink_coef=100.0)
        assert abs(doc["misc"]["vals"]["u"][0] - best) <= 2 * half


def test_trials_of_every_outcome_count_and_failed_ones_rank_last() -> None:
    outcomes = iter(
        [1.0, float("nan"), {"status": STATUS_FAIL}, {"status": STATUS_OK, "loss": 2.0}]
    )
    trials = Trials()
    space = hp.uniform("x", 0, 1)
    fmin(
        lambda x: next(outcomes),
        space,
        algo=anneal.suggest,
        max_evals=4,
        trials=trials,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
        return_argmin=False,
    )
    algo = anneal.AnnealingAlgo(Domain(lambda x: x, space), trials, 0)
    assert algo.shrinking("x") == 1 / (1 + 4 * 0.1)
    ranking = [algo._annealer.ranked("x", rank) for rank in range(4)]
    assert ranking == [0, 3, 2, 1]


def test_suggestions_for_known_ids_leave_the_trials_as_they_are() -> None:
    domain, trials = studied(20)
    before = vals(anneal.suggest([100], domain, trials, 5))
    anneal.suggest([3, 7, 101], domain, trials, 5)
    assert vals(anneal.suggest([100], domain, trials, 5)) == before
    algo = anneal.AnnealingAlgo(domain, trials, 0)
    assert algo.shrinking("u") == 1 / (1 + 20 * 0.1)


def test_changed_documents_are_seen_after_a_refresh() -> None:
    domain, trials = studied(5)
    anneal.suggest([100], domain, trials, 5)
    worst = max(trials.trials, key=lambda doc: doc["result"]["loss"])
    worst["result"]["loss"] = -1.0
    trials.refresh()
    algo = anneal.AnnealingAlgo(domain, trials, 0)
    assert algo._annealer.ranked("u", 0) == worst["tid"]


@pytest.mark.parametrize(
    "options", [{"avg_best_idx": 0.5}, {"avg_best_idx": float("nan")}, {"shrink_coef": -1}]
)
def test_options_out_of_range_are_named(options: dict[str, Any]) -> None:
    (name,) = options
    with pytest.raises(ValueError, match=name):
        anneal.suggest([0], Domain(quadratic, SPACE), Trials(), 0, **options)
