use super::*;
use crate::interrupt::Checkpoint;
use crate::prior::Prior;
use crate::rng::{Rng, stream};
use crate::space::{Conjunction, Param, Space};
use std::f64::consts::PI;

const ALL: Options = Options {
    target: 0.1,
    region: 1.0,
    baseline: Baseline::Trials,
};

fn param(label: &str, family: &str, args: &[f64], conditions: Vec<Conjunction>) -> Param {
    Param {
        label: label.to_owned(),
        prior: Prior::from_family(label, family, args).unwrap(),
        conditions: Some(conditions),
    }
}

fn floats(n: usize) -> Space {
    let names = (0..n).map(|i| param(&format!("x{i}"), "uniform", &[0.0, 1.0], vec![vec![]]));
    Space::new(names.collect()).unwrap()
}

fn intervals(study: &Study, level: f64, resamples: usize) -> Result<Vec<(f64, f64)>> {
    study.intervals(&ALL, level, (resamples, 0), Checkpoint::never())
}

/// A study of random points; `loss` sees a row.
fn random_study(space: &Space, n: u64, seed: u64, loss: impl Fn(&[f64]) -> f64) -> Study {
    let rows: Vec<Vec<f64>> = (0..n)
        .map(|i| crate::random::assignment(space, seed, i))
        .collect();
    let losses: Vec<f64> = rows.iter().map(|row| loss(row)).collect();
    study_of(space, &vec![true; space.len()], &losses, &rows.concat()).unwrap()
}

fn study_of(space: &Space, unordered: &[bool], losses: &[f64], rows: &[f64]) -> Result<Study> {
    let mut trials = Trials::new(space, unordered, losses.len())?;
    trials.extend(losses, rows)?;
    Ok(trials.study())
}

fn shares_of(study: &Study, options: &Options) -> Vec<f64> {
    shares(study.importances(options).unwrap())
}

#[test]
fn what_the_loss_ignores_has_next_to_no_share() {
    let study = random_study(&floats(3), 1000, 1, |x| x[0] + 0.05 * x[1]);
    for baseline in [Baseline::Trials, Baseline::Prior] {
        let shares = shares_of(&study, &Options { baseline, ..ALL });
        assert!(shares[0] > 0.9 && shares[2] < 0.02, "{shares:?}");
    }
}

#[test]
fn children_get_no_credit_for_the_choice_of_their_parent() {
    let space = Space::new(vec![
        param("c", "randint", &[2.0], vec![vec![]]),
        param("x", "uniform", &[0.0, 1.0], vec![vec![(0, 0)]]),
        param("y", "uniform", &[0.0, 1.0], vec![vec![(0, 1)]]),
    ])
    .unwrap();
    // Everything good is in branch 0, where x makes no difference.
    let noise = |row: &[f64]| (row.iter().filter(|v| !v.is_nan()).sum::<f64>() * 1e6).sin() * 0.1;
    let study = random_study(&space, 4000, 2, |row| row[0] + noise(row));
    let shares = shares_of(&study, &ALL);
    assert!(shares[0] > 0.9, "{shares:?}");
}

#[test]
fn a_parameter_that_is_not_active_counts_as_such_whatever_its_value() {
    let space = Space::new(vec![
        param("c", "randint", &[2.0], vec![vec![]]),
        param("x", "uniform", &[0.0, 1.0], vec![vec![(0, 0)]]),
    ])
    .unwrap();
    let losses: Vec<f64> = (0..40).map(f64::from).collect();
    let rows = |stale: f64| -> Vec<f64> {
        let row = |i: i32| {
            if i % 2 == 0 {
                [0.0, f64::from(i) / 40.0]
            } else {
                [1.0, stale]
            }
        };
        (0..40).flat_map(row).collect()
    };
    let of = |stale| {
        let study = study_of(&space, &[true, false], &losses, &rows(stale)).unwrap();
        study.importances(&ALL).unwrap()
    };
    assert_eq!(of(f64::NAN), of(0.3));
}

#[test]
fn a_constant_parameter_and_too_few_trials_give_nothing() {
    let space = Space::new(vec![
        param("one", "randint", &[1.0], vec![vec![]]),
        param("x", "uniform", &[0.0, 1.0], vec![vec![]]),
    ])
    .unwrap();
    let study = random_study(&space, 100, 3, |row| row[1]);
    assert_eq!(shares_of(&study, &ALL), [0.0, 1.0]);
    let single = random_study(&space, 1, 3, |row| row[1]);
    assert_eq!(shares_of(&single, &ALL), [0.5, 0.5]);
    let none = random_study(&space, 0, 3, |row| row[1]);
    assert_eq!(none.importances(&ALL).unwrap(), [0.0, 0.0]);
}

#[test]
fn infinite_losses_are_never_among_the_best() {
    let study = random_study(&floats(1), 100, 4, |x| {
        if x[0] < 0.05 { 1.0 } else { f64::INFINITY }
    });
    assert_eq!(
        study.best(None, 0.1),
        study.losses.iter().filter(|l| l.is_finite()).count()
    );
    assert!(study.importances(&ALL).unwrap()[0] > 0.0);
}

#[test]
fn a_resample_is_the_study_of_its_trials() {
    let space = floats(2);
    let rows: Vec<f64> = (0..60)
        .flat_map(|i| crate::random::assignment(&space, 5, i))
        .collect();
    let losses: Vec<f64> = rows.chunks(2).map(|x| x[0] * x[0] + x[1]).collect();
    let study = study_of(&space, &[false; 2], &losses, &rows).unwrap();
    let mut order: Vec<usize> = (0..60).collect();
    order.sort_by(|&i, &j| losses[i].total_cmp(&losses[j]));
    let mut rng: Rng = stream(6, 0, 0);
    let mut copies = vec![0_u32; 60];
    (0..60).for_each(|_| copies[usize::try_from(rng.below(60)).unwrap()] += 1);
    let ranks = (0..60).flat_map(|rank| vec![order[rank]; copies[rank] as usize]);
    let (mut plain_losses, mut plain_rows) = (Vec::new(), Vec::new());
    for trial in ranks {
        plain_losses.push(losses[trial]);
        plain_rows.extend_from_slice(&rows[2 * trial..2 * trial + 2]);
    }
    let plain = study_of(&space, &[false; 2], &plain_losses, &plain_rows).unwrap();
    let options = Options { region: 0.5, ..ALL };
    assert_eq!(
        study.weighted(Some(&copies), &options),
        plain.importances(&options).unwrap()
    );
}

// With level 0.9 an interval misses the share of a much larger study about one time in ten; at most
// 6 of 20 do with probability above 0.99 (binomial).
#[test]
fn intervals_cover_the_share_of_a_large_study() {
    let loss = |x: &[f64]| x[0] + 0.5 * (x[1] - 0.5).powi(2) + 0.3 * (2.0 * PI * x[2]).sin();
    let space = floats(3);
    let truth = shares_of(&random_study(&space, 40_000, 99, loss), &ALL);
    let mut missed = 0;
    for seed in 0..20 {
        let study = random_study(&space, 1000, seed, loss);
        let (low, high) = intervals(&study, 0.9, 100).unwrap()[0];
        assert!(low < high && low >= 0.0 && high <= 1.0);
        missed += usize::from(truth[0] < low || truth[0] > high);
    }
    assert!(missed <= 6, "{missed} of 20");
}

#[test]
fn room_that_is_not_taken_and_trials_that_come_in_parts_change_nothing() {
    let space = Space::new(vec![
        param("c", "randint", &[2.0], vec![vec![]]),
        param("x", "loguniform", &[0.0, 1.0], vec![vec![(0, 0)]]),
    ])
    .unwrap();
    let rows: Vec<f64> = (0..50)
        .flat_map(|i| crate::random::assignment(&space, 7, i))
        .collect();
    let losses: Vec<f64> = (0..50).map(|i| f64::from(i * 37 % 50)).collect();
    let at_once = study_of(&space, &[true, false], &losses, &rows).unwrap();
    let mut trials = Trials::new(&space, &[true, false], 80).unwrap();
    for (losses, rows) in losses.chunks(8).zip(rows.chunks(16)) {
        trials.extend(losses, rows).unwrap();
    }
    assert_eq!(
        trials.study().importances(&ALL).unwrap(),
        at_once.importances(&ALL).unwrap()
    );
}

#[test]
fn impossible_options_are_named() {
    let study = random_study(&floats(1), 10, 0, |x| x[0]);
    for (target, region, name) in [
        (0.0, 1.0, "best=0.0"),
        (1.0, 1.0, "best=1.0"),
        (f64::NAN, 1.0, "best=NaN"),
        (0.5, 0.5, "region=0.5"),
        (0.5, 2.0, "region=2.0"),
    ] {
        let options = Options {
            target,
            region,
            ..ALL
        };
        let message = study.importances(&options).unwrap_err().to_string();
        assert!(message.contains(name), "{message}");
    }
    let message = intervals(&study, 1.5, 10).unwrap_err().to_string();
    assert!(message.contains("intervals=1.5"), "{message}");
    assert!(intervals(&study, 0.5, 0).is_err());
    assert!(study_of(&floats(1), &[], &[], &[]).is_err());
    let space = floats(1);
    let mut full = Trials::new(&space, &[false], 1).unwrap();
    full.extend(&[1.0], &[0.5]).unwrap();
    assert!(full.extend(&[1.0], &[0.5]).is_err());
    assert!(study_of(&floats(1), &[true], &[1.0], &[]).is_err());
}
