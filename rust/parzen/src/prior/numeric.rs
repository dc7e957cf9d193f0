//! The eight real-valued families as combinations of three choices: bounded or Gaussian, linear or
//! logarithmic, continuous or quantised.

use crate::rng::Rng;
use crate::special::{LN_SQRT_2_PI, log_diff_cdf};

/// Smallest natural value that quantised logarithmic families tell from 0 (section 0.2).
pub const EPS: f64 = 1e-12;

/// ln [`EPS`].
pub(crate) const LN_EPS: f64 = -27.631_021_115_928_547;

/// Where a numeric prior lives, in model space: log units if the family is logarithmic.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Support {
    /// Uniform on [low, high).
    Bounded {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// Normal on the whole line.
    Gaussian {
        /// Mean.
        mu: f64,
        /// Standard deviation.
        sigma: f64,
    },
}

/// A real-valued prior.
///
/// *Natural* values are what users see and Vals store; *model space* is where the estimator works:
/// the natural value itself, or its logarithm for the logarithmic families.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Numeric {
    /// Whether model space is logarithmic.
    pub log: bool,
    /// Support and shape in model space.
    pub support: Support,
    /// Quantum on the natural scale.
    pub q: Option<f64>,
}

impl Numeric {
    /// Centre m0 of the prior component of the Parzen estimator (section 4.3).
    #[must_use]
    pub fn centre(&self) -> f64 {
        match self.support {
            Support::Bounded { low, high } => 0.5 * (high + low),
            Support::Gaussian { mu, .. } => mu,
        }
    }

    /// Scale s0 of the prior component of the Parzen estimator (section 4.3).
    #[must_use]
    pub fn scale(&self) -> f64 {
        match self.support {
            Support::Bounded { low, high } => high - low,
            Support::Gaussian { sigma, .. } => sigma,
        }
    }

    /// Truncation [L, H) of the estimator in model space.
    #[must_use]
    pub const fn truncation(&self) -> Option<(f64, f64)> {
        match self.support {
            Support::Bounded { low, high } => Some((low, high)),
            Support::Gaussian { .. } => None,
        }
    }

    /// Natural value to model space (section 4.3).
    ///
    /// Quantised logarithmic families floor the value at max(1e-12, e^low) first. Continuous ones
    /// clamp it to the positive normal doubles, so that 0 and `inf` have finite logarithms (Q30).
    /// NaN stays NaN.
    #[must_use]
    pub fn to_model(&self, x: f64) -> f64 {
        if !self.log {
            return x;
        }
        if x.is_nan() {
            return x;
        }
        if self.q.is_none() {
            return x.clamp(f64::MIN_POSITIVE, f64::MAX).ln();
        }
        let model = x.clamp(EPS, f64::MAX).ln();
        match self.support {
            Support::Bounded { low, .. } => model.max(low),
            Support::Gaussian { .. } => model,
        }
    }

    /// Model space to natural value: exp for logarithmic families, then rounding to multiples of q,
    /// half to even. Never returns -0.0 (Q16) nor, for finite input, an infinity (Q30).
    #[must_use]
    pub fn from_model(&self, z: f64) -> f64 {
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

    /// Draws a natural value.
    pub fn sample(&self, rng: &mut Rng) -> f64 {
        let z = match self.support {
            Support::Bounded { low, high } => rng.uniform_between(low, high),
            Support::Gaussian { mu, sigma } => mu + sigma * rng.normal(),
        };
        self.from_model(z)
    }

    /// Log-density at the natural value `x`; for quantised families the log-probability of its cell.
    ///
    /// `-inf` outside the support, NaN for NaN. A quantised family gives every `x` the mass of the
    /// interval `x -+ q / 2`, whether or not `x` is a multiple of q.
    #[must_use]
    #[allow(clippy::float_cmp)] // a cell that collapsed to one double
    pub fn log_density(&self, x: f64) -> f64 {
        if x.is_nan() {
            return x;
        }
        if let Some(q) = self.q {
            let (lower, upper) = (self.edge(x - 0.5 * q), self.edge(x + 0.5 * q));
            let unresolved = lower == upper && lower > f64::NEG_INFINITY;
            return self.log_mass(lower, if unresolved { upper.next_up() } else { upper });
        }
        if self.log && x <= 0.0 {
            return f64::NEG_INFINITY;
        }
        let z = if self.log { x.ln() } else { x };
        let log_jacobian = if self.log { z } else { 0.0 };
        match self.support {
            Support::Bounded { low, high } if low <= z && z <= high => {
                -(high - low).ln() - log_jacobian
            }
            Support::Bounded { .. } => f64::NEG_INFINITY,
            Support::Gaussian { mu, sigma } => {
                let u = (z - mu) / sigma;
                -0.5 * u * u - sigma.ln() - LN_SQRT_2_PI - log_jacobian
            }
        }
    }

    /// A natural boundary in model space, with everything up to 0 at minus infinity.
    fn edge(&self, x: f64) -> f64 {
        if self.log { x.max(0.0).ln() } else { x }
    }

    /// ln of the prior probability of [lower, upper] in model space.
    fn log_mass(&self, lower: f64, upper: f64) -> f64 {
        match self.support {
            Support::Bounded { low, high } => {
                let width = upper.min(high) - lower.max(low);
                if width > 0.0 {
                    width.ln() - (high - low).ln()
                } else {
                    f64::NEG_INFINITY
                }
            }
            Support::Gaussian { mu, sigma } => {
                log_diff_cdf((lower - mu) / sigma, (upper - mu) / sigma)
            }
        }
    }

    /// The cell (lower, upper) in model space that a quantised density at natural value `x` covers,
    /// as sections 5.1 and 5.2 have it: `x -+ q / 2` clipped to the truncation; for logarithmic
    /// families floored at 1e-12 before the logarithm.
    ///
    /// The cell is empty when `upper <= lower`. A continuous family has q = 0 here.
    #[must_use]
    pub fn cell(&self, x: f64) -> (f64, f64) {
        model_cell(x, self.q.unwrap_or(0.0), self.log, self.truncation())
    }
}

/// [`Numeric::cell`] for given q, scale and truncation (in model space).
#[must_use]
pub fn model_cell(x: f64, q: f64, log: bool, truncation: Option<(f64, f64)>) -> (f64, f64) {
    let (mut lower, mut upper) = (x - 0.5 * q, x + 0.5 * q);
    if log {
        // ln is monotone: clipping after it equals clipping on the natural scale before it.
        (lower, upper) = (lower.max(EPS).ln(), upper.max(EPS).ln());
    }
    if upper <= lower && q > 0.0 && !(log && x <= EPS) {
        // Doubles this large are further apart than q. Any cell will do, as long as the two densities
        // that are compared take the same one (Q9).
        upper = lower.next_up();
    }
    if let Some((low, high)) = truncation {
        (lower, upper) = (lower.max(low), upper.min(high));
    }
    if log {
        (lower.max(LN_EPS), upper.max(LN_EPS))
    } else {
        (lower, upper)
    }
}

/// round(value / q) q, half to even, without negative zero.
///
/// Where the quotient overflows, every double is a multiple of q as far as doubles can tell.
#[must_use]
pub fn round_to_multiple(value: f64, q: f64) -> f64 {
    let multiple = (value / q).round_ties_even() * q;
    if multiple.is_finite() {
        multiple + 0.0
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prior::Prior;
    use crate::rng::stream;

    fn numeric(family: &str, args: &[f64]) -> Numeric {
        match Prior::from_family("x", family, args).unwrap() {
            Prior::Numeric(numeric) => numeric,
            Prior::Categorical(_) => unreachable!(),
        }
    }

    const FAMILIES: [(&str, &[f64]); 8] = [
        ("uniform", &[-2.0, 3.0]),
        ("quniform", &[0.0, 11.0, 3.0]),
        ("loguniform", &[-6.0, 1.0]),
        ("qloguniform", &[-3.0, 3.0, 1.0]),
        ("normal", &[1.0, 2.0]),
        ("qnormal", &[0.3, 2.0, 0.5]),
        ("lognormal", &[0.0, 1.0]),
        ("qlognormal", &[1.0, 1.0, 0.5]),
    ];

    /// Probability of [a, b] on the natural scale for a continuous family, by its own definition.
    fn probability(prior: &Numeric, a: f64, b: f64) -> f64 {
        prior.log_mass(prior.edge(a), prior.edge(b)).exp()
    }

    #[test]
    fn continuous_densities_integrate_to_cell_probabilities() {
        for (family, args) in FAMILIES.iter().step_by(2) {
            let prior = numeric(family, args);
            let (a, b) = (0.3, 1.2);
            let n = 20_000;
            let h = (b - a) / f64::from(n);
            let sum: f64 = (0..n)
                .map(|i| prior.log_density(a + h * (f64::from(i) + 0.5)).exp() * h)
                .sum();
            assert!((sum - probability(&prior, a, b)).abs() < 1e-8, "{family}");
        }
    }

    #[test]
    fn quantised_probabilities_sum_to_one() {
        for (family, args) in FAMILIES.iter().skip(1).step_by(2) {
            let prior = numeric(family, args);
            let q = prior.q.unwrap();
            let sum: f64 = (-2000..60_000)
                .map(|k| prior.log_density(f64::from(k) * q).exp())
                .sum();
            assert!((sum - 1.0).abs() < 1e-12, "{family} {sum}");
        }
    }

    // Kolmogorov-Smirnov on 20000 draws, alpha = 1e-6: critical value 2.69 / sqrt(n).
    #[test]
    fn continuous_draws_follow_their_density() {
        for (stream_number, (family, args)) in (0..).zip(FAMILIES.iter().step_by(2)) {
            let prior = numeric(family, args);
            let mut rng = stream(11, stream_number, 0);
            let mut draws: Vec<f64> = (0..20_000).map(|_| prior.sample(&mut rng)).collect();
            draws.sort_by(f64::total_cmp);
            let distance = (0..)
                .zip(&draws)
                .map(|(i, &x)| (probability(&prior, -1e9, x) - f64::from(i) / 2e4).abs())
                .fold(0.0, f64::max);
            assert!(
                distance < 2.69 / 2e4_f64.sqrt() + 5e-5,
                "{family} {distance}"
            );
        }
    }

    // Chi-square over the values expected at least 20 times, alpha = 1e-6 by the normal
    // approximation of Wilson and Hilferty.
    #[test]
    fn quantised_draws_follow_their_probabilities() {
        for (stream_number, (family, args)) in (0..).zip(FAMILIES.iter().skip(1).step_by(2)) {
            let prior = numeric(family, args);
            let mut rng = stream(12, stream_number, 0);
            let draws: Vec<f64> = (0..20_000).map(|_| prior.sample(&mut rng)).collect();
            let (mut chi2, mut cells) = (0.0, 0.0);
            for k in -100..2000 {
                let x = f64::from(k) * prior.q.unwrap();
                let expected = 2e4 * prior.log_density(x).exp();
                #[allow(clippy::cast_precision_loss)]
                let seen = draws
                    .iter()
                    .filter(|&&draw| (draw - x).abs() < 1e-9)
                    .count() as f64;
                assert!(expected > 0.0 || seen == 0.0, "{family} drew {x}");
                if expected >= 20.0 {
                    chi2 += (seen - expected).powi(2) / expected;
                    cells += 1.0;
                }
            }
            let v: f64 = 2.0 / (9.0 * cells);
            assert!(
                (chi2 / cells).cbrt() < 1.0 - v + 4.76 * v.sqrt(),
                "{family} {chi2} {cells}"
            );
        }
    }

    #[test]
    fn values_are_multiples_of_q_and_never_negative_zero() {
        let prior = numeric("quniform", &[-1.0, 1.0, 1.0]);
        assert_eq!(prior.from_model(-0.3).to_bits(), 0.0_f64.to_bits());
        assert_eq!(
            numeric("normal", &[0.0, 1.0]).from_model(-0.0).to_bits(),
            0.0_f64.to_bits()
        );
        assert_eq!(
            numeric("quniform", &[0.0, 1.0, 0.1]).from_model(0.31),
            0.30000000000000004
        );
        assert_eq!(prior.from_model(0.5), 0.0);
        assert_eq!(prior.from_model(1.5), 2.0);
    }

    #[test]
    fn extreme_values_have_finite_logarithms() {
        let prior = numeric("lognormal", &[-1000.0, 1.0]);
        let value = prior.from_model(-1000.0);
        assert!(value > 0.0 && prior.to_model(value).is_finite());
        assert!(prior.to_model(0.0).is_finite() && prior.to_model(f64::INFINITY).is_finite());
        assert!(prior.from_model(1e4).is_finite());
        assert!(prior.to_model(f64::NAN).is_nan());
        assert!(numeric("qlognormal", &[0.0, 1.0, 1.0]).to_model(0.0) == LN_EPS);
        assert_eq!(
            numeric("qloguniform", &[-2.0, 4.0, 1.0]).to_model(0.0),
            -2.0
        );
    }

    #[test]
    fn cells_of_values_far_beyond_q_are_not_empty() {
        for prior in [
            numeric("qlognormal", &[0.0, 1.0, 1.0]),
            numeric("qnormal", &[0.0, 1.0, 1.0]),
        ] {
            let (lower, upper) = prior.cell(1e21);
            assert!(lower < upper);
            assert!(prior.log_density(1e21).is_finite());
        }
        let (lower, upper) = numeric("qlognormal", &[0.0, 1.0, 1.0]).cell(-3.0);
        assert_eq!(lower, upper);
    }

    #[test]
    fn cells_are_clipped_to_the_truncation() {
        assert_eq!(
            numeric("quniform", &[0.0, 11.0, 3.0]).cell(12.0),
            (10.5, 11.0)
        );
        let (lower, upper) = numeric("qloguniform", &[-2.0, 4.0, 1.0]).cell(0.0);
        assert_eq!((lower, upper), (-2.0, 0.5_f64.ln()));
        assert_eq!(
            numeric("qlognormal", &[0.0, 1.0, 1.0]).cell(0.0),
            (LN_EPS, 0.5_f64.ln())
        );
        let (lower, upper) = numeric("quniform", &[0.0, 11.0, 3.0]).cell(20.0);
        assert!(upper <= lower);
    }
}
