//! What is wrong with the arguments of a prior.

use parzen::error::Error;
use parzen::prior::Prior;
use pyo3::prelude::*;

/// The argument that a prior of this family cannot have, its value and the rule; None if there is none.
///
/// Whoever calls has counted the arguments, and knows the family.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // arguments come from Python by value
pub fn prior_fault(family: &str, arguments: Vec<f64>) -> Option<(String, String, String)> {
    match Prior::from_family("", family, &arguments) {
        Err(Error::InvalidArgument {
            argument,
            value,
            rule,
            ..
        }) => Some((argument, value, rule)),
        _ => None,
    }
}
