"""The history that documents are fed to, against the vectors of rows, split and scores.

Deviations that the specification recommends are applied to what is expected: a failed trial with a
loss counts as infinitely bad (Q3), and a row that a derived trial won has that trial's values (Q6).
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperopt import Trials, hp, tpe
from hyperopt.algorithms.feed import feed_of
from hyperopt.algorithms.history import HistoryFeed
from hyperopt.base import Domain
from hyperopt.pyll import scope

HERE = Path(__file__).parent
SPLIT = json.loads((HERE / "split.json").read_text())
SCORES = json.loads((HERE / "scores.json").read_text())


def number(x: Any) -> float:
    return float(x)


def space_of(case: dict[str, Any]) -> Any:
    return eval(case["space_src"], {"hp": hp, "scope": scope, "np": np, "math": math})


def document(
    tid: int,
    state: int,
    result: dict[str, Any],
    labels: list[str],
    values: list[Any],
    from_tid: int | None = None,
) -> dict[str, Any]:
    misc = {
        "tid": tid,
        "cmd": None,
        "idxs": {k: [] if v is None else [tid] for k, v in zip(labels, values, strict=True)},
        "vals": {k: [] if v is None else [v] for k, v in zip(labels, values, strict=True)},
    }
    if from_tid is not None:
        misc["from_tid"] = from_tid
    return {
        "state": state,
        "tid": tid,
        "spec": None,
        "result": result,
        "misc": misc,
        "exp_key": None,
        "owner": None,
        "version": 0,
        "book_time": None,
        "refresh_time": None,
    }


def feed(case: dict[str, Any], docs: list[dict[str, Any]]) -> Any:
    trials = Trials()
    trials.insert_trial_docs(docs)
    trials.refresh()
    domain = Domain(lambda config: 0.0, space_of(case))
    return feed_of(HistoryFeed, trials, domain.space).update(trials)


def close(got: Any, want: list[Any]) -> None:
    np.testing.assert_array_equal(np.asarray(got, float), np.array([number(w) for w in want]))


@pytest.mark.parametrize("case", SPLIT["cases"], ids=lambda case: case["id"])
def test_rows_and_split_agree_with_the_vectors(case: dict[str, Any]) -> None:
    docs = []
    for tid, state, status, loss, from_tid, values in case["trials"]:
        result: dict[str, Any] = {"status": status}
        if loss is not None:
            result["loss"] = number(loss)
        docs.append(document(tid, state, result, case["labels"], values, from_tid))
    history = feed(case, docs)
    tids, losses = history.rows()
    assert tids == case["counted_tids"]
    good = history.good_keys(case["gamma"])
    assert len(good) == case["n_below"]
    groups = {label: history.groups(label, case["gamma"]) for label in case["labels"]}
    if not deviates(case):
        close(losses, case["counted_losses"])
        assert good == sorted(case["below_tids"])
        for label, (below, above) in groups.items():
            close(below, case["below"][label])
            close(above, case["above"][label])
        return
    winners = winning_rows(case)
    close(losses, [winners[tid][0] for tid in tids])
    ranking = sorted(tids, key=lambda tid: (winners[tid][0], tid))
    assert good == sorted(ranking[: len(good)])
    for position, (below, above) in enumerate(groups.values()):
        values = [(tid in good, winners[tid][1][position]) for tid in tids]
        close(below, [value for is_good, value in values if is_good and value is not None])
        close(above, [value for is_good, value in values if not is_good and value is not None])


def deviates(case: dict[str, Any]) -> bool:
    """Whether the case has what we treat otherwise than upstream."""
    failed_with_loss = any(t[2] == "fail" and t[3] is not None for t in case["trials"])
    several_per_row = case["id"].startswith(("from_tid", "dup_tid"))
    return failed_with_loss or several_per_row


def winning_rows(case: dict[str, Any]) -> dict[int, tuple[float, list[Any]]]:
    """Loss and values of each row, by definition."""
    rows: dict[int, tuple[float, list[Any]]] = {}
    dead = set()
    for tid, state, status, loss, from_tid, values in case["trials"]:
        if state not in (0, 1, 2):
            continue
        key = tid if from_tid is None else from_tid
        loss = math.inf if loss is None or status == "fail" else number(loss)
        if key not in rows and key not in dead:
            if math.isnan(loss):
                dead.add(key)
            else:
                rows[key] = (loss, values)
        elif key in rows and loss <= rows[key][0]:
            rows[key] = (loss, values)
    return rows


@pytest.mark.parametrize("gamma", sorted(SPLIT["n_below_table"]))
def test_the_size_of_the_good_group_agrees_with_the_table(gamma: str) -> None:
    trials = Trials()
    domain = Domain(lambda config: 0.0, hp.uniform("x", 0, 1))
    history = feed_of(HistoryFeed, trials, domain.space).update(trials)
    for n, size in enumerate(SPLIT["n_below_table"][gamma]):
        history.upsert(n, 0.0, {"x": [0.5]})
        assert len(history.good_keys(float(gamma))) == size


@pytest.mark.parametrize("case", SCORES["cases"], ids=lambda case: case["id"])
def test_scores_agree_with_the_vectors(case: dict[str, Any]) -> None:
    docs = [
        document(tid, 2, {"status": "ok", "loss": number(loss)}, case["labels"], values)
        for tid, loss, values in case["history"]
    ]
    history = feed(case, docs)
    for label, expected in case["per_label"].items():
        below, above = history.groups(label, case["gamma"])
        close(below, expected["below"])
        close(above, expected["above"])
        check_scores(history, case, label, expected)
        run = case["suggest_run"].get(label)
        if run is not None:
            check_scores(history, case, label, run)


def check_scores(history: Any, case: dict[str, Any], label: str, expected: dict[str, Any]) -> None:
    """Scores are compared up to one constant per label, which no ranking depends on."""
    candidates = np.array([number(x) for x in expected["candidates"]])
    ratios = history.ratios(label, candidates, case["gamma"], case["prior_weight"])
    log_l = np.array([number(x) for x in expected["log_l"]])
    log_g = np.array([number(x) for x in expected["log_g"]])
    tol_l = np.array([number(x) for x in expected.get("tol_l", [1e-9] * len(log_l))])
    tol_g = np.array([number(x) for x in expected.get("tol_g", [1e-9] * len(log_l))])
    usable = np.isfinite(log_l) & np.isfinite(log_g) & np.isfinite(tol_l + tol_g) & (ratios > 0)
    usable &= tol_l + tol_g < 1e-3
    if usable.sum() < 2:
        return
    difference = (np.log(ratios) - (log_l - log_g))[usable]
    scale = np.maximum(1.0, np.maximum(abs(log_l), abs(log_g)))[usable]
    tolerance = 1e-9 + ((tol_l + tol_g)[usable] * scale)
    reference = np.argmin(tolerance)
    assert np.all(abs(difference - difference[reference]) <= tolerance + tolerance[reference])
    if usable.all():
        want = expected["argmax"]
        got = int(np.argmax(ratios))
        assert got == want or abs((log_l - log_g)[got] - (log_l - log_g)[want]) < 1e-10


def test_defaults_are_upstreams() -> None:
    assert tpe._default_gamma == 0.25
    assert tpe._default_n_EI_candidates == 24
    assert tpe._default_n_startup_jobs == 20
    assert tpe._default_prior_weight == 1.0
