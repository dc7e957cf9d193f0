//! Python bindings.
use pyo3::prelude::*;

mod anneal;
mod densities;
mod documents;
mod history;

#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<history::PySpace>()?;
    m.add_class::<history::PyHistory>()?;
    m.add_class::<anneal::PyAnnealer>()?;
    densities::register(m)
}
