//! Draws from the kernels of a mixture.

use super::axis_kernels::AxisKernels;
use crate::joint::axis::{Axis, MAX_LEVELS, Shape};
use crate::numerics::exponential::exp_nonpositive;
use crate::rng::Rng;

/// No draw is rejected so often.
const PATIENCE: usize = 1000;

/// A coordinate along an axis from the kernel of `slot`, or from the prior's kernel.
///
/// A truncated Gaussian comes by rejection: its centre lies in [0, 1] and its deviation is at most
/// about 1, hence one draw in three is accepted at worst.
pub fn coordinate(axis: &Axis, kernels: &AxisKernels, slot: Option<usize>, rng: &mut Rng) -> f64 {
    match kernels {
        AxisKernels::Options {
            options, shared, ..
        } => {
            let own = slot.map_or(-1.0, |s| options[s]);
            if own < 0.0 || rng.uniform() < *shared {
                option(axis, rng)
            } else {
                own
            }
        }
        AxisKernels::Gaussian {
            centres,
            inverses,
            prior_inverse,
        } => {
            let (centre, inverse) =
                slot.map_or((0.5, *prior_inverse), |s| (centres[s], inverses[s]));
            match axis.shape() {
                Shape::Levels { places, widths } => level(places, widths, centre, inverse, rng),
                Shape::Line { bounded } => {
                    for _ in 0..PATIENCE {
                        let x = centre + rng.normal() / inverse;
                        if !bounded || (0.0..=1.0).contains(&x) {
                            return x;
                        }
                    }
                    centre.clamp(0.0, 1.0)
                }
                Shape::Options { .. } => centre,
            }
        }
    }
}

fn level(places: &[f64], widths: &[f64], centre: f64, inverse: f64, rng: &mut Rng) -> f64 {
    let mut masses = [0.0; MAX_LEVELS];
    for ((mass, place), width) in masses.iter_mut().zip(places).zip(widths) {
        let z = (place - centre) * inverse;
        *mass = width * exp_nonpositive(-0.5 * z * z);
    }
    places[weighted(&masses[..places.len()], rng)]
}

/// An option by its prior probability.
fn option(axis: &Axis, rng: &mut Rng) -> f64 {
    let Shape::Options { probabilities } = axis.shape() else {
        return f64::NAN;
    };
    #[allow(clippy::cast_precision_loss)] // numbers of options are small
    let number = |i: usize| i as f64;
    number(weighted(probabilities, rng))
}

/// An index by weight. The last index of positive weight takes what rounding leaves over.
pub fn weighted(weights: &[f64], rng: &mut Rng) -> usize {
    let mut left = rng.uniform() * weights.iter().sum::<f64>();
    let mut chosen = 0;
    for (i, weight) in weights.iter().enumerate() {
        if *weight > 0.0 {
            chosen = i;
            if left < *weight {
                break;
            }
            left -= weight;
        }
    }
    chosen
}
