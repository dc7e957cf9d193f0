//! What importance looks at: the losses and values of trials that ran to their end.

use crate::reader::{active_value, item, state_of};
use numpy::{PyArrayDescrMethods, dtype};
use parzen::trials::State;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use std::ptr;

/// The trials that have a loss, in the order of their documents.
pub struct Finished {
    /// Never NaN; infinity is a trial that is no good.
    pub losses: Vec<f64>,
    /// One value per trial and parameter, trial after trial; NaN where there is none.
    pub rows: Vec<f64>,
    /// How many trials ended, with or without a loss.
    pub ended: usize,
}

/// Documents that are read side by side.
///
/// The 200,000 values in 10,000 trials of 20 parameters lie in cold memory, three cache lines for each: a list, its
/// array, a number. Step by step for many documents, the processor waits for many lines at a time.
const BLOCK: usize = 32;

impl Finished {
    /// Reads documents: their own losses ([`outcome`]), or those that are given, where NaN leaves a trial out.
    pub fn read(
        documents: &Bound<'_, PyList>,
        labels: &[Py<PyString>],
        losses: Option<&[f64]>,
        failed: bool,
    ) -> PyResult<Self> {
        let py = documents.py();
        let types = Types::new(py);
        let mut read = Self {
            losses: Vec::with_capacity(documents.len()),
            rows: Vec::with_capacity(documents.len() * labels.len()),
            ended: 0,
        };
        let mut block = Vec::with_capacity(BLOCK);
        for start in (0..documents.len()).step_by(BLOCK) {
            let end = documents.len().min(start + BLOCK);
            for at in start..end {
                block.push(documents.get_item(at)?.cast_into::<PyDict>()?);
            }
            let given = losses.map(|losses| &losses[start..end]);
            read.push_losses(&mut block, given, failed)?;
            for document in &mut block {
                *document = item(document, intern!(py, "misc"))?.cast_into::<PyDict>()?;
            }
            for misc in &mut block {
                *misc = item(misc, intern!(py, "vals"))?.cast_into::<PyDict>()?;
            }
            read_block(labels, &block, &types, &mut read.rows)?;
            block.clear();
        }
        Ok(read)
    }

    /// Appends the losses of some documents, and drops the documents without one.
    fn push_losses(
        &mut self,
        block: &mut Vec<Bound<'_, PyDict>>,
        given: Option<&[f64]>,
        failed: bool,
    ) -> PyResult<()> {
        let mut kept = 0;
        for at in 0..block.len() {
            let loss = if let Some(losses) = given {
                losses[at]
            } else {
                let (loss, has_ended) = outcome(&block[at], failed)?;
                self.ended += usize::from(has_ended);
                loss
            };
            if !loss.is_nan() {
                self.losses.push(loss);
                block.swap(kept, at);
                kept += 1;
            }
        }
        block.truncate(kept);
        Ok(())
    }
}

/// Appends the values of some documents.
fn read_block(
    labels: &[Py<PyString>],
    block: &[Bound<'_, PyDict>],
    types: &Types,
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
            rows.push(known_number(object, types).unwrap_or(f64::INFINITY));
        }
    }
    drop(objects);
    // What was not as in the documents that are made here is asked in the usual way.
    let width = labels.len();
    for (number, value) in rows[start..].iter_mut().enumerate() {
        if *value == f64::INFINITY {
            let vals = &block[number / width];
            let label = labels[number % width].bind(vals.py());
            *value = match vals.get_item(label)? {
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
        } else if ffi::Py_SIZE(entry) == 0 {
            empty()
        } else {
            ffi::PyList_GetItem(entry, 0)
        }
    }
}

/// A scalar of numpy as its header `arrayscalars.h` lays it out (`PyDoubleScalarObject`, `PyInt64ScalarObject`).
#[repr(C)]
struct Scalar<T> {
    base: ffi::PyObject,
    value: T,
}

/// The types of the numbers in documents that are made here.
struct Types {
    float64: *mut ffi::PyTypeObject,
    int64: *mut ffi::PyTypeObject,
}

impl Types {
    /// numpy keeps its types alive.
    fn new(py: Python<'_>) -> Self {
        Self {
            float64: dtype::<f64>(py).typeobj().as_type_ptr(),
            int64: dtype::<i64>(py).typeobj().as_type_ptr(),
        }
    }
}

/// The value of a float, numpy.float64 or numpy.int64, NaN for [`empty`]; None for anything else.
///
/// # Safety
/// `object` is null, [`empty`], or an object that lives.
#[allow(clippy::cast_precision_loss)] // as float(value) does
unsafe fn known_number(object: *mut ffi::PyObject, types: &Types) -> Option<f64> {
    if object.is_null() {
        return None;
    }
    if object == empty() {
        return Some(f64::NAN);
    }
    // SAFETY: the type tells how the object is laid out, and is no subtype; nothing runs code of others.
    unsafe {
        let kind = ffi::Py_TYPE(object);
        if kind == types.float64 {
            Some((*object.cast::<Scalar<f64>>()).value)
        } else if kind == types.int64 {
            Some((*object.cast::<Scalar<i64>>()).value as f64)
        } else if ffi::PyFloat_CheckExact(object) != 0 {
            Some(ffi::PyFloat_AsDouble(object))
        } else {
            None
        }
    }
}

/// The loss of a document that ran to its end and has one that compares; else NaN, or infinity if it ended and
/// `failed` counts. And whether it ended.
///
/// The result of a pruned trial is that of an earlier step, so its loss does not compare.
pub fn outcome(document: &Bound<'_, PyDict>, failed: bool) -> PyResult<(f64, bool)> {
    let (loss, has_ended) = finished_loss(document)?;
    let counts = failed && has_ended && loss.is_nan();
    Ok((if counts { f64::INFINITY } else { loss }, has_ended))
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
