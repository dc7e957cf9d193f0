//! The constants of the Gaussian process, all of them arguments.

use super::candidates::Counts;
use super::hyper::{LogNormal, Priors};
use crate::error::{Result, require};
use crate::joint::Options as JointOptions;

/// What can be set; [`Options::check`] says what is allowed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Spread-out random trials until the history has this many rows.
    pub startup: usize,
    /// From this many trials on, failed and pending ones included, the joint estimator proposes.
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
    /// Evaluations of the likelihood in a fit that starts from the priors.
    pub evaluations: usize,
    /// The same in one that starts from an earlier fit.
    pub later_evaluations: usize,
    /// Candidates.
    pub counts: Counts,
    /// So many candidates are refined.
    pub climbs: usize,
    /// Rounds, and evaluations of the gradient in each.
    pub climb: (usize, usize),
    /// With this probability the joint estimator proposes.
    pub epsilon: f64,
    /// Whether the joint estimator proposes more often the worse the process predicts, and how.
    pub trust: Option<Trust>,
}

/// How often the process proposes, given how well it predicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// At least so often.
    pub least: f64,
    /// At most so often.
    pub most: f64,
    /// From so many trials with a loss on less and less often, until it is never.
    pub fades: (usize, usize),
}

impl Trust {
    /// The probability that the process proposes: its skill, between the bounds, times what is left of it.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // small counts
    pub fn share(&self, skill: f64, trials: usize) -> f64 {
        let (from, to) = self.fades;
        let left = (to as f64 - trials as f64) / (to.saturating_sub(from).max(1)) as f64;
        skill.clamp(self.least, self.most) * left.clamp(0.0, 1.0)
    }
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
            later_evaluations: 10,
            counts: Counts {
                good: 64,
                prior: 64,
                near: 64,
            },
            climbs: 4,
            climb: (2, 15),
            epsilon: 0.0,
            trust: None,
        }
    }
}

impl Options {
    /// # Errors
    /// When an option is out of its range; the message names the option, the value and the range.
    pub fn check(&self) -> Result<()> {
        let candidates = self.counts.good + self.counts.prior + self.counts.near;
        let pair = |p: (f64, f64)| format!("({}, {})", p.0, p.1);
        let is_prior = |p: (f64, f64)| p.0.is_finite() && p.1 > 0.0 && p.1.is_finite();
        let prior = "must be the mean and the standard deviation of a logarithm: finite numbers, the second above 0";
        require(
            candidates >= 1,
            "n_EI_candidates",
            candidates,
            "must be at least 1",
        )?;
        require(
            self.evaluations >= 1,
            "fit_evaluations",
            self.evaluations,
            "must be at least 1",
        )?;
        require(
            self.offset >= 0.0 && self.offset.is_finite(),
            "mean_variance",
            self.offset,
            "must be a finite number, at least 0 (0 fixes the mean)",
        )?;
        require(
            is_prior(self.length),
            "length_prior",
            pair(self.length),
            prior,
        )?;
        require(is_prior(self.scale), "scale_prior", pair(self.scale), prior)?;
        require(is_prior(self.noise), "noise_prior", pair(self.noise), prior)?;
        if let Some(Trust { least, most, .. }) = self.trust {
            require(
                0.0 <= least && least <= most && most <= 1.0,
                "trust",
                pair((least, most)),
                "must be two probabilities, the second one not below the first",
            )?;
        }
        require(
            (0.0..=1.0).contains(&self.epsilon),
            "epsilon",
            self.epsilon,
            "must lie between 0 and 1: it is a probability",
        )
    }

    /// The options of the joint estimator that stands in.
    #[must_use]
    pub fn joint(&self) -> JointOptions {
        JointOptions {
            startup: self.startup,
            ..JointOptions::default()
        }
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
                    trust: Some(Trust {
                        least: 0.5,
                        most: 0.2,
                        fades: (200, 300),
                    }),
                    ..fine
                },
                "trust=(0.5, 0.2)",
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

    #[test]
    fn trust_follows_the_skill_and_fades() {
        let trust = Trust {
            least: 0.2,
            most: 0.9,
            fades: (200, 300),
        };
        assert_eq!(trust.share(0.5, 10), 0.5);
        assert_eq!(trust.share(-3.0, 10), 0.2);
        assert_eq!(trust.share(1.0, 200), 0.9);
        assert!((trust.share(1.0, 250) - 0.45).abs() < 1e-15);
        assert_eq!(trust.share(1.0, 300), 0.0);
        assert_eq!(trust.share(1.0, 5000), 0.0);
    }
}
