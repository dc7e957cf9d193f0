//! Draws from mixtures (section 5.3).

use super::mixture::{Coordinates, Mixture};
use crate::error::{Result, require};
use crate::interrupt::Checkpoint;
use crate::numerics::special::{
    log_diff_cdf, log_normal_cdf, log_quantile, log_sum_exp, normal_cdf, normal_quantile,
};
use crate::prior::{EPS, round_to_multiple};
use crate::rng::Rng;

/// Rejections before the exact inversion takes over. The mixture of a posterior keeps at least
/// 0.38 times the prior's weight within the truncation, so most draws need one or two attempts.
const ATTEMPTS: usize = 16;

/// Draws between two looks at the checkpoint.
const PIECE: usize = 4096;

impl Mixture {
    /// Draws `count` natural values.
    ///
    /// A component is picked by its weight and a normal drawn from it; a draw outside the truncation
    /// is thrown away together with its component. After a fixed number of rejections the same
    /// distribution is sampled by inversion, so this ends whatever the history was (Q45). Then exp
    /// for logarithmic families and rounding to multiples of q, which may leave the truncation.
    ///
    /// # Errors
    /// When the weights sum to 0 or are infinite, or when the truncation is empty or NaN.
    pub fn sample(
        &self,
        coordinates: &Coordinates,
        count: usize,
        rng: &mut Rng,
    ) -> Result<Vec<f64>> {
        self.sample_until(coordinates, count, rng, Checkpoint::never())
    }

    /// As [`sample`](Self::sample), with a checkpoint before each of some draws.
    ///
    /// # Errors
    /// As [`sample`](Self::sample), and when it was interrupted.
    pub fn sample_until(
        &self,
        coordinates: &Coordinates,
        count: usize,
        rng: &mut Rng,
        checkpoint: Checkpoint<'_>,
    ) -> Result<Vec<f64>> {
        let mut cumulative = Vec::with_capacity(self.weights().len());
        let mut total = 0.0;
        for &weight in self.weights() {
            total += weight;
            cumulative.push(total);
        }
        require(
            total > 0.0 && total.is_finite(),
            "sum(weights)",
            format_args!("{total:?}"),
            "it must be positive and finite",
        )?;
        if let Some((low, high)) = coordinates.truncation {
            let value = format_args!("{high:?}");
            require(low < high, "high", value, "it must be greater than low")?;
        }
        let mut draws = Vec::new();
        for drawn in 0..count {
            if drawn % PIECE == PIECE - 1 {
                checkpoint.pass()?;
            }
            let z = self.draw(&cumulative, coordinates.truncation, rng);
            draws.push(coordinates.natural(z));
        }
        Ok(draws)
    }

    fn draw(&self, cumulative: &[f64], truncation: Option<(f64, f64)>, rng: &mut Rng) -> f64 {
        let (low, high) = truncation.unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        for _ in 0..ATTEMPTS {
            let k = pick(cumulative, rng);
            let z = self.centres()[k] + self.scales()[k] * rng.normal();
            if truncation.is_none() || (low <= z && z < high) {
                return z;
            }
        }
        self.draw_by_inversion(low, high, rng)
    }

    /// The same distribution: a component by its mass within the truncation, then its quantile.
    fn draw_by_inversion(&self, low: f64, high: f64, rng: &mut Rng) -> f64 {
        let mut log_masses = Vec::with_capacity(self.weights().len());
        self.cell_terms(low, high, &mut log_masses);
        let log_total = log_sum_exp(&log_masses);
        let mut total = 0.0;
        let cumulative: Vec<f64> = log_masses
            .iter()
            .map(|&log_mass| {
                total += (log_mass - log_total).exp();
                total
            })
            .collect();
        let k = pick(&cumulative, rng);
        let (centre, scale) = (self.centres()[k], self.scales()[k].max(EPS));
        let (a, b) = ((low - centre) / scale, (high - centre) / scale);
        let z = centre + scale * truncated_quantile(a, b, rng.uniform());
        z.max(low).min(high.next_down())
    }
}

impl Coordinates {
    /// Model space to natural value; see [`crate::prior::Numeric::from_model`].
    #[must_use]
    pub fn natural(&self, z: f64) -> f64 {
        let value = if self.log {
            z.exp().clamp(f64::MIN_POSITIVE, f64::MAX)
        } else {
            z
        };
        match self.q {
            Some(q) => round_to_multiple(value, q),
            None => value + 0.0,
        }
    }
}

/// The first component whose cumulative weight exceeds a uniform draw; never one of weight 0.
fn pick(cumulative: &[f64], rng: &mut Rng) -> usize {
    let total = cumulative.last().copied().unwrap_or(0.0);
    let threshold = rng.uniform() * total;
    let k = cumulative.partition_point(|&c| c <= threshold);
    // Rounding may carry the threshold up to the total: then the last component with weight.
    if k < cumulative.len() {
        k
    } else {
        cumulative.partition_point(|&c| c < total)
    }
}

/// The `u` quantile of a standard normal truncated to [a, b], `u` in [0, 1).
fn truncated_quantile(a: f64, b: f64, u: f64) -> f64 {
    if a > -b {
        // Work in the lower tail, where probabilities keep their accuracy.
        return -truncated_quantile(-b, -a, 1.0 - u);
    }
    let (lower, mass) = (normal_cdf(a), normal_cdf(b) - normal_cdf(a));
    let z = if mass > 1e-290 {
        normal_quantile((lower + u * mass).min(1.0))
    } else {
        let (log_lower, log_part) = (log_normal_cdf(a), u.ln() + log_diff_cdf(a, b));
        log_quantile(log_sum_exp(&[log_lower, log_part]).min(0.0))
    };
    z.max(a).min(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    #[test]
    fn a_history_far_outside_the_bounds_still_gives_draws_within_them() {
        let mixture = Mixture::new(vec![0.5, 0.5], vec![5e4, 1e9], vec![0.3, 2.0]).unwrap();
        let coordinates = Coordinates {
            truncation: Some((0.0, 1.0)),
            ..Coordinates::default()
        };
        let draws = mixture
            .sample(&coordinates, 100, &mut stream(5, 0, 0))
            .unwrap();
        assert!(draws.iter().all(|&x| (0.0..1.0).contains(&x)));
    }

    // Kolmogorov-Smirnov on 20000 draws, alpha = 1e-6.
    #[test]
    fn inversion_draws_from_the_truncated_mixture() {
        let mixture = Mixture::new(
            vec![0.2, 0.5, 0.3],
            vec![-0.2, 0.6, 1.4],
            vec![0.3, 0.05, 0.4],
        )
        .unwrap();
        let mut rng = stream(6, 0, 0);
        let mut draws: Vec<f64> = (0..20_000)
            .map(|_| mixture.draw_by_inversion(0.0, 1.0, &mut rng))
            .collect();
        draws.sort_by(f64::total_cmp);
        let log_total = mixture.log_mass_within(Some((0.0, 1.0)));
        let distance = (0..)
            .zip(&draws)
            .map(|(i, &x)| {
                let cdf = (mixture.log_mass_within(Some((0.0, x))) - log_total).exp();
                (cdf - f64::from(i) / 2e4).abs()
            })
            .fold(0.0, f64::max);
        assert!(distance < 2.69 / 2e4_f64.sqrt() + 5e-5, "{distance}");
    }

    #[test]
    fn truncated_quantiles_are_ordered_and_inside_in_the_far_tail() {
        for (a, b) in [
            (40.0, 41.0),
            (-1e3, -999.0),
            (-1.0, 2.0),
            (3.0, f64::INFINITY),
        ] {
            let at = |u| truncated_quantile(a, b, u);
            assert!(a <= at(0.0) && at(0.0) < at(0.5) && at(0.5) < at(0.999) && at(0.999) <= b);
        }
        // Far out the tail is exponential with rate a: the median lies ln 2 / a above a.
        let median = truncated_quantile(1e3, f64::INFINITY, 0.5);
        assert!(((median - 1e3) - std::f64::consts::LN_2 / 1e3).abs() < 1e-9);
    }

    #[test]
    fn components_without_weight_are_never_picked() {
        let mut rng = stream(7, 0, 0);
        assert!(
            (0..1000).all(|_| pick(&[0.0, 0.0, 0.4, 0.4, 1.0, 1.0], &mut rng).is_multiple_of(2))
        );
    }

    #[test]
    fn impossible_mixtures_are_errors() {
        let mixture = Mixture::new(vec![0.0], vec![0.0], vec![1.0]).unwrap();
        let mut rng = stream(8, 0, 0);
        assert!(
            mixture
                .sample(&Coordinates::default(), 1, &mut rng)
                .is_err()
        );
        let mixture = Mixture::new(vec![1.0], vec![0.0], vec![1.0]).unwrap();
        let empty = Coordinates {
            truncation: Some((1.0, 1.0)),
            ..Coordinates::default()
        };
        assert!(mixture.sample(&empty, 1, &mut rng).is_err());
    }
}
