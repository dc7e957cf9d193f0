//! From observations to a mixture of Gaussians.

use std::cmp::Ordering;

use super::mixture::Mixture;
use super::weights::forgetting_weights;
use crate::error::{self, Result};

/// The adaptive Parzen estimator of section 4: one Gaussian per observation and one for the prior,
/// ordered by centre.
///
/// * `observations`: chronological, in model space;
/// * `prior_weight`: weight of the prior against 1 for a recent observation;
/// * `prior_centre`, `prior_scale`: m0 and s0;
/// * `horizon`: how many observations keep their full weight, 0 for all
///   ([`super::FORGETTING_HORIZON`] in the suggestion algorithms).
///
/// A scale is the larger distance to the two neighbours (prior included), the two outermost have one
/// neighbour only; clipped to `[s0 / min(100, N + 2), s0]`. A single observation gets s0 / 2, the prior
/// keeps s0. Costs O(N log N); the sort is stable, so equal observations stay chronological (Q7).
///
/// # Errors
/// When an observation, `prior_centre` or `prior_scale` is not finite; when `prior_scale` is not
/// positive; when `prior_weight` is negative or not finite, or 0 without an observation.
pub fn adaptive_parzen(
    observations: &[f64],
    prior_weight: f64,
    prior_centre: f64,
    prior_scale: f64,
    horizon: usize,
) -> Result<Mixture> {
    check(observations, prior_weight, prior_centre, prior_scale)?;
    let n = observations.len();
    let order = stable_order(observations);
    let mut centres: Vec<f64> = order.iter().map(|&i| observations[i]).collect();
    let position = prior_position(&centres, prior_centre);
    centres.insert(position, prior_centre);

    let mut scales = if n == 1 {
        vec![0.5 * prior_scale; 2]
    } else {
        neighbour_distances(&centres)
    };
    clip(&mut scales, prior_scale / floor_divisor(n), prior_scale);
    scales[position] = prior_scale;

    let chronological = forgetting_weights(n, horizon);
    let mut weights: Vec<f64> = order.iter().map(|&i| chronological[i]).collect();
    weights.insert(position, prior_weight);
    normalise(&mut weights);
    Mixture::new(weights, centres, scales)
}

/// The older, elastic variant (`adaptive_parzen_normal_orig`): prior first, then the observations in
/// the order given, all with weight 1.
///
/// A scale is the larger distance to the two neighbours (prior not included); the two outermost
/// observations take the distance to the second neighbour if there are three or more. Clipped to
/// `[s0 / sqrt(N + 2), s0]`; a single observation gets s0 / 2 before clipping.
///
/// # Errors
/// As [`adaptive_parzen`].
#[allow(clippy::cast_precision_loss)] // counts of observations
pub fn elastic_parzen(
    observations: &[f64],
    prior_weight: f64,
    prior_centre: f64,
    prior_scale: f64,
) -> Result<Mixture> {
    check(observations, prior_weight, prior_centre, prior_scale)?;
    let n = observations.len();
    let order = stable_order(observations);
    let sorted: Vec<f64> = order.iter().map(|&i| observations[i]).collect();
    let mut sorted_scales = if n == 1 {
        vec![0.5 * prior_scale]
    } else {
        neighbour_distances(&sorted)
    };
    if n > 2 {
        sorted_scales[0] = sorted[2] - sorted[0];
        sorted_scales[n - 1] = sorted[n - 1] - sorted[n - 3];
    }
    let mut scales = vec![prior_scale; n + 1];
    for (&i, &scale) in order.iter().zip(&sorted_scales) {
        scales[i + 1] = scale;
    }
    clip(
        &mut scales,
        prior_scale / ((n + 2) as f64).sqrt(),
        prior_scale,
    );

    let mut weights = vec![1.0; n + 1];
    weights[0] = prior_weight;
    normalise(&mut weights);
    let mut centres = observations.to_vec();
    centres.insert(0, prior_centre);
    Mixture::new(weights, centres, scales)
}

fn check(observations: &[f64], weight: f64, centre: f64, scale: f64) -> Result<()> {
    let require = |holds, option, value: f64, rule| {
        error::require(holds, option, format_args!("{value:?}"), rule)
    };
    let fault = observations.iter().copied().find(|x| !x.is_finite());
    require(
        fault.is_none(),
        "observation",
        fault.unwrap_or_default(),
        "observations must be finite",
    )?;
    require(centre.is_finite(), "prior_mu", centre, "it must be finite")?;
    require(
        scale.is_finite() && scale > 0.0,
        "prior_sigma",
        scale,
        "it must be positive and finite",
    )?;
    require(
        weight.is_finite() && weight >= 0.0,
        "prior_weight",
        weight,
        "it must be finite and not negative",
    )?;
    require(
        weight > 0.0 || !observations.is_empty(),
        "prior_weight",
        weight,
        "it must be positive while nothing was observed",
    )
}

/// Indices that sort finite `values`, ties in their original order.
fn stable_order(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| values[i].partial_cmp(&values[j]).unwrap_or(Ordering::Equal));
    order
}

/// Where the prior goes among sorted centres: after an equal single one, before equal ones otherwise.
fn prior_position(sorted: &[f64], centre: f64) -> usize {
    match *sorted {
        [only] => usize::from(centre >= only),
        _ => sorted.partition_point(|&x| x < centre),
    }
}

/// For sorted values, the larger distance to the neighbours; 0 for a single value.
fn neighbour_distances(sorted: &[f64]) -> Vec<f64> {
    let gap = |i: usize| sorted[i + 1] - sorted[i];
    let last = sorted.len().saturating_sub(1);
    (0..sorted.len())
        .map(|i| match i {
            _ if last == 0 => 0.0,
            0 => gap(0),
            _ if i == last => gap(i - 1),
            _ => gap(i - 1).max(gap(i)),
        })
        .collect()
}

/// min(100, N + 2).
#[allow(clippy::cast_precision_loss)] // at most 100
fn floor_divisor(n: usize) -> f64 {
    n.saturating_add(2).min(100) as f64
}

fn clip(scales: &mut [f64], floor: f64, ceiling: f64) {
    for scale in scales {
        *scale = scale.max(floor).min(ceiling);
    }
}

fn normalise(weights: &mut [f64]) {
    let total: f64 = weights.iter().sum();
    for weight in weights {
        *weight /= total;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worked_example_of_the_specification_holds() {
        let mixture = adaptive_parzen(&[0.7, 0.2], 1.0, 0.5, 1.0, 25).unwrap();
        assert_eq!(mixture.centres(), [0.2, 0.5, 0.7]);
        assert_eq!(mixture.scales(), [0.3, 1.0, 0.25]);
        assert_eq!(mixture.weights(), [1.0 / 3.0; 3]);
    }

    #[test]
    fn an_equal_single_observation_comes_before_the_prior_and_several_after_it() {
        assert_eq!(prior_position(&[0.5], 0.5), 1);
        assert_eq!(prior_position(&[0.5, 0.5], 0.5), 0);
        assert_eq!(prior_position(&[0.1, 0.5, 0.5], 0.5), 1);
        assert_eq!(prior_position(&[], 0.5), 0);
    }

    #[test]
    fn impossible_input_is_named() {
        for (observations, weight, centre, scale, name) in [
            (&[f64::NAN][..], 1.0, 0.0, 1.0, "observation=NaN"),
            (&[], 1.0, f64::INFINITY, 1.0, "prior_mu=inf"),
            (&[], 1.0, 0.0, 0.0, "prior_sigma=0.0"),
            (&[], -1.0, 0.0, 1.0, "prior_weight=-1.0"),
            (&[], 0.0, 0.0, 1.0, "prior_weight=0.0"),
        ] {
            let error = adaptive_parzen(observations, weight, centre, scale, 25).unwrap_err();
            assert!(error.to_string().contains(name), "{error}");
        }
        assert!(adaptive_parzen(&[0.3], 0.0, 0.0, 1.0, 25).is_ok());
    }

    #[test]
    fn the_elastic_variant_keeps_the_order_of_its_observations() {
        let mixture = elastic_parzen(&[3.0, 1.0, 1.5], 2.0, 0.0, 10.0).unwrap();
        assert_eq!(mixture.centres(), [0.0, 3.0, 1.0, 1.5]);
        let floor = 10.0 / 5.0_f64.sqrt();
        assert_eq!(mixture.scales(), [10.0, floor, floor, floor]);
        assert_eq!(mixture.weights(), [0.4, 0.2, 0.2, 0.2]);
    }
}
