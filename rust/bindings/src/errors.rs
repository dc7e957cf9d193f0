//! The core's errors as Python exceptions.

use parzen::error::Error;
use pyo3::PyErr;
use pyo3::exceptions::{PyKeyboardInterrupt, PyValueError};

/// The exception that an error of the core becomes.
pub fn exception(error: &Error) -> PyErr {
    match error {
        // Whoever interrupts has an exception of its own at hand: see [`crate::gil`].
        Error::Interrupted => PyKeyboardInterrupt::new_err(()),
        _ => PyValueError::new_err(error.to_string()),
    }
}
