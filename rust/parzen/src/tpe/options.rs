//! The constants of the Tree-structured Parzen Estimator, all of them arguments.

use crate::error::{Error, Result};

/// More candidates per parameter are not drawn.
pub const MOST_CANDIDATES: usize = 1_000_000;

/// Options of [`suggest`]; [`Options::check`] says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Weight of the prior among the observations of a parameter.
    pub prior_weight: f64,
    /// Random search until the history has this many rows.
    pub startup: usize,
    /// Candidates per parameter.
    pub candidates: usize,
    /// The good group has `ceil(gamma sqrt(n))` trials, at most 25.
    pub gamma: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            prior_weight: 1.0,
            startup: 20,
            candidates: 24,
            gamma: 0.25,
        }
    }
}

impl Options {
    /// # Errors
    /// When there is no candidate or are too many, or gamma or the prior's weight is negative or not finite.
    pub fn check(&self) -> Result<()> {
        let invalid = |option, value: String, rule| {
            Err(Error::InvalidOption {
                option,
                value,
                rule,
            })
        };
        if !(1..=MOST_CANDIDATES).contains(&self.candidates) {
            let rule = "from 1 to 1000000 candidates are possible; upstream's default is 24";
            return invalid("n_EI_candidates", self.candidates.to_string(), rule);
        }
        if !(self.gamma >= 0.0 && self.gamma.is_finite()) {
            let rule = "must be a finite number, at least 0; upstream's default is 0.25";
            return invalid("gamma", self.gamma.to_string(), rule);
        }
        if !(self.prior_weight >= 0.0 && self.prior_weight.is_finite()) {
            let rule = "must be a finite number, at least 0; upstream's default is 1.0";
            return invalid("prior_weight", self.prior_weight.to_string(), rule);
        }
        Ok(())
    }
}
