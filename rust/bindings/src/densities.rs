//! The estimator's densities as plain functions over flat arrays of doubles.
//!
//! Shapes, defaults and generators are the business of `hyperopt.compat.densities`.

#![allow(clippy::needless_pass_by_value)] // arguments come from Python by value

use crate::errors::{exception, wrong_value};
use crate::gil;
use numpy::{IntoPyArray, PyArray1, PyReadonlyArray1, PyReadonlyArray2};
use parzen::numerics::special::log_sum_exp;
use parzen::reference::{self as core, Coordinates, Mixture};
use parzen::rng::stream;
use pyo3::prelude::*;

type Array<'py> = Bound<'py, PyArray1<f64>>;
type Arrays<'py> = (Array<'py>, Array<'py>, Array<'py>);

/// Adds the functions of this file to the module.
pub fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(forgetting_weights, module)?)?;
    module.add_function(wrap_pyfunction!(adaptive_parzen, module)?)?;
    module.add_function(wrap_pyfunction!(elastic_parzen, module)?)?;
    module.add_function(wrap_pyfunction!(mixture_log_density, module)?)?;
    module.add_function(wrap_pyfunction!(mixture_sample, module)?)?;
    module.add_function(wrap_pyfunction!(normal_cdf, module)?)?;
    module.add_function(wrap_pyfunction!(lognormal_log_density, module)?)?;
    module.add_function(wrap_pyfunction!(lognormal_cell_log_density, module)?)?;
    module.add_function(wrap_pyfunction!(log_sum_exp_rows, module)?)
}

fn to_arrays(py: Python<'_>, mixture: Mixture) -> Arrays<'_> {
    let (weights, centres, scales) = mixture.into_parts();
    (
        weights.into_pyarray(py),
        centres.into_pyarray(py),
        scales.into_pyarray(py),
    )
}

/// A copy: what is read without the GIL must not change under it.
fn copy(array: &PyReadonlyArray1<'_, f64>) -> Vec<f64> {
    array.as_array().to_vec()
}

/// Forgetting weights of n chronological observations.
#[pyfunction]
fn forgetting_weights(py: Python<'_>, n: usize, horizon: usize) -> Array<'_> {
    core::forgetting_weights(n, horizon).into_pyarray(py)
}

/// Weights, centres and scales of the adaptive Parzen estimator.
#[pyfunction]
fn adaptive_parzen<'py>(
    py: Python<'py>,
    observations: PyReadonlyArray1<'py, f64>,
    prior_weight: f64,
    prior_centre: f64,
    prior_scale: f64,
    horizon: usize,
) -> PyResult<Arrays<'py>> {
    let xs = copy(&observations);
    let mixture = gil::work(py, xs.len() >= gil::DENSITIES, |_| {
        core::adaptive_parzen(&xs, prior_weight, prior_centre, prior_scale, horizon)
    })?;
    Ok(to_arrays(py, mixture))
}

/// Weights, centres and scales of the older, elastic estimator.
#[pyfunction]
fn elastic_parzen<'py>(
    py: Python<'py>,
    observations: PyReadonlyArray1<'py, f64>,
    prior_weight: f64,
    prior_centre: f64,
    prior_scale: f64,
) -> PyResult<Arrays<'py>> {
    let xs = copy(&observations);
    let mixture = gil::work(py, xs.len() >= gil::DENSITIES, |_| {
        core::elastic_parzen(&xs, prior_weight, prior_centre, prior_scale)
    })?;
    Ok(to_arrays(py, mixture))
}

type Components<'py> = (
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, f64>,
    PyReadonlyArray1<'py, f64>,
);

fn mixture((weights, centres, scales): &Components<'_>) -> PyResult<Mixture> {
    Mixture::new(copy(weights), copy(centres), copy(scales)).map_err(|error| exception(&error))
}

/// `(log, low, high, q)`: scale, truncation in model space (None: none), quantum (None: continuous).
type Frame = (bool, Option<f64>, Option<f64>, Option<f64>);

fn coordinates((log, low, high, q): Frame) -> PyResult<Coordinates> {
    if let Some(q) = q
        && !(q > 0.0 && q.is_finite())
    {
        return Err(wrong_value(format!("q={q:?} must be positive and finite")));
    }
    let truncation = (low.is_some() || high.is_some()).then(|| {
        (
            low.unwrap_or(f64::NEG_INFINITY),
            high.unwrap_or(f64::INFINITY),
        )
    });
    Ok(Coordinates { log, truncation, q })
}

/// Log-density of a mixture (weights, centres, scales) at natural values.
#[pyfunction]
fn mixture_log_density<'py>(
    py: Python<'py>,
    xs: PyReadonlyArray1<'py, f64>,
    components: Components<'py>,
    frame: Frame,
) -> PyResult<Array<'py>> {
    let (xs, mixture, coordinates) = (copy(&xs), mixture(&components)?, coordinates(frame)?);
    let pays = xs.len() * mixture.weights().len() >= gil::DENSITIES;
    let density = |xs: &[f64]| Ok(mixture.log_density(&coordinates, xs));
    Ok(gil::piecewise(py, pays, &xs, density)?.into_pyarray(py))
}

/// Natural values drawn from a mixture (weights, centres, scales); `seed` names the random stream.
#[pyfunction]
fn mixture_sample<'py>(
    py: Python<'py>,
    components: Components<'py>,
    frame: Frame,
    count: usize,
    seed: u64,
) -> PyResult<Array<'py>> {
    let (mixture, coordinates) = (mixture(&components)?, coordinates(frame)?);
    let mut rng = stream(seed, 0, 0);
    let draws = gil::work(py, count >= gil::DENSITIES, |checkpoint| {
        mixture.sample_until(&coordinates, count, &mut rng, checkpoint)
    });
    Ok(draws?.into_pyarray(py))
}

/// A function of (x, mu, sigma), element by element over arrays of equal length.
fn elementwise<'py>(
    x: &PyReadonlyArray1<'py, f64>,
    mu: &PyReadonlyArray1<'py, f64>,
    sigma: &PyReadonlyArray1<'py, f64>,
    f: impl Fn(f64, f64, f64) -> f64,
) -> PyResult<Array<'py>> {
    let (xs, mus, sigmas) = (x.as_array(), mu.as_array(), sigma.as_array());
    if xs.len() != mus.len() || xs.len() != sigmas.len() {
        return Err(wrong_value("x, mu and sigma must have equal lengths"));
    }
    let values: Vec<f64> = xs
        .iter()
        .zip(mus)
        .zip(sigmas)
        .map(|((&x, &mu), &sigma)| f(x, mu, sigma))
        .collect();
    Ok(values.into_pyarray(x.py()))
}

/// Normal distribution function.
#[pyfunction]
fn normal_cdf<'py>(
    x: PyReadonlyArray1<'py, f64>,
    mu: PyReadonlyArray1<'py, f64>,
    sigma: PyReadonlyArray1<'py, f64>,
) -> PyResult<Array<'py>> {
    elementwise(&x, &mu, &sigma, core::cdf)
}

/// Log-density of a lognormal.
#[pyfunction]
fn lognormal_log_density<'py>(
    x: PyReadonlyArray1<'py, f64>,
    mu: PyReadonlyArray1<'py, f64>,
    sigma: PyReadonlyArray1<'py, f64>,
) -> PyResult<Array<'py>> {
    elementwise(&x, &mu, &sigma, core::lognormal_log_density)
}

/// Log-probability of (x - q, x] under a lognormal.
#[pyfunction]
fn lognormal_cell_log_density<'py>(
    x: PyReadonlyArray1<'py, f64>,
    mu: PyReadonlyArray1<'py, f64>,
    sigma: PyReadonlyArray1<'py, f64>,
    q: f64,
) -> PyResult<Array<'py>> {
    elementwise(&x, &mu, &sigma, |x, mu, sigma| {
        core::lognormal_cell_log_density(x, mu, sigma, q)
    })
}

/// ln(sum of exp) of every row.
#[pyfunction]
fn log_sum_exp_rows<'py>(py: Python<'py>, rows: PyReadonlyArray2<'py, f64>) -> Array<'py> {
    let sums: Vec<f64> = rows
        .as_array()
        .rows()
        .into_iter()
        .map(|row| log_sum_exp(&row.to_vec()))
        .collect();
    sums.into_pyarray(py)
}
