//! What goes wrong, as Python exceptions.

use parzen::error::Error;
use pyo3::exceptions::{PyKeyError, PyKeyboardInterrupt, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;
use std::fmt::Display;

/// The exception that an error of the core becomes.
pub fn exception(error: &Error) -> PyErr {
    match error {
        // Whoever interrupts has an exception of its own at hand: see [`crate::gil`].
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        _ => wrong_value(error.to_string()),
    }
}

/// An argument that has the right type and cannot be used.
pub fn wrong_value(message: impl Into<String>) -> PyErr {
    PyValueError::new_err(message.into())
}

/// A document says something else where a number has to be: `what` names the place.
pub fn not_a_number(what: impl Display, value: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("{what} is {value}, which is not a number"))
}

/// A document lacks an entry that all have.
pub fn missing_entry(key: &Bound<'_, PyString>) -> PyErr {
    PyKeyError::new_err(format!("a trial document has no {key:?}"))
}

/// A document has nothing for a parameter.
pub fn missing_value(label: &Bound<'_, PyString>) -> PyErr {
    PyKeyError::new_err(label.clone().unbind())
}

/// The space has no parameter of this name.
pub fn unknown_parameter(label: &str) -> PyErr {
    PyKeyError::new_err(format!("no parameter {label:?} in this space"))
}

/// The parameter has no value in this trial.
pub fn inactive(label: &str, key: i64) -> PyErr {
    PyKeyError::new_err(format!("{label:?} is not active in trial {key}"))
}
