//! The values of many documents at a time.

use crate::prefetch::{prefetch, prefetch_items, prefetch_table};
use crate::reader::active_value;
use numpy::{PyArrayDescrMethods, dtype};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use std::ptr;

/// Bytes that a key and its value take in the table of a dict.
const ENTRY: usize = 18;

/// The values of some documents, one after the other.
pub fn rows(
    labels: &[Py<PyString>],
    block: &[Bound<'_, PyDict>],
    types: &NumberTypes,
) -> PyResult<Vec<f64>> {
    let n_values = block.len() * labels.len();
    let mut objects: Vec<*mut ffi::PyObject> = Vec::with_capacity(n_values);
    let mut rows = Vec::with_capacity(n_values);
    for vals in block {
        prefetch_table(vals, ENTRY * labels.len());
    }
    // SAFETY: all references are borrowed from the documents, which nobody changes while they are used: we are
    // attached to the interpreter, and none of this runs code of others. Not counting them spares as many writes.
    unsafe {
        for vals in block {
            push_entries(labels, vals, &mut objects);
        }
        for &entry in &objects {
            if is_list(entry) {
                prefetch_items(entry);
            }
        }
        for object in &mut objects {
            *object = first_item(*object);
            prefetch(*object);
        }
        for &object in &objects {
            rows.push(known_number(object, types).unwrap_or(f64::INFINITY));
        }
    }
    drop(objects);
    // What was not as in the documents that are made here is asked in the usual way.
    let width = labels.len();
    for (number, value) in rows.iter_mut().enumerate() {
        if *value == f64::INFINITY {
            let vals = &block[number / width];
            let label = labels[number % width].bind(vals.py());
            *value = match vals.get_item(label)? {
                None => f64::NAN,
                Some(entry) => active_value(&entry, label)?,
            };
        }
    }
    Ok(rows)
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
        prefetch(entry);
        objects.push(entry);
    }
    objects.resize(end, ptr::null_mut());
}

/// Stands for the item of an empty list.
static EMPTY: u8 = 0;

fn empty() -> *mut ffi::PyObject {
    (&raw const EMPTY).cast_mut().cast()
}

/// Whether it is an exact list.
///
/// # Safety
/// `entry` is null, or an object that lives.
unsafe fn is_list(entry: *mut ffi::PyObject) -> bool {
    // SAFETY: it lives.
    !entry.is_null() && unsafe { ffi::PyList_CheckExact(entry) } != 0
}

/// The first item of a list, [`empty`] if it has none; null for anything else.
///
/// # Safety
/// `entry` is null, or an object that lives. The item is borrowed.
unsafe fn first_item(entry: *mut ffi::PyObject) -> *mut ffi::PyObject {
    // SAFETY: the list is exact.
    unsafe {
        if !is_list(entry) {
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
pub struct NumberTypes {
    float64: *mut ffi::PyTypeObject,
    int64: *mut ffi::PyTypeObject,
}

impl NumberTypes {
    /// numpy keeps its types alive.
    pub fn new(py: Python<'_>) -> Self {
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
unsafe fn known_number(object: *mut ffi::PyObject, types: &NumberTypes) -> Option<f64> {
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
