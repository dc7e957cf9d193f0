//! A numeric prior and its observations as one density.

use super::estimator::adaptive_parzen;
use super::mixture::{Coordinates, Mixture};
use super::weights::FORGETTING_HORIZON;
use crate::error::Result;
use crate::prior::Numeric;
use crate::rng::Rng;

/// The estimator of one group of observations of one numeric parameter, rebuilt from scratch.
#[derive(Debug, Clone, PartialEq)]
pub struct NumericPosterior {
    /// The mixture in model space.
    pub mixture: Mixture,
    /// How natural values relate to it.
    pub coordinates: Coordinates,
}

impl NumericPosterior {
    /// Estimates from chronological observations on the natural scale.
    ///
    /// # Errors
    /// As [`adaptive_parzen`].
    pub fn new(prior: &Numeric, observations: &[f64], prior_weight: f64) -> Result<Self> {
        let model: Vec<f64> = observations.iter().map(|&x| prior.to_model(x)).collect();
        let mixture = adaptive_parzen(
            &model,
            prior_weight,
            prior.centre(),
            prior.scale(),
            FORGETTING_HORIZON,
        )?;
        Ok(Self {
            mixture,
            coordinates: prior.into(),
        })
    }

    /// See [`Mixture::log_density`].
    #[must_use]
    pub fn log_density(&self, xs: &[f64]) -> Vec<f64> {
        self.mixture.log_density(&self.coordinates, xs)
    }

    /// See [`Mixture::sample`].
    ///
    /// # Errors
    /// As [`Mixture::sample`].
    pub fn sample(&self, count: usize, rng: &mut Rng) -> Result<Vec<f64>> {
        self.mixture.sample(&self.coordinates, count, rng)
    }
}
