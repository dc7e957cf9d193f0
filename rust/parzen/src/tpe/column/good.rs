//! The good group: a mixture of at most 26 components, rebuilt only when the group changes.

use super::forgetting::RECENT;
use super::scale::Scales;
use crate::numerics::gaussians::Gaussians;
use crate::numerics::sorted::SortedObservations;
use crate::numerics::special::{normal_cdf, normal_quantile};
use crate::prior::Numeric;
use crate::rng::Rng;

/// After this many draws in a row outside the truncation, a draw is made by inversion.
const PATIENCE: usize = 64;

/// The Parzen estimator of the good observations of a numeric parameter, in model space.
#[derive(Clone, Debug)]
pub struct GoodMixture {
    /// Its components, weights not normalised.
    pub components: Gaussians,
    /// The smallest bandwidth.
    pub floor: f64,
    prior_weight: f64,
    /// Centre and scale of the prior, then of the observations, all of which weigh one.
    parts: Vec<(f64, f64)>,
    truncation: Option<(f64, f64)>,
}

impl GoodMixture {
    /// Built from at most [`RECENT`] observations (all weigh one) and the prior.
    pub fn new(prior: &Numeric, observations: &[f64], prior_weight: f64) -> Self {
        debug_assert!(observations.len() <= RECENT as usize);
        let scales = Scales {
            centre: prior.centre(),
            prior: prior.scale(),
        };
        let sorted =
            SortedObservations::from_pairs(observations.iter().copied().zip(0..).collect());
        let mut components = Gaussians::default();
        let mut parts = vec![(scales.centre, scales.prior)];
        components.push(prior_weight, scales.centre, scales.prior);
        for c in scales.components(&sorted) {
            components.push(1.0, c.x, c.scale);
            parts.push((c.x, c.scale));
        }
        components.seal();
        Self {
            components,
            floor: scales.floor(observations.len()),
            prior_weight,
            parts,
            truncation: prior.truncation(),
        }
    }

    /// Draws a point in model space, within the truncation.
    pub fn sample(&self, rng: &mut Rng) -> f64 {
        for _ in 0..PATIENCE {
            let (centre, scale) = self.pick(rng);
            let x = centre + scale * rng.normal();
            match self.truncation {
                Some((low, high)) if !(low <= x && x < high) => {}
                _ => return x,
            }
        }
        self.sample_by_inversion(rng)
    }

    /// A component by weight.
    fn pick(&self, rng: &mut Rng) -> (f64, f64) {
        let observations = (self.parts.len() - 1) as f64;
        let target = rng.uniform() * (self.prior_weight + observations) - self.prior_weight;
        let k = if target < 0.0 { 0 } else { target as usize + 1 };
        self.parts[k.min(self.parts.len() - 1)]
    }

    /// A draw that needs no luck, for when nearly all mass lies outside the truncation.
    fn sample_by_inversion(&self, rng: &mut Rng) -> f64 {
        let (low, high) = self
            .truncation
            .unwrap_or((f64::NEG_INFINITY, f64::INFINITY));
        let mut sum = 0.0;
        let inside: Vec<f64> = (0..)
            .zip(&self.parts)
            .map(|(k, (centre, scale))| {
                let weight = if k == 0 { self.prior_weight } else { 1.0 };
                sum += weight * super::mass::interval((low, high), *centre, *scale);
                sum
            })
            .collect();
        let target = rng.uniform() * sum;
        let k = inside
            .partition_point(|c| *c <= target)
            .min(inside.len() - 1);
        let (centre, scale) = self.parts[k];
        truncated_normal(centre, scale, low, high, rng)
    }
}

/// A normal draw restricted to `[low, high)` by inversion, in the tail that is the thinner one.
fn truncated_normal(centre: f64, scale: f64, low: f64, high: f64, rng: &mut Rng) -> f64 {
    let (from, to) = ((low - centre) / scale, (high - centre) / scale);
    let part = rng.uniform();
    let between = |p: f64, q: f64| normal_quantile(p + (q - p) * part);
    let z = if from > 0.0 {
        -between(normal_cdf(-from), normal_cdf(-to))
    } else {
        between(normal_cdf(from), normal_cdf(to))
    };
    let x = centre + scale * z;
    if x.is_finite() {
        x.clamp(low, high.next_down())
    } else {
        low + (high - low) * part
    }
}
