//! Python bindings.
use pyo3::prelude::*;

mod densities;
mod documents;
mod history;

#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<history::PySpace>()?;
    m.add_class::<history::PyHistory>()?;
    densities::register(m)
}
