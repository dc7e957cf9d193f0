"""The functions of `hyperopt.tpe` against the reference vectors (sections 4 and 5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperopt import tpe

HERE = Path(__file__).parent


def cases(name: str) -> Any:
    found = json.loads((HERE / name).read_text(encoding="utf-8"))["cases"]
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


def model_space(case: dict[str, Any]) -> tuple[Any, float, float]:
    """Observations in model space, prior centre and scale: the table of section 4.3."""
    obs, args = np.array(case["obs"], dtype=float), case["args"]
    bounded = "uniform" in case["family"]
    centre, scale = (0.5 * (args[1] + args[0]), args[1] - args[0]) if bounded else args[:2]
    if case["mixture"] == "LGMM1":
        if case["q"] is not None:
            obs = np.maximum(obs, max(tpe.EPS, np.exp(args[0]) if bounded else 0.0))
        obs = np.log(obs)
    return obs, centre, scale


@cases("parzen.json")
def test_the_estimator_is_that_of_the_reference(case: dict[str, Any]) -> None:
    obs, centre, scale = model_space(case)
    got = tpe.adaptive_parzen_normal(obs, case["prior_weight"], centre, scale)
    for values, name in zip(got, ["weights", "mus", "sigmas"], strict=True):
        np.testing.assert_allclose(values, case[name], rtol=1e-12, atol=0, err_msg=name)


@cases("lpdf.json")
def test_log_densities_are_those_of_the_reference_where_they_are_not_noise(
    case: dict[str, Any],
) -> None:
    lpdf = getattr(tpe, f"{case['mixture']}_lpdf")
    parts = case["weights"], case["mus"], case["sigmas"]
    got = lpdf(case["x"], *parts, case["low"], case["high"], case["q"])
    want = np.array([float(y) for y in case["lpdf"]])
    tol = np.array([float(t) for t in case["tol"]])
    compared = np.isfinite(tol)
    np.testing.assert_array_equal(np.isnan(got[compared]), np.isnan(want[compared]))
    numbers = compared & ~np.isnan(want)
    error = np.abs(got[numbers] - want[numbers])
    assert np.all(error <= tol[numbers] * np.maximum(1, np.abs(want[numbers])))


@cases("categorical.json")
def test_option_probabilities_are_those_of_the_reference(case: dict[str, Any]) -> None:
    args = case["args"]
    low = args[0] if case["family"] == "randint" and len(args) == 2 else 0
    k = len(case["p"])
    prior = args if case["family"] == "pchoice" else np.full(k, 1 / k)
    options = np.array(case["obs"], dtype=int) - low
    forgetting = tpe.linear_forgetting_weights(len(options), tpe.DEFAULT_LF)
    counts = np.bincount(options, weights=forgetting, minlength=k)
    got = tpe.tpe_cat_pseudocounts(counts, case["prior_weight"], prior, ())
    np.testing.assert_allclose(got, case["p"], rtol=1e-12, atol=0)
