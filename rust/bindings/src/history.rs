//! `Space` and `History`: documents in, documents out.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::documents::Writer;
use crate::errors::exception;
use crate::gil;
use numpy::{PyArray1, PyReadonlyArray1};
use parzen::gp;
use parzen::joint::{self, model::same_values};
use parzen::prior::Prior;
use parzen::space::{Param, Space};
use parzen::tpe::column;
use parzen::tpe::history::History;
use parzen::{random, tpe};
use pyo3::exceptions::{PyKeyError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString};
use std::collections::{BTreeMap, BTreeSet, HashMap};

type Array<'py> = Bound<'py, PyArray1<f64>>;
type ParameterArguments = (String, String, Vec<f64>, Option<Vec<Vec<(String, i64)>>>);

/// A validated list of parameters.
#[pyclass(name = "Space", module = "hyperopt._native", frozen)]
pub struct PySpace {
    pub inner: Space,
    pub writer: Writer,
}

#[pymethods]
impl PySpace {
    #[new]
    fn new(py: Python<'_>, parameters: Vec<ParameterArguments>) -> PyResult<Self> {
        let index: HashMap<String, usize> = parameters
            .iter()
            .enumerate()
            .map(|(i, p)| (p.0.clone(), i))
            .collect();
        let resolve = |label: &str, (parent, value): (String, i64)| match index.get(&parent) {
            Some(i) => Ok((*i, value)),
            None => Err(PyValueError::new_err(format!(
                "parameter {label:?}: condition on {parent:?}, which is no parameter of the space"
            ))),
        };
        let params = parameters
            .into_iter()
            .map(|(label, family, args, conditions)| {
                let prior =
                    Prior::from_family(&label, &family, &args).map_err(|e| exception(&e))?;
                let conditions = conditions
                    .map(|any| {
                        any.into_iter()
                            .map(|all| all.into_iter().map(|c| resolve(&label, c)).collect())
                            .collect::<PyResult<Vec<_>>>()
                    })
                    .transpose()?;
                Ok(Param {
                    label,
                    prior,
                    conditions,
                })
            })
            .collect::<PyResult<Vec<_>>>()?;
        let inner = Space::new(params).map_err(|e| exception(&e))?;
        let writer = Writer::new(py, &inner)?;
        Ok(Self { inner, writer })
    }

    /// One `(idxs, vals)` pair of dicts for each new tid, from the priors.
    fn suggest_random<'py>(
        &self,
        py: Python<'py>,
        tids: Vec<i64>,
        seed: u64,
    ) -> PyResult<Bound<'py, PyList>> {
        let numbers: Vec<u64> = (0..tids.len() as u64).collect();
        let draw = |i: &u64| random::assignment(&self.inner, seed, *i);
        let rows = gil::piecewise(py, false, &numbers, |piece| {
            Ok(piece.iter().map(draw).collect())
        })?;
        self.writer.write(py, &tids, &rows)
    }

    /// Labels in the order of the parameters.
    #[getter]
    fn labels(&self) -> Vec<&str> {
        self.inner
            .params()
            .iter()
            .map(|p| p.label.as_str())
            .collect()
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }
}

/// The trials of one study as columns; a cache beside the documents.
#[pyclass(name = "History", module = "hyperopt._native")]
pub struct PyHistory {
    pub inner: History,
    pub writer: Writer,
    /// One value per parameter, for reading a document.
    values: Vec<f64>,
    /// The same rows for the joint estimator, once that was asked for, and those of trials in error.
    joint: Option<Box<joint::Model>>,
    /// Values of the trials in error, by key.
    errors: BTreeMap<i64, Vec<f64>>,
    /// Keys of the rows that are done and have no loss.
    failed: BTreeSet<i64>,
    /// What the Gaussian process has fitted.
    process: gp::Cache,
}

/// The state of a trial whose objective raised an exception.
pub(crate) const JOB_STATE_ERROR: i64 = 3;

/// The state of a trial whose objective returned.
const JOB_STATE_DONE: i64 = 2;

#[pymethods]
impl PyHistory {
    #[new]
    fn new(py: Python<'_>, space: &PySpace) -> PyResult<Self> {
        let inner = History::new(space.inner.clone());
        let writer = Writer::new(py, inner.space())?;
        let values = vec![f64::NAN; inner.space().len()];
        Ok(Self {
            inner,
            writer,
            values,
            joint: None,
            errors: BTreeMap::new(),
            failed: BTreeSet::new(),
            process: gp::Cache::default(),
        })
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }

    /// Adds or replaces the row of `key` from the Vals of a document (`{label: [value] or []}`).
    ///
    /// Labels that are not in the space are ignored, labels of the space that are missing count as
    /// not active. A NaN loss removes the row.
    fn upsert(&mut self, key: i64, loss: f64, vals: &Bound<'_, PyDict>) -> PyResult<()> {
        self.read_vals(vals)?;
        self.upsert_row(key, loss);
        Ok(())
    }

    /// Takes over a document: its row under `key`, or no row if it is in error or cancelled. The joint
    /// estimator has a row for a trial in error, too.
    ///
    /// The loss of a failed trial, and of one without a loss, is +inf. The values of a trial that has
    /// started are read once: `fresh` reads them again.
    #[pyo3(signature = (key, document, fresh = false))]
    fn read(&mut self, key: i64, document: &Bound<'_, PyDict>, fresh: bool) -> PyResult<()> {
        match standing(document, key)? {
            Standing::Nothing => self.remove(key),
            Standing::Error => {
                self.remove(key);
                self.read_document_vals(document)?;
                self.errors.insert(key, self.values.clone());
                if let Some(joint) = &mut self.joint {
                    joint.upsert(key, f64::INFINITY, &self.values);
                }
            }
            Standing::Row {
                loss,
                has_started,
                is_done,
            } => {
                if is_done && loss == f64::INFINITY {
                    self.failed.insert(key);
                } else if !self.failed.is_empty() {
                    self.failed.remove(&key);
                }
                if fresh || !has_started || !self.inner.has(key, loss) {
                    self.read_document_vals(document)?;
                    self.upsert_row(key, loss);
                }
            }
        }
        Ok(())
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
            if at % gil::DOCUMENTS == 0 {
                py.check_signals()?;
            }
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
        self.inner.remove(key);
        self.errors.remove(&key);
        self.failed.remove(&key);
        if let Some(joint) = &mut self.joint {
            joint.remove(key);
        }
    }

    /// Adds a pending row from Vals that counts until `settle_provisional`.
    fn propose(&mut self, key: i64, vals: &Bound<'_, PyDict>) -> PyResult<()> {
        self.read_vals(vals)?;
        self.inner.propose(key, &self.values);
        if let Some(joint) = &mut self.joint {
            joint.propose(key, &self.values);
        }
        Ok(())
    }

    /// Withdraws rows that were proposed within a batch and not read since.
    fn settle_provisional(&mut self) {
        self.inner.settle_provisional();
        if let Some(joint) = &mut self.joint {
            joint.settle_provisional();
        }
    }

    /// Keys and losses, by key.
    fn rows(&self) -> (Vec<i64>, Vec<f64>) {
        self.inner.rows().unzip()
    }

    /// Keys of the good group.
    fn good_keys(&mut self, gamma: f64) -> Vec<i64> {
        self.inner.good_keys(gamma)
    }

    /// Natural values of a label in the good and the bad group, chronological.
    fn groups<'py>(
        &mut self,
        py: Python<'py>,
        label: &str,
        gamma: f64,
    ) -> PyResult<(Array<'py>, Array<'py>)> {
        let param = self.param(label)?;
        self.inner.split(gamma);
        let (below, above) = self.inner.column(param).groups();
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
        self.inner.split(gamma);
        let options = column::Options {
            prior_weight,
            candidates: 1,
        };
        let ratios = self
            .inner
            .column(param)
            .ratios(values.as_slice()?, &options);
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
        let (inner, writer) = (&mut self.inner, &self.writer);
        let out = PyList::empty(py).unbind();
        let mut written: PyResult<usize> = Ok(0);
        let write = |rows: &[Vec<f64>]| {
            if let Ok(from) = written {
                let to = from + rows.len();
                written = Python::attach(|py| {
                    writer.append(out.bind(py), &tids[from..to], rows)?;
                    Ok(to)
                });
            }
        };
        gil::work(py, tids.len() >= gil::SUGGESTIONS, |checkpoint| {
            tpe::suggest_by_pieces(inner, &tids, seed, first, &options, checkpoint, write)
        })?;
        written?;
        Ok(out.into_bound(py))
    }
}

impl PyHistory {
    fn upsert_row(&mut self, key: i64, loss: f64) {
        self.inner.upsert(key, loss, &self.values);
        self.errors.remove(&key);
        if let Some(joint) = &mut self.joint {
            joint.upsert(key, loss, &self.values);
        }
    }

    /// The rows for the joint estimator; brought over when first asked for, kept in step since.
    pub fn joint(&mut self, unordered: &[bool]) -> &mut joint::Model {
        let inner = &self.inner;
        self.joint.take_if(|model| model.unordered() != unordered);
        self.joint.get_or_insert_with(|| {
            let mut model = joint::Model::new(inner.space().clone(), unordered);
            for (key, loss) in inner.rows() {
                let value = |i| inner.value(key, i).unwrap_or(f64::NAN);
                let values: Vec<f64> = (0..inner.space().len()).map(value).collect();
                model.upsert(key, loss, &values);
            }
            for (key, values) in &self.errors {
                model.upsert(*key, f64::INFINITY, values);
            }
            Box::new(model)
        })
    }

    /// What the Gaussian process needs: the rows of the joint estimator, what it has fitted, and the keys of the
    /// trials that came to nothing.
    pub fn process(
        &mut self,
        unordered: &[bool],
    ) -> (&mut joint::Model, &mut gp::Cache, BTreeSet<i64>) {
        let failed = self.failed.iter().chain(self.errors.keys()).copied();
        let failed = failed.collect();
        self.joint(unordered);
        let Self { joint, process, .. } = self;
        let model = joint.as_mut().expect("was just made");
        (model, process, failed)
    }

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
        let standing = standing(document, key)?;
        if !matches!(standing, Standing::Nothing) {
            self.read_document_vals(document)?;
        }
        Ok(match standing {
            Standing::Nothing => !self.inner.contains(key) && !self.errors.contains_key(&key),
            Standing::Error => {
                let same = |own: &Vec<f64>| same_values(own, &self.values);
                !self.inner.contains(key) && self.errors.get(&key).is_some_and(same)
            }
            Standing::Row { loss, .. } => self.inner.agrees(key, loss, &self.values),
        })
    }

    fn param(&self, label: &str) -> PyResult<usize> {
        let found = self.inner.space().index_of(label);
        found.ok_or_else(|| PyKeyError::new_err(format!("no parameter {label:?} in this space")))
    }

    fn read_document_vals(&mut self, document: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = document.py();
        let misc = item(document, intern!(py, "misc"))?;
        match misc.cast::<PyDict>()?.get_item(intern!(py, "vals"))? {
            Some(vals) => self.read_vals(vals.cast::<PyDict>()?)?,
            None => self.values.fill(f64::NAN),
        }
        Ok(())
    }

    fn read_vals(&mut self, vals: &Bound<'_, PyDict>) -> PyResult<()> {
        let py = vals.py();
        for (label, value) in self.writer.labels().iter().zip(&mut self.values) {
            *value = match vals.get_item(label.bind(py))? {
                None => f64::NAN,
                Some(entry) => active_value(&entry, label.bind(py))?,
            };
        }
        Ok(())
    }
}

/// Whether a document may stand for another trial than the one that its ``tid`` names.
fn is_in_question(document: &Bound<'_, PyDict>, tid: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = document.py();
    let misc = item(document, intern!(py, "misc"))?;
    Ok(misc.contains(intern!(py, "from_tid"))? || !tid.is_exact_instance_of::<PyInt>())
}

/// What the history has of a trial.
enum Standing {
    /// Nothing: it was cancelled, or its loss is NaN.
    Nothing,
    /// A row for the joint estimator: its objective raised an exception.
    Error,
    /// A row.
    Row {
        loss: f64,
        has_started: bool,
        is_done: bool,
    },
}

fn standing(document: &Bound<'_, PyDict>, key: i64) -> PyResult<Standing> {
    let py = document.py();
    let state: i64 = item(document, intern!(py, "state"))?.extract()?;
    if state == JOB_STATE_ERROR {
        return Ok(Standing::Error);
    }
    if !(0..=2).contains(&state) {
        return Ok(Standing::Nothing);
    }
    let loss = loss_of(&item(document, intern!(py, "result"))?, key)?;
    let has_started = state > 0;
    Ok(if loss.is_nan() {
        Standing::Nothing
    } else {
        Standing::Row {
            loss,
            has_started,
            is_done: state == JOB_STATE_DONE,
        }
    })
}

/// The value in `[value]`, NaN for `[]`.
pub(crate) fn active_value(entry: &Bound<'_, PyAny>, label: &Bound<'_, PyString>) -> PyResult<f64> {
    let value = match entry.cast::<PyList>() {
        Ok(list) if list.is_empty() => return Ok(f64::NAN),
        Ok(list) => list.get_item(0)?,
        Err(_) if entry.len()? == 0 => return Ok(f64::NAN),
        Err(_) => entry.get_item(0)?,
    };
    value.extract().map_err(|_| {
        PyTypeError::new_err(format!(
            "the value of {label} in a trial is {value}, which is not a number"
        ))
    })
}

pub(crate) fn item<'py>(
    dict: &Bound<'py, PyDict>,
    key: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    dict.get_item(key)?
        .ok_or_else(|| PyKeyError::new_err(format!("a trial document has no {key:?}")))
}

pub(crate) fn loss_of(result: &Bound<'_, PyAny>, key: i64) -> PyResult<f64> {
    let py = result.py();
    let Ok(result) = result.cast::<PyDict>() else {
        return Ok(f64::INFINITY);
    };
    if let Some(status) = result.get_item(intern!(py, "status"))?
        && status.eq(intern!(py, "fail"))?
    {
        return Ok(f64::INFINITY);
    }
    match result.get_item(intern!(py, "loss"))? {
        Some(loss) if !loss.is_none() => loss.extract().map_err(|_| {
            PyTypeError::new_err(format!(
                "the loss of trial {key} is {loss}, which is not a number"
            ))
        }),
        _ => Ok(f64::INFINITY),
    }
}
