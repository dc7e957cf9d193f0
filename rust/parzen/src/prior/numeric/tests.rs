//! Numeric priors: densities, draws, cells and extremes.

use super::*;
use crate::prior::Prior;
use crate::rng::stream;

fn numeric(family: &str, args: &[f64]) -> Numeric {
    match Prior::from_family("x", family, args).unwrap() {
        Prior::Numeric(numeric) => numeric,
        Prior::Categorical(_) => unreachable!(),
    }
}

const FAMILIES: [(&str, &[f64]); 8] = [
    ("uniform", &[-2.0, 3.0]),
    ("quniform", &[0.0, 11.0, 3.0]),
    ("loguniform", &[-6.0, 1.0]),
    ("qloguniform", &[-3.0, 3.0, 1.0]),
    ("normal", &[1.0, 2.0]),
    ("qnormal", &[0.3, 2.0, 0.5]),
    ("lognormal", &[0.0, 1.0]),
    ("qlognormal", &[1.0, 1.0, 0.5]),
];

/// Probability of [a, b] on the natural scale for a continuous family, by its own definition.
fn probability(prior: &Numeric, a: f64, b: f64) -> f64 {
    prior.log_mass(prior.edge(a), prior.edge(b)).exp()
}

#[test]
fn continuous_densities_integrate_to_cell_probabilities() {
    for (family, args) in FAMILIES.iter().step_by(2) {
        let prior = numeric(family, args);
        let (a, b) = (0.3, 1.2);
        let n = 20_000;
        let h = (b - a) / f64::from(n);
        let sum: f64 = (0..n)
            .map(|i| prior.log_density(a + h * (f64::from(i) + 0.5)).exp() * h)
            .sum();
        assert!((sum - probability(&prior, a, b)).abs() < 1e-8, "{family}");
    }
}

#[test]
fn quantised_probabilities_sum_to_one() {
    for (family, args) in FAMILIES.iter().skip(1).step_by(2) {
        let prior = numeric(family, args);
        let q = prior.q.unwrap();
        let sum: f64 = (-2000..60_000)
            .map(|k| prior.log_density(f64::from(k) * q).exp())
            .sum();
        assert!((sum - 1.0).abs() < 1e-12, "{family} {sum}");
    }
}

// Kolmogorov-Smirnov on 20000 draws, alpha = 1e-6: critical value 2.69 / sqrt(n).
#[test]
fn continuous_draws_follow_their_density() {
    for (stream_number, (family, args)) in (0..).zip(FAMILIES.iter().step_by(2)) {
        let prior = numeric(family, args);
        let mut rng = stream(11, stream_number, 0);
        let mut draws: Vec<f64> = (0..20_000).map(|_| prior.sample(&mut rng)).collect();
        draws.sort_by(f64::total_cmp);
        let distance = (0..)
            .zip(&draws)
            .map(|(i, &x)| (probability(&prior, -1e9, x) - f64::from(i) / 2e4).abs())
            .fold(0.0, f64::max);
        assert!(
            distance < 2.69 / 2e4_f64.sqrt() + 5e-5,
            "{family} {distance}"
        );
    }
}

// Chi-square over the values expected at least 20 times, alpha = 1e-6 by the normal
// approximation of Wilson and Hilferty.
#[test]
fn quantised_draws_follow_their_probabilities() {
    for (stream_number, (family, args)) in (0..).zip(FAMILIES.iter().skip(1).step_by(2)) {
        let prior = numeric(family, args);
        let mut rng = stream(12, stream_number, 0);
        let draws: Vec<f64> = (0..20_000).map(|_| prior.sample(&mut rng)).collect();
        let (mut chi2, mut cells) = (0.0, 0.0);
        for k in -100..2000 {
            let x = f64::from(k) * prior.q.unwrap();
            let expected = 2e4 * prior.log_density(x).exp();
            #[allow(clippy::cast_precision_loss)]
            let seen = draws
                .iter()
                .filter(|&&draw| (draw - x).abs() < 1e-9)
                .count() as f64;
            assert!(expected > 0.0 || seen == 0.0, "{family} drew {x}");
            if expected >= 20.0 {
                chi2 += (seen - expected).powi(2) / expected;
                cells += 1.0;
            }
        }
        let v: f64 = 2.0 / (9.0 * cells);
        assert!(
            (chi2 / cells).cbrt() < 1.0 - v + 4.76 * v.sqrt(),
            "{family} {chi2} {cells}"
        );
    }
}

#[test]
fn values_are_multiples_of_q_and_never_negative_zero() {
    let prior = numeric("quniform", &[-1.0, 1.0, 1.0]);
    assert_eq!(prior.from_model(-0.3).to_bits(), 0.0_f64.to_bits());
    assert_eq!(
        numeric("normal", &[0.0, 1.0]).from_model(-0.0).to_bits(),
        0.0_f64.to_bits()
    );
    assert_eq!(
        numeric("quniform", &[0.0, 1.0, 0.1]).from_model(0.31),
        0.30000000000000004
    );
    assert_eq!(prior.from_model(0.5), 0.0);
    assert_eq!(prior.from_model(1.5), 2.0);
}

#[test]
fn extreme_values_have_finite_logarithms() {
    let prior = numeric("lognormal", &[-700.0, 1.0]);
    let value = prior.from_model(-1000.0);
    assert!(value > 0.0 && prior.to_model(value).is_finite());
    assert!(prior.to_model(0.0).is_finite() && prior.to_model(f64::INFINITY).is_finite());
    assert!(prior.from_model(1e4).is_finite());
    assert!(prior.to_model(f64::NAN).is_nan());
    assert!(numeric("qlognormal", &[0.0, 1.0, 1.0]).to_model(0.0) == LN_EPS);
    assert_eq!(
        numeric("qloguniform", &[-2.0, 4.0, 1.0]).to_model(0.0),
        -2.0
    );
}

#[test]
fn cells_of_values_far_beyond_q_are_not_empty() {
    for prior in [
        numeric("qlognormal", &[0.0, 1.0, 1.0]),
        numeric("qnormal", &[0.0, 1.0, 1.0]),
    ] {
        let (lower, upper) = prior.cell(1e21);
        assert!(lower < upper);
        assert!(prior.log_density(1e21).is_finite());
    }
    let (lower, upper) = numeric("qlognormal", &[0.0, 1.0, 1.0]).cell(-3.0);
    assert_eq!(lower, upper);
}

#[test]
fn cells_are_clipped_to_the_truncation() {
    assert_eq!(
        numeric("quniform", &[0.0, 11.0, 3.0]).cell(12.0),
        (10.5, 11.0)
    );
    let (lower, upper) = numeric("qloguniform", &[-2.0, 4.0, 1.0]).cell(0.0);
    assert_eq!((lower, upper), (-2.0, 0.5_f64.ln()));
    assert_eq!(
        numeric("qlognormal", &[0.0, 1.0, 1.0]).cell(0.0),
        (LN_EPS, 0.5_f64.ln())
    );
    let (lower, upper) = numeric("quniform", &[0.0, 11.0, 3.0]).cell(20.0);
    assert!(upper <= lower);
}

#[test]
fn halves_are_rounded_to_even_at_any_magnitude() {
    let mut rng = stream(3, 0, 0);
    for n in 0..100_000 {
        let magnitude = 2.0_f64.powi(n % 60 - 4);
        let x = (rng.uniform() - 0.5) * magnitude;
        let half = x.trunc() + 0.5;
        for x in [x, half, -half, x.trunc()] {
            assert_eq!(round_half_to_even(x), x.round_ties_even(), "{x}");
        }
    }
    assert!(round_half_to_even(f64::NAN).is_nan());
    assert_eq!(round_half_to_even(f64::INFINITY), f64::INFINITY);
}
