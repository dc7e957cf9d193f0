//! `Space`: a validated list of parameters.

// PyO3 hands over arguments by value.
#![allow(clippy::needless_pass_by_value)]

use crate::errors::{exception, unknown_parameter, wrong_value};
use crate::gil;
use crate::writer::Writer;
use parzen::prior::Prior;
use parzen::random;
use parzen::space::{Param, Space};
use pyo3::prelude::*;
use pyo3::types::PyList;
use std::collections::HashMap;

type ParameterArguments = (String, String, Vec<f64>, Option<Vec<Vec<(String, i64)>>>);

/// A validated list of parameters.
#[pyclass(name = "Space", module = "hyperopt._native", frozen)]
pub struct PySpace {
    pub inner: Space,
    pub writer: Writer,
}

#[pymethods]
impl PySpace {
    #[new]
    fn new(py: Python<'_>, parameters: Vec<ParameterArguments>) -> PyResult<Self> {
        let index: HashMap<String, usize> = parameters
            .iter()
            .enumerate()
            .map(|(i, p)| (p.0.clone(), i))
            .collect();
        let resolve = |label: &str, (parent, value): (String, i64)| match index.get(&parent) {
            Some(i) => Ok((*i, value)),
            None => Err(wrong_value(format!(
                "parameter {label:?}: condition on {parent:?}, which is no parameter of the space"
            ))),
        };
        let params = parameters
            .into_iter()
            .map(|(label, family, args, conditions)| {
                let prior =
                    Prior::from_family(&label, &family, &args).map_err(|e| exception(&e))?;
                let conditions = conditions
                    .map(|any| {
                        any.into_iter()
                            .map(|all| all.into_iter().map(|c| resolve(&label, c)).collect())
                            .collect::<PyResult<Vec<_>>>()
                    })
                    .transpose()?;
                Ok(Param {
                    label,
                    prior,
                    conditions,
                })
            })
            .collect::<PyResult<Vec<_>>>()?;
        let inner = Space::new(params).map_err(|e| exception(&e))?;
        let writer = Writer::new(py, &inner)?;
        Ok(Self { inner, writer })
    }

    /// One `(idxs, vals)` pair of dicts for each new tid, from the priors.
    fn suggest_random<'py>(
        &self,
        py: Python<'py>,
        tids: Vec<i64>,
        seed: u64,
    ) -> PyResult<Bound<'py, PyList>> {
        let numbers: Vec<u64> = (0..tids.len() as u64).collect();
        let draw = |i: &u64| random::assignment(&self.inner, seed, *i);
        let rows = gil::piecewise(py, false, &numbers, |piece| {
            Ok(piece.iter().map(draw).collect())
        })?;
        self.writer.write(py, &tids, &rows)
    }

    /// Labels in the order of the parameters.
    #[getter]
    fn labels(&self) -> Vec<&str> {
        self.inner
            .params()
            .iter()
            .map(|p| p.label.as_str())
            .collect()
    }

    fn __len__(&self) -> usize {
        self.inner.len()
    }
}

/// The number of a parameter.
pub fn index_of(space: &Space, label: &str) -> PyResult<usize> {
    let found = space.index_of(label);
    found.ok_or_else(|| unknown_parameter(label))
}
