//! Importance of parameters, from documents.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::errors::exception;
use crate::reader::{active_value, item, state_of};
use crate::space::PySpace;
use parzen::importance::{Baseline, Options, Study, shares};
use parzen::trials::State;
use pyo3::exceptions::PyValueError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

type Answer = (Vec<f64>, Vec<f64>, Option<Vec<(f64, f64)>>);

/// Importances of all parameters, their shares, and intervals of these if a `level` is given.
///
/// `losses` has a loss for each document, NaN for one that is left out and infinity for one that is no good.
/// `unordered` says of each parameter whether it is the number of an option rather than an integer.
#[pyfunction]
#[pyo3(signature = (
    space, documents, losses, *, unordered, target, region, prior_baseline, level, n_resamples, seed
))]
#[allow(clippy::too_many_arguments)]
pub fn importance(
    py: Python<'_>,
    space: &PySpace,
    documents: &Bound<'_, PyList>,
    losses: Vec<f64>,
    unordered: Vec<bool>,
    target: f64,
    region: f64,
    prior_baseline: bool,
    level: Option<f64>,
    n_resamples: usize,
    seed: u64,
) -> PyResult<Answer> {
    if losses.len() != documents.len() {
        return Err(PyValueError::new_err(format!(
            "there are {} losses for {} documents; give one for each",
            losses.len(),
            documents.len()
        )));
    }
    let rows = read_rows(space, documents, &losses)?;
    let baseline = if prior_baseline {
        Baseline::Prior
    } else {
        Baseline::Trials
    };
    let options = Options {
        target,
        region,
        baseline,
    };
    let work = || {
        let losses: Vec<f64> = losses.into_iter().filter(|loss| !loss.is_nan()).collect();
        let study = Study::new(&space.inner, &unordered, &losses, &rows)?;
        let importances = study.importances(&options)?;
        let intervals = level.map(|level| study.intervals(&options, level, n_resamples, seed));
        Ok((
            importances.clone(),
            shares(importances),
            intervals.transpose()?,
        ))
    };
    py.detach(work).map_err(|e| exception(&e))
}

/// One value per parameter for each document that has a loss, NaN where it has none.
fn read_rows(space: &PySpace, documents: &Bound<'_, PyList>, losses: &[f64]) -> PyResult<Vec<f64>> {
    let py = documents.py();
    let labels = space.writer.labels();
    let mut rows = Vec::with_capacity(documents.len() * labels.len());
    for (document, loss) in documents.iter().zip(losses) {
        if loss.is_nan() {
            continue;
        }
        let misc = item(document.cast::<PyDict>()?, intern!(py, "misc"))?;
        let vals = item(misc.cast::<PyDict>()?, intern!(py, "vals"))?;
        read_vals(labels, vals.cast::<PyDict>()?, &mut rows)?;
    }
    Ok(rows)
}

/// Appends the values of a document.
fn read_vals(
    labels: &[Py<PyString>],
    vals: &Bound<'_, PyDict>,
    rows: &mut Vec<f64>,
) -> PyResult<()> {
    let py = vals.py();
    let start = rows.len();
    // Documents that were made here hold the labels in order: no look-up is needed.
    for ((key, entry), label) in vals.iter().zip(labels) {
        if !key.is(label) {
            break;
        }
        rows.push(active_value(&entry, label.bind(py))?);
    }
    for label in &labels[rows.len() - start..] {
        rows.push(match vals.get_item(label.bind(py))? {
            None => f64::NAN,
            Some(entry) => active_value(&entry, label.bind(py))?,
        });
    }
    Ok(())
}

/// The loss of each document that ran to its end and has one that compares; NaN for the others, infinity for
/// those of them that ended where `failed` counts.
///
/// The result of a pruned trial is that of an earlier step, so its loss does not compare.
#[pyfunction]
pub fn finished_losses(documents: &Bound<'_, PyList>, failed: bool) -> PyResult<(Vec<f64>, usize)> {
    let mut ended = 0;
    let losses = documents
        .iter()
        .map(|document| {
            let (loss, has_ended) = finished_loss(document.cast::<PyDict>()?)?;
            ended += usize::from(has_ended);
            let counts = failed && has_ended && loss.is_nan();
            Ok(if counts { f64::INFINITY } else { loss })
        })
        .collect::<PyResult<_>>()?;
    Ok((losses, ended))
}

/// The loss that compares, or NaN, and whether the trial ended.
fn finished_loss(document: &Bound<'_, PyDict>) -> PyResult<(f64, bool)> {
    let py = document.py();
    let state = state_of(document)?;
    if state != State::Done {
        return Ok((f64::NAN, state == State::Error));
    }
    let result = item(document, intern!(py, "result"))?;
    let Ok(result) = result.cast::<PyDict>() else {
        return Ok((f64::NAN, true));
    };
    let is_ok = match result.get_item(intern!(py, "status"))? {
        Some(status) => status.eq(intern!(py, "ok"))?,
        None => false,
    };
    let is_pruned = match result.get_item(intern!(py, "pruned"))? {
        Some(pruned) => pruned.is_truthy()?,
        None => false,
    };
    if !is_ok || is_pruned {
        return Ok((f64::NAN, true));
    }
    let loss = match result.get_item(intern!(py, "loss"))? {
        Some(loss) => loss.extract().unwrap_or(f64::NAN),
        None => f64::NAN,
    };
    Ok((if f64::is_finite(loss) { loss } else { f64::NAN }, true))
}
