//! The mixtures against their definition.

use parzen::joint::axis::{Axis, Shape};
use parzen::joint::mixture::density::log_densities;
use parzen::joint::mixture::weights::Weights;
use parzen::joint::mixture::{Floors, Mixture, draw};
use parzen::numerics::special::{LN_SQRT_2_PI, log_diff_cdf, log_sum_exp};
use parzen::prior::Prior;
use parzen::rng::{Rng, stream};
use proptest::prelude::*;

const FLOORS: Floors = Floors {
    least: 0.01,
    continuous: 1.5,
    discrete: 1.0,
    option_weight: 1.0,
};

fn axis(family: &str, args: &[f64], unordered: bool) -> Axis {
    Axis::new(&Prior::from_family("x", family, args).unwrap(), unordered)
}

fn mixed_axes() -> Vec<Axis> {
    vec![
        axis("uniform", &[-1.0, 3.0], false),
        axis("randint", &[0.0, 4.0], true),
        axis("quniform", &[0.0, 9.0, 1.0], false),
        axis("lognormal", &[0.0, 2.0], false),
        axis("qloguniform", &[0.0, 9.0, 1.0], false),
        axis("categorical", &[0.5, 0.2, 0.3], false),
        axis("qnormal", &[0.0, 3.0, 1.0], false),
    ]
}

/// A coordinate that an observation may have, at times none.
fn place(axis: &Axis, rng: &mut Rng) -> f64 {
    if rng.below(12) == 0 {
        return f64::NAN;
    }
    match axis.shape() {
        Shape::Options { probabilities } => rng.below(probabilities.len() as u64) as f64,
        Shape::Levels { places, .. } => places[rng.below(places.len() as u64) as usize],
        Shape::Line { bounded: true } if rng.below(4) == 0 => rng.below(2) as f64,
        Shape::Line { .. } => rng.uniform(),
    }
}

/// ln of the kernel of `places[own]` at `x`, by definition; the prior's for `own = None`.
fn kernel(axis: &Axis, places: &[f64], own: Option<usize>, x: f64) -> f64 {
    let number = own.unwrap_or(0);
    let own = own.map(|i| places[i]).filter(|p| !p.is_nan());
    let known: Vec<f64> = places.iter().copied().filter(|p| !p.is_nan()).collect();
    let n = known.len() as f64;
    if let Shape::Options { probabilities } = axis.shape() {
        let p = probabilities[x as usize];
        let Some(own) = own else { return p.ln() };
        let b = FLOORS.option_weight * probabilities.len() as f64 / (n + 1.0);
        return ((f64::from(u8::from(own == x)) + b * p) / (1.0 + b)).ln();
    }
    let (centre, scale) = match own {
        None => (0.5, axis.prior_scale()),
        Some(own) => {
            // Ties are told apart by number.
            let ranked = |i: usize, p: f64| (p, i) < (own, number);
            let others = || {
                places
                    .iter()
                    .copied()
                    .enumerate()
                    .filter(|(i, p)| *i != number && !p.is_nan())
            };
            let below = others()
                .filter(|(i, p)| ranked(*i, *p))
                .fold(f64::NAN, |most, (_, p)| most.max(p));
            let above = others()
                .filter(|(i, p)| !ranked(*i, *p))
                .fold(f64::NAN, |least, (_, p)| least.min(p));
            let bandwidth = if known.len() == 1 {
                own.max(1.0 - own)
            } else {
                f64::max(own - below, above - own) // ignores NaN
            };
            let levels = matches!(axis.shape(), Shape::Levels { .. });
            let exponent = if levels {
                FLOORS.discrete
            } else {
                FLOORS.continuous
            };
            let bandwidth = bandwidth
                .max(FLOORS.least)
                .max((n + 2.0).powf(-exponent))
                .min(1.0);
            (own, (bandwidth.powi(2) + axis.cell_variance(own)).sqrt())
        }
    };
    let log_density = |x: f64| -0.5 * ((x - centre) / scale).powi(2);
    match axis.shape() {
        Shape::Levels { places, widths } => {
            let terms: Vec<f64> = places
                .iter()
                .zip(widths)
                .map(|(p, w)| w.ln() + log_density(*p))
                .collect();
            log_density(x) - log_sum_exp(&terms)
        }
        Shape::Line { bounded } => {
            let (low, high) = ((0.0 - centre) / scale, (1.0 - centre) / scale);
            let log_mass = if *bounded {
                log_diff_cdf(low, high)
            } else {
                0.0
            };
            log_density(x) - scale.ln() - LN_SQRT_2_PI - log_mass
        }
        Shape::Options { .. } => unreachable!(),
    }
}

fn naive(axes: &[Axis], members: &[Vec<f64>], weights: &[f64], prior: f64, x: &[f64]) -> f64 {
    let total = weights.iter().sum::<f64>() + prior;
    let columns: Vec<Vec<f64>> = (0..axes.len())
        .map(|a| members.iter().map(|m| m[a]).collect())
        .collect();
    let product = |own| -> f64 {
        axes.iter()
            .zip(&columns)
            .zip(x)
            .map(|((axis, c), x)| kernel(axis, c, own, *x))
            .sum()
    };
    let mut terms: Vec<f64> = weights
        .iter()
        .enumerate()
        .map(|(i, w)| (w / total).ln() + product(Some(i)))
        .collect();
    terms.push((prior / total).ln() + product(None));
    log_sum_exp(&terms)
}

/// A mixture over these points, all members, after others have come and gone.
fn mixture(axes: &[Axis], points: &[Vec<f64>], floors: Floors, rng: &mut Rng) -> Mixture {
    let own: Vec<&Axis> = axes.iter().collect();
    let mut mixture = Mixture::new(&own, floors);
    for (slot, point) in points.iter().enumerate() {
        mixture.push(point.iter().copied());
        mixture.insert(slot);
        if rng.below(3) == 0 {
            let gone = rng.below(slot as u64 + 1) as usize;
            mixture.remove(gone);
            mixture.refresh(&own);
            mixture.insert(gone);
        }
    }
    mixture.refresh(&own);
    mixture
}

/// A coordinate of an active parameter.
fn active_place(axis: &Axis, rng: &mut Rng) -> f64 {
    loop {
        let place = place(axis, rng);
        if !place.is_nan() {
            return place;
        }
    }
}

/// Whether a mixture with these weights has the densities of its definition at some points.
fn agrees_with_naive(
    mixture: &Mixture,
    axes: &[Axis],
    members: &[Vec<f64>],
    weights: &[f64],
    queries: &[Vec<f64>],
    tolerance: f64,
) -> Result<(), TestCaseError> {
    let own: Vec<&Axis> = axes.iter().collect();
    let mut out = Vec::new();
    log_densities(
        mixture,
        &own,
        &Weights::Listed(weights),
        0.7,
        queries,
        &mut out,
    );
    for (query, got) in queries.iter().zip(out) {
        let want = naive(axes, members, weights, 0.7, query);
        prop_assert!(
            (got - want).abs() <= tolerance * want.abs().max(1.0),
            "{} {}",
            got,
            want
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    // Rounding of sums of up to 700 terms of magnitude up to 1e3, times the condition of a logarithm.
    #[test]
    fn the_fast_mixture_is_the_one_defined(seed in 0_u64..1 << 32, n in 0_usize..700, first in 0_usize..7, near in 0..2) {
        let mut rng = stream(seed, 0, 0);
        let axes: Vec<Axis> = mixed_axes().into_iter().cycle().skip(first).take(5).collect();
        let points: Vec<Vec<f64>> = (0..n)
            .map(|_| axes.iter().map(|a| match a.shape() {
                Shape::Line { .. } if near == 1 => 0.4 + 0.1 * rng.uniform(),
                _ => place(a, &mut rng),
            }).collect())
            .collect();
        let fast = mixture(&axes, &points, FLOORS, &mut rng);
        let weights: Vec<f64> = (0..n).map(|_| 0.01 + 0.99 * rng.uniform()).collect();
        let queries: Vec<Vec<f64>> = (0..10)
            .map(|_| axes.iter().map(|a| match a.shape() {
                Shape::Line { .. } if near == 1 => 0.4 + 0.1 * rng.uniform(),
                _ => active_place(a, &mut rng),
            }).collect())
            .collect();
        agrees_with_naive(&fast, &axes, &points, &weights, &queries, 1e-10)?;
    }

    #[test]
    fn a_mixture_over_options_is_the_one_defined(seed in 0_u64..1 << 32, n in 0_usize..300, count in 1_usize..4) {
        let mut rng = stream(seed, 3, 0);
        let kinds: [(&str, &[f64]); 3] =
            [("randint", &[0.0, 3.0]), ("categorical", &[0.5, 0.5]), ("randint", &[2.0, 5.0])];
        let axes: Vec<Axis> = kinds[..count].iter().map(|k| axis(k.0, k.1, true)).collect();
        let points: Vec<Vec<f64>> =
            (0..n).map(|_| axes.iter().map(|a| place(a, &mut rng)).collect()).collect();
        let mixture = mixture(&axes, &points, FLOORS, &mut rng);
        let weights: Vec<f64> = (0..n).map(|_| 0.01 + 0.99 * rng.uniform()).collect();
        let queries: Vec<Vec<f64>> = (0..10)
            .map(|_| axes.iter().map(|a| active_place(a, &mut rng)).collect())
            .collect();
        agrees_with_naive(&mixture, &axes, &points, &weights, &queries, 1e-12)?;
    }

    #[test]
    fn a_mixture_is_the_same_however_it_came_about(seed in 0_u64..1 << 32, n in 1_usize..150) {
        let mut rng = stream(seed, 1, 0);
        let axes = mixed_axes();
        let own: Vec<&Axis> = axes.iter().collect();
        let points: Vec<Vec<f64>> =
            (0..n).map(|_| axes.iter().map(|a| place(a, &mut rng)).collect()).collect();
        let moved = mixture(&axes, &points, FLOORS, &mut rng);
        let mut fresh = Mixture::new(&own, FLOORS);
        for (slot, point) in points.iter().enumerate() {
            fresh.push(point.iter().copied());
            fresh.insert(slot);
        }
        fresh.refresh(&own);
        for number in 0..n {
            let [ours, theirs] = [&moved, &fresh].map(|m| m.log_norms()[m.slot(number)]);
            prop_assert_eq!(ours, theirs);
        }
        let weights = vec![1.0; n];
        let (mut a, mut b) = (Vec::new(), Vec::new());
        let queries = vec![vec![0.1, 2.0, 0.35, 0.7, 0.2, 1.0, 0.5]];
        log_densities(&moved, &own, &Weights::Listed(&weights), 1.0, &queries, &mut a);
        log_densities(&fresh, &own, &Weights::Listed(&weights), 1.0, &queries, &mut b);
        // The kernels are the same; the order of their sum follows the chunks.
        prop_assert!((a[0] - b[0]).abs() <= 1e-13 * a[0].abs().max(1.0), "{a:?} {b:?}");
    }

    #[test]
    fn log_densities_are_finite_in_the_tails(seed in 0_u64..1 << 32, n in 0_usize..80) {
        let mut rng = stream(seed, 2, 0);
        let axes: Vec<Axis> = mixed_axes().into_iter().cycle().take(42).collect();
        let own: Vec<&Axis> = axes.iter().collect();
        let point = |x: f64, option: f64| -> Vec<f64> {
            axes.iter().map(|a| if matches!(a.shape(), Shape::Options { .. }) { option } else { x }).collect()
        };
        let near: Vec<Vec<f64>> = (0..n).map(|_| point(1e-3 * rng.uniform(), 0.0)).collect();
        let mixture = mixture(&axes, &near, FLOORS, &mut rng);
        let queries = vec![point(1.0, 2.0), point(0.5, 1.0), point(0.0, 0.0), point(1e6, 1.0)];
        let mut out = Vec::new();
        log_densities(&mixture, &own, &Weights::Listed(&vec![1.0; n]), 1e-9, &queries, &mut out);
        prop_assert!(out.iter().all(|v| v.is_finite()), "{:?}", out);
    }
}

/// A mixture over a line, levels and options, with weights.
fn small() -> (Vec<Axis>, Mixture, Vec<f64>) {
    let axes = vec![
        axis("uniform", &[0.0, 1.0], false),
        axis("qloguniform", &[0.0, 2.5, 1.0], false),
        axis("categorical", &[0.5, 0.2, 0.3], false),
    ];
    let mut rng = stream(3, 0, 0);
    let points: Vec<Vec<f64>> = (0..12)
        .map(|_| axes.iter().map(|a| place(a, &mut rng)).collect())
        .collect();
    let floors = Floors {
        least: 0.05,
        ..FLOORS
    };
    let mixture = mixture(&axes, &points, floors, &mut rng);
    (
        axes,
        mixture,
        (1..=12).map(|i| f64::from(i) / 12.0).collect(),
    )
}

#[test]
fn the_joint_density_integrates_to_one() {
    let (axes, mixture, weights) = small();
    let own: Vec<&Axis> = axes.iter().collect();
    let Shape::Levels { places, widths } = axes[1].shape() else {
        unreachable!()
    };
    let steps = 2000;
    let mut total = 0.0;
    for (level, width) in places.iter().zip(widths) {
        for option in 0..3 {
            let points: Vec<Vec<f64>> = (0..steps)
                .map(|i| {
                    vec![
                        (f64::from(i) + 0.5) / f64::from(steps),
                        *level,
                        f64::from(option),
                    ]
                })
                .collect();
            let mut out = Vec::new();
            log_densities(
                &mixture,
                &own,
                &Weights::Listed(&weights),
                1.0,
                &points,
                &mut out,
            );
            total += width * out.iter().map(|v| v.exp()).sum::<f64>() / f64::from(steps);
        }
    }
    // The midpoint rule errs by h^2 |f'| / 24 at the truncated ends, f' up to 1 / 0.05^2.
    assert!((total - 1.0).abs() < 1e-5, "{total}");
}

// Chi-square over cells of the joint distribution with at least 20 expected draws, alpha = 1e-6 by
// the approximation of Wilson and Hilferty.
#[test]
fn draws_follow_the_joint_density() {
    let (axes, mixture, weights) = small();
    let own: Vec<&Axis> = axes.iter().collect();
    let Shape::Levels { places, widths } = axes[1].shape() else {
        unreachable!()
    };
    let mut with_prior = weights.clone();
    with_prior.push(1.0);
    let (draws, bins, fine) = (60_000, 8_usize, 100);
    let mut counts = vec![0.0; bins * places.len() * 3];
    let mut rng = stream(4, 0, 0);
    for _ in 0..draws {
        let kernel = draw::weighted(&with_prior, &mut rng);
        let kernel = Some(kernel).filter(|k| *k < weights.len());
        let x: Vec<f64> = (0..3)
            .map(|a| {
                draw::coordinate(
                    &axes[a],
                    mixture.axis(a),
                    kernel.map(|k| mixture.slot(k)),
                    &mut rng,
                )
            })
            .collect();
        let bin = ((x[0] * bins as f64) as usize).min(bins - 1);
        let level = places.iter().position(|p| *p == x[1]).unwrap();
        counts[(bin * places.len() + level) * 3 + x[2] as usize] += 1.0;
    }
    let (mut chi2, mut cells) = (0.0, 0.0);
    for bin in 0..bins {
        for (level, place) in places.iter().enumerate() {
            for option in 0..3 {
                let points: Vec<Vec<f64>> = (0..fine)
                    .map(|i| (bin as f64 + (f64::from(i) + 0.5) / f64::from(fine)) / bins as f64)
                    .map(|x| vec![x, *place, option as f64])
                    .collect();
                let mut out = Vec::new();
                log_densities(
                    &mixture,
                    &own,
                    &Weights::Listed(&weights),
                    1.0,
                    &points,
                    &mut out,
                );
                let mean = out.iter().map(|v| v.exp()).sum::<f64>() / f64::from(fine);
                let expected = f64::from(draws) * mean * widths[level] / bins as f64;
                if expected >= 20.0 {
                    let seen: f64 = counts[(bin * places.len() + level) * 3 + option];
                    chi2 += (seen - expected).powi(2) / expected;
                    cells += 1.0;
                }
            }
        }
    }
    let v: f64 = 2.0 / (9.0 * cells);
    assert!(
        (chi2 / cells).cbrt() < 1.0 - v + 4.76 * v.sqrt(),
        "{chi2} {cells}"
    );
}
