//! `History`: the trials of a study, told from documents.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::gil;
use crate::reader::{is_in_question, item, outcome, read_document, read_vals};
use crate::space::{PySpace, index_of};
use crate::suggestions::suggestions;
use crate::writer::Writer;
use numpy::{PyArray1, PyReadonlyArray1};
use parzen::algorithm::{Learner, Request};
use parzen::tpe::{self, column};
use parzen::trials::Trials;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

type Array<'py> = Bound<'py, PyArray1<f64>>;

/// The trials of one study as columns; a cache beside the documents.
#[pyclass(name = "History", module = "hyperopt._native")]
pub struct PyHistory {
    pub trials: Trials,
    pub writer: Writer,
    /// One value per parameter, for reading a document.
    values: Vec<f64>,
}

#[pymethods]
impl PyHistory {
    #[new]
    fn new(py: Python<'_>, space: &PySpace) -> PyResult<Self> {
        let writer = Writer::new(py, &space.inner)?;
        Ok(Self {
            values: vec![f64::NAN; space.inner.len()],
            trials: Trials::new(space.inner.clone()),
            writer,
        })
    }

    fn __len__(&self) -> usize {
        self.trials.history().len()
    }

    /// Adds or replaces the row of `key` from the Vals of a document (`{label: [value] or []}`).
    ///
    /// Labels that are not in the space are ignored, labels of the space that are missing count as
    /// not active. A NaN loss removes the row.
    fn upsert(&mut self, key: i64, loss: f64, vals: &Bound<'_, PyDict>) -> PyResult<()> {
        let values = read_vals(vals, self.writer.labels(), &mut self.values)?;
        self.trials.upsert(key, loss, values);
        Ok(())
    }

    /// Takes over a document: its row under `key`, or no row if it is in error or cancelled. The joint
    /// estimator has a row for a trial in error, too.
    ///
    /// The loss of a failed trial, and of one without a loss, is +inf. The values of a trial that has
    /// started are read once: `fresh` reads them again.
    #[pyo3(signature = (key, document, fresh = false))]
    fn read(&mut self, key: i64, document: &Bound<'_, PyDict>, fresh: bool) -> PyResult<()> {
        let outcome = outcome(document, key)?;
        let (labels, values) = (self.writer.labels(), &mut self.values);
        self.trials.take_over(key, outcome, fresh, || {
            read_document(document, labels, values)
        })
    }

    /// Takes over documents, from position `start` on, up to one whose row is open to question; returns
    /// that one's position, or the number of documents.
    ///
    /// No question is a document with a ``tid`` of type int that does not stand for another trial
    /// ([`is_in_question`]), if no other document has its id: `known` has the documents by id, and gets the new ones.
    fn read_all(
        &mut self,
        documents: &Bound<'_, PyList>,
        known: &Bound<'_, PyDict>,
        start: usize,
    ) -> PyResult<usize> {
        let py = documents.py();
        for at in start..documents.len() {
            gil::hear_now_and_then(py, at)?;
            let entry = documents.get_item(at)?;
            let document = entry.cast::<PyDict>()?;
            let tid = item(document, intern!(py, "tid"))?;
            if is_in_question(document, &tid)? {
                return Ok(at);
            }
            match known.get_item(&tid)? {
                None => known.set_item(&tid, document)?,
                Some(other) if other.is(document) => {}
                Some(_) => return Ok(at),
            }
            self.read(tid.extract()?, document, false)?;
        }
        Ok(documents.len())
    }

    /// Whether reading all of these documents anew would change nothing: `known` has the documents that were
    /// read, by id.
    fn agrees(&mut self, documents: &Bound<'_, PyList>, known: &Bound<'_, PyDict>) -> bool {
        // Whoever reads a document that cannot be read gets the error then.
        documents.len() == known.len()
            && documents
                .iter()
                .all(|entry| self.agrees_with(&entry, known).unwrap_or(false))
    }

    /// Withdraws a row.
    fn remove(&mut self, key: i64) {
        self.trials.remove(key);
    }

    /// Adds a pending row from Vals that counts until `settle_provisional`.
    fn propose(&mut self, key: i64, vals: &Bound<'_, PyDict>) -> PyResult<()> {
        let values = read_vals(vals, self.writer.labels(), &mut self.values)?;
        self.trials.propose(key, values);
        Ok(())
    }

    /// Withdraws rows that were proposed within a batch and not read since.
    fn settle_provisional(&mut self) {
        self.trials.settle_provisional();
    }

    /// Keys and losses, by key.
    fn rows(&self) -> (Vec<i64>, Vec<f64>) {
        let rows = self.trials.history().rows();
        rows.live()
            .map(|row| (rows.key(row), rows.loss(row)))
            .unzip()
    }

    /// Keys of the good group.
    fn good_keys(&mut self, gamma: f64) -> Vec<i64> {
        self.trials.history_mut().good_keys(gamma)
    }

    /// Natural values of a label in the good and the bad group, chronological.
    fn groups<'py>(
        &mut self,
        py: Python<'py>,
        label: &str,
        gamma: f64,
    ) -> PyResult<(Array<'py>, Array<'py>)> {
        let param = self.param(label)?;
        let history = self.trials.history_mut();
        history.split(gamma);
        let (below, above) = history.column(param).groups();
        Ok((PyArray1::from_vec(py, below), PyArray1::from_vec(py, above)))
    }

    /// l(x) / g(x) of natural values of a label, up to a common factor.
    fn ratios<'py>(
        &mut self,
        py: Python<'py>,
        label: &str,
        values: PyReadonlyArray1<'py, f64>,
        gamma: f64,
        prior_weight: f64,
    ) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let param = self.param(label)?;
        let history = self.trials.history_mut();
        history.split(gamma);
        let options = column::Options {
            prior_weight,
            candidates: 1,
        };
        let ratios = history.column(param).ratios(values.as_slice()?, &options);
        Ok(PyArray1::from_vec(py, ratios))
    }

    /// One `(idxs, vals)` pair of dicts for each new tid, by the Tree-structured Parzen Estimator.
    ///
    /// `first` is the number of the first of these within the batch that `seed` names.
    #[pyo3(signature = (tids, seed, *, prior_weight, n_startup_jobs, n_candidates, gamma, first=0))]
    #[allow(clippy::too_many_arguments)]
    fn suggest_tpe<'py>(
        &mut self,
        py: Python<'py>,
        tids: Vec<i64>,
        seed: u64,
        prior_weight: f64,
        n_startup_jobs: i64,
        n_candidates: i64,
        gamma: f64,
        first: u64,
    ) -> PyResult<Bound<'py, PyList>> {
        let options = tpe::Options {
            prior_weight,
            startup: usize::try_from(n_startup_jobs).unwrap_or(0),
            candidates: usize::try_from(n_candidates).unwrap_or(0),
            gamma,
        };
        let keys = &tids;
        let request = Request { keys, seed, first };
        let history = self.trials.history_mut();
        suggestions(
            py,
            gil::SUGGESTIONS,
            history,
            &self.writer,
            &request,
            &options,
        )
    }
}

impl PyHistory {
    fn agrees_with(
        &mut self,
        entry: &Bound<'_, PyAny>,
        known: &Bound<'_, PyDict>,
    ) -> PyResult<bool> {
        let py = entry.py();
        let document = entry.cast::<PyDict>()?;
        let tid = item(document, intern!(py, "tid"))?;
        if is_in_question(document, &tid)? || !known.get_item(&tid)?.is_some_and(|k| k.is(document))
        {
            return Ok(false);
        }
        let key = tid.extract()?;
        let outcome = outcome(document, key)?;
        let (labels, values) = (self.writer.labels(), &mut self.values);
        self.trials
            .agrees(key, outcome, || read_document(document, labels, values))
    }

    fn param(&self, label: &str) -> PyResult<usize> {
        index_of(self.trials.space(), label)
    }
}
