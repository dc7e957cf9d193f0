//! How well hyperparameters explain the losses: the log-posterior of a Gaussian process, and its gradient.
//!
//! `K = s M + c 11' + v I`, where `M` are the Matérn correlations, `s` is the scale, `v` the noise and `c` the
//! variance of a constant mean that is integrated out. `-ln p(z) = z'K^-1 z / 2 + ln|K| / 2 + n/2 ln 2 pi`, and
//! its derivative by a hyperparameter is `-tr((aa' - K^-1) dK) / 2` with `a = K^-1 z` (Rasmussen and Williams 2006,
//! eq. 5.8 and 5.9).

use super::factor::Factor;
use super::hyper::{Hyper, Priors};
use super::matern;
use super::points::{Column, Points};
use crate::numerics::gaussians::{LANES, fold};
use crate::numerics::special::LN_SQRT_2_PI;
use multiversion::multiversion;

/// The matrix `K`, its upper triangle by rows of `stride`.
#[must_use]
pub fn covariance_matrix(points: &Points, hyper: &Hyper, offset: f64, stride: usize) -> Vec<f64> {
    let n = points.len();
    let mut out = vec![0.0; stride * stride];
    for i in 0..n {
        let row = &mut out[i * stride + i..i * stride + n];
        squares_from(points, i, &hyper.weights, row);
        matern::covariances(hyper.scale, row);
        for value in row.iter_mut() {
            *value += offset;
        }
        row[0] = hyper.scale + offset + hyper.noise;
    }
    out
}

/// Squared distances of point `i` from itself and the points after it.
fn squares_from(points: &Points, i: usize, weights: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for (column, weight) in points.columns().iter().zip(weights) {
        column.add_squares_from(i, *weight, out);
    }
}

/// `-ln p(z, hyperparameters)` up to a constant, and its gradient by the logarithms of the length-scales, of the scale
/// and of the noise (see [`Hyper::from_logarithms`]). NaN if the matrix can't be factorised.
pub fn objective(
    points: &Points,
    losses: &[f64],
    offset: f64,
    priors: &Priors,
    logarithms: &[f64],
    gradient: &mut [f64],
) -> f64 {
    let n = points.len();
    let hyper = Hyper::from_logarithms(logarithms);
    let matrix = covariance_matrix(points, &hyper, offset, n);
    let correlations = matrix.clone();
    let Some(factor) = Factor::new(n, n, matrix) else {
        return f64::NAN;
    };
    let mut half = losses.to_vec();
    factor.solve_forward(&mut half);
    let fit: f64 = half.iter().map(|h| h * h).sum();
    let mut alpha = half;
    factor.solve_backward(&mut alpha);
    let inverse = factor.inverted();
    let dimensions = hyper.weights.len();
    let mut lanes = vec![[0.0; LANES]; dimensions];
    let (mut by_scale, mut by_noise) = (0.0, 0.0);
    let (mut pull, mut slopes) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..n {
        let own = alpha[i] * alpha[i] - inverse[i * n + i];
        by_noise += own * hyper.noise;
        by_scale += own * hyper.scale;
        let rest = i + 1..n;
        let pull = &mut pull[..n - i - 1];
        let covariances = &correlations[i * n + i + 1..i * n + n];
        pulls(
            alpha[i],
            &alpha[rest.clone()],
            &inverse[i * n + i + 1..i * n + n],
            pull,
        );
        by_scale += 2.0 * shifted_dot(pull, covariances, offset);
        let slopes = &mut slopes[..n - i];
        squares_from(points, i, &hyper.weights, slopes);
        matern::slopes(hyper.scale, slopes);
        for (pull, slope) in pull.iter_mut().zip(&slopes[1..]) {
            *pull *= slope;
        }
        for (column, lanes) in points.columns().iter().zip(&mut lanes) {
            column.weighted_squares_after(i, pull, lanes);
        }
    }
    for ((out, weight), lanes) in gradient.iter_mut().zip(&hyper.weights).zip(&lanes) {
        *out = -2.0 * weight * fold(lanes);
    }
    gradient[dimensions] = -0.5 * by_scale;
    gradient[dimensions + 1] = -0.5 * by_noise;
    let likelihood = 0.5 * fit + 0.5 * factor.log_determinant() + n as f64 * LN_SQRT_2_PI;
    likelihood + priors.penalty(logarithms, gradient)
}

/// `a_i a_j - K^-1_ij`.
fn pulls(own: f64, alpha: &[f64], inverse: &[f64], out: &mut [f64]) {
    for ((out, alpha), inverse) in out.iter_mut().zip(alpha).zip(inverse) {
        *out = own * alpha - inverse;
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn shifted_dot(a: &[f64], b: &[f64], shift: f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (whole, rest) = (a.chunks_exact(LANES), a.chunks_exact(LANES).remainder());
    let others = b.chunks_exact(LANES);
    let last = others.remainder();
    for (a, b) in whole.zip(others) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * (b - shift);
        }
    }
    for ((lane, a), b) in lanes.iter_mut().zip(rest).zip(last) {
        *lane += a * (b - shift);
    }
    fold(&lanes)
}

impl Column {
    /// Adds `weight` times the squared difference between point `i` and each point from `i` on.
    fn add_squares_from(&self, i: usize, weight: f64, out: &mut [f64]) {
        self.add_squares_of(&self.values[i..], self.values[i], weight, out);
    }

    /// Adds to the lanes `sum_j w_j D_ij^2` over the points `j` after `i`.
    fn weighted_squares_after(&self, i: usize, weights: &[f64], lanes: &mut [f64; LANES]) {
        let (x, after) = (self.values[i], &self.values[i + 1..]);
        if self.unordered {
            weighted_mismatches(after, x, weights, lanes);
        } else {
            weighted_squares(after, x, weights, lanes);
        }
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn weighted_squares(values: &[f64], x: f64, weights: &[f64], lanes: &mut [f64; LANES]) {
    let (whole, rest) = (
        values.chunks_exact(LANES),
        values.chunks_exact(LANES).remainder(),
    );
    let others = weights.chunks_exact(LANES);
    let last = others.remainder();
    let mut sums = *lanes;
    for (values, weights) in whole.zip(others) {
        for ((lane, value), weight) in sums.iter_mut().zip(values).zip(weights) {
            let difference = value - x;
            *lane += weight * (difference * difference);
        }
    }
    for ((lane, value), weight) in sums.iter_mut().zip(rest).zip(last) {
        let difference = value - x;
        *lane += weight * (difference * difference);
    }
    *lanes = sums;
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn weighted_mismatches(values: &[f64], x: f64, weights: &[f64], lanes: &mut [f64; LANES]) {
    let (whole, rest) = (
        values.chunks_exact(LANES),
        values.chunks_exact(LANES).remainder(),
    );
    let others = weights.chunks_exact(LANES);
    let last = others.remainder();
    let mut sums = *lanes;
    for (values, weights) in whole.zip(others) {
        for ((lane, value), weight) in sums.iter_mut().zip(values).zip(weights) {
            *lane += if *value == x { 0.0 } else { *weight };
        }
    }
    for ((lane, value), weight) in sums.iter_mut().zip(rest).zip(last) {
        *lane += if *value == x { 0.0 } else { *weight };
    }
    *lanes = sums;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gp::Options;
    use crate::rng::stream;
    use proptest::prelude::*;

    fn example(n: usize, seed: u64) -> (Points, Vec<f64>) {
        let mut rng = stream(seed, 0, 0);
        let mut points = Points::of_kinds([false, true, false].into_iter());
        let mut losses = Vec::new();
        for _ in 0..n {
            let x = [rng.uniform(), rng.below(3) as f64, rng.uniform()];
            losses.push((5.0 * x[0]).sin() + x[1] * x[2] + 0.1 * rng.normal());
            points.push(&x);
        }
        (points, losses)
    }

    proptest! {
        #[test]
        fn gradients_are_finite_differences(
            n in 1_usize..40, seed in 0_u64..500, at in prop::collection::vec(-1.5..1.5f64, 4), noise in -6.0..0.0f64,
        ) {
            let (points, losses) = example(n, seed);
            let priors = Options::default().priors(3);
            let mut at = at;
            at.push(noise);
            let value = |at: &[f64]| objective(&points, &losses, 0.7, &priors, at, &mut [0.0; 5]);
            let mut gradient = [0.0; 5];
            objective(&points, &losses, 0.7, &priors, &at, &mut gradient);
            for d in 0..5 {
                let step = 1e-5;
                let (mut below, mut above) = (at.clone(), at.clone());
                below[d] -= step;
                above[d] += step;
                let difference = (value(&above) - value(&below)) / (2.0 * step);
                let size = 1.0 + gradient[d].abs() + n as f64;
                prop_assert!((gradient[d] - difference).abs() < 1e-5 * size, "{d}: {} {difference}", gradient[d]);
            }
        }
    }

    // One point: N(z; 0, s + c + v).
    #[test]
    fn one_point_has_the_density_of_a_normal_distribution() {
        let mut points = Points::of_kinds(std::iter::once(false));
        points.push(&[0.3]);
        let priors = Options::default().priors(1);
        let at = [priors.length.mean, priors.scale.mean, priors.noise.mean];
        let got = objective(&points, &[1.2], 0.5, &priors, &at, &mut [0.0; 3]);
        let variance: f64 = priors.scale.mean.exp() + 0.5 + priors.noise.mean.exp();
        let want = 0.5 * 1.2 * 1.2 / variance + 0.5 * variance.ln() + LN_SQRT_2_PI;
        assert!((got - want).abs() < 1e-12, "{got} {want}");
    }
}
