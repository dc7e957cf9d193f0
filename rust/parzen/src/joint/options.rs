//! The constants of the joint estimator, all of them arguments.

use crate::error::{Result, require};

/// More candidates are not drawn.
pub const MOST_CANDIDATES: usize = 1_000_000;

/// What can be set; [`Options::check`] says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Spread-out random trials until the history has this many rows.
    pub startup: usize,
    /// Candidates that are drawn from the good group for every suggestion.
    pub candidates: usize,
    /// The good group is this fraction of the trials that have a loss, rounded up.
    pub gamma: f64,
    /// It never has more trials than this.
    pub max_good: usize,
    /// About so many trials of the rest are modelled in every block; from more, a sample is taken.
    pub max_rest: usize,
    /// Weight of the prior, in trials.
    pub prior_weight: f64,
    /// So many of the newest trials of the rest keep their full weight; older ones are forgotten
    /// linearly.
    pub linear_forgetting: usize,
    /// No bandwidth is below this fraction of the range.
    pub min_bandwidth: f64,
    /// Bandwidths of continuous parameters in the good group are at least `(n + 2)^-x` of the range.
    pub good_exponent: f64,
    /// The same for discrete parameters in the good group.
    pub discrete_exponent: f64,
    /// The same for all parameters in the rest.
    pub rest_exponent: f64,
    /// How much of a kernel's mass an option of a choice shares with the other options: each of
    /// them gets `x / (n + 1)` pseudo-counts against 1 for the kernel's own.
    pub option_weight: f64,
    /// With this probability the first candidate is proposed, whatever its score.
    pub epsilon: f64,
    /// Local searches begin when so many trials have a loss.
    pub evolve_after: usize,
    /// Then they make at most this fraction of the suggestions.
    pub evolve_share: f64,
    /// Their first step, as a fraction of the range.
    pub evolve_step: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            startup: 10,
            candidates: 24,
            gamma: 0.1,
            max_good: 25,
            max_rest: 2048,
            prior_weight: 1.0,
            linear_forgetting: 25,
            min_bandwidth: 0.01,
            good_exponent: 1.5,
            discrete_exponent: 1.2,
            rest_exponent: 1.0,
            option_weight: 1.0,
            epsilon: 0.1,
            evolve_after: 100,
            evolve_share: 0.95,
            evolve_step: 0.05,
        }
    }
}

impl Options {
    /// # Errors
    /// When an option is out of its range; the message names the option, the value and the range.
    pub fn check(&self) -> Result<()> {
        let at_least_one = "must be at least 1";
        let positive = "must be a finite number above 0";
        let exponent =
            "must be a finite number, at least 0 (0 keeps bandwidths at the whole range)";
        require(
            (1..=MOST_CANDIDATES).contains(&self.candidates),
            "n_EI_candidates",
            self.candidates,
            "must lie between 1 and 1000000",
        )?;
        require(self.max_good >= 1, "max_good", self.max_good, at_least_one)?;
        require(self.max_rest >= 1, "max_rest", self.max_rest, at_least_one)?;
        require(
            self.gamma > 0.0 && self.gamma < 1.0,
            "gamma",
            self.gamma,
            "must lie between 0 and 1, both excluded: it is the fraction of good trials",
        )?;
        require(
            is_positive(self.prior_weight),
            "prior_weight",
            self.prior_weight,
            positive,
        )?;
        require(
            (1e-6..=1.0).contains(&self.min_bandwidth),
            "min_bandwidth",
            self.min_bandwidth,
            "must lie between 1e-6 and 1: it is a fraction of the parameter's range",
        )?;
        require(
            is_not_negative(self.good_exponent),
            "good_exponent",
            self.good_exponent,
            exponent,
        )?;
        require(
            is_not_negative(self.discrete_exponent),
            "discrete_exponent",
            self.discrete_exponent,
            exponent,
        )?;
        require(
            is_not_negative(self.rest_exponent),
            "rest_exponent",
            self.rest_exponent,
            exponent,
        )?;
        require(
            is_positive(self.option_weight),
            "option_weight",
            self.option_weight,
            positive,
        )?;
        require(
            (0.0..=1.0).contains(&self.epsilon),
            "epsilon",
            self.epsilon,
            "must lie between 0 and 1: it is a probability",
        )?;
        require(
            (0.0..=1.0).contains(&self.evolve_share),
            "evolve_share",
            self.evolve_share,
            "must lie between 0 and 1: it is a fraction of the suggestions",
        )?;
        require(
            (1e-6..=1.0).contains(&self.evolve_step),
            "evolve_step",
            self.evolve_step,
            "must lie between 1e-6 and 1: it is a fraction of the parameter's range",
        )
    }
}

fn is_positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

fn is_not_negative(value: f64) -> bool {
    value >= 0.0 && value.is_finite()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_allowed() {
        assert_eq!(Options::default().check(), Ok(()));
    }

    #[test]
    fn options_out_of_range_are_named() {
        let fine = Options::default();
        let wrong = [
            (
                Options {
                    candidates: 0,
                    ..fine
                },
                "n_EI_candidates=0",
            ),
            (
                Options {
                    max_good: 0,
                    ..fine
                },
                "max_good=0",
            ),
            (
                Options {
                    max_rest: 0,
                    ..fine
                },
                "max_rest=0",
            ),
            (Options { gamma: 0.0, ..fine }, "gamma=0"),
            (Options { gamma: 1.0, ..fine }, "gamma=1"),
            (
                Options {
                    prior_weight: 0.0,
                    ..fine
                },
                "prior_weight=0",
            ),
            (
                Options {
                    min_bandwidth: 2.0,
                    ..fine
                },
                "min_bandwidth=2",
            ),
            (
                Options {
                    good_exponent: -1.0,
                    ..fine
                },
                "good_exponent=-1",
            ),
            (
                Options {
                    discrete_exponent: f64::INFINITY,
                    ..fine
                },
                "discrete_exponent=inf",
            ),
            (
                Options {
                    epsilon: 1.5,
                    ..fine
                },
                "epsilon=1.5",
            ),
            (
                Options {
                    rest_exponent: f64::NAN,
                    ..fine
                },
                "rest_exponent=NaN",
            ),
            (
                Options {
                    option_weight: f64::INFINITY,
                    ..fine
                },
                "option_weight=inf",
            ),
            (
                Options {
                    evolve_share: -0.1,
                    ..fine
                },
                "evolve_share=-0.1",
            ),
            (
                Options {
                    evolve_step: 0.0,
                    ..fine
                },
                "evolve_step=0",
            ),
        ];
        for (options, start) in wrong {
            let message = options.check().unwrap_err().to_string();
            assert!(message.starts_with(start), "{message}");
        }
    }
}
