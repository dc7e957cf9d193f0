//! The constants of the Tree-structured Parzen Estimator, all of them arguments.

use crate::error::{Result, require};

/// More candidates per parameter are not drawn.
pub const MOST_CANDIDATES: usize = 1_000_000;

/// What can be set; [`Options::check`] says what is allowed.
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
        let not_negative = |x: f64| x >= 0.0 && x.is_finite();
        require(
            (1..=MOST_CANDIDATES).contains(&self.candidates),
            "n_EI_candidates",
            self.candidates,
            "from 1 to 1000000 candidates are possible; upstream's default is 24",
        )?;
        require(
            not_negative(self.gamma),
            "gamma",
            self.gamma,
            "must be a finite number, at least 0; upstream's default is 0.25",
        )?;
        require(
            not_negative(self.prior_weight),
            "prior_weight",
            self.prior_weight,
            "must be a finite number, at least 0; upstream's default is 1.0",
        )
    }
}
