//! Spaces and histories at any scale that doubles have: what is not refused is searched.
//!
//! A case is a space, a history and one suggestion of each algorithm. Nothing may panic, hang, or
//! suggest what the prior does not have. The seeded form runs with the other tests; the long one on
//! demand: `EXTREME_CASES=3000000 cargo test -p parzen --test extreme_scales -- --ignored`.

// Exact values are compared, and counts are small.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::float_cmp,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation
)]

mod cases;
mod suggestions;

use cases::{Case, index, number, pick};
use parzen::prior::{Prior, Support};
use parzen::random;
use parzen::rng::{Rng, stream};
use parzen::space::{Param, Space};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use suggestions::{by_annealing, by_joint, by_process, by_tpe, search_on};

/// A case that takes longer is one that hangs; most take less than a millisecond.
const PATIENCE: Duration = Duration::from_secs(60);

/// So many cases that go wrong are shown.
const MOST: u32 = 20;

#[test]
fn what_is_not_refused_is_searched() {
    search(0..4_000);
}

// Each of these hung, panicked, or led to suggestions that were NaN, infinite or impossible.
#[test]
fn spaces_that_went_wrong_are_searched() {
    let faults: [&[(&'static str, &[f64])]; 10] = [
        // A quantum of so many bandwidths was integrated bandwidth by bandwidth.
        &[("qnormal", &[-2.2e-7, 7.5e-9, 0.14])],
        // Half a quantum is lost there.
        &[(
            "randint",
            &[-9_007_199_254_740_992.0, -9_007_199_254_740_991.0],
        )],
        // An impossible option in the history was taken for one.
        &[("categorical", &[0.0, 1.0, 0.0])],
        // Draws beyond the largest double.
        &[("normal", &[-1e300, 8.25e299])],
        &[("qlognormal", &[375.0, 681.0, 4.7e293])],
        // A table of all options.
        &[("randint", &[0.0, 1_099_511_627_776.0])],
        // As many values as can be told apart.
        &[("quniform", &[0.0, 9_007_199_254_740_992.0, 1.0])],
        // Local searches around a trial without a value.
        &[
            ("normal", &[0.0, 1.0]),
            ("qnormal", &[2.0, 3.6e-15, 0.0078]),
        ],
        // All of many options were tried for each step towards the best point.
        &[
            ("loguniform", &[36.0, 274.0]),
            ("randint", &[5.0, 596_714.0]),
        ],
        // Steps from an infinite value.
        &[("qnormal", &[-4.0, 1.0, 7.7]), ("normal", &[0.0, 1.0])],
    ];
    for priors in faults {
        let written: Vec<_> = priors.iter().map(|(f, args)| (*f, args.to_vec())).collect();
        for number in 0..100 {
            let case = Case::of(written.clone(), stream(7, number, 0));
            assert_eq!(run(case), Ok(true), "{written:?}");
        }
    }
}

// One in three is accepted, which makes a million that are searched.
#[test]
#[ignore = "the long form: make test-long"]
fn a_million_spaces_are_refused_or_searched() {
    // One of them again.
    if let Ok(number) = std::env::var("EXTREME_CASE") {
        assert_eq!(run(Case::new(number.parse().unwrap())), Ok(true));
        return;
    }
    let asked = std::env::var("EXTREME_CASES").ok();
    let count = asked.map_or(3_000_000, |n| n.parse().unwrap());
    search(0..count);
}

/// Runs the cases, a watch beside them that ends the program when one takes too long.
fn search(numbers: std::ops::Range<u64>) {
    static AT: AtomicU64 = AtomicU64::new(0);
    let (done, is_done) = std::sync::mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let mut before = u64::MAX;
        while is_done
            .recv_timeout(PATIENCE)
            .is_err_and(|e| e == std::sync::mpsc::RecvTimeoutError::Timeout)
        {
            let at = AT.load(Ordering::Relaxed);
            if at == before {
                eprintln!("case {at} hangs: {:?}", Case::new(at).written);
                std::process::abort();
            }
            before = at;
        }
    });
    let (mut searched, mut refused) = (0_u64, 0_u64);
    let mut wrong = 0;
    for number in numbers {
        AT.store(number, Ordering::Relaxed);
        let case = Case::new(number);
        let written = case.written.clone();
        let what = match std::panic::catch_unwind(|| run(case)) {
            Ok(Ok(was_searched)) => {
                *(if was_searched {
                    &mut searched
                } else {
                    &mut refused
                }) += 1;
                continue;
            }
            Ok(Err(what)) => what,
            Err(_) => "it panics".to_owned(),
        };
        eprintln!("case {number}, {written:?}: {what}");
        wrong += 1;
        if wrong >= MOST {
            break;
        }
    }
    drop(done);
    watch.join().unwrap();
    assert!(wrong == 0, "see what was printed");
    println!("{searched} spaces searched, {refused} refused");
    // Both must be exercised.
    assert!(searched > refused / 20 && refused > searched / 20);
}

/// Whether the space was accepted; a description of what went wrong.
fn run(case: Case) -> Result<bool, String> {
    let space = match case.space {
        Ok(space) => space,
        Err(message) => {
            return if message.is_empty() {
                Err(message)
            } else {
                Ok(false)
            };
        }
    };
    let mut dice = case.dice;
    let rows = history(&space, &mut dice);
    let seed = dice.next_u64();
    for draw in 0..4 {
        expect(&space, "random", &[random::assignment(&space, seed, draw)])?;
    }
    for (param, row) in space
        .params()
        .iter()
        .zip(&rows.first().map_or(vec![], |r| r.2.clone()))
    {
        if param.prior.log_density(*row).is_nan() && !row.is_nan() {
            return Err(format!(
                "log-density of {row:?} under {:?} is NaN",
                param.prior
            ));
        }
    }
    let keys: Vec<i64> = (0..=i64::from(dice.below(4) == 0) * 2)
        .map(|k| 100_000 + k)
        .collect();
    expect(&space, "tpe", &by_tpe(&space, &rows, &keys, seed)?)?;
    expect(
        &space,
        "jtpe",
        &by_joint(&space, &rows, &keys, seed, &mut dice)?,
    )?;
    expect(&space, "anneal", &by_annealing(&space, &rows, &keys, seed)?)?;
    if dice.below(4) == 0 {
        expect(
            &space,
            "gp",
            &by_process(&space, &rows, &keys, seed, &mut dice)?,
        )?;
    }
    if dice.below(8) == 0 {
        search_on(&space, &rows, &mut dice, |found| {
            expect(&space, "a local search", found)
        })?;
    }
    Ok(true)
}

/// Key, loss and values of a trial.
type Row = (i64, f64, Vec<f64>);

/// Values that the prior draws, those that others may have written, and repetitions.
fn history(space: &Space, dice: &mut Rng) -> Vec<Row> {
    let length = match dice.below(64) {
        0 => 400,
        1 => 230,
        2..5 => 101,
        5..20 => 30,
        _ => dice.below(7),
    };
    let style = dice.below(4);
    let mut rows: Vec<Row> = Vec::new();
    for key in 0..i64::try_from(length).unwrap() {
        let seed = dice.next_u64();
        let mut values = random::assignment(space, seed, 0);
        for value in values.iter_mut().filter(|v| !v.is_nan()) {
            match (style, dice.below(8)) {
                (1, 0) => *value = number(dice),
                (1, 1) => *value = f64::INFINITY,
                (3, 0..4) => *value = value.next_up(),
                _ => {}
            }
        }
        if style == 2 && !rows.is_empty() && dice.below(8) > 0 {
            values.clone_from(&rows[index(rows.len(), dice)].2);
        }
        let loss = match dice.below(6) {
            0 => pick(
                &[f64::INFINITY, f64::NEG_INFINITY, f64::NAN, f64::MAX, -0.0],
                dice,
            ),
            1 => number(dice),
            _ => dice.uniform(),
        };
        rows.push((key, loss, values));
    }
    rows
}

/// Checks that active parameters, and no others, have values that their priors have.
fn expect(space: &Space, algorithm: &str, found: &[Vec<f64>]) -> Result<(), String> {
    for values in found {
        for (i, param) in space.params().iter().enumerate() {
            let value = values[i];
            let is_right = if space.active(i, values) {
                has(param, value)
            } else {
                value.is_nan()
            };
            if !is_right {
                return Err(format!("{algorithm}: {value:?} for {:?}", param.prior));
            }
        }
    }
    Ok(())
}

fn has(param: &Param, value: f64) -> bool {
    let numeric = match &param.prior {
        Prior::Categorical(_) => return param.prior.log_density(value) > f64::NEG_INFINITY,
        Prior::Numeric(numeric) => numeric,
    };
    if !value.is_finite() || (numeric.log && value < 0.0) {
        return false;
    }
    let Support::Bounded { low, high } = numeric.support else {
        return true;
    };
    let half = 0.5 * numeric.q.unwrap_or(0.0);
    let natural = |z: f64| if numeric.log { z.exp() } else { z };
    let (low, high) = (natural(low) - half, natural(high) + half);
    let rounding = match (numeric.log, numeric.q) {
        (false, None) => 0.0,
        (true, None) => 4.0 * f64::EPSILON,
        _ => 1e-12,
    };
    let slack = rounding * low.abs().max(high.abs()) + f64::MIN_POSITIVE;
    (low - slack..=high + slack).contains(&value)
}
