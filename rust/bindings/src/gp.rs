//! Suggestions of the Gaussian process, and the process itself.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::errors::{exception, wrong_value};
use crate::gil;
use crate::history::PyHistory;
use crate::suggestions::suggestions;
use parzen::algorithm::Request;
use parzen::gp::Options;
use parzen::gp::acquisition::log_improvement;
use parzen::gp::candidates::Counts;
use parzen::gp::hyper::Hyper;
use parzen::gp::options::Trust;
use parzen::gp::points::Points;
use parzen::gp::posterior::{Posterior, Prediction};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// The options of a suggestion, from a dict.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Arguments {
    n_startup_jobs: usize,
    n_candidates: (usize, usize, usize),
    max_trials: usize,
    max_parameters: usize,
    mean_variance: f64,
    length_prior: (f64, f64),
    scale_prior: (f64, f64),
    noise_prior: (f64, f64),
    fit_evaluations: (usize, usize),
    climbs: usize,
    climb: (usize, usize),
    epsilon: f64,
    trust: Option<(f64, f64, usize, usize)>,
}

impl Arguments {
    fn options(&self) -> Options {
        let (good, prior, near) = self.n_candidates;
        Options {
            startup: self.n_startup_jobs,
            max_trials: self.max_trials,
            max_parameters: self.max_parameters,
            offset: self.mean_variance,
            length: self.length_prior,
            scale: self.scale_prior,
            noise: self.noise_prior,
            evaluations: self.fit_evaluations.0,
            later_evaluations: self.fit_evaluations.1,
            counts: Counts { good, prior, near },
            climbs: self.climbs,
            climb: self.climb,
            epsilon: self.epsilon,
            trust: self.trust.map(|(least, most, from, to)| Trust {
                least,
                most,
                fades: (from, to),
            }),
        }
    }
}

/// One `(idxs, vals)` pair of dicts for each new tid, by a Gaussian process.
///
/// `unordered` says of each parameter whether it is the number of an option rather than an integer;
/// `first` is the number of the first tid within the batch that `seed` names.
#[pyfunction]
#[pyo3(signature = (history, tids, seed, *, unordered, options, first=0))]
pub fn suggest_gp<'py>(
    py: Python<'py>,
    history: &mut PyHistory,
    tids: Vec<i64>,
    seed: u64,
    unordered: Vec<bool>,
    options: Arguments,
    first: u64,
) -> PyResult<Bound<'py, PyList>> {
    let process = history.trials.process(&unordered);
    let mut process = process.map_err(|error| exception(&error))?;
    let (keys, options) = (&tids, options.options());
    let request = Request { keys, seed, first };
    suggestions(
        py,
        gil::SLOW_SUGGESTIONS,
        &mut process,
        &history.writer,
        &request,
        &options,
    )
}

/// Means and variances, at some points, of a Gaussian process with given hyperparameters that has seen losses.
///
/// Points are lists of coordinates; `unordered` says which of these are options.
#[pyfunction]
#[pyo3(signature = (points, losses, at, *, unordered, lengths, scale, noise, mean_variance))]
#[allow(clippy::too_many_arguments)]
pub fn gp_predict(
    points: Vec<Vec<f64>>,
    losses: Vec<f64>,
    at: Vec<Vec<f64>>,
    unordered: Vec<bool>,
    lengths: Vec<f64>,
    scale: f64,
    noise: f64,
    mean_variance: f64,
) -> PyResult<(Vec<f64>, Vec<f64>)> {
    let d = unordered.len();
    if lengths.len() != d
        || points.iter().chain(&at).any(|p| p.len() != d)
        || points.len() != losses.len()
    {
        return Err(wrong_value(
            "points, lengths and unordered must have equal lengths, and so must points and losses",
        ));
    }
    let mut known = Points::of_kinds(unordered.into_iter());
    for point in &points {
        known.push(point);
    }
    let hyper = Hyper {
        weights: lengths.iter().map(|l| 1.0 / (l * l)).collect(),
        scale,
        noise,
    };
    let posterior = Posterior::new(known, &losses, hyper, mean_variance, 0)
        .ok_or_else(|| wrong_value("the covariance matrix is not positive definite"))?;
    let predictions = posterior.predict(&at);
    Ok(predictions.iter().map(|p| (p.mean, p.variance)).unzip())
}

/// Logarithm of the expected improvement over `best`.
#[pyfunction]
pub fn log_expected_improvement(mean: f64, variance: f64, best: f64) -> f64 {
    log_improvement(Prediction { mean, variance }, best)
}
