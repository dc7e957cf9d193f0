"""Whole runs against upstream's, by two-sample tests.

Every problem of `end_to_end.json` is run with 100 seeds and the best losses after 50 and 100
evaluations are compared with upstream's two batches of 100 by a two-sample Kolmogorov-Smirnov
test. Alpha is 0.01 for the whole family of 40 cells: 0.01 / 40 for each (Bonferroni).

All of them together take a third of a minute; a conditional problem of mixed kinds is for the quick
tests.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperopt import STATUS_FAIL, STATUS_OK, Trials, fmin, hp, rand, tpe
from hyperopt.pyll import scope

stats = pytest.importorskip("scipy.stats")

CASES = json.loads((Path(__file__).parent / "end_to_end.json").read_text())["cases"]
ALPHA = 0.01 / 40
QUICK = "cond_quad"


def best_losses(case: dict[str, Any], suggest: Any, seed: int) -> tuple[float, float]:
    names: dict[str, Any] = {"hp": hp, "scope": scope, "np": np, "math": math}
    names.update(STATUS_OK=STATUS_OK, STATUS_FAIL=STATUS_FAIL)
    exec(case["objective_src"], names)
    space = eval(case["space_src"], names)
    trials = Trials()
    fmin(
        names["f"],
        space,
        suggest,
        100,
        trials=trials,
        rstate=np.random.default_rng(seed),
        show_progressbar=False,
        verbose=False,
    )

    def best(results: list[dict[str, Any]]) -> float:
        losses = [r["loss"] for r in results if r["status"] == STATUS_OK]
        return min(loss for loss in losses if not math.isnan(loss))

    return best(trials.results[:50]), best(trials.results)


# The spaces are upstream's, oddities included.
@pytest.mark.filterwarnings("ignore::hyperopt.SpaceWarning")
@pytest.mark.parametrize(
    "case",
    [
        pytest.param(
            case, id=case["problem"], marks=[] if case["problem"] == QUICK else pytest.mark.slow
        )
        for case in CASES
    ],
)
@pytest.mark.parametrize(("name", "suggest"), [("tpe", tpe.suggest), ("rand", rand.suggest)])
def test_best_losses_are_distributed_like_upstreams(
    case: dict[str, Any], name: str, suggest: Any
) -> None:
    ours = np.array([best_losses(case, suggest, seed) for seed in range(100)])
    for column, budget in enumerate(("best50", "best100")):
        theirs = case["results"][name][budget]
        pooled = [*theirs["raw"], *theirs.get("raw_replicate", [])]
        p = stats.ks_2samp(ours[:, column], pooled).pvalue
        assert p > ALPHA, f"{case['problem']} {budget}: p = {p}"
