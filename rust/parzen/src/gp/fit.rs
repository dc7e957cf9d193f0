//! The most probable hyperparameters.

use super::lbfgs::{Limits, minimise};
use super::likelihood::Evidence;

/// Bounds of the logarithms: beyond them nothing changes any more but rounding errors.
const LENGTHS: (f64, f64) = (-4.0, 7.0);
const SCALES: (f64, f64) = (-3.0, 4.0);
const NOISES: (f64, f64) = (-13.8, 1.0);

/// The most probable logarithms of the hyperparameters, found from the given ones.
#[must_use]
pub fn fit(evidence: &Evidence, start: &[f64], evaluations: usize) -> Vec<f64> {
    let mut bounds = vec![LENGTHS; start.len() - 2];
    bounds.extend([SCALES, NOISES]);
    let limits = Limits {
        evaluations,
        gradient: 1e-3,
        gain: 1e-3,
        first_step: 0.5,
    };
    minimise(
        |x, gradient| evidence.objective(x, gradient),
        start,
        &bounds,
        &limits,
    )
    .0
}
