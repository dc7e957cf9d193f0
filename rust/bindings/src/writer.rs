//! Assignments as the `idxs` and `vals` of documents.
//!
//! A document holds two lists for every parameter. They make up nearly all the objects that Python's
//! cyclic garbage collector would visit again and again in a long study (a seventh of the time of a
//! run, by profile), although numbers in a list can't be part of a cycle: so they are taken off the
//! collector's books, as Python itself does with tuples of numbers. Whoever puts another container
//! into one of these lists loses nothing but the collection of a cycle through it. While documents
//! are being made the collector pauses: nothing of them is garbage yet.

use crate::gil;
use numpy::npyffi::{PY_ARRAY_API, PyArray_Descr};
use numpy::{PyArrayDescr, PyArrayDescrMethods, dtype};
use parzen::prior::Prior;
use parzen::space::Space;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString};
use std::ffi::c_void;

/// Writes assignments; knows the labels as Python strings and which values are integers.
pub struct Writer {
    labels: Vec<Py<PyString>>,
    /// A dict with all labels: its copies have room for them from the start.
    blank: Py<PyDict>,
    discrete: Vec<bool>,
    float64: Py<PyArrayDescr>,
    int64: Py<PyArrayDescr>,
}

impl Writer {
    /// For the parameters of a space.
    pub fn new(py: Python<'_>, space: &Space) -> PyResult<Self> {
        let labels: Vec<Py<PyString>> = space
            .params()
            .iter()
            .map(|p| PyString::intern(py, &p.label).unbind())
            .collect();
        let blank = PyDict::new(py);
        for label in &labels {
            blank.set_item(label, py.None())?;
        }
        let discrete = space
            .params()
            .iter()
            .map(|p| matches!(p.prior, Prior::Categorical(_)));
        Ok(Self {
            labels,
            blank: blank.unbind(),
            discrete: discrete.collect(),
            float64: dtype::<f64>(py).unbind(),
            int64: dtype::<i64>(py).unbind(),
        })
    }

    /// The labels, in the order of the parameters.
    pub fn labels(&self) -> &[Py<PyString>] {
        &self.labels
    }

    /// One `(idxs, vals)` for each tid: `{label: [tid]}` and `{label: [value]}`, empty lists where a
    /// parameter is not active. Values are `numpy.float64`, or `numpy.int64` for discrete ones.
    pub fn write<'py>(
        &self,
        py: Python<'py>,
        tids: &[i64],
        rows: &[Vec<f64>],
    ) -> PyResult<Bound<'py, PyList>> {
        let out = PyList::empty(py);
        self.append(&out, tids, rows)?;
        Ok(out)
    }

    /// As [`write`](Self::write), at the end of a list.
    pub fn append(&self, out: &Bound<'_, PyList>, tids: &[i64], rows: &[Vec<f64>]) -> PyResult<()> {
        let py = out.py();
        let _paused = PausedCollector::new(py);
        for (at, (tid, row)) in tids.iter().zip(rows).enumerate() {
            gil::hear_now_and_then(py, at)?;
            let (idxs, vals) = (self.blank.bind(py).copy()?, self.blank.bind(py).copy()?);
            let tid = tid.into_pyobject(py)?;
            for ((label, discrete), value) in self.labels.iter().zip(&self.discrete).zip(row) {
                let value = if value.is_nan() {
                    None
                } else {
                    Some(self.scalar(py, *value, *discrete)?)
                };
                let (idx, val) = parameter(&tid, value)?;
                idxs.set_item(label, idx)?;
                vals.set_item(label, val)?;
            }
            untrack(&idxs);
            untrack(&vals);
            out.append((idxs, vals))?;
        }
        Ok(())
    }

    /// A numpy scalar.
    fn scalar<'py>(
        &self,
        py: Python<'py>,
        value: f64,
        discrete: bool,
    ) -> PyResult<Bound<'py, PyAny>> {
        if discrete {
            #[allow(clippy::cast_possible_truncation)] // whole and below 2^53
            scalar(py, &(value as i64), self.int64.bind(py))
        } else {
            scalar(py, &value, self.float64.bind(py))
        }
    }
}

/// The entries of a parameter in `idxs` and `vals`: lists of its trial and value, or nothing where it is not active.
pub fn parameter<'py>(
    tid: &Bound<'py, PyInt>,
    value: Option<Bound<'py, PyAny>>,
) -> PyResult<(Bound<'py, PyList>, Bound<'py, PyList>)> {
    let py = tid.py();
    let (idx, val) = match value {
        None => (PyList::empty(py), PyList::empty(py)),
        Some(value) => (PyList::new(py, [tid])?, PyList::new(py, [value])?),
    };
    untrack(&idx);
    untrack(&val);
    Ok((idx, val))
}

/// Takes a container of numbers, or of such containers, off the books of the garbage collector.
pub fn untrack<T>(container: &Bound<'_, T>) {
    // SAFETY: the object is of a kind that the collector knows, and alive. A dict gets back on the
    // books by itself when a container is put into it.
    unsafe { pyo3::ffi::PyObject_GC_UnTrack(container.as_ptr().cast()) }
}

/// Keeps the garbage collector from looking for cycles among objects that are only being made.
pub struct PausedCollector<'py>(Option<Python<'py>>);

impl<'py> PausedCollector<'py> {
    /// From now until it is dropped.
    pub fn new(py: Python<'py>) -> Self {
        // SAFETY: the interpreter is attached, as `py` proves; so it is as long as this value lives.
        let was_running = unsafe { pyo3::ffi::PyGC_Disable() } == 1;
        Self(was_running.then_some(py))
    }
}

impl Drop for PausedCollector<'_> {
    fn drop(&mut self) {
        if self.0.is_some() {
            // SAFETY: as above.
            unsafe { pyo3::ffi::PyGC_Enable() };
        }
    }
}

/// A numpy scalar of the type that `descr` describes, which has to be that of `value`.
pub fn scalar<'py, T>(
    py: Python<'py>,
    value: &T,
    descr: &Bound<'py, PyArrayDescr>,
) -> PyResult<Bound<'py, PyAny>> {
    let data = std::ptr::from_ref(value).cast::<c_void>().cast_mut();
    let descr = descr.as_dtype_ptr().cast::<PyArray_Descr>();
    // SAFETY: `data` points to a value of the type that `descr` describes; numpy copies it. The
    // function returns a new reference, or null with an exception set.
    unsafe {
        let object = PY_ARRAY_API.PyArray_Scalar(py, data, descr, std::ptr::null_mut());
        Bound::from_owned_ptr_or_err(py, object)
    }
}
