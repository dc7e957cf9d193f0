//! `Annealer`: documents in, documents out, and the parts of a suggestion one by one.

#![allow(clippy::needless_pass_by_value)] // arguments come from Python by value

use crate::errors::inactive;
use crate::gil;
use crate::reader::{outcome, read_document, read_vals};
use crate::space::{PySpace, index_of};
use crate::suggestions::suggestions;
use crate::writer::Writer;
use parzen::algorithm::{Learner, Request};
use parzen::anneal::{Annealer, Options, Step};
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
        let outcome = outcome(document, key)?;
        let (labels, values) = (self.writer.labels(), &mut self.values);
        self.inner
            .take_over(key, outcome, || read_document(document, labels, values))
    }

    /// Adds or replaces the trial of `key` from the Vals of a document (`{label: [value] or []}`).
    fn upsert(&mut self, key: i64, loss: f64, vals: &Bound<'_, PyDict>) -> PyResult<()> {
        let values = read_vals(vals, self.writer.labels(), &mut self.values)?;
        self.inner.upsert(key, loss, values);
        Ok(())
    }

    /// Withdraws a trial.
    fn remove(&mut self, key: i64) {
        self.inner.remove(key);
    }

    /// Adds a pending trial from Vals that counts until `settle_provisional`.
    fn propose(&mut self, key: i64, vals: &Bound<'_, PyDict>) -> PyResult<()> {
        let values = read_vals(vals, self.writer.labels(), &mut self.values)?;
        self.inner.propose(key, values);
        Ok(())
    }

    /// Withdraws trials that were proposed within a batch and not read since.
    fn settle_provisional(&mut self) {
        self.inner.settle_provisional();
    }

    /// One `(idxs, vals)` pair of dicts for each new tid.
    ///
    /// `first` is the number of the first of these within the batch that `seed` names.
    #[pyo3(signature = (tids, seed, *, avg_best_idx, shrink_coef, first=0))]
    fn suggest<'py>(
        &mut self,
        py: Python<'py>,
        tids: Vec<i64>,
        seed: u64,
        avg_best_idx: f64,
        shrink_coef: f64,
        first: u64,
    ) -> PyResult<Bound<'py, PyList>> {
        let options = Options {
            mean_rank: avg_best_idx,
            shrink: shrink_coef,
        };
        let keys = &tids;
        let request = Request { keys, seed, first };
        suggestions(
            py,
            gil::SUGGESTIONS,
            &mut self.inner,
            &self.writer,
            &request,
            &options,
        )
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
        found.ok_or_else(|| inactive(label, key))
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
        let value = self.inner.value(anchor, param);
        let value = value.ok_or_else(|| inactive(label, anchor))?;
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
        index_of(self.inner.space(), label)
    }
}
