//! The hot loop: log-densities of a mixture of product kernels at many points.
//!
//! Slots are handled in chunks of trials that are near each other. Along an axis a kernel can only lose
//! density, so that a chunk is left out, often without a look at its kernels ([`bounds`](super::bounds)),
//! as soon as all of them are negligible beside one that was met before (the prior's is the first). What is
//! left out changes no density by more than one part in 10^15.
//!
//! Every processor gets the same bits: sums run in one order, and a multiply-add is fused where `mul_add` says so
//! and nowhere else.

use super::Mixture;
use super::axis_kernels::{AxisKernels, CHUNK};
use super::bounds::Query;
use super::combinations::Combinations;
use super::weights::Weights;
use crate::joint::axis::Axis;
use crate::numerics::exponential::exp2_nonpositive;
use crate::numerics::gaussians::{LANES, fold};
use multiversion::multiversion;
use std::f64::consts::LOG2_E;

/// A kernel this much below another one (in logarithms), per trial, is negligible beside it.
const NEGLIGIBLE: f64 = 36.0;

/// So many axes are added up before a chunk is tried for being negligible.
const TRIED_AFTER: usize = 4;

/// Up to this many chunks it does not pay to ask which are in reach of a point.
const FEW: usize = 2;

/// So many groups of chunks are looked at for all points before the next ones are.
const GROUPS: usize = 8;

/// A weighted sum of exponentials, `sum exp(most)`.
#[derive(Clone, Copy, Debug)]
struct LogSum {
    most: f64,
    sum: f64,
}

/// Log-densities of the mixture at points, `out[i]` at `points[i]`.
///
/// The prior has `prior_weight > 0`; it and the `weights` of the members need not sum to 1. Cost: about one
/// nanosecond for every six triples of point, trial and axis in the chunks that are in reach of the point, and
/// a few nanoseconds for every pair of a point and another chunk.
pub fn log_densities(
    mixture: &Mixture,
    axes: &[&Axis],
    weights: &Weights<'_>,
    prior_weight: f64,
    points: &[Vec<f64>],
    out: &mut Vec<f64>,
) {
    let log_total = libm::log(weights.total() + prior_weight);
    out.clear();
    if let Some(combinations) = Combinations::new(mixture, weights) {
        let prior = |point: &[f64]| prior_weight * libm::exp(mixture.log_prior(axes, point));
        let density =
            |point: &Vec<f64>| libm::log(prior(point) + combinations.density(point)) - log_total;
        out.extend(points.iter().map(density));
        return;
    }
    let log_prior_weight = libm::log(prior_weight);
    let reach = NEGLIGIBLE + libm::log(mixture.trials() as f64 + 1.0);
    let columns: Vec<&AxisKernels> = mixture.axes().collect();
    let prior = |point: &Vec<f64>| log_prior_weight + mixture.log_prior(axes, point);
    let mut sums: Vec<LogSum> = points
        .iter()
        .map(|p| LogSum {
            most: prior(p),
            sum: 1.0,
        })
        .collect();
    let visit = |chunk: usize, felt_by: &[usize], sums: &mut [LogSum]| {
        let norms = &mixture.log_norms().as_chunks::<CHUNK>().0[chunk];
        let weights = weights.of_chunk(mixture, chunk);
        let start = chunk * CHUNK;
        pass(
            &columns, start, norms, &weights, reach, points, felt_by, sums,
        );
    };
    let (bounds, chunks) = (mixture.bounds(), mixture.chunks());
    let mut felt_by: Vec<usize> = (0..points.len()).collect();
    if chunks <= FEW {
        for chunk in 0..chunks {
            visit(chunk, &felt_by, &mut sums);
        }
    } else {
        let query = |point: &Vec<f64>| bounds.query(mixture.axes(), point);
        let queries: Vec<Query> = points.iter().map(query).collect();
        let mut reached = vec![[0_u8; GROUPS]; points.len()];
        for first in (0..chunks).step_by(GROUPS * LANES) {
            for ((query, sum), reached) in queries.iter().zip(&sums).zip(&mut reached) {
                bounds.in_reach(first / LANES, query, sum.most - reach, reached);
            }
            for chunk in first..chunks.min(first + GROUPS * LANES) {
                let (group, lane) = ((chunk - first) / LANES, chunk % LANES);
                felt_by.clear();
                felt_by.extend((0..points.len()).filter(|i| reached[*i][group] & (1 << lane) != 0));
                if !felt_by.is_empty() {
                    visit(chunk, &felt_by, &mut sums);
                }
            }
        }
    }
    out.extend(sums.iter().map(|s| s.most + libm::log(s.sum) - log_total));
}

/// Adds the kernels of a chunk to the sums of the points that may feel them.
///
/// `reach`: kernels so far below the largest term of a sum are negligible, as their weights are at
/// most 1. The logarithm of a kernel is kept as the sum of its `factors` less half of that of its `squares`.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
#[allow(clippy::too_many_arguments)]
fn pass(
    columns: &[&AxisKernels],
    start: usize,
    norms: &[f64; CHUNK],
    weights: &[f64; CHUNK],
    reach: f64,
    points: &[Vec<f64>],
    felt_by: &[usize],
    sums: &mut [LogSum],
) {
    for i in felt_by {
        let (point, sum) = (&points[*i], &mut sums[*i]);
        let (mut factors, mut squares) = (*norms, [0.0; CHUNK]);
        let mut kernels = *norms;
        let floor = sum.most - reach;
        let mut is_felt = false;
        for (columns, coordinates) in columns.chunks(TRIED_AFTER).zip(point.chunks(TRIED_AFTER)) {
            for (axis, x) in columns.iter().zip(coordinates) {
                add(axis, start, *x, &mut factors, &mut squares);
            }
            is_felt = false;
            for ((kernel, factor), square) in kernels.iter_mut().zip(&factors).zip(&squares) {
                *kernel = square.mul_add(-0.5, *factor);
                is_felt |= *kernel > floor;
            }
            if !is_felt {
                break;
            }
        }
        if is_felt {
            let most = largest(&kernels);
            if most > sum.most {
                sum.sum *= exp2_nonpositive(LOG2_E * (sum.most - most));
                sum.most = most;
            }
            for (kernel, weight) in kernels.iter_mut().zip(weights) {
                *kernel = weight * exp2_nonpositive(LOG2_E * (*kernel - sum.most));
            }
            sum.sum += total(kernels);
        }
    }
}

#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
fn largest(kernels: &[f64; CHUNK]) -> f64 {
    let lanes = in_halves(*kernels, |a, b| if b > a { b } else { a });
    lanes
        .iter()
        .fold(f64::NEG_INFINITY, |a, b| if *b > a { *b } else { a })
}

#[inline(always)]
#[allow(clippy::inline_always)]
fn total(terms: [f64; CHUNK]) -> f64 {
    fold(&in_halves(terms, |a, b| a + b))
}

/// Combines the upper half with the lower one until one group of lanes is left.
#[inline(always)]
#[allow(clippy::inline_always)]
fn in_halves(mut terms: [f64; CHUNK], combine: impl Fn(f64, f64) -> f64) -> [f64; LANES] {
    let mut half = CHUNK / 2;
    while half >= LANES {
        let (lower, upper) = terms.split_at_mut(half);
        for (a, b) in lower.iter_mut().zip(upper) {
            *a = combine(*a, *b);
        }
        half /= 2;
    }
    let mut lanes = [0.0; LANES];
    lanes.copy_from_slice(&terms[..LANES]);
    lanes
}

#[inline(always)]
#[allow(
    clippy::inline_always,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
#[allow(clippy::float_cmp)] // option numbers are whole
fn add(
    axis: &AxisKernels,
    start: usize,
    x: f64,
    factors: &mut [f64; CHUNK],
    squares: &mut [f64; CHUNK],
) {
    match axis {
        AxisKernels::Gaussian {
            centres, inverses, ..
        } => {
            let centres = &centres[start..start + CHUNK];
            let inverses = &inverses[start..start + CHUNK];
            for ((square, centre), inverse) in squares.iter_mut().zip(centres).zip(inverses) {
                let z = (x - centre) * inverse;
                *square = z.mul_add(z, *square);
            }
        }
        AxisKernels::Options {
            options,
            own,
            other,
            prior,
            ..
        } => {
            let option = x as usize;
            let (own, other, prior) = (own[option], other[option], prior[option]);
            for (factor, theirs) in factors.iter_mut().zip(&options[start..start + CHUNK]) {
                let different = if *theirs < 0.0 { prior } else { other };
                *factor += if *theirs == x { own } else { different };
            }
        }
    }
}
