//! Assignments as the `idxs` and `vals` of documents.

use numpy::npyffi::{PY_ARRAY_API, PyArray_Descr};
use numpy::{PyArrayDescr, PyArrayDescrMethods, dtype};
use parzen::prior::Prior;
use parzen::space::Space;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use std::ffi::c_void;

/// Writes assignments; knows the labels as Python strings and which values are integers.
pub struct Writer {
    labels: Vec<Py<PyString>>,
    discrete: Vec<bool>,
    float64: Py<PyArrayDescr>,
    int64: Py<PyArrayDescr>,
}

impl Writer {
    /// For the parameters of a space.
    pub fn new(py: Python<'_>, space: &Space) -> Self {
        let labels = space
            .params()
            .iter()
            .map(|p| PyString::intern(py, &p.label).unbind());
        let discrete = space
            .params()
            .iter()
            .map(|p| matches!(p.prior, Prior::Categorical(_)));
        Self {
            labels: labels.collect(),
            discrete: discrete.collect(),
            float64: dtype::<f64>(py).unbind(),
            int64: dtype::<i64>(py).unbind(),
        }
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
        for (tid, row) in tids.iter().zip(rows) {
            let (idxs, vals) = (PyDict::new(py), PyDict::new(py));
            let tid = tid.into_pyobject(py)?;
            for ((label, discrete), value) in self.labels.iter().zip(&self.discrete).zip(row) {
                if value.is_nan() {
                    idxs.set_item(label, PyList::empty(py))?;
                    vals.set_item(label, PyList::empty(py))?;
                } else {
                    idxs.set_item(label, PyList::new(py, [&tid])?)?;
                    vals.set_item(
                        label,
                        PyList::new(py, [self.scalar(py, *value, *discrete)?])?,
                    )?;
                }
            }
            out.append((idxs, vals))?;
        }
        Ok(out)
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

fn scalar<'py, T>(
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
