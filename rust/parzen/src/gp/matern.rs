//! The covariance of two points: a Matérn function of their distance.
//!
//! `k(x, x') = (1 + a + a^2/3) e^-a` with `a = sqrt(5 r^2)` (Rasmussen and Williams, "Gaussian Processes for
//! Machine Learning", 2006, eq. 4.17) and `r^2 = sum_d w_d D_d(x, x')^2`: one weight, an inverse squared
//! length-scale, for each parameter. `D` is the difference of coordinates, or for options 0 if they are
//! the same and 1 if not, so that the part of options is a kernel of their Hamming distance.

use super::points::{Column, Points};
use crate::numerics::exponential::exp_nonpositive;
use multiversion::multiversion;

/// `r^2` between a point and each of `points`.
///
/// # Panics
/// When the point, or the weights, do not have one entry per column.
pub fn squared_distances(points: &Points, point: &[f64], weights: &[f64], out: &mut [f64]) {
    out.fill(0.0);
    for ((column, x), weight) in points.columns().iter().zip(point).zip(weights) {
        column.add_squares(*x, *weight, out);
    }
}

/// Covariances from squared distances, in place, times `scale`.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
pub fn covariances(scale: f64, squares: &mut [f64]) {
    for square in squares {
        let a = (5.0 * *square).sqrt();
        *square = scale * (1.0 + a * (1.0 + a * (1.0 / 3.0))) * exp_nonpositive(-a);
    }
}

/// `-dk/dr^2 = 5/6 (1 + a) e^-a`, in place, times `scale`.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
pub fn slopes(scale: f64, squares: &mut [f64]) {
    for square in squares {
        let a = (5.0 * *square).sqrt();
        *square = scale * (5.0 / 6.0) * (1.0 + a) * exp_nonpositive(-a);
    }
}

/// Covariances, and in the place of the squared distances their slopes: both need the same exponential.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
pub fn covariances_and_slopes(scale: f64, squares: &mut [f64], covariances: &mut [f64]) {
    for (square, covariance) in squares.iter_mut().zip(covariances) {
        let a = (5.0 * *square).sqrt();
        let e = scale * exp_nonpositive(-a);
        *covariance = e * (1.0 + a * (1.0 + a * (1.0 / 3.0)));
        *square = e * (5.0 / 6.0) * (1.0 + a);
    }
}

impl Column {
    /// Adds `weight` times the squared difference between `x` and each value.
    pub fn add_squares(&self, x: f64, weight: f64, out: &mut [f64]) {
        self.add_squares_of(&self.values, x, weight, out);
    }

    /// The same for some values of this parameter.
    pub fn add_squares_of(&self, values: &[f64], x: f64, weight: f64, out: &mut [f64]) {
        if self.unordered {
            add_mismatches(values, x, weight, out);
        } else {
            add_squares(values, x, weight, out);
        }
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn add_squares(values: &[f64], x: f64, weight: f64, out: &mut [f64]) {
    for (out, value) in out.iter_mut().zip(values) {
        let difference = value - x;
        *out += weight * (difference * difference);
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn add_mismatches(values: &[f64], x: f64, weight: f64, out: &mut [f64]) {
    for (out, value) in out.iter_mut().zip(values) {
        *out += if *value == x { 0.0 } else { weight };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn covariances_follow_the_formula() {
        for r in [0.0_f64, 1e-3, 0.1, 0.7, 2.0, 9.0] {
            let a = 5.0_f64.sqrt() * r;
            let want = (1.0 + a + a * a / 3.0) * (-a).exp();
            let mut got = [r * r];
            covariances(2.0, &mut got);
            assert!((got[0] - 2.0 * want).abs() < 1e-13, "{r}");
        }
    }

    #[test]
    fn slopes_are_derivatives() {
        for square in [1e-4_f64, 0.01, 0.5, 3.0] {
            let step = 1e-4 * square;
            let mut values = [square - step, square + step];
            covariances(1.5, &mut values);
            let mut slope = [square];
            slopes(1.5, &mut slope);
            let difference = (values[0] - values[1]) / (2.0 * step);
            assert!((slope[0] - difference).abs() < 1e-6 * slope[0], "{square}");
        }
    }
}
