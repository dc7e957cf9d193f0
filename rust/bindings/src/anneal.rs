//! `Annealer`: documents in, documents out, and the parts of a suggestion one by one.

#![allow(clippy::needless_pass_by_value)] // arguments come from Python by value

use crate::errors::exception;
use crate::reader::{outcome, read_document, read_vals};
use crate::space::PySpace;
use crate::writer::Writer;
use parzen::anneal::{Annealer, Options, Step};
use parzen::trials::State;
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// The visible trials of one study, as annealing looks at them; a cache beside the documents.
#[pyclass(name = "Annealer", module = "hyperopt._native")]
pub struct PyAnnealer {
    inner: Annealer,
    writer: Writer,
    /// One value per parameter, for reading a document.
    values: Vec<f64>,
}

#[pymethods]
impl PyAnnealer {
    #[new]
    fn new(py: Python<'_>, space: &PySpace) -> PyResult<Self> {
        let inner = Annealer::new(space.inner.clone());
        let writer = Writer::new(py, inner.space())?;
        let values = vec![f64::NAN; inner.space().len()];
        Ok(Self {
            inner,
            writer,
            values,
        })
    }

    /// Takes over a document under `key`, or forgets it if it is in error or cancelled.
    ///
    /// The loss of a failed trial, and of one without a loss, is +inf; NaN is kept.
    fn read(&mut self, key: i64, document: &Bound<'_, PyDict>) -> PyResult<()> {
        let (state, loss) = outcome(document, key)?;
        if matches!(state, State::Error | State::Cancelled) {
            self.inner.remove(key);
            return Ok(());
        }
        read_document(document, self.writer.labels(), &mut self.values)?;
        self.inner.upsert(key, loss, &self.values);
        Ok(())
    }

    /// Adds or replaces the trial of `key` from the Vals of a document (`{label: [value] or []}`).
    fn upsert(&mut self, key: i64, loss: f64, vals: &Bound<'_, PyDict>) -> PyResult<()> {
        read_vals(vals, self.writer.labels(), &mut self.values)?;
        self.inner.upsert(key, loss, &self.values);
        Ok(())
    }

    /// Withdraws a trial.
    fn remove(&mut self, key: i64) {
        self.inner.remove(key);
    }

    /// `(idxs, vals)` for a new trial.
    fn suggest<'py>(
        &self,
        py: Python<'py>,
        tid: i64,
        seed: u64,
        avg_best_idx: f64,
        shrink_coef: f64,
    ) -> PyResult<Bound<'py, PyAny>> {
        let options = Options {
            mean_rank: avg_best_idx,
            shrink: shrink_coef,
        };
        let row = self
            .inner
            .assignment(tid, seed, &options)
            .map_err(|e| exception(&e))?;
        let written: Bound<'py, PyList> = self.writer.write(py, &[tid], &[row])?;
        written.get_item(0)
    }

    /// Number of trials in which a label is active.
    fn count(&self, label: &str) -> PyResult<usize> {
        Ok(self.inner.count(self.param(label)?))
    }

    /// The first of these trials in which a label is active.
    fn anchor(&self, label: &str, anchors: Vec<i64>) -> PyResult<Option<i64>> {
        Ok(self.inner.anchor(self.param(label)?, &anchors))
    }

    /// The trial at position `rank` (from 0) by loss among those in which a label is active.
    fn ranked(&self, label: &str, rank: usize) -> PyResult<Option<i64>> {
        Ok(self.inner.ranked(self.param(label)?, rank))
    }

    /// Loss and value of a label in a trial.
    fn observation(&self, label: &str, key: i64) -> PyResult<(f64, f64)> {
        let found = self
            .inner
            .loss(key)
            .zip(self.inner.value(key, self.param(label)?));
        found.ok_or_else(|| PyKeyError::new_err(format!("{label:?} is not active in trial {key}")))
    }

    /// How a label's new value is drawn, given the trial that is its anchor: `("uniform", low, high)`
    /// or `("normal", mu, sigma)` in model space, or `("stay", value, probability)`.
    #[allow(clippy::cast_precision_loss)] // below 2^53
    fn step(
        &self,
        label: &str,
        anchor: i64,
        shrink_coef: f64,
    ) -> PyResult<(&'static str, f64, f64)> {
        let param = self.param(label)?;
        let value = self.inner.value(anchor, param).ok_or_else(|| {
            PyKeyError::new_err(format!("{label:?} is not active in trial {anchor}"))
        })?;
        let prior = &self.inner.space().params()[param].prior;
        Ok(
            match Step::new(prior, value, self.inner.factor(param, shrink_coef)) {
                Step::Uniform { low, high } => ("uniform", low, high),
                Step::Normal { mu, sigma } => ("normal", mu, sigma),
                Step::Stay { value, probability } => ("stay", value as f64, probability),
            },
        )
    }
}

impl PyAnnealer {
    fn param(&self, label: &str) -> PyResult<usize> {
        let found = self.inner.space().index_of(label);
        found.ok_or_else(|| PyKeyError::new_err(format!("no parameter {label:?} in this space")))
    }
}
