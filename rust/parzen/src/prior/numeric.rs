//! The eight real-valued families as combinations of three choices: bounded or Gaussian, linear or
//! logarithmic, continuous or quantised.

use crate::numerics::special::{LN_SQRT_2_PI, log_diff_cdf};
use crate::rng::Rng;

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
            return libm::log(x.clamp(f64::MIN_POSITIVE, f64::MAX));
        }
        let model = libm::log(x.clamp(EPS, f64::MAX));
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
            libm::exp(z).clamp(f64::MIN_POSITIVE, f64::MAX)
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
        (lower, upper) = (libm::log(lower.max(EPS)), libm::log(upper.max(EPS)));
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

/// As `round_ties_even`, up to the sign of zero, and without a call on processors that lack the instruction.
#[must_use]
#[inline]
pub fn round_half_to_even(x: f64) -> f64 {
    /// Adding 1.5 * 2^52 leaves no bit for fractions.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    const LARGEST: f64 = 2_251_799_813_685_248.0;
    if x.abs() < LARGEST {
        (x + SHIFT) - SHIFT
    } else {
        x.round_ties_even()
    }
}

/// round(value / q) q, half to even, without negative zero.
///
/// Where the quotient overflows, every double is a multiple of q as far as doubles can tell.
#[must_use]
pub fn round_to_multiple(value: f64, q: f64) -> f64 {
    let multiple = round_half_to_even(value / q) * q;
    if multiple.is_finite() {
        multiple + 0.0
    } else {
        value
    }
}

#[cfg(test)]
mod tests;
