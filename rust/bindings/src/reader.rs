//! What is read of documents.

use parzen::trials::State;
use pyo3::exceptions::{PyKeyError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString};

/// State and loss of a trial; an infinite loss where there is none.
pub fn outcome(document: &Bound<'_, PyDict>, key: i64) -> PyResult<(State, f64)> {
    let state = state_of(document)?;
    let loss = match state {
        State::New | State::Running | State::Done => {
            loss_of(&item(document, intern!(document.py(), "result"))?, key)?
        }
        State::Error | State::Cancelled => f64::INFINITY,
    };
    Ok((state, loss))
}

/// The state of a trial, by its number in documents. Other numbers than hyperopt's are states in which
/// nothing is known of a trial.
pub fn state_of(document: &Bound<'_, PyDict>) -> PyResult<State> {
    let number: i64 = item(document, intern!(document.py(), "state"))?.extract()?;
    Ok(match number {
        0 => State::New,
        1 => State::Running,
        2 => State::Done,
        3 => State::Error,
        _ => State::Cancelled,
    })
}

/// Whether a document may stand for another trial than the one that its ``tid`` names.
pub fn is_in_question(document: &Bound<'_, PyDict>, tid: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = document.py();
    let misc = item(document, intern!(py, "misc"))?;
    Ok(misc.contains(intern!(py, "from_tid"))? || !tid.is_exact_instance_of::<PyInt>())
}

/// The values of a document by label; NaN where a label has none.
pub fn read_document(
    document: &Bound<'_, PyDict>,
    labels: &[Py<PyString>],
    values: &mut [f64],
) -> PyResult<()> {
    let py = document.py();
    let misc = item(document, intern!(py, "misc"))?;
    match misc.cast::<PyDict>()?.get_item(intern!(py, "vals"))? {
        Some(vals) => read_vals(vals.cast::<PyDict>()?, labels, values)?,
        None => values.fill(f64::NAN),
    }
    Ok(())
}

/// The values of Vals (`{label: [value] or []}`) by label; NaN where a label has none.
pub fn read_vals(
    vals: &Bound<'_, PyDict>,
    labels: &[Py<PyString>],
    values: &mut [f64],
) -> PyResult<()> {
    let py = vals.py();
    for (label, value) in labels.iter().zip(values) {
        *value = match vals.get_item(label.bind(py))? {
            None => f64::NAN,
            Some(entry) => active_value(&entry, label.bind(py))?,
        };
    }
    Ok(())
}

/// The value in `[value]`, NaN for `[]`.
pub fn active_value(entry: &Bound<'_, PyAny>, label: &Bound<'_, PyString>) -> PyResult<f64> {
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

pub fn item<'py>(
    dict: &Bound<'py, PyDict>,
    key: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    dict.get_item(key)?
        .ok_or_else(|| PyKeyError::new_err(format!("a trial document has no {key:?}")))
}

pub fn loss_of(result: &Bound<'_, PyAny>, key: i64) -> PyResult<f64> {
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
