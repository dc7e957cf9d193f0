//! What an objective is given, made of what a document holds.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::errors::missing_value;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

/// The points of a space that is a dict of numbers, as most are.
#[pyclass(name = "NumberDict", module = "hyperopt._native", frozen)]
pub struct PyNumberDict {
    numbers: Vec<Number>,
    /// A dict with all keys: its copies have room for them from the start.
    blank: Py<PyDict>,
}

/// One entry: its key, the label of the parameter, and whether it is an int rather than a float.
struct Number {
    key: Py<PyString>,
    label: Py<PyString>,
    is_whole: bool,
}

#[pymethods]
impl PyNumberDict {
    #[new]
    fn new(py: Python<'_>, numbers: Vec<(Py<PyString>, Py<PyString>, bool)>) -> PyResult<Self> {
        let blank = PyDict::new(py);
        for (key, _, _) in &numbers {
            blank.set_item(key, py.None())?;
        }
        let numbers = numbers.into_iter().map(|(key, label, is_whole)| Number {
            key,
            label,
            is_whole,
        });
        Ok(Self {
            numbers: numbers.collect(),
            blank: blank.unbind(),
        })
    }

    /// The point with these Vals (`{label: [value]}`).
    ///
    /// # Errors
    ///
    /// A parameter has no value, or one that is no number.
    fn of_vals<'py>(&self, vals: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
        let py = vals.py();
        let point = self.blank.bind(py).copy()?;
        for number in &self.numbers {
            let label = number.label.bind(py);
            let column = vals.get_item(label)?.ok_or_else(|| missing_value(label))?;
            let value = match column.cast::<PyList>() {
                Ok(list) => list.get_item(0)?,
                Err(_) => column.get_item(0)?,
            };
            point.set_item(&number.key, converted(&value, number.is_whole)?)?;
        }
        Ok(point)
    }
}

/// What `int` or `float` makes of a value.
fn converted<'py>(value: &Bound<'py, PyAny>, to_int: bool) -> PyResult<Bound<'py, PyAny>> {
    // SAFETY: the object is alive, and the functions take any. They return a new reference, or null
    // with an exception set.
    unsafe {
        let number = if to_int {
            pyo3::ffi::PyNumber_Long(value.as_ptr())
        } else {
            pyo3::ffi::PyNumber_Float(value.as_ptr())
        };
        Bound::from_owned_ptr_or_err(value.py(), number)
    }
}
