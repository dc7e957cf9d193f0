//! Priors: one for each family of `hp.*`.
//!
//! | family | arguments | draw |
//! |---|---|---|
//! | `uniform` | low, high | u on [low, high) |
//! | `quniform` | low, high, q | round(u / q) q |
//! | `loguniform` | low, high (of the logarithm) | exp u |
//! | `qloguniform` | low, high (of the logarithm), q | round(exp(u) / q) q |
//! | `normal` | mu, sigma | g from N(mu, sigma^2) |
//! | `qnormal` | mu, sigma, q | round(g / q) q |
//! | `lognormal` | mu, sigma (of the logarithm) | exp g |
//! | `qlognormal` | mu, sigma (of the logarithm), q | round(exp(g) / q) q |
//! | `randint` | low, high | integers low, ..., high - 1, equally likely |
//! | `categorical` | p0, p1, ... | option i with probability `p_i` |
//!
//! Rounding is half to even. A quantised bounded parameter may therefore lie up to q / 2 outside its
//! bounds, and its two outermost values carry less mass (sections 2 and 9, Q14 and Q15).

mod categorical;
pub mod limits;
mod numeric;
mod parse;

pub use categorical::Categorical;
pub use numeric::{EPS, Numeric, Support, model_cell, round_half_to_even, round_to_multiple};

use crate::rng::Rng;

/// The prior of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Prior {
    /// One of the eight real-valued families.
    Numeric(Numeric),
    /// An integer or an option number.
    Categorical(Categorical),
}

impl Prior {
    /// Draws a value, on the natural scale. Integers and option numbers come as whole doubles.
    #[allow(clippy::cast_precision_loss)] // randint bounds are below 2^53 in magnitude
    pub fn sample(&self, rng: &mut Rng) -> f64 {
        match self {
            Self::Numeric(numeric) => numeric.sample(rng),
            Self::Categorical(categorical) => categorical.sample(rng) as f64,
        }
    }

    /// Log-density (or log-probability, for a quantised or discrete prior) of `x` on the natural scale.
    ///
    /// `-inf` outside the support, NaN for NaN.
    #[must_use]
    pub fn log_density(&self, x: f64) -> f64 {
        match self {
            Self::Numeric(numeric) => numeric.log_density(x),
            Self::Categorical(_) if x.is_nan() => f64::NAN,
            Self::Categorical(categorical) => match exact_integer(x) {
                Some(value) => categorical.log_density(value),
                None => f64::NEG_INFINITY,
            },
        }
    }

    /// Whether the parameter can have a value: a finite number, for a discrete one an option of positive
    /// probability.
    #[must_use]
    pub fn accepts(&self, value: f64) -> bool {
        match self {
            Self::Numeric(_) => value.is_finite(),
            Self::Categorical(options) => {
                exact_integer(value).is_some_and(|value| options.has(value))
            }
        }
    }

    /// Whether values are integers or option numbers.
    #[must_use]
    pub const fn is_discrete(&self) -> bool {
        matches!(self, Self::Categorical(_))
    }
}

/// Doubles up to this magnitude hold every integer exactly.
pub(crate) const MAX_EXACT_INTEGER: f64 = 9_007_199_254_740_992.0;

/// `x` as an integer, if it is one that a double holds without doubt.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::float_cmp
)] // whole and within 2^53
pub(crate) fn exact_integer(x: f64) -> Option<i64> {
    let whole = x as i64;
    (x.abs() <= MAX_EXACT_INTEGER && whole as f64 == x).then_some(whole)
}
