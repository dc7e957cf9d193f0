//! What an algorithm suggests, as the parts of documents.

use crate::gil;
use crate::writer::Writer;
use parzen::algorithm::{Algorithm, Request};
use pyo3::prelude::*;
use pyo3::types::PyList;

/// One `(idxs, vals)` pair of dicts for each key of the request; made without the GIL if these are at least so many.
///
/// What is finished is written while other threads make the rest.
pub fn suggestions<'py, A>(
    py: Python<'py>,
    detached_from: usize,
    algorithm: &mut A,
    writer: &Writer,
    request: &Request<'_>,
    options: &A::Options,
) -> PyResult<Bound<'py, PyList>>
where
    A: Algorithm + Send,
    A::Options: Sync,
{
    let out = PyList::empty(py).unbind();
    let mut written: PyResult<usize> = Ok(0);
    let write = |rows: &[Vec<f64>]| {
        if let Ok(from) = written {
            let to = from + rows.len();
            written = Python::attach(|py| {
                writer.append(out.bind(py), &request.keys[from..to], rows)?;
                Ok(to)
            });
        }
    };
    gil::work(py, request.keys.len() >= detached_from, |checkpoint| {
        algorithm.suggest_by_pieces(request, options, checkpoint, write)
    })?;
    written?;
    Ok(out.into_bound(py))
}
