//! Trial documents of a database: their texts, read in bulk.
//!
//! Opening a long study is parsing JSON and making Python objects, fifty for a trial of ten
//! parameters. Here both happen at once, and all documents share the strings that they have in
//! common. A text with anything out of the ordinary in it is left to Python's own reader.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::gil;
use crate::json::{Found, Kit, Reader, Refusal};
use crate::writer::{PausedCollector, parameter, untrack};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

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
