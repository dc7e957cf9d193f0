//! A Gaussian process after it has seen the losses: mean and variance anywhere.

use super::factor::{Factor, WIDTH};
use super::hyper::Hyper;
use super::likelihood::covariance_matrix;
use super::matern;
use super::points::Points;

/// Mean and variance of the function at a point, without noise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prediction {
    /// Mean.
    pub mean: f64,
    /// Variance; above zero.
    pub variance: f64,
}

/// The least variance, as a part of the prior one: rounding leaves no better.
const LEAST_VARIANCE: f64 = 1e-12;

/// A Gaussian process that has seen losses.
#[derive(Clone, Debug)]
pub struct Posterior {
    points: Points,
    hyper: Hyper,
    /// Variance of the constant mean.
    offset: f64,
    factor: Factor,
    /// `K^-1 z`.
    alpha: Vec<f64>,
}

impl Posterior {
    /// The process that has seen these losses at these points. Nothing if the covariance matrix can't be factorised.
    ///
    /// `room` is for how many points that are added later.
    ///
    /// # Panics
    /// When there is not one loss per point.
    #[must_use]
    pub fn new(
        points: Points,
        losses: &[f64],
        hyper: Hyper,
        offset: f64,
        room: usize,
    ) -> Option<Self> {
        assert_eq!(points.len(), losses.len(), "one loss per point");
        let n = points.len();
        let matrix = covariance_matrix(&points, &hyper, offset, n + room);
        let factor = Factor::new(n, n + room, matrix)?;
        let mut alpha = losses.to_vec();
        factor.solve_forward(&mut alpha);
        factor.solve_backward(&mut alpha);
        Some(Self {
            points,
            hyper,
            offset,
            factor,
            alpha,
        })
    }

    /// The points that were seen, those that are believed included.
    #[must_use]
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// The hyperparameters.
    #[must_use]
    pub fn hyper(&self) -> &Hyper {
        &self.hyper
    }

    /// Adds a point whose loss is not known yet, as if it were what the process expects there: the mean stays what it is
    /// everywhere, the variance shrinks (the kriging believer; Ginsbourger, Le Riche and Carraro, 2010).
    ///
    /// A point that can't be told from the others changes nothing.
    pub fn believe(&mut self, point: &[f64]) {
        let covariances = self.covariances(point);
        let variance = self.prior_variance() + self.hyper.noise;
        if self.factor.append(&covariances, variance) {
            self.points.push(point);
            // K a = z holds with a zero in the new place, as the new z is k'a.
            self.alpha.push(0.0);
        }
    }

    fn prior_variance(&self) -> f64 {
        self.hyper.scale + self.offset
    }

    fn covariances(&self, point: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.points.len()];
        matern::squared_distances(&self.points, point, &self.hyper.weights, &mut out);
        matern::covariances(self.hyper.scale, &mut out);
        for value in &mut out {
            *value += self.offset;
        }
        out
    }

    fn floored(&self, variance: f64) -> f64 {
        variance.max(LEAST_VARIANCE * self.prior_variance())
    }

    /// Predictions at many points.
    #[must_use]
    pub fn predict(&self, points: &[Vec<f64>]) -> Vec<Prediction> {
        let n = self.points.len();
        let mut out = Vec::with_capacity(points.len());
        let mut block = vec![[0.0; WIDTH]; n];
        for some in points.chunks(WIDTH) {
            for (lane, point) in some.iter().enumerate() {
                for (row, value) in block.iter_mut().zip(self.covariances(point)) {
                    row[lane] = value;
                }
            }
            let mut means = [0.0; WIDTH];
            for (row, alpha) in block.iter().zip(&self.alpha) {
                for (mean, value) in means.iter_mut().zip(row) {
                    *mean += value * alpha;
                }
            }
            self.factor.solve_forward_many(&mut block);
            let mut explained = [0.0; WIDTH];
            for row in &block {
                for (sum, value) in explained.iter_mut().zip(row) {
                    *sum += value * value;
                }
            }
            let lanes = means.iter().zip(&explained).take(some.len());
            out.extend(lanes.map(|(mean, explained)| Prediction {
                mean: *mean,
                variance: self.floored(self.prior_variance() - explained),
            }));
        }
        out
    }

    /// The prediction at a point and the derivatives of mean and variance by the coordinates of some ordered
    /// parameters.
    #[must_use]
    pub fn slopes(&self, point: &[f64], params: &[usize]) -> (Prediction, Vec<(f64, f64)>) {
        let mut slopes = vec![0.0; self.points.len()];
        matern::squared_distances(&self.points, point, &self.hyper.weights, &mut slopes);
        let mut explained = slopes.clone();
        matern::covariances(self.hyper.scale, &mut explained);
        matern::slopes(self.hyper.scale, &mut slopes);
        let mut mean = 0.0;
        for (value, alpha) in explained.iter_mut().zip(&self.alpha) {
            *value += self.offset;
            mean += *value * alpha;
        }
        self.factor.solve_forward(&mut explained);
        let variance =
            self.floored(self.prior_variance() - explained.iter().map(|e| e * e).sum::<f64>());
        self.factor.solve_backward(&mut explained);
        let derivatives = params.iter().map(|p| {
            let (weight, x) = (2.0 * self.hyper.weights[*p], point[*p]);
            let (mut of_mean, mut of_variance) = (0.0, 0.0);
            let values = &self.points.columns()[*p].values;
            for (((value, slope), alpha), e) in
                values.iter().zip(&slopes).zip(&self.alpha).zip(&explained)
            {
                let change = slope * (value - x);
                of_mean += alpha * change;
                of_variance -= 2.0 * e * change;
            }
            (weight * of_mean, weight * of_variance)
        });
        (Prediction { mean, variance }, derivatives.collect())
    }

    /// The means at the points of these losses, the first ones that were seen: `(K - v I) a = z - v a`.
    #[must_use]
    pub fn means_at_losses(&self, losses: &[f64]) -> Vec<f64> {
        let pairs = losses.iter().zip(&self.alpha);
        pairs
            .map(|(loss, alpha)| loss - self.hyper.noise * alpha)
            .collect()
    }

    /// What the process expects at each of the points from the others alone, with its own noise (Rasmussen and
    /// Williams 2006, eq. 5.12).
    #[must_use]
    pub fn leave_one_out(&self, losses: &[f64]) -> Vec<Prediction> {
        let n = self.points.len();
        let inverse = self.factor.inverted();
        let each = losses.iter().zip(&self.alpha).enumerate();
        each.map(|(i, (loss, alpha))| {
            let variance = 1.0 / inverse[i * n + i];
            Prediction {
                mean: loss - alpha * variance,
                variance,
            }
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;
    use proptest::prelude::*;

    const KINDS: [bool; 3] = [false, true, false];

    fn point(rng: &mut crate::rng::Rng) -> Vec<f64> {
        vec![rng.uniform(), rng.below(3) as f64, rng.uniform()]
    }

    fn example(n: usize, seed: u64) -> (Points, Vec<f64>, Hyper) {
        let mut rng = stream(seed, 0, 0);
        let mut points = Points::of_kinds(KINDS.into_iter());
        let mut losses = Vec::new();
        for _ in 0..n {
            let x = point(&mut rng);
            losses.push((5.0 * x[0]).sin() + x[1] * x[2]);
            points.push(&x);
        }
        let hyper = Hyper {
            weights: vec![9.0, 0.7, 2.0],
            scale: 1.3,
            noise: 1e-3,
        };
        (points, losses, hyper)
    }

    /// Mean and variance by the formulas of Rasmussen and Williams (2006, eq. 2.25 and 2.26), solved by Gaussian
    /// elimination with pivots.
    fn naive(
        points: &Points,
        losses: &[f64],
        hyper: &Hyper,
        offset: f64,
        at: &[f64],
    ) -> (f64, f64) {
        let n = points.len();
        let k = |a: &[f64], b: &[f64]| {
            let squares = (0..a.len()).map(|d| {
                let gap = if KINDS[d] {
                    f64::from(u8::from(a[d] != b[d]))
                } else {
                    a[d] - b[d]
                };
                hyper.weights[d] * gap * gap
            });
            let a = (5.0 * squares.sum::<f64>()).sqrt();
            hyper.scale * (1.0 + a + a * a / 3.0) * (-a).exp() + offset
        };
        let all: Vec<Vec<f64>> = (0..n).map(|i| points.point(i)).collect();
        let mut rows: Vec<Vec<f64>> = (0..n)
            .map(|i| {
                let mut row: Vec<f64> = (0..n).map(|j| k(&all[i], &all[j])).collect();
                row[i] += hyper.noise;
                row.push(losses[i]);
                row.push(k(&all[i], at));
                row
            })
            .collect();
        for c in 0..n {
            let pivot = (c..n)
                .max_by(|a, b| rows[*a][c].abs().total_cmp(&rows[*b][c].abs()))
                .unwrap();
            rows.swap(c, pivot);
            let pivot = rows[c].clone();
            for row in rows.iter_mut().enumerate().filter(|(r, _)| *r != c) {
                let factor = row.1[c] / pivot[c];
                for (value, other) in row.1.iter_mut().zip(&pivot) {
                    *value -= factor * other;
                }
            }
        }
        let solved = |column: usize| (0..n).map(move |i| (i, column));
        let value = |(i, column): (usize, usize)| rows[i][column] / rows[i][i];
        let mean = solved(n).map(|e| k(&all[e.0], at) * value(e)).sum();
        let explained: f64 = solved(n + 1).map(|e| k(&all[e.0], at) * value(e)).sum();
        (mean, hyper.scale + offset - explained)
    }

    proptest! {
        #[test]
        fn predictions_agree_with_the_naive_twin(n in 1_usize..30, seed in 0_u64..500, offset in 0.0..2.0f64) {
            let (points, losses, hyper) = example(n, seed);
            let posterior = Posterior::new(points.clone(), &losses, hyper.clone(), offset, 0).unwrap();
            let mut rng = stream(seed, 1, 0);
            let at: Vec<Vec<f64>> = (0..20).map(|_| point(&mut rng)).collect();
            for (at, got) in at.iter().zip(posterior.predict(&at)) {
                let (mean, variance) = naive(&points, &losses, &hyper, offset, at);
                prop_assert!((got.mean - mean).abs() < 1e-8, "{} {mean}", got.mean);
                prop_assert!((got.variance - variance).abs() < 1e-8, "{} {variance}", got.variance);
                let single = posterior.slopes(at, &[0]).0;
                prop_assert!((single.mean - got.mean).abs() < 1e-10);
                prop_assert!((single.variance - got.variance).abs() < 1e-10);
            }
        }

        #[test]
        fn means_at_the_losses_are_predictions(n in 1_usize..30, seed in 0_u64..500) {
            let (points, losses, hyper) = example(n, seed);
            let all: Vec<Vec<f64>> = (0..n).map(|i| points.point(i)).collect();
            let posterior = Posterior::new(points, &losses, hyper, 0.5, 0).unwrap();
            let means = posterior.means_at_losses(&losses);
            for (got, want) in means.iter().zip(posterior.predict(&all)) {
                prop_assert!((got - want.mean).abs() < 1e-9, "{got} {}", want.mean);
            }
        }

        #[test]
        fn slopes_are_finite_differences(n in 1_usize..30, seed in 0_u64..500) {
            let (points, losses, hyper) = example(n, seed);
            let posterior = Posterior::new(points, &losses, hyper, 0.5, 0).unwrap();
            let at = point(&mut stream(seed, 1, 0));
            let (_, slopes) = posterior.slopes(&at, &[0, 2]);
            for (p, (mean, variance)) in [0, 2].into_iter().zip(slopes) {
                let step = 1e-5;
                let moved = |by: f64| { let mut to = at.clone(); to[p] += by; to };
                let around = posterior.predict(&[moved(-step), moved(step)]);
                let by_mean = (around[1].mean - around[0].mean) / (2.0 * step);
                let by_variance = (around[1].variance - around[0].variance) / (2.0 * step);
                // Third derivatives are about 1e3, rounding errors of the variance about 1e-13.
                prop_assert!((mean - by_mean).abs() < 1e-5 * (1.0 + mean.abs()), "{mean} {by_mean}");
                prop_assert!((variance - by_variance).abs() < 1e-5 * (1.0 + variance.abs()));
            }
        }

        #[test]
        fn each_loss_is_predicted_from_the_others(n in 2_usize..15, seed in 0_u64..500) {
            let (points, losses, hyper) = example(n, seed);
            let all = Posterior::new(points.clone(), &losses, hyper.clone(), 0.5, 0).unwrap();
            for (i, got) in all.leave_one_out(&losses).into_iter().enumerate() {
                let (mut others, mut rest) = (Points::of_kinds(KINDS.into_iter()), Vec::new());
                for j in (0..n).filter(|j| *j != i) {
                    others.push(&points.point(j));
                    rest.push(losses[j]);
                }
                let without = Posterior::new(others, &rest, hyper.clone(), 0.5, 0).unwrap();
                let want = without.predict(&[points.point(i)])[0];
                prop_assert!((got.mean - want.mean).abs() < 1e-7, "{} {}", got.mean, want.mean);
                prop_assert!((got.variance - want.variance - hyper.noise).abs() < 1e-7);
            }
        }

        #[test]
        fn a_believed_point_is_one_whose_loss_is_the_mean(n in 1_usize..20, seed in 0_u64..500) {
            let (points, losses, hyper) = example(n, seed);
            let mut believing = Posterior::new(points.clone(), &losses, hyper.clone(), 0.5, 0).unwrap();
            let mut rng = stream(seed, 1, 0);
            let (mut told, mut known) = (points, losses);
            for _ in 0..5 {
                let at = point(&mut rng);
                known.push(believing.predict(std::slice::from_ref(&at))[0].mean);
                told.push(&at);
                believing.believe(&at);
            }
            let fresh = Posterior::new(told, &known, hyper, 0.5, 0).unwrap();
            let at: Vec<Vec<f64>> = (0..9).map(|_| point(&mut rng)).collect();
            for (a, b) in believing.predict(&at).into_iter().zip(fresh.predict(&at)) {
                prop_assert!((a.mean - b.mean).abs() < 1e-7 && (a.variance - b.variance).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_point_that_is_there_already_keeps_everything_finite() {
        let (points, losses, mut hyper) = example(5, 1);
        hyper.noise = 0.0;
        let mut posterior = Posterior::new(points.clone(), &losses, hyper, 0.0, 0).unwrap();
        posterior.believe(&points.point(2));
        let at = posterior.predict(&[points.point(2)])[0];
        assert!(at.mean.is_finite() && at.variance > 0.0);
    }
}
