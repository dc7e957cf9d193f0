//! Python bindings.
use pyo3::prelude::*;

mod anneal;
mod densities;
mod errors;
mod finished;
mod gil;
mod gp;
mod history;
mod importance;
mod joint;
mod json;
mod json_text;
mod points;
mod prefetch;
mod priors;
mod reader;
mod rows;
mod space;
mod stored;
mod suggestions;
mod writer;

// On a free-threaded CPython the interpreter turns its lock on for this module: the documents that it reads and
// writes are dicts and lists that other threads may change meanwhile, which has not been tested without the lock.
#[pymodule(gil_used = true)]
fn _native(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_class::<space::PySpace>()?;
    m.add_class::<history::PyHistory>()?;
    m.add_class::<anneal::PyAnnealer>()?;
    m.add_class::<points::PyNumberDict>()?;
    m.add_function(wrap_pyfunction!(importance::finished_losses, m)?)?;
    m.add_function(wrap_pyfunction!(importance::importance, m)?)?;
    m.add_function(wrap_pyfunction!(joint::suggest_joint, m)?)?;
    m.add_function(wrap_pyfunction!(priors::prior_fault, m)?)?;
    m.add_function(wrap_pyfunction!(stored::read_stored, m)?)?;
    m.add_function(wrap_pyfunction!(stored::write_stored, m)?)?;
    m.add_function(wrap_pyfunction!(gp::suggest_gp, m)?)?;
    m.add_function(wrap_pyfunction!(gp::gp_predict, m)?)?;
    m.add_function(wrap_pyfunction!(gp::log_expected_improvement, m)?)?;
    densities::register(m)
}
