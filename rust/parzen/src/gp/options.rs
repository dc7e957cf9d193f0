//! The constants of the Gaussian process, all of them arguments.

use super::candidates::Counts;
use super::hyper::{LogNormal, Priors};
use crate::error::{Error, Result};

/// Options of [`suggest`](super::suggest).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Spread-out random trials until the history has this many rows.
    pub startup: usize,
    /// From this many trials with a loss on, the joint estimator proposes.
    pub max_trials: usize,
    /// With more parameters, too.
    pub max_parameters: usize,
    /// Variance of the constant mean.
    pub offset: f64,
    /// Mean and deviation of ln length-scale; half of ln d is added to the mean for d parameters.
    pub length: (f64, f64),
    /// Mean and deviation of ln scale.
    pub scale: (f64, f64),
    /// Mean and deviation of ln noise.
    pub noise: (f64, f64),
    /// Evaluations of the likelihood in a fit.
    pub evaluations: usize,
    /// Candidates.
    pub counts: Counts,
    /// So many candidates are refined.
    pub climbs: usize,
    /// Rounds, and evaluations of the gradient in each.
    pub climb: (usize, usize),
    /// With this probability the joint estimator proposes.
    pub epsilon: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            startup: 10,
            max_trials: 300,
            max_parameters: 150,
            offset: 1.0,
            length: (std::f64::consts::SQRT_2, 1.732_050_807_568_877_2),
            scale: (0.0, 1.0),
            noise: (-6.0, 2.0),
            evaluations: 40,
            counts: Counts {
                good: 64,
                prior: 64,
                near: 64,
            },
            climbs: 4,
            climb: (3, 15),
            epsilon: 0.0,
        }
    }
}

impl Options {
    /// # Errors
    /// When an option is out of its range; the message names the option, the value and the range.
    pub fn check(&self) -> Result<()> {
        let candidates = self.counts.good + self.counts.prior + self.counts.near;
        let count = |n: usize| n.to_string();
        let pair = |p: (f64, f64)| format!("({}, {})", p.0, p.1);
        let is_prior = |p: (f64, f64)| p.0.is_finite() && p.1 > 0.0 && p.1.is_finite();
        let prior = "must be the mean and the standard deviation of a logarithm: finite numbers, the second above 0";
        let probability = "must lie between 0 and 1: it is a probability";
        let rules = [
            (
                "n_EI_candidates",
                count(candidates),
                candidates >= 1,
                "must be at least 1",
            ),
            (
                "fit_evaluations",
                count(self.evaluations),
                self.evaluations >= 1,
                "must be at least 1",
            ),
            (
                "mean_variance",
                self.offset.to_string(),
                self.offset >= 0.0 && self.offset.is_finite(),
                "must be a finite number, at least 0 (0 fixes the mean)",
            ),
            (
                "length_prior",
                pair(self.length),
                is_prior(self.length),
                prior,
            ),
            ("scale_prior", pair(self.scale), is_prior(self.scale), prior),
            ("noise_prior", pair(self.noise), is_prior(self.noise), prior),
            (
                "epsilon",
                self.epsilon.to_string(),
                (0.0..=1.0).contains(&self.epsilon),
                probability,
            ),
        ];
        for (option, value, holds, rule) in rules {
            if !holds {
                return Err(Error::InvalidOption {
                    option,
                    value,
                    rule,
                });
            }
        }
        Ok(())
    }

    /// What is believed of the hyperparameters of a space with so many parameters.
    #[must_use]
    pub fn priors(&self, dimensions: usize) -> Priors {
        let of = |(mean, deviation)| LogNormal { mean, deviation };
        let (mean, deviation) = self.length;
        let mean = mean + 0.5 * libm::log(dimensions.max(1) as f64);
        Priors {
            length: LogNormal { mean, deviation },
            scale: of(self.scale),
            noise: of(self.noise),
        }
    }
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
        let none = Counts {
            good: 0,
            prior: 0,
            near: 0,
        };
        let wrong = [
            (
                Options {
                    counts: none,
                    ..fine
                },
                "n_EI_candidates=0",
            ),
            (
                Options {
                    evaluations: 0,
                    ..fine
                },
                "fit_evaluations=0",
            ),
            (
                Options {
                    offset: -1.0,
                    ..fine
                },
                "mean_variance=-1",
            ),
            (
                Options {
                    length: (0.0, 0.0),
                    ..fine
                },
                "length_prior=(0, 0)",
            ),
            (
                Options {
                    scale: (f64::NAN, 1.0),
                    ..fine
                },
                "scale_prior=(NaN, 1)",
            ),
            (
                Options {
                    noise: (0.0, f64::INFINITY),
                    ..fine
                },
                "noise_prior=(0, inf)",
            ),
            (
                Options {
                    epsilon: 1.5,
                    ..fine
                },
                "epsilon=1.5",
            ),
        ];
        for (options, start) in wrong {
            let message = options.check().unwrap_err().to_string();
            assert!(message.starts_with(start), "{message}");
        }
    }
}
