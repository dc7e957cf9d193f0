//! What is read of documents.

use crate::errors::{missing_entry, not_a_number};
use parzen::outcome::{Outcome, State, Status, learnt_loss};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString};

/// What algorithms that learn from a trial see of how it went.
pub fn outcome(document: &Bound<'_, PyDict>, key: i64) -> PyResult<Outcome> {
    let state = state_of(document)?;
    let mut loss = f64::INFINITY;
    if state.has_result()
        && let Ok(result) = item(document, intern!(document.py(), "result"))?.cast::<PyDict>()
    {
        loss = learnt_loss(status_of(result)?, || loss_of(result, key))?;
    }
    Ok(Outcome { state, loss })
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

/// Reads the values of a document, by label, into `values`; NaN where a label has none.
pub fn read_document<'v>(
    document: &Bound<'_, PyDict>,
    labels: &[Py<PyString>],
    values: &'v mut [f64],
) -> PyResult<&'v [f64]> {
    let py = document.py();
    let misc = item(document, intern!(py, "misc"))?;
    if let Some(vals) = misc.cast::<PyDict>()?.get_item(intern!(py, "vals"))? {
        return read_vals(vals.cast::<PyDict>()?, labels, values);
    }
    values.fill(f64::NAN);
    Ok(values)
}

/// Reads the values of Vals (`{label: [value] or []}`), by label, into `values`; NaN where a label has none.
pub fn read_vals<'v>(
    vals: &Bound<'_, PyDict>,
    labels: &[Py<PyString>],
    values: &'v mut [f64],
) -> PyResult<&'v [f64]> {
    let py = vals.py();
    for (label, value) in labels.iter().zip(&mut *values) {
        *value = match vals.get_item(label.bind(py))? {
            None => f64::NAN,
            Some(entry) => active_value(&entry, label.bind(py))?,
        };
    }
    Ok(values)
}

/// The value in `[value]`, NaN for `[]`.
pub fn active_value(entry: &Bound<'_, PyAny>, label: &Bound<'_, PyString>) -> PyResult<f64> {
    let value = match entry.cast::<PyList>() {
        Ok(list) if list.is_empty() => return Ok(f64::NAN),
        Ok(list) => list.get_item(0)?,
        Err(_) if entry.len()? == 0 => return Ok(f64::NAN),
        Err(_) => entry.get_item(0)?,
    };
    let number = value.extract();
    number.map_err(|_| not_a_number(format_args!("the value of {label} in a trial"), &value))
}

/// An entry that all documents have.
pub fn item<'py>(
    dict: &Bound<'py, PyDict>,
    key: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    dict.get_item(key)?.ok_or_else(|| missing_entry(key))
}

/// What an objective says of its own success.
pub fn status_of(result: &Bound<'_, PyDict>) -> PyResult<Status> {
    let py = result.py();
    let Some(status) = result.get_item(intern!(py, "status"))? else {
        return Ok(Status::Other);
    };
    // Nearly always it is the very string.
    let (ok, fail) = (intern!(py, "ok"), intern!(py, "fail"));
    Ok(if status.is(ok) || status.eq(ok)? {
        Status::Ok
    } else if status.is(fail) || status.eq(fail)? {
        Status::Fail
    } else {
        Status::Other
    })
}

/// The loss in the result of the trial `key`, if there is one.
fn loss_of(result: &Bound<'_, PyDict>, key: i64) -> PyResult<Option<f64>> {
    let loss = result.get_item(intern!(result.py(), "loss"))?;
    let Some(loss) = loss.filter(|loss| !loss.is_none()) else {
        return Ok(None);
    };
    let number = loss.extract();
    number.map_err(|_| not_a_number(format_args!("the loss of trial {key}"), &loss))
}
