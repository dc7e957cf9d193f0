"""What `tpe.suggest` promises besides its densities."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hyperopt import STATUS_OK, Trials, fmin, hp, partial, rand, tpe
from hyperopt.algorithms.feed import feed_of
from hyperopt.algorithms.history import HistoryFeed
from hyperopt.base import JOB_STATE_DONE, JOB_STATE_ERROR, JOB_STATE_RUNNING, Domain
from hyperopt.pyll import as_apply, scope
from hyperopt.storage.states import WINDOW

SPACE = {
    "x": hp.uniform("x", -5, 5),
    "lr": hp.loguniform("lr", -7, 0),
    "n": scope.int(hp.quniform("n", 1, 9, 1)),
    "model": hp.choice(
        "model",
        [
            {"kind": "a", "depth": hp.randint("depth", 1, 6)},
            {"kind": "b", "w": hp.normal("w", 0, 2)},
        ],
    ),
}


def objective(config: dict[str, Any]) -> float:
    extra = config["model"].get("depth", 3) - 3 + abs(config["model"].get("w", 0.0))
    return float((config["x"] - 1) ** 2 + abs(np.log(config["lr"]) + 3) + config["n"] / 9 + extra)


def vals(doc: dict[str, Any]) -> dict[str, Any]:
    return {label: value[0] for label, value in doc["misc"]["vals"].items() if value}


def search(
    function: Callable[..., Any], space: Any, n: int, seed: int = 0, algo: Any = tpe.suggest
) -> Trials:
    trials = Trials()
    rstate = np.random.default_rng(seed)
    fmin(function, space, algo, n, trials=trials, rstate=rstate, show_progressbar=False)
    return trials


def study(n: int, seed: int = 0) -> tuple[Domain, Trials]:
    return Domain(objective, SPACE), search(objective, SPACE, n, seed)


def test_one_document_comes_for_every_id() -> None:
    domain, trials = study(30)
    docs = tpe.suggest([100, 101, 102], domain, trials, 7)
    assert [doc["tid"] for doc in docs] == [100, 101, 102]
    for doc in docs:
        active = [label for label, value in doc["misc"]["vals"].items() if value]
        assert [doc["misc"]["idxs"][label] for label in active] == [[doc["tid"]]] * len(active)
        assert set(active) == set(domain.space.active(vals(doc)))


def test_suggestions_of_a_batch_differ() -> None:
    domain, trials = study(40)
    docs = tpe.suggest(list(range(100, 130)), domain, trials, 7)
    assert len({vals(doc)["x"] for doc in docs}) == 30


def test_the_same_seed_gives_the_same_batch() -> None:
    domain, trials = study(40)
    first = tpe.suggest(list(range(100, 110)), domain, trials, 7)
    again = tpe.suggest(list(range(100, 110)), domain, trials, 7)
    other = tpe.suggest(list(range(100, 110)), domain, trials, 8)
    assert [vals(doc) for doc in first] == [vals(doc) for doc in again]
    assert [vals(doc) for doc in first] != [vals(doc) for doc in other]


def test_a_batch_that_is_never_inserted_leaves_no_trace() -> None:
    domain, trials = study(40)
    before = tpe.suggest([100], domain, trials, 7)
    tpe.suggest(list(range(100, 150)), domain, trials, 9)
    assert vals(tpe.suggest([100], domain, trials, 7)[0]) == vals(before[0])


def test_the_fed_history_suggests_what_a_fresh_one_does() -> None:
    domain, trials = study(300)
    for doc in trials.trials[50:60]:
        doc["result"]["loss"] += 5.0
    for doc in trials.trials[70:75]:
        doc["state"] = JOB_STATE_ERROR
    trials.reread()
    docs = tpe.suggest([1000], domain, trials, 3)
    copy = pickle.loads(pickle.dumps(trials))
    assert vals(docs[0]) == vals(tpe.suggest([1000], Domain(objective, SPACE), copy, 3)[0])


def test_documents_changed_in_place_are_seen_after_refresh() -> None:
    domain, trials = study(40)
    docs = tpe.suggest([40, 41], domain, trials, 5)
    for doc in docs:
        doc["state"] = JOB_STATE_RUNNING
    trials.insert_trial_docs(docs)
    trials.refresh()
    tpe.suggest([42], domain, trials, 5)
    docs[0]["state"] = JOB_STATE_DONE
    docs[0]["result"] = {"status": STATUS_OK, "loss": -100.0}
    trials.refresh()
    copy = pickle.loads(pickle.dumps(trials))
    ours, fresh = (tpe.suggest([43], domain, t, 6)[0] for t in (trials, copy))
    assert vals(ours) == vals(fresh)


def test_a_document_that_cannot_be_read_hides_no_other_once_it_is_mended() -> None:
    domain, trials = study(30)
    docs = tpe.suggest([30, 31, 32], domain, trials, 5)
    for doc, loss in zip(docs, [-1.0, "low", -2.0], strict=True):
        doc["state"] = JOB_STATE_DONE
        doc["result"] = {"status": STATUS_OK, "loss": loss}
    trials.insert_trial_docs(docs)
    trials.refresh()
    with pytest.raises(TypeError, match="the loss of trial 31 is low"):
        tpe.suggest([33], domain, trials, 6)
    docs[1]["result"]["loss"] = -3.0
    history = feed_of(HistoryFeed, trials, domain.space).update(trials)
    assert dict(zip(*history.rows(), strict=True)) == dict(
        zip(trials.tids, trials.losses(), strict=True)
    )


def test_ids_may_be_anything() -> None:
    domain, trials = study(30)
    ids: list[Any] = [np.int64(30), "thirty-one", 32, 1 << 61]
    for tid, doc in zip(ids, tpe.suggest([30, 31, 32, 33], domain, trials, 5), strict=True):
        doc["tid"] = doc["misc"]["tid"] = tid
        doc["state"] = JOB_STATE_DONE
        doc["result"] = {"status": STATUS_OK, "loss": 1.0}
        trials.insert_trial_doc(doc)
    trials.refresh()
    history = feed_of(HistoryFeed, trials, domain.space).update(trials)
    assert len(history) == 34
    assert {30, 32, 1 << 61} < set(history.rows()[0])


@pytest.mark.parametrize("exp_key", [None, "mine"])
def test_changes_of_old_documents_are_seen_in_the_end(exp_key: str | None) -> None:
    domain, other = study(400)
    trials = Trials(exp_key=exp_key)
    for doc in other.trials:
        doc["exp_key"] = exp_key
    trials.insert_trial_docs(other.trials)
    trials.refresh()
    tpe.suggest([400], domain, trials, 5)
    trials.trials[7]["result"]["loss"] = -100.0
    trials.trials[11]["state"] = JOB_STATE_ERROR
    for _ in range(2 + 400 // WINDOW):
        trials.refresh()
    keys, losses = feed_of(HistoryFeed, trials, domain.space).update(trials).rows()
    assert len(trials) == 399
    assert dict(zip(keys, losses, strict=True)) == dict(
        zip(trials.tids, trials.losses(), strict=True)
    )


def test_a_pending_trial_makes_its_place_less_attractive() -> None:
    space = hp.uniform("x", 0, 1)
    domain = Domain(lambda x: (x - 0.5) ** 2, space)
    trials = search(lambda x: (x - 0.5) ** 2, space, 60, 1, rand.suggest)
    doc = tpe.suggest([100], domain, trials, 0)[0]
    places = np.array([vals(doc)["x"], 0.01])

    def attraction() -> float:
        history = feed_of(HistoryFeed, trials, domain.space).update(trials)
        here, far = history.ratios("x", places, 0.25, 1.0)
        return float(here / far)

    before = attraction()
    trials.insert_trial_docs([doc])
    trials.refresh()
    assert attraction() < 0.95 * before


def test_values_are_numpy_scalars_and_the_objective_sees_native_ones() -> None:
    domain, trials = study(30)
    doc = tpe.suggest([100], domain, trials, 1)[0]
    for label, value in vals(doc).items():
        assert type(value) is (np.int64 if label in ("model", "depth") else np.float64)
    config = domain.space.evaluate(vals(doc))
    assert type(config["x"]) is float
    assert type(config["n"]) is int


def test_a_switch_on_arithmetic_draws_only_what_is_needed() -> None:
    a = hp.randint("a", 3)
    b = hp.randint("b", 3)
    space = scope.switch((a + b) // 2, hp.uniform("p", 0, 1), hp.normal("q", 5, 1), as_apply(3.0))
    trials = search(lambda x: x, space, 60)
    for doc in trials.trials:
        found = vals(doc)
        branch = (found["a"] + found["b"]) // 2
        assert set(found) == {"a", "b"} | {0: {"p"}, 1: {"q"}, 2: set()}[branch]
    domain = Domain(lambda x: x, space)
    docs = tpe.suggest(list(range(100, 120)), domain, trials, 0)
    assert len({tuple(sorted(vals(doc).items())) for doc in docs}) > 10


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"n_EI_candidates": 0}, "n_EI_candidates"),
        ({"gamma": -1.0}, "gamma"),
        ({"gamma": float("nan")}, "gamma"),
        ({"prior_weight": -0.5}, "prior_weight"),
    ],
)
def test_options_out_of_range_are_named(options: dict[str, Any], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        fmin(objective, SPACE, partial(tpe.suggest, **options), 30, show_progressbar=False)


def test_a_prior_of_no_weight_needs_observations() -> None:
    algo = partial(tpe.suggest, prior_weight=0.0, n_startup_jobs=0)
    with pytest.raises(ValueError, match="prior_weight"):
        fmin(objective, SPACE, algo, 5, show_progressbar=False)


def test_no_startup_and_an_empty_history_is_legal() -> None:
    algo = partial(tpe.suggest, n_startup_jobs=0)
    best = fmin(objective, SPACE, algo, 3, show_progressbar=False)
    assert "x" in best


def test_nan_losses_are_as_if_they_had_not_been() -> None:
    def sometimes(config: dict[str, Any]) -> float:
        return float("nan") if config["x"] > 0 else config["x"]

    space = {"x": hp.uniform("x", -5, 5)}
    trials = search(sometimes, space, 60)
    domain = Domain(sometimes, space)
    rows, _ = feed_of(HistoryFeed, trials, domain.space).update(trials).rows()
    assert rows == [d["tid"] for d in trials.trials if d["result"]["loss"] == d["result"]["loss"]]


def test_randint_with_keywords_keeps_its_offset() -> None:
    for node in (hp.randint("r", low=2, high=5), hp.randint("r", 2, high=5)):
        trials = search(float, node, 60)
        assert set(trials.vals["r"]) == {2, 3, 4}


def test_an_enormous_range_of_integers_costs_nothing() -> None:
    space = hp.randint("r", 2**40)
    best = fmin(
        lambda r: abs(r - 10**11) / 1e11,
        space,
        tpe.suggest,
        50,
        rstate=np.random.default_rng(0),
        show_progressbar=False,
    )
    assert 0 <= best["r"] < 2**40


def test_warm_starts_with_other_labels_are_accepted() -> None:
    _, trials = study(30)
    wider = Domain(lambda c: 0.0, {"x": hp.uniform("x", -5, 5), "new": hp.uniform("new", 0, 1)})
    doc = tpe.suggest([99], wider, trials, 0)[0]
    assert set(vals(doc)) == {"x", "new"}
