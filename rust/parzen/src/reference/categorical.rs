//! Weighted counts for integers and options (section 5.4).

use std::collections::BTreeMap;

use super::weights::forgetting_weights;
use crate::error::{Result, require};
use crate::prior::Categorical;
use crate::rng::Rng;

/// Posterior over the options of a discrete prior.
///
/// With K options, prior probabilities P (1/K for `randint` and `choice`, as written for `pchoice`) and
/// forgetting weights v: `p_i` is proportional to `sum of v_j over observations of i + K w P_i`, with w
/// the prior weight. Only observed options are stored, so the cost is that of the observations, not
/// of the range (Q23).
#[derive(Debug, Clone, PartialEq)]
pub struct CategoricalPosterior {
    prior: Categorical,
    /// K w: what the prior's probabilities are multiplied with.
    prior_mass: f64,
    /// Zero-based option and its weighted count, ascending.
    counts: Vec<(u64, f64)>,
    observed: f64,
    total: f64,
}

impl CategoricalPosterior {
    /// Counts chronological observations (actual values, not zero-based).
    ///
    /// Observations out of range are ignored, as if they had not been made (Q24). `horizon` is the
    /// number of observations that keep their full weight, 0 for all.
    ///
    /// # Errors
    /// When `prior_weight` is negative or not finite, or 0 without an observation.
    #[allow(clippy::cast_precision_loss)] // number of options
    pub fn new(
        prior: &Categorical,
        observations: &[i64],
        prior_weight: f64,
        horizon: usize,
    ) -> Result<Self> {
        let options: Vec<u64> = observations
            .iter()
            .filter_map(|&x| prior.option(x))
            .collect();
        require(
            prior_weight.is_finite()
                && (prior_weight > 0.0 || (prior_weight == 0.0 && !options.is_empty())),
            "prior_weight",
            format_args!("{prior_weight:?}"),
            "it must be finite and positive (0 is possible once something was observed)",
        )?;
        let mut counts = BTreeMap::new();
        for (&option, weight) in options
            .iter()
            .zip(forgetting_weights(options.len(), horizon))
        {
            *counts.entry(option).or_insert(0.0) += weight;
        }
        let counts: Vec<(u64, f64)> = counts.into_iter().collect();
        let prior_mass = prior.n() as f64 * prior_weight;
        let written: f64 = prior.probabilities().map_or(1.0, |p| p.iter().sum());
        let observed = counts.iter().map(|&(_, count)| count).sum();
        let total = observed + prior_mass * written;
        Ok(Self {
            prior: prior.clone(),
            prior_mass,
            counts,
            observed,
            total,
        })
    }

    /// Probability of zero-based option `i`.
    #[must_use]
    pub fn probability(&self, i: u64) -> f64 {
        let count = match self.counts.binary_search_by_key(&i, |&(option, _)| option) {
            Ok(at) => self.counts[at].1,
            Err(_) => 0.0,
        };
        (count + self.prior_mass * self.prior.prior_mass(i)) / self.total
    }

    /// ln of the probability of `value` (not zero-based); `-inf` out of range and for options of
    /// probability 0 that were never observed.
    #[must_use]
    pub fn log_density(&self, value: i64) -> f64 {
        self.prior
            .option(value)
            .map_or(f64::NEG_INFINITY, |i| self.probability(i).ln())
    }

    /// Draws a value (not zero-based): an observation by its weight, or from the prior.
    pub fn sample(&self, rng: &mut Rng) -> i64 {
        let mut left = rng.uniform() * self.total;
        if left >= self.observed && self.prior_mass > 0.0 {
            return self.prior.sample(rng);
        }
        let mut chosen = 0;
        for &(option, count) in &self.counts {
            chosen = option;
            if left < count {
                break;
            }
            left -= count;
        }
        self.prior.value(chosen)
    }
}
