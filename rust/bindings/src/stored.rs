//! Trial documents of a database: their texts, read in bulk and written one by one.
//!
//! Opening a long study is parsing JSON and making Python objects, fifty for a trial of ten
//! parameters. Here both happen at once, and all documents share the strings that they have in
//! common. A text with anything out of the ordinary in it is left to Python's own reader.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::gil;
use crate::json::{Found, Kit, Reader, Refusal};
use crate::json_text::{JsonText, Unusual, Written};
use crate::writer::{PausedCollector, parameter, untrack};
use pyo3::PyTypeInfo;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyInt, PyList, PyString};

/// For each text `(idxs, vals, rest)`, or None if Python has to read it: the parameters as lists of numpy scalars,
/// and everything else that the text holds.
#[pyfunction]
pub fn read_stored<'py>(
    py: Python<'py>,
    texts: Vec<Bound<'py, PyString>>,
    tids: Vec<i64>,
) -> PyResult<Bound<'py, PyList>> {
    let _paused = PausedCollector::new(py);
    let out = PyList::empty(py);
    let mut kit = Kit::new(py);
    for (at, (text, tid)) in texts.iter().zip(tids).enumerate() {
        gil::hear_now_and_then(py, at)?;
        match document(&mut Reader::new(text.to_str()?, &mut kit), tid) {
            Ok(parts) => out.append(parts)?,
            Err(Refusal::Unusual) => out.append(py.None())?,
            Err(Refusal::Raised(error)) => return Err(error),
        }
    }
    Ok(out)
}

type Parts<'py> = (Bound<'py, PyDict>, Bound<'py, PyDict>, Bound<'py, PyDict>);

/// `{"v":{label: number or null, ...}, ...}`.
fn document<'py>(reader: &mut Reader<'_, '_, 'py>, tid: i64) -> Found<Parts<'py>> {
    reader.expect(b"{\"v\":{")?;
    let (idxs, vals) = parameters(reader, tid)?;
    let rest = PyDict::new(reader.kit.py);
    while reader.takes(b',') {
        let key = reader.key()?;
        let value = reader.value(0)?;
        rest.set_item(key, value)?;
    }
    reader.expect(b"}")?;
    reader.end()?;
    Ok((idxs, vals, rest))
}

fn parameters<'py>(
    reader: &mut Reader<'_, '_, 'py>,
    tid: i64,
) -> Found<(Bound<'py, PyDict>, Bound<'py, PyDict>)> {
    let py = reader.kit.py;
    let (idxs, vals) = (PyDict::new(py), PyDict::new(py));
    let tid = tid.into_pyobject(py).map_err(PyErr::from)?;
    reader.entries(|reader| {
        let label = reader.key()?;
        let value = if reader.peek() == Some(b'n') {
            reader.expect(b"null")?;
            None
        } else {
            Some(reader.scalar()?)
        };
        let (idx, val) = parameter(&tid, value)?;
        idxs.set_item(&label, idx)?;
        vals.set_item(&label, val)?;
        Ok(())
    })?;
    untrack(&idxs);
    untrack(&vals);
    Ok((idxs, vals))
}

/// The text of a document that has nothing but its parameters and its result, or None if Python has to write it: it
/// writes the same, and everything else.
#[pyfunction]
pub fn write_stored<'py>(
    py: Python<'py>,
    idxs: &Bound<'py, PyAny>,
    vals: &Bound<'py, PyAny>,
    tid: &Bound<'py, PyAny>,
    result: &Bound<'py, PyAny>,
) -> Option<String> {
    let mut text = JsonText::new(py);
    write_document(&mut text, idxs, vals, tid, result).ok()?;
    Some(text.into_string())
}

fn write_document<'py>(
    text: &mut JsonText<'py>,
    idxs: &Bound<'py, PyAny>,
    vals: &Bound<'py, PyAny>,
    tid: &Bound<'py, PyAny>,
    result: &Bound<'py, PyAny>,
) -> Written {
    let (idxs, vals, result) = (
        exact::<PyDict>(idxs)?,
        exact::<PyDict>(vals)?,
        exact::<PyDict>(result)?,
    );
    let tid = exact::<PyInt>(tid)?;
    if idxs.len() != vals.len() {
        return Err(Unusual);
    }
    text.push("{\"v\":");
    let parameters = idxs.iter().zip(vals.iter());
    text.object(parameters, |text, (label, idx), (same, val)| {
        if !is_equal(label, same) {
            return Err(Unusual);
        }
        text.key(label)?;
        write_parameter(text, idx, val, tid)
    })?;
    text.push(",\"result\":");
    text.object(result.iter(), |text, key, value| {
        text.key(key)?;
        if key.eq("loss").unwrap_or(true) && !text.is_number(value) && !value.is_none() {
            return Err(Unusual); // Others get a number, whatever stands for one here.
        }
        text.value(value, 1)
    })?;
    text.push("}");
    Ok(())
}

/// The value of a parameter as a number, or null where it is not active.
fn write_parameter<'py>(
    text: &mut JsonText<'py>,
    idx: &Bound<'py, PyAny>,
    val: &Bound<'py, PyAny>,
    tid: &Bound<'py, PyInt>,
) -> Written {
    let (idx, val) = (exact::<PyList>(idx)?, exact::<PyList>(val)?);
    match (idx.len(), val.len()) {
        (0, 0) => {
            text.push("null");
            Ok(())
        }
        (1, 1) => {
            let own = idx.get_item(0).map_err(|_| Unusual)?;
            if !is_equal(exact::<PyInt>(&own)?, tid) {
                return Err(Unusual);
            }
            text.scalar(&val.get_item(0).map_err(|_| Unusual)?)
        }
        _ => Err(Unusual),
    }
}

/// An object as what it is, and not of a subclass.
fn exact<'a, 'py, T: PyTypeInfo>(
    object: &'a Bound<'py, PyAny>,
) -> Result<&'a Bound<'py, T>, Unusual> {
    object.cast_exact::<T>().map_err(|_| Unusual)
}

fn is_equal(one: &Bound<'_, PyAny>, other: &Bound<'_, PyAny>) -> bool {
    one.is(other) || one.eq(other).unwrap_or(false)
}
