//! How well hyperparameters explain the losses: the log-posterior of a Gaussian process, and its gradient.
//!
//! `K = s M + c 11' + v I`, where `M` are the Matérn correlations, `s` is the scale, `v` the noise and `c` the
//! variance of a constant mean that is integrated out. `-ln p(z) = z'K^-1 z / 2 + ln|K| / 2 + n/2 ln 2 pi`, and
//! its derivative by a hyperparameter is `-tr((aa' - K^-1) dK) / 2` with `a = K^-1 z` (Rasmussen and Williams 2006,
//! eq. 5.8 and 5.9).

use super::factor::Factor;
use super::hyper::{Hyper, Priors};
use super::matern;
use super::pairs::{Pairs, add_products};
use super::points::Points;
use crate::numerics::gaussians::{LANES, fold};
use crate::numerics::special::LN_SQRT_2_PI;

/// The matrix `K`, its upper triangle by rows of `stride`.
#[must_use]
pub fn covariance_matrix(points: &Points, hyper: &Hyper, offset: f64, stride: usize) -> Vec<f64> {
    let n = points.len();
    let mut out = vec![0.0; stride * stride];
    for i in 0..n {
        let row = &mut out[i * stride + i..i * stride + n];
        for (column, weight) in points.columns().iter().zip(&hyper.weights) {
            column.add_squares_of(&column.values[i..], column.values[i], *weight, row);
        }
        matern::covariances(hyper.scale, row);
        for value in row.iter_mut() {
            *value += offset;
        }
        row[0] = hyper.scale + offset + hyper.noise;
    }
    out
}

/// Losses at some points, and what is believed of hyperparameters.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The points, by pairs.
    pub pairs: &'a Pairs,
    /// The losses.
    pub losses: &'a [f64],
    /// Variance of the constant mean.
    pub offset: f64,
    /// Prior beliefs.
    pub priors: &'a Priors,
}

impl Evidence<'_> {
    /// `-ln p(z, hyperparameters)` up to a constant, and its gradient by the logarithms of the length-scales, of the
    /// scale and of the noise (see [`Hyper::from_logarithms`]). NaN if the matrix can't be factorised.
    pub fn objective(&self, logarithms: &[f64], gradient: &mut [f64]) -> f64 {
        let n = self.losses.len();
        let hyper = Hyper::from_logarithms(logarithms);
        let mut covariances = vec![0.0; self.pairs.len()];
        let mut slopes = covariances.clone();
        self.pairs.squared_distances(&hyper.weights, &mut slopes);
        matern::covariances_and_slopes(hyper.scale, &mut slopes, &mut covariances);
        let Some(factor) = Factor::new(n, n, self.matrix(&hyper, &covariances)) else {
            return f64::NAN;
        };
        let mut alpha = self.losses.to_vec();
        factor.solve_forward(&mut alpha);
        let fit: f64 = alpha.iter().map(|h| h * h).sum();
        factor.solve_backward(&mut alpha);
        let inverse = factor.inverted();
        let diagonal: f64 = (0..n)
            .map(|i| alpha[i] * alpha[i] - inverse[i * n + i])
            .sum();
        // `aa' - K^-1` by pair, and then its product with the slopes.
        let mut pulls = Vec::with_capacity(self.pairs.len());
        for (i, own) in alpha.iter().enumerate() {
            let after = alpha[i + 1..]
                .iter()
                .zip(&inverse[i * n + i + 1..(i + 1) * n]);
            pulls.extend(after.map(|(alpha, inverse)| own * alpha - inverse));
        }
        let dimensions = hyper.weights.len();
        gradient[dimensions] = -0.5 * hyper.scale * diagonal - dot(&pulls, &covariances);
        gradient[dimensions + 1] = -0.5 * hyper.noise * diagonal;
        for (pull, slope) in pulls.iter_mut().zip(&slopes) {
            *pull *= slope;
        }
        self.pairs.sums(&pulls, &mut gradient[..dimensions]);
        for (out, weight) in gradient.iter_mut().zip(&hyper.weights) {
            *out *= -2.0 * weight;
        }
        let likelihood = 0.5 * fit + 0.5 * factor.log_determinant() + n as f64 * LN_SQRT_2_PI;
        likelihood + self.priors.penalty(logarithms, gradient)
    }

    fn matrix(&self, hyper: &Hyper, covariances: &[f64]) -> Vec<f64> {
        let n = self.losses.len();
        let mut out = vec![0.0; n * n];
        let mut at = 0;
        for i in 0..n {
            out[i * n + i] = hyper.scale + self.offset + hyper.noise;
            let row = &mut out[i * n + i + 1..(i + 1) * n];
            for (value, covariance) in row.iter_mut().zip(&covariances[at..]) {
                *value = covariance + self.offset;
            }
            at += n - i - 1;
        }
        out
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    add_products(a, b, &mut lanes);
    fold(&lanes)
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
            let pairs = Pairs::new(&points);
            let evidence = Evidence { pairs: &pairs, losses: &losses, offset: 0.7, priors: &priors };
            let value = |at: &[f64]| evidence.objective(at, &mut [0.0; 5]);
            let mut gradient = [0.0; 5];
            evidence.objective(&at, &mut gradient);
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
        let pairs = Pairs::new(&points);
        let evidence = Evidence {
            pairs: &pairs,
            losses: &[1.2],
            offset: 0.5,
            priors: &priors,
        };
        let got = evidence.objective(&at, &mut [0.0; 3]);
        let variance: f64 = priors.scale.mean.exp() + 0.5 + priors.noise.mean.exp();
        let want = 0.5 * 1.2 * 1.2 / variance + 0.5 * variance.ln() + LN_SQRT_2_PI;
        assert!((got - want).abs() < 1e-12, "{got} {want}");
    }

    #[test]
    fn the_matrix_of_a_fit_is_that_of_the_posterior() {
        let (points, losses) = example(23, 4);
        let priors = Options::default().priors(3);
        let pairs = Pairs::new(&points);
        let evidence = Evidence {
            pairs: &pairs,
            losses: &losses,
            offset: 0.3,
            priors: &priors,
        };
        let hyper = Hyper::from_logarithms(&[-1.0, 0.3, 0.9, 0.2, -4.0]);
        let mut squares = vec![0.0; pairs.len()];
        let mut covariances = squares.clone();
        pairs.squared_distances(&hyper.weights, &mut squares);
        matern::covariances_and_slopes(hyper.scale, &mut squares, &mut covariances);
        let (got, want) = (
            evidence.matrix(&hyper, &covariances),
            covariance_matrix(&points, &hyper, 0.3, 23),
        );
        for i in 0..23 {
            for j in i..23 {
                assert!((got[i * 23 + j] - want[i * 23 + j]).abs() < 1e-14);
            }
        }
    }
}
