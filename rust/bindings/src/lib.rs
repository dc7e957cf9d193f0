//! Python bindings.
use pyo3::prelude::*;

mod anneal;
mod densities;
mod documents;
mod history;
mod importance;
mod joint;

#[pymodule]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<history::PySpace>()?;
    m.add_class::<history::PyHistory>()?;
    m.add_class::<anneal::PyAnnealer>()?;
    m.add_function(wrap_pyfunction!(importance::finished_losses, m)?)?;
    m.add_function(wrap_pyfunction!(importance::importance, m)?)?;
    m.add_function(wrap_pyfunction!(joint::suggest_joint, m)?)?;
    densities::register(m)
}
