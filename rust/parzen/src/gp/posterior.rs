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
mod tests;
