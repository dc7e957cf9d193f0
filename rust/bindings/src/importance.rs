//! Importance of parameters, from documents.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::errors::exception;
use crate::reader::{active_value, item, state_of};
use crate::space::PySpace;
use numpy::{PyArrayDescrMethods, dtype};
use parzen::importance::{Baseline, Options, Study, shares};
use parzen::trials::State;
use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyType};
use std::ptr;

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

/// Documents that are read side by side.
///
/// The 200,000 values in 10,000 trials of 20 parameters lie in cold memory, three cache lines for each: a list, its
/// array, a number. Step by step for many documents, the processor waits for many lines at a time.
const BLOCK: usize = 32;

/// One value per parameter for each document that has a loss, NaN where it has none.
fn read_rows(space: &PySpace, documents: &Bound<'_, PyList>, losses: &[f64]) -> PyResult<Vec<f64>> {
    let py = documents.py();
    let labels = space.writer.labels();
    let int64 = dtype::<i64>(py).typeobj();
    let mut rows = Vec::with_capacity(documents.len() * labels.len());
    let mut block = Vec::with_capacity(BLOCK);
    for (document, loss) in documents.iter().zip(losses) {
        if loss.is_nan() {
            continue;
        }
        let misc = item(document.cast::<PyDict>()?, intern!(py, "misc"))?;
        let vals = item(misc.cast::<PyDict>()?, intern!(py, "vals"))?;
        block.push(vals.cast_into::<PyDict>()?);
        if block.len() == BLOCK {
            read_block(labels, &block, &int64, &mut rows)?;
            block.clear();
        }
    }
    read_block(labels, &block, &int64, &mut rows)?;
    Ok(rows)
}

/// Appends the values of some documents.
fn read_block(
    labels: &[Py<PyString>],
    block: &[Bound<'_, PyDict>],
    int64: &Bound<'_, PyType>,
    rows: &mut Vec<f64>,
) -> PyResult<()> {
    let start = rows.len();
    let mut objects: Vec<*mut ffi::PyObject> = Vec::with_capacity(block.len() * labels.len());
    // SAFETY: all references are borrowed from the documents, which nobody changes while they are used: we are
    // attached to the interpreter, and none of this runs code of others. Not counting them spares as many writes.
    unsafe {
        for vals in block {
            push_entries(labels, vals, &mut objects);
        }
        for object in &mut objects {
            *object = first_item(*object);
        }
        for &object in &objects {
            rows.push(known_number(object, int64.as_type_ptr()).unwrap_or(f64::INFINITY));
        }
    }
    drop(objects);
    // What was not as in the documents that are made here is asked in the usual way.
    let width = labels.len();
    for (number, value) in rows[start..].iter_mut().enumerate() {
        if *value == f64::INFINITY {
            let label = labels[number % width].bind(int64.py());
            *value = match block[number / width].get_item(label)? {
                None => f64::NAN,
                Some(entry) => active_value(&entry, label)?,
            };
        }
    }
    Ok(())
}

/// Appends the entry of each label, null where the labels do not stand in order.
///
/// # Safety
/// The caller is attached to the interpreter. The entries are borrowed.
unsafe fn push_entries(
    labels: &[Py<PyString>],
    vals: &Bound<'_, PyDict>,
    objects: &mut Vec<*mut ffi::PyObject>,
) {
    let end = objects.len() + labels.len();
    let mut position = 0;
    let (mut key, mut entry) = (ptr::null_mut(), ptr::null_mut());
    for label in labels {
        // SAFETY: a dict that lives, and places to write to.
        let found = unsafe {
            ffi::PyDict_Next(
                vals.as_ptr(),
                &raw mut position,
                &raw mut key,
                &raw mut entry,
            )
        };
        if found == 0 || key != label.as_ptr() {
            break;
        }
        objects.push(entry);
    }
    objects.resize(end, ptr::null_mut());
}

/// Stands for the item of an empty list.
static EMPTY: u8 = 0;

fn empty() -> *mut ffi::PyObject {
    (&raw const EMPTY).cast_mut().cast()
}

/// The first item of a list, [`empty`] if it has none; null for anything else.
///
/// # Safety
/// `entry` is null, or an object that lives. The item is borrowed.
unsafe fn first_item(entry: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the list is exact.
    unsafe {
        if entry.is_null() || ffi::PyList_CheckExact(entry) == 0 {
            ptr::null_mut()
        } else if ffi::PyList_Size(entry) == 0 {
            empty()
        } else {
            ffi::PyList_GetItem(entry, 0)
        }
    }
}

/// The value of a float or a numpy.int64, NaN for [`empty`]; None for anything else.
///
/// # Safety
/// `object` is null, [`empty`], or an object that lives.
unsafe fn known_number(object: *mut ffi::PyObject, int64: *mut ffi::PyTypeObject) -> Option<f64> {
    // SAFETY: neither the value of a float nor that of a numpy.int64 runs code of others.
    unsafe {
        if object.is_null() {
            None
        } else if object == empty() {
            Some(f64::NAN)
        } else if ffi::Py_TYPE(object) == int64 || ffi::PyFloat_Check(object) != 0 {
            Some(ffi::PyFloat_AsDouble(object))
        } else {
            None
        }
    }
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
