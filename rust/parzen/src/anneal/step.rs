//! How a label's new value is drawn, given its value in the anchor.

use crate::prior::limits::LARGEST;
use crate::prior::{Categorical, Numeric, Prior, Support};
use crate::rng::Rng;

/// What a quantised lognormal's value is raised by before its logarithm is taken (spec 6.3).
const LOG_OFFSET: f64 = 1e-16;

/// No step starts further from 0, however far the anchor's value is: its end is a double, too.
const FARTHEST: f64 = 1e6 * LARGEST;

/// The distribution of a label's new value, given its anchor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Uniform on [low, high) in model space.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Normal in model space.
    Normal {
        /// Mean.
        mu: f64,
        /// Standard deviation.
        sigma: f64,
    },
    /// The anchor's value with this probability, else a draw from the prior.
    Stay {
        /// The value.
        value: i64,
        /// 1 - f.
        probability: f64,
    },
}

impl Step {
    /// The step from an anchor's `value`; `factor` is f.
    #[must_use]
    pub fn new(prior: &Prior, value: f64, factor: f64) -> Self {
        match prior {
            Prior::Numeric(numeric) => Self::numeric(numeric, value, factor),
            Prior::Categorical(options) => Self::discrete(options, value, factor),
        }
    }

    fn numeric(prior: &Numeric, value: f64, factor: f64) -> Self {
        let logarithm = |x: f64| x.clamp(f64::MIN_POSITIVE, f64::MAX).ln();
        match prior.support {
            Support::Bounded { low, high } => {
                let z = if prior.log { logarithm(value) } else { value };
                let half = 0.5 * ((high - low) * factor);
                let centre = z.max(low + half).min(high - half);
                Self::Uniform {
                    low: centre - half,
                    high: centre + half,
                }
            }
            Support::Gaussian { sigma, .. } => {
                let offset = if prior.q.is_some() { LOG_OFFSET } else { 0.0 };
                let mu = if prior.log {
                    logarithm(offset + value)
                } else {
                    value
                };
                Self::Normal {
                    mu: mu.clamp(-FARTHEST, FARTHEST),
                    sigma: sigma * factor,
                }
            }
        }
    }

    #[allow(clippy::cast_possible_truncation)] // whole numbers; what is out of range is never kept
    fn discrete(options: &Categorical, value: f64, factor: f64) -> Self {
        let value = value as i64;
        let option = options.option(value);
        let known = option.is_some_and(|i| options.prior_mass(i) > 0.0);
        Self::Stay {
            value,
            probability: if known { 1.0 - factor } else { 0.0 },
        }
    }

    /// Draws a natural value.
    #[allow(clippy::cast_precision_loss)] // below 2^53
    pub fn sample(&self, prior: &Prior, rng: &mut Rng) -> f64 {
        let z = match *self {
            Self::Uniform { low, high } => rng.uniform_between(low, high),
            Self::Normal { mu, sigma } => mu + sigma * rng.normal(),
            Self::Stay { value, probability } => {
                let stays = rng.uniform() < probability;
                return if stays {
                    value as f64
                } else {
                    prior.sample(rng)
                };
            }
        };
        match prior {
            Prior::Numeric(numeric) => numeric.from_model(z),
            Prior::Categorical(_) => z,
        }
    }
}
