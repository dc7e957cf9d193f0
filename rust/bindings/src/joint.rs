//! Suggestions of the joint estimator.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::errors::exception;
use crate::gil;
use crate::history::PyHistory;
use crate::suggestions::suggestions;
use parzen::algorithm::Request;
use parzen::joint::Options;
use pyo3::prelude::*;
use pyo3::types::PyList;

/// One `(idxs, vals)` pair of dicts for each new tid, by the joint Tree-structured Parzen Estimator.
///
/// `unordered` says of each parameter whether it is the number of an option rather than an integer;
/// `first` is the number of the first tid within the batch that `seed` names.
#[pyfunction]
#[pyo3(signature = (
    history, tids, seed, *, unordered, n_startup_jobs, n_candidates, gamma, max_good, max_rest,
    prior_weight, linear_forgetting, min_bandwidth, good_exponent, discrete_exponent, rest_exponent, option_weight,
    epsilon, evolve_after, evolve_share, evolve_step, first=0
))]
#[allow(clippy::too_many_arguments)]
pub fn suggest_joint<'py>(
    py: Python<'py>,
    history: &mut PyHistory,
    tids: Vec<i64>,
    seed: u64,
    unordered: Vec<bool>,
    n_startup_jobs: i64,
    n_candidates: i64,
    gamma: f64,
    max_good: i64,
    max_rest: i64,
    prior_weight: f64,
    linear_forgetting: i64,
    min_bandwidth: f64,
    good_exponent: f64,
    discrete_exponent: f64,
    rest_exponent: f64,
    option_weight: f64,
    epsilon: f64,
    evolve_after: i64,
    evolve_share: f64,
    evolve_step: f64,
    first: u64,
) -> PyResult<Bound<'py, PyList>> {
    let count = |n: i64| usize::try_from(n).unwrap_or(0);
    let options = Options {
        startup: count(n_startup_jobs),
        candidates: count(n_candidates),
        gamma,
        max_good: count(max_good),
        max_rest: count(max_rest),
        prior_weight,
        linear_forgetting: count(linear_forgetting),
        min_bandwidth,
        good_exponent,
        discrete_exponent,
        rest_exponent,
        option_weight,
        epsilon,
        evolve_after: count(evolve_after),
        evolve_share,
        evolve_step,
    };
    let model = history.trials.joint(&unordered);
    let model = model.map_err(|error| exception(&error))?;
    let keys = &tids;
    let request = Request { keys, seed, first };
    suggestions(
        py,
        gil::SUGGESTIONS,
        model,
        &history.writer,
        &request,
        &options,
    )
}
