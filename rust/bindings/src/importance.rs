//! Importance of parameters, from documents.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::errors::{exception, wrong_value};
use crate::finished::{Finished, outcome};
use crate::gil;
use crate::space::PySpace;
use parzen::importance::{Baseline, Options, Trials, shares};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

type Answer = (Vec<f64>, Vec<f64>, Option<Vec<(f64, f64)>>, usize, usize);

/// Importances of all parameters, their shares, intervals of these if a `level` is given, the number of trials that
/// they were computed from, and the number of those that ended.
///
/// `losses` has a loss for each document, NaN for one that is left out and infinity for one that is no good; without
/// it, the losses are as [`finished_losses`] gives them. `unordered` says of each parameter whether it is the number of
/// an option rather than an integer.
#[pyfunction]
#[pyo3(signature = (
    space, documents, *, losses, failed, unordered, target, region, prior_baseline, level, n_resamples, seed
))]
#[allow(clippy::too_many_arguments)]
pub fn importance(
    py: Python<'_>,
    space: &PySpace,
    documents: &Bound<'_, PyList>,
    losses: Option<Vec<f64>>,
    failed: bool,
    unordered: Vec<bool>,
    target: f64,
    region: f64,
    prior_baseline: bool,
    level: Option<f64>,
    n_resamples: usize,
    seed: u64,
) -> PyResult<Answer> {
    if let Some(losses) = &losses
        && losses.len() != documents.len()
    {
        return Err(wrong_value(format!(
            "there are {} losses for {} documents; give one for each",
            losses.len(),
            documents.len()
        )));
    }
    let trials =
        Trials::new(&space.inner, &unordered, documents.len()).map_err(|e| exception(&e))?;
    let labels = space.writer.labels();
    let finished = Finished::read(trials, documents, labels, losses.as_deref(), failed)?;
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
    let Finished {
        trials,
        finite,
        ended,
    } = finished;
    gil::work(py, true, |checkpoint| {
        let study = trials.study();
        let importances = study.importances(&options)?;
        let intervals =
            level.map(|level| study.intervals(&options, level, (n_resamples, seed), checkpoint));
        Ok((
            importances.clone(),
            shares(importances),
            intervals.transpose()?,
            finite,
            ended,
        ))
    })
}

/// The loss of each document that ran to its end and has one that compares; NaN for the others, infinity for
/// those of them that ended where `failed` counts. And how many ended.
#[pyfunction]
pub fn finished_losses(documents: &Bound<'_, PyList>, failed: bool) -> PyResult<(Vec<f64>, usize)> {
    let mut ended = 0;
    let losses = documents
        .iter()
        .map(|document| {
            let (loss, has_ended) = outcome(document.cast::<PyDict>()?, failed)?;
            ended += usize::from(has_ended);
            Ok(loss)
        })
        .collect::<PyResult<_>>()?;
    Ok((losses, ended))
}
