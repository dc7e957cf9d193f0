//! Mixtures over options alone: members of the same options have the same kernel.
//!
//! Their weights are added up first, by combination of options, so that each point costs as much as
//! there are combinations, however many members there are.

use super::Mixture;
use super::axis_kernels::{AxisKernels, CHUNK};
use super::weights::Weights;

/// There is a table for at most so many combinations.
const LARGEST: usize = 4096;
/// And if so many times as many trials share it.
const SHARED_BY: usize = 4;

/// Sums of weights by combination of options, the last axis running fastest; each axis has one more place,
/// the last, for members without an option there.
pub struct Combinations<'a> {
    axes: Vec<&'a AxisKernels>,
    sums: Vec<f64>,
}

impl<'a> Combinations<'a> {
    /// The sums of a mixture, if all of its axes are over options and the table pays.
    pub fn new(mixture: &'a Mixture, weights: &Weights<'_>) -> Option<Self> {
        let axes: Vec<&AxisKernels> = mixture.axes().collect();
        let size = axes.iter().try_fold(1_usize, |size, axis| {
            size.checked_mul(places(axis)?)
                .filter(|size| *size <= LARGEST)
        })?;
        if size * SHARED_BY > mixture.trials() {
            return None;
        }
        let mut sums = vec![0.0; size];
        for (chunk, norms) in mixture
            .log_norms()
            .as_chunks::<CHUNK>()
            .0
            .iter()
            .enumerate()
        {
            let weights = weights.of_chunk(mixture, chunk);
            let mut combinations = [0; CHUNK];
            for axis in &axes {
                add_digit(axis, chunk, &mut combinations);
            }
            for ((combination, weight), norm) in combinations.iter().zip(weights).zip(norms) {
                if *norm > f64::NEG_INFINITY {
                    sums[*combination] += weight;
                }
            }
        }
        Some(Self { axes, sums })
    }

    /// The weighted sum of all kernels at a point.
    pub fn density(&self, point: &[f64]) -> f64 {
        let mut sums = self.sums.clone();
        for (axis, x) in self.axes.iter().zip(point).rev() {
            let kernels = kernels_at(axis, *x);
            let contracted = sums.chunks(kernels.len());
            sums = contracted
                .map(|sums| sums.iter().zip(&kernels).map(|(s, k)| s * k).sum())
                .collect();
        }
        sums[0]
    }
}

fn places(axis: &AxisKernels) -> Option<usize> {
    match axis {
        AxisKernels::Options { own, .. } => Some(own.len() + 1),
        AxisKernels::Gaussian { .. } => None,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // numbers of options
fn add_digit(axis: &AxisKernels, chunk: usize, combinations: &mut [usize; CHUNK]) {
    if let AxisKernels::Options { options, own, .. } = axis {
        let theirs = &options[chunk * CHUNK..(chunk + 1) * CHUNK];
        for (combination, option) in combinations.iter_mut().zip(theirs) {
            let place = if *option < 0.0 {
                own.len()
            } else {
                *option as usize
            };
            *combination = *combination * (own.len() + 1) + place;
        }
    }
}

/// What the kernels of each option, and the prior's at the end, give to option `x`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn kernels_at(axis: &AxisKernels, x: f64) -> Vec<f64> {
    let AxisKernels::Options {
        own, other, prior, ..
    } = axis
    else {
        return Vec::new();
    };
    let x = x as usize;
    let mut kernels = vec![libm::exp(other[x]); own.len()];
    kernels[x] = libm::exp(own[x]);
    kernels.push(libm::exp(prior[x]));
    kernels
}
