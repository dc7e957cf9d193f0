//! What must hold for every history.

use proptest::prelude::*;

use super::{CategoricalPosterior, Coordinates, NumericPosterior, adaptive_parzen};
use crate::prior::{Categorical, Numeric, Prior};
use crate::rng::stream;

fn numeric(family: &str, args: &[f64]) -> Numeric {
    match Prior::from_family("x", family, args).unwrap() {
        Prior::Numeric(numeric) => numeric,
        Prior::Categorical(_) => unreachable!(),
    }
}

/// Composite Simpson rule with 2n intervals.
fn integral(f: impl Fn(&[f64]) -> Vec<f64>, low: f64, high: f64, n: i32) -> f64 {
    let h = (high - low) / f64::from(2 * n);
    let xs: Vec<f64> = (0..=2 * n).map(|i| low + h * f64::from(i)).collect();
    let weight = |i: usize| match i {
        0 => 1.0,
        _ if i == xs.len() - 1 => 1.0,
        _ if i % 2 == 1 => 4.0,
        _ => 2.0,
    };
    f(&xs)
        .iter()
        .enumerate()
        .map(|(i, y)| weight(i) * y.exp())
        .sum::<f64>()
        * h
        / 3.0
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn weights_sum_to_one_centres_are_sorted_and_scales_are_clipped(
        observations in prop::collection::vec(-20.0..20.0_f64, 0..120),
        weight in 0.01..10.0_f64,
        scale in 0.01..50.0_f64,
    ) {
        let mixture = adaptive_parzen(&observations, weight, 0.5, scale, 25).unwrap();
        let sum: f64 = mixture.weights().iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-12);
        prop_assert!(mixture.centres().is_sorted());
        let divisor = f64::from(u32::try_from(observations.len()).unwrap() + 2).min(100.0);
        prop_assert!(mixture.scales().iter().all(|&s| scale / divisor <= s && s <= scale));
    }

    #[test]
    fn a_truncated_linear_density_integrates_to_one(
        observations in prop::collection::vec(-1.0..4.0_f64, 0..40),
    ) {
        let posterior = NumericPosterior::new(&numeric("uniform", &[-1.0, 4.0]), &observations, 1.0);
        let posterior = posterior.unwrap();
        let total = integral(|xs| posterior.log_density(xs), -1.0, 4.0, 2000);
        prop_assert!((total - 1.0).abs() < 1e-9, "{}", total);
    }

    #[test]
    fn a_truncated_logarithmic_density_integrates_to_its_mass_within_the_bounds(
        observations in prop::collection::vec(0.02..20.0_f64, 0..40),
    ) {
        let prior = numeric("loguniform", &[-4.0, 3.0]);
        let posterior = NumericPosterior::new(&prior, &observations, 1.0).unwrap();
        // Substituting x = e^z, dx = e^z dz.
        let on_log_scale = |zs: &[f64]| {
            let xs: Vec<f64> = zs.iter().map(|z| z.exp()).collect();
            posterior.log_density(&xs).iter().zip(zs).map(|(y, z)| y + z).collect()
        };
        let total = integral(on_log_scale, -4.0, 3.0, 2000);
        let mass = posterior.mixture.log_mass_within(prior.truncation()).exp();
        prop_assert!((total - mass).abs() < 1e-9, "{} {}", total, mass);
    }

    #[test]
    fn cells_of_a_quantised_density_sum_to_one(
        observations in prop::collection::vec(0..40_i32, 0..40),
        family in 0..3_usize,
    ) {
        let (family, args) = [
            ("quniform", &[0.0, 10.0, 0.25]),
            ("qloguniform", &[-2.0, 2.3, 0.25]),
            ("qnormal", &[5.0, 3.0, 0.25]),
        ][family];
        let prior = numeric(family, args);
        let observations: Vec<f64> = observations.iter().map(|&k| f64::from(k) * 0.25).collect();
        let posterior = NumericPosterior::new(&prior, &observations, 1.0).unwrap();
        let grid: Vec<f64> = (-400..400).map(|k| f64::from(k) * 0.25).collect();
        let total: f64 = posterior.log_density(&grid).iter().filter(|y| !y.is_nan()).map(|y| y.exp()).sum();
        prop_assert!((total - 1.0).abs() < 1e-11, "{} {}", family, total);
    }

    #[test]
    fn quantised_densities_are_finite_wherever_a_draw_can_land(
        observations in prop::collection::vec(-3.0..60.0_f64, 1..40),
    ) {
        // exp(60) is far beyond 2^53: neighbouring multiples of q are no longer told apart (Q9).
        let prior = numeric("qlognormal", &[0.0, 1.0, 1.0]);
        let values: Vec<f64> = observations.iter().map(|&z| prior.from_model(z)).collect();
        let posterior = NumericPosterior::new(&prior, &values, 1.0).unwrap();
        let draws = posterior.sample(24, &mut stream(9, 0, 0)).unwrap();
        let outlier = NumericPosterior::new(&prior, &[0.0], 1.0).unwrap();
        prop_assert!(posterior.log_density(&draws).iter().all(|y| y.is_finite()));
        prop_assert!(outlier.log_density(&draws).iter().all(|y| y.is_finite()));
    }

    #[test]
    fn draws_respect_the_truncation_and_the_quantum(
        observations in prop::collection::vec(-100.0..100.0_f64, 0..30),
        seed in any::<u64>(),
    ) {
        let mixture = adaptive_parzen(&observations, 1.0, 0.5, 1.0, 25).unwrap();
        let mut coordinates = Coordinates { log: false, truncation: Some((0.0, 1.0)), q: None };
        let mut rng = stream(seed, 0, 0);
        for x in mixture.sample(&coordinates, 50, &mut rng).unwrap() {
            prop_assert!((0.0..1.0).contains(&x));
        }
        coordinates.q = Some(0.25);
        for x in mixture.sample(&coordinates, 50, &mut rng).unwrap() {
            prop_assert!([0.0, 0.25, 0.5, 0.75, 1.0].contains(&x));
        }
    }

    #[test]
    fn categorical_probabilities_sum_to_one_and_ignore_values_out_of_range(
        observations in prop::collection::vec(0..5_i64, 0..60),
        weight in 0.01..5.0_f64,
    ) {
        let prior = Categorical::uniform(-1, 5);
        let clean: Vec<i64> = observations.iter().map(|x| x - 1).collect();
        let posterior = CategoricalPosterior::new(&prior, &clean, weight, 25).unwrap();
        let sum: f64 = (0..5).map(|i| posterior.probability(i)).sum();
        prop_assert!((sum - 1.0).abs() < 1e-12);
        let mut dirty = clean.clone();
        dirty.extend([-2, 4, i64::MIN, i64::MAX]);
        prop_assert_eq!(&posterior, &CategoricalPosterior::new(&prior, &dirty, weight, 25).unwrap());
        prop_assert_eq!(posterior.log_density(4), f64::NEG_INFINITY);
    }
}

// Chi-square with 4 degrees of freedom, alpha = 1e-6.
#[test]
fn categorical_draws_follow_their_probabilities() {
    let prior = Categorical::uniform(10, 5);
    let posterior = CategoricalPosterior::new(&prior, &[10, 10, 12, 14], 0.5, 25).unwrap();
    let mut rng = stream(10, 0, 0);
    let mut counts = [0.0; 5];
    for _ in 0..50_000 {
        counts[usize::try_from(posterior.sample(&mut rng) - 10).unwrap()] += 1.0;
    }
    let chi2: f64 = (0..)
        .zip(counts)
        .map(|(i, seen): (u64, f64)| {
            let expected = 5e4 * posterior.probability(i);
            (seen - expected).powi(2) / expected
        })
        .sum();
    assert!(chi2 < 33.4, "{chi2}");
}

#[test]
fn a_range_of_two_to_the_forty_is_handled_by_its_observations() {
    let prior = Categorical::uniform(0, 1 << 40);
    let posterior = CategoricalPosterior::new(&prior, &[5, 5, 1 << 39], 1.0, 25).unwrap();
    assert!(posterior.log_density(5) > posterior.log_density(1 << 39));
    assert!(posterior.log_density(1 << 39) > posterior.log_density(7));
    let _ = posterior.sample(&mut stream(1, 1, 1));
}
