use super::*;
use crate::rng::stream;
use proptest::prelude::*;

const KINDS: [bool; 3] = [false, true, false];

fn point(rng: &mut crate::rng::Rng) -> Vec<f64> {
    vec![rng.uniform(), rng.below(3) as f64, rng.uniform()]
}

fn example(n: usize, seed: u64) -> (Points, Vec<f64>, Hyper) {
    let mut rng = stream(seed, 0, 0);
    let mut points = Points::of_kinds(KINDS.into_iter());
    let mut losses = Vec::new();
    for _ in 0..n {
        let x = point(&mut rng);
        losses.push((5.0 * x[0]).sin() + x[1] * x[2]);
        points.push(&x);
    }
    let hyper = Hyper {
        weights: vec![9.0, 0.7, 2.0],
        scale: 1.3,
        noise: 1e-3,
    };
    (points, losses, hyper)
}

/// Mean and variance by the formulas of Rasmussen and Williams (2006, eq. 2.25 and 2.26), solved by Gaussian
/// elimination with pivots.
fn naive(points: &Points, losses: &[f64], hyper: &Hyper, offset: f64, at: &[f64]) -> (f64, f64) {
    let n = points.len();
    let k = |a: &[f64], b: &[f64]| {
        let squares = (0..a.len()).map(|d| {
            let gap = if KINDS[d] {
                f64::from(u8::from(a[d] != b[d]))
            } else {
                a[d] - b[d]
            };
            hyper.weights[d] * gap * gap
        });
        let a = (5.0 * squares.sum::<f64>()).sqrt();
        hyper.scale * (1.0 + a + a * a / 3.0) * (-a).exp() + offset
    };
    let all: Vec<Vec<f64>> = (0..n).map(|i| points.point(i)).collect();
    let mut rows: Vec<Vec<f64>> = (0..n)
        .map(|i| {
            let mut row: Vec<f64> = (0..n).map(|j| k(&all[i], &all[j])).collect();
            row[i] += hyper.noise;
            row.push(losses[i]);
            row.push(k(&all[i], at));
            row
        })
        .collect();
    for c in 0..n {
        let pivot = (c..n)
            .max_by(|a, b| rows[*a][c].abs().total_cmp(&rows[*b][c].abs()))
            .unwrap();
        rows.swap(c, pivot);
        let pivot = rows[c].clone();
        for row in rows.iter_mut().enumerate().filter(|(r, _)| *r != c) {
            let factor = row.1[c] / pivot[c];
            for (value, other) in row.1.iter_mut().zip(&pivot) {
                *value -= factor * other;
            }
        }
    }
    let solved = |column: usize| (0..n).map(move |i| (i, column));
    let value = |(i, column): (usize, usize)| rows[i][column] / rows[i][i];
    let mean = solved(n).map(|e| k(&all[e.0], at) * value(e)).sum();
    let explained: f64 = solved(n + 1).map(|e| k(&all[e.0], at) * value(e)).sum();
    (mean, hyper.scale + offset - explained)
}

proptest! {
    #[test]
    fn predictions_agree_with_the_naive_twin(n in 1_usize..30, seed in 0_u64..500, offset in 0.0..2.0f64) {
        let (points, losses, hyper) = example(n, seed);
        let posterior = Posterior::new(points.clone(), &losses, hyper.clone(), offset, 0).unwrap();
        let mut rng = stream(seed, 1, 0);
        let at: Vec<Vec<f64>> = (0..20).map(|_| point(&mut rng)).collect();
        for (at, got) in at.iter().zip(posterior.predict(&at)) {
            let (mean, variance) = naive(&points, &losses, &hyper, offset, at);
            prop_assert!((got.mean - mean).abs() < 1e-8, "{} {mean}", got.mean);
            prop_assert!((got.variance - variance).abs() < 1e-8, "{} {variance}", got.variance);
            let single = posterior.slopes(at, &[0]).0;
            prop_assert!((single.mean - got.mean).abs() < 1e-10);
            prop_assert!((single.variance - got.variance).abs() < 1e-10);
        }
    }

    #[test]
    fn means_at_the_losses_are_predictions(n in 1_usize..30, seed in 0_u64..500) {
        let (points, losses, hyper) = example(n, seed);
        let all: Vec<Vec<f64>> = (0..n).map(|i| points.point(i)).collect();
        let posterior = Posterior::new(points, &losses, hyper, 0.5, 0).unwrap();
        let means = posterior.means_at_losses(&losses);
        for (got, want) in means.iter().zip(posterior.predict(&all)) {
            prop_assert!((got - want.mean).abs() < 1e-9, "{got} {}", want.mean);
        }
    }

    #[test]
    fn slopes_are_finite_differences(n in 1_usize..30, seed in 0_u64..500) {
        let (points, losses, hyper) = example(n, seed);
        let posterior = Posterior::new(points, &losses, hyper, 0.5, 0).unwrap();
        let at = point(&mut stream(seed, 1, 0));
        let (_, slopes) = posterior.slopes(&at, &[0, 2]);
        for (p, (mean, variance)) in [0, 2].into_iter().zip(slopes) {
            let step = 1e-5;
            let moved = |by: f64| { let mut to = at.clone(); to[p] += by; to };
            let around = posterior.predict(&[moved(-step), moved(step)]);
            let by_mean = (around[1].mean - around[0].mean) / (2.0 * step);
            let by_variance = (around[1].variance - around[0].variance) / (2.0 * step);
            // Third derivatives are about 1e3, rounding errors of the variance about 1e-13.
            prop_assert!((mean - by_mean).abs() < 1e-5 * (1.0 + mean.abs()), "{mean} {by_mean}");
            prop_assert!((variance - by_variance).abs() < 1e-5 * (1.0 + variance.abs()));
        }
    }

    #[test]
    fn each_loss_is_predicted_from_the_others(n in 2_usize..15, seed in 0_u64..500) {
        let (points, losses, hyper) = example(n, seed);
        let all = Posterior::new(points.clone(), &losses, hyper.clone(), 0.5, 0).unwrap();
        for (i, got) in all.leave_one_out(&losses).into_iter().enumerate() {
            let (mut others, mut rest) = (Points::of_kinds(KINDS.into_iter()), Vec::new());
            for j in (0..n).filter(|j| *j != i) {
                others.push(&points.point(j));
                rest.push(losses[j]);
            }
            let without = Posterior::new(others, &rest, hyper.clone(), 0.5, 0).unwrap();
            let want = without.predict(&[points.point(i)])[0];
            prop_assert!((got.mean - want.mean).abs() < 1e-7, "{} {}", got.mean, want.mean);
            prop_assert!((got.variance - want.variance - hyper.noise).abs() < 1e-7);
        }
    }

    #[test]
    fn a_believed_point_is_one_whose_loss_is_the_mean(n in 1_usize..20, seed in 0_u64..500) {
        let (points, losses, hyper) = example(n, seed);
        let mut believing = Posterior::new(points.clone(), &losses, hyper.clone(), 0.5, 0).unwrap();
        let mut rng = stream(seed, 1, 0);
        let (mut told, mut known) = (points, losses);
        for _ in 0..5 {
            let at = point(&mut rng);
            known.push(believing.predict(std::slice::from_ref(&at))[0].mean);
            told.push(&at);
            believing.believe(&at);
        }
        let fresh = Posterior::new(told, &known, hyper, 0.5, 0).unwrap();
        let at: Vec<Vec<f64>> = (0..9).map(|_| point(&mut rng)).collect();
        for (a, b) in believing.predict(&at).into_iter().zip(fresh.predict(&at)) {
            prop_assert!((a.mean - b.mean).abs() < 1e-7 && (a.variance - b.variance).abs() < 1e-9);
        }
    }
}

#[test]
fn a_point_that_is_there_already_keeps_everything_finite() {
    let (points, losses, mut hyper) = example(5, 1);
    hyper.noise = 0.0;
    let mut posterior = Posterior::new(points.clone(), &losses, hyper, 0.0, 0).unwrap();
    posterior.believe(&points.point(2));
    let at = posterior.predict(&[points.point(2)])[0];
    assert!(at.mean.is_finite() && at.variance > 0.0);
}
