"""The functions of `hyperopt.tpe` against the reference vectors (sections 4 and 5)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hyperopt import tpe

HERE = Path(__file__).parent


def load(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((HERE / name).read_text(encoding="utf-8"))["cases"]
    return found


def cases(name: str) -> Any:
    found = load(name)
    return pytest.mark.parametrize("case", found, ids=[case["id"] for case in found])


def model_space(family: str, args: Any, observations: Any) -> tuple[Any, float, float]:
    """Observations in model space, prior centre and scale: the table of section 4.3."""
    obs = np.array(observations, dtype=float)
    bounded = "uniform" in family
    centre, scale = (0.5 * (args[1] + args[0]), args[1] - args[0]) if bounded else args[:2]
    if "log" in family:
        if family.startswith("q"):
            obs = np.maximum(obs, max(tpe.EPS, np.exp(args[0]) if bounded else 0.0))
        obs = np.log(obs)
    return obs, centre, scale


def assert_within(got: Any, want: Any, tol: Any, err_msg: str = "") -> None:
    """Compare as section 10 says: error up to ``tol * max(1, |want|)``, tol inf is not compared."""
    want, tol = np.array([float(y) for y in want]), np.array([float(t) for t in tol])
    compared = np.isfinite(tol)
    got, want, tol = got[compared], want[compared], tol[compared]
    np.testing.assert_array_equal(np.isnan(got), np.isnan(want), err_msg)
    equal = (got == want) | np.isnan(want)
    error = np.abs(got[~equal] - want[~equal])
    assert np.all(error <= tol[~equal] * np.maximum(1, np.abs(want[~equal]))), err_msg


@cases("parzen.json")
def test_the_estimator_is_that_of_the_reference(case: dict[str, Any]) -> None:
    obs, centre, scale = model_space(case["family"], case["args"], case["obs"])
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
    assert_within(got, case["lpdf"], case["tol"])


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


def discrete_lpdf(entry: dict[str, Any], observations: Any, weight: float) -> Any:
    """Log-probabilities of the candidates of a discrete label, by the functions of section 5.4."""
    family, args = entry["dist"], entry["args"]
    if family == "categorical":
        low, prior = 0, np.array(args[0])
    else:
        low, high = args if len(args) == 2 else (0, args[0])
        prior = np.full(high - low, 1 / (high - low))
    options = np.array(observations, dtype=int) - low
    forgetting = tpe.linear_forgetting_weights(len(options), tpe.DEFAULT_LF)
    counts = np.bincount(options, weights=forgetting, minlength=prior.size)
    p = tpe.tpe_cat_pseudocounts(counts, weight, prior, ())
    return tpe.categorical_lpdf(np.array(entry["candidates"], dtype=int) - low, p)


def numeric_lpdf(entry: dict[str, Any], observations: Any, weight: float) -> Any:
    """Log-densities of the candidates of a numeric label, by the functions of sections 4 and 5."""
    family, args = entry["dist"], entry["args"]
    obs, centre, scale = model_space(family, args, observations)
    parts = tpe.adaptive_parzen_normal(obs, weight, centre, scale)
    lpdf = tpe.LGMM1_lpdf if "log" in family else tpe.GMM1_lpdf
    low, high = args[:2] if "uniform" in family else (None, None)
    q = args[2] if family.startswith("q") else None
    return lpdf(entry["candidates"], *parts, low, high, q)


SCORES = [(case, label) for case in load("scores.json") for label in case["per_label"]]


@pytest.mark.parametrize(
    ("case", "label"), SCORES, ids=[f"{case['id']}-{label}" for case, label in SCORES]
)
def test_candidates_have_the_densities_and_the_winner_of_the_reference(
    case: dict[str, Any], label: str
) -> None:
    entry, weight = case["per_label"][label], case["prior_weight"]
    lpdf = discrete_lpdf if entry["dist"] in ("randint", "categorical") else numeric_lpdf
    log_l = lpdf(entry, entry["below"], weight)
    log_g = lpdf(entry, entry["above"], weight)
    assert_within(log_l, entry["log_l"], entry["tol_l"], "l")
    assert_within(log_g, entry["log_g"], entry["tol_g"], "g")
    won = tpe.broadcast_best(range(len(log_l)), log_l, log_g)[0]
    score = log_l - log_g
    assert won == entry["argmax"] or score[won] - score[entry["argmax"]] < 1e-10
