//! The history that is kept up to date equals one that is worked out from scratch.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_possible_wrap
)]
#![allow(clippy::cast_precision_loss, missing_docs)]

use parzen::algorithm::{Learner, Request, one_by_one, suggest};
use parzen::interrupt::Checkpoint;
use parzen::numerics::special::{log_diff_cdf, log_sum_exp};
use parzen::prior::Prior;
use parzen::reference::{CategoricalPosterior, NumericPosterior};
use parzen::rng::{Rng, stream};
use parzen::space::{Param, Space};
use parzen::tpe::column::Options;
use parzen::tpe::history::History;
use parzen::{random, tpe};
use proptest::prelude::*;
use std::collections::BTreeMap;

type Row = (f64, Vec<f64>);

fn prior(family: &str, args: &[f64]) -> Prior {
    Prior::from_family("x", family, args).unwrap()
}

/// One parameter of every kind, among them some that only half of the trials have.
fn priors() -> Vec<Prior> {
    vec![
        prior("uniform", &[-5.0, 5.0]),
        prior("loguniform", &[-7.0, 1.0]),
        prior("normal", &[0.3, 2.0]),
        prior("lognormal", &[0.0, 1.0]),
        prior("quniform", &[0.0, 11.0, 3.0]),
        prior("quniform", &[-3.0, 400.0, 0.5]),
        prior("qloguniform", &[-2.0, 6.0, 1.0]),
        prior("qnormal", &[0.0, 5.0, 0.25]),
        prior("qlognormal", &[1.0, 1.0, 0.5]),
        prior("randint", &[-2.0, 5.0]),
        prior("categorical", &[0.5, 0.3, 0.0, 0.2]),
        prior("quniform", &[0.3, 40.2, 0.7]),
        prior("quniform", &[2000.0, 2090.0, 1.0]),
    ]
}

fn space(priors: &[Prior]) -> Space {
    let params = priors.iter().enumerate().map(|(i, prior)| Param {
        label: format!("p{i:02}"),
        prior: prior.clone(),
        conditions: None,
    });
    Space::new(params.collect()).unwrap()
}

/// The good keys by the definition: sort by loss, then key.
fn good_keys(rows: &BTreeMap<i64, Row>, gamma: f64) -> Vec<i64> {
    let mut keys: Vec<i64> = rows.keys().copied().collect();
    keys.sort_by(|a, b| rows[a].0.total_cmp(&rows[b].0).then(a.cmp(b)));
    keys.truncate(((gamma * (rows.len() as f64).sqrt()).ceil() as usize).min(25));
    keys.sort_unstable();
    keys
}

/// Log-densities from scratch, up to a constant.
fn log_density(prior: &Prior, observations: &[f64], weight: f64, xs: &[f64]) -> Vec<f64> {
    match prior {
        Prior::Numeric(n) => {
            let posterior = NumericPosterior::new(n, observations, weight).unwrap();
            if n.q.is_none() {
                return posterior.log_density(xs);
            }
            // The posterior's own cells are upstream's, which are noise in the lower tail.
            let mixture = &posterior.mixture;
            let log_mass = |x: &f64| {
                let (low, high) = n.cell(*x);
                let parts = mixture
                    .weights()
                    .iter()
                    .zip(mixture.centres())
                    .zip(mixture.scales());
                let terms: Vec<f64> = parts
                    .map(|((w, c), s)| w.ln() + log_diff_cdf((low - c) / s, (high - c) / s))
                    .collect();
                log_sum_exp(&terms)
            };
            xs.iter().map(log_mass).collect()
        }
        Prior::Categorical(c) => {
            let observations: Vec<i64> = observations.iter().map(|x| *x as i64).collect();
            let posterior = CategoricalPosterior::new(c, &observations, weight, 25).unwrap();
            xs.iter()
                .map(|x| posterior.log_density(*x as i64))
                .collect()
        }
    }
}

/// Keys and losses, by key.
fn listed(history: &History) -> Vec<(i64, f64)> {
    let rows = history.rows();
    rows.live()
        .map(|row| (rows.key(row), rows.loss(row)))
        .collect()
}

fn compare(
    history: &mut History,
    rows: &BTreeMap<i64, Row>,
    gamma: f64,
    weight: f64,
    rng: &mut Rng,
) {
    let good = good_keys(rows, gamma);
    assert_eq!(history.good_keys(gamma), good);
    let listed = listed(history);
    assert_eq!(
        listed,
        rows.iter().map(|(k, r)| (*k, r.0)).collect::<Vec<_>>()
    );
    let priors: Vec<Prior> = history
        .space()
        .params()
        .iter()
        .map(|p| p.prior.clone())
        .collect();
    for (i, prior) in priors.iter().enumerate() {
        let (mut below, mut above) = (Vec::new(), Vec::new());
        for (key, row) in rows {
            let value = row.1[i];
            if !value.is_nan() {
                let is_good = good.binary_search(key).is_ok();
                if is_good { &mut below } else { &mut above }.push(value);
            }
        }
        let column = history.column(i);
        assert_eq!(column.groups(), (below.clone(), above.clone()), "{prior:?}");
        let mut xs = candidates(prior, &below, rng);
        let l = log_density(prior, &below, weight, &xs);
        let mut finite = l.iter().map(|l| l.is_finite());
        xs.retain(|_| finite.next().unwrap());
        if xs.is_empty() {
            continue;
        }
        let options = Options {
            prior_weight: weight,
            candidates: 1,
        };
        let got: Vec<f64> = column
            .ratios(&xs, &options)
            .iter()
            .map(|r| r.ln())
            .collect();
        let l = log_density(prior, &below, weight, &xs);
        let g = log_density(prior, &above, weight, &xs);
        let want: Vec<f64> = l.iter().zip(&g).map(|(l, g)| l - g).collect();
        for j in 1..xs.len() {
            let (a, b) = (got[j] - got[0], want[j] - want[0]);
            assert!(
                (a - b).abs() <= 1e-10 * (1.0 + l[j].abs() + g[j].abs() + l[0].abs() + g[0].abs())
                    || got[j].is_infinite() && want[j] > 700.0,
                "{prior:?} n={} x={} {a} {b} (l {} g {})",
                rows.len(),
                xs[j],
                l[j],
                g[j]
            );
        }
    }
}

/// Points from the prior, and points near the good group.
fn candidates(prior: &Prior, below: &[f64], rng: &mut Rng) -> Vec<f64> {
    let mut xs: Vec<f64> = (0..6).map(|_| prior.sample(rng)).collect();
    if let Prior::Numeric(n) = prior {
        let spread = [0.3, 0.02, 1e-4];
        xs.extend(
            below
                .iter()
                .take(8)
                .zip(spread.iter().cycle())
                .map(|(b, s)| {
                    let z = n.to_model(*b) + s * n.scale() * rng.normal();
                    let z = n.truncation().map_or(z, |(low, high)| z.clamp(low, high));
                    n.from_model(z)
                }),
        );
    }
    if let Prior::Numeric(n) = prior
        && let Some(q) = n.q
    {
        // Where a cell is narrower than doubles are dense, its mass is noise in either way.
        xs.retain(|x| x.abs() < 1e5 * q);
    }
    xs
}

fn values(priors: &[Prior], rng: &mut Rng, style: u64, step: i64) -> Vec<f64> {
    let draw = |(i, prior): (usize, &Prior)| {
        if i % 4 == 3 && rng.uniform() < 0.5 {
            return f64::NAN;
        }
        let Prior::Numeric(n) = prior else {
            return prior.sample(rng);
        };
        match style {
            // A search that closes in.
            1 => {
                let width = n.scale() / (1.0 + 0.02 * step as f64);
                let z = n.centre() + 0.3 * n.scale() + width * 0.3 * rng.normal();
                n.from_model(n.truncation().map_or(z, |(l, h)| z.clamp(l, h)))
            }
            // Everything at one point.
            2 => n.from_model(n.centre() + 0.11 * n.scale()),
            // Far outliers, beyond any bounds.
            3 if rng.uniform() < 0.2 => n.from_model(n.centre() + 40.0 * n.scale() * rng.normal()),
            _ => prior.sample(rng),
        }
    };
    priors.iter().enumerate().map(draw).collect()
}

fn run(seed: u64, steps: i64, style: u64, improving: bool, gamma: f64, weight: f64) {
    let mut rng = stream(seed, style, 0);
    let priors = priors();
    let mut history = History::new(space(&priors));
    let mut rows: BTreeMap<i64, Row> = BTreeMap::new();
    for step in 0..steps {
        let mut loss = if improving {
            -(step as f64)
        } else {
            (rng.uniform() * 50.0).floor()
        };
        if rng.uniform() < 0.1 {
            loss = f64::INFINITY;
        }
        let row = (loss, values(&priors, &mut rng, style, step));
        history.upsert(step, row.0, &row.1);
        rows.insert(step, row);
        if rng.uniform() < 0.2 {
            // An earlier trial finishes, or is judged anew.
            let key = rng.below(step as u64 + 1) as i64;
            if let Some(row) = rows.get_mut(&key) {
                row.0 = (rng.uniform() * 50.0).floor();
                history.upsert(key, row.0, &row.1);
            }
        }
        if rng.uniform() < 0.03 {
            let key = rng.below(step as u64 + 1) as i64;
            let gone = rows.remove(&key);
            history.remove(key);
            if let Some(row) = gone.filter(|_| rng.uniform() < 0.5) {
                history.good_keys(gamma);
                history.upsert(key, row.0, &row.1);
                rows.insert(key, row);
            }
        }
        if rng.uniform() < 0.3 {
            history.split(gamma);
        }
        if rng.uniform() < 0.01 {
            // A batch is suggested, and nobody wants it.
            let count = if rng.uniform() < 0.5 { 3 } else { 150 };
            for key in steps..steps + count {
                history.propose(key, &values(&priors, &mut rng, style, step));
            }
            if rng.uniform() < 0.5 {
                history.split(gamma);
            }
            history.settle_provisional();
        }
        if step % 97 == 60 || step + 1 == steps {
            compare(&mut history, &rows, gamma, weight, &mut rng);
        }
    }
    // A trial that comes late, with a key between others, and one that changes its values.
    let row = (-1e3, values(&priors, &mut rng, 0, 0));
    let key = steps / 2;
    history.upsert(key, row.0, &row.1);
    rows.insert(key, row);
    compare(&mut history, &rows, gamma, weight, &mut rng);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn the_fast_history_equals_the_naive_one(
        seed in any::<u64>(), steps in 1..700i64, style in 0..4u64, improving in any::<bool>(),
        gamma in prop::sample::select(vec![0.25, 1.0, 3.0]),
        weight in prop::sample::select(vec![1.0, 0.3]),
    ) {
        run(seed, steps, style, improving, gamma, weight);
    }
}

#[test]
fn a_longer_study_equals_the_naive_one() {
    run(1, 1300, 1, false, 0.25, 1.0);
    run(2, 1100, 0, true, 0.25, 1.0);
    run(3, 900, 3, false, 0.25, 1.0);
}

#[test]
#[ignore = "the long form: make test-long"]
fn a_long_study_equals_the_naive_one() {
    run(1, 4000, 1, false, 0.25, 1.0);
    run(2, 4000, 0, true, 0.25, 1.0);
    run(3, 2000, 3, false, 0.25, 1.0);
}

#[test]
fn a_batch_equals_one_suggestion_after_the_other() {
    let mut params: Vec<Param> = space(&priors()).params().to_vec();
    for (i, low) in [(9_usize, -2_i64), (10, 0)] {
        // Branches of the two discrete parameters, and one inside such a branch.
        params.push(Param {
            label: format!("child of {i}"),
            prior: prior("randint", &[0.0, 3.0]),
            conditions: Some(vec![vec![(i, low)], vec![(i, low + 1)]]),
        });
        params.push(Param {
            label: format!("grandchild of {i}"),
            prior: prior("normal", &[0.0, 1.0]),
            conditions: Some(vec![vec![(params.len() - 1, 1)]]),
        });
    }
    let space = Space::new(params).unwrap();
    let options = tpe::Options::default();
    for (n, gamma) in [(15_i64, 0.25), (60, 0.25), (400, 3.0)] {
        let options = tpe::Options { gamma, ..options };
        let mut history = History::new(space.clone());
        let mut rng = stream(5, 0, 0);
        for key in 0..n {
            let values = random::assignment(&space, 3, key as u64);
            let loss = if rng.uniform() < 0.2 {
                f64::INFINITY
            } else {
                rng.uniform()
            };
            history.upsert(key, loss, &values);
        }
        let keys: Vec<i64> = (n..n + 300).collect(); // several pieces
        let mut twin = history.clone();
        let got = suggest(&mut history, &keys, 11, 0, &options).unwrap();
        let request = Request {
            keys: &keys,
            seed: 11,
            first: 0,
        };
        let want = one_by_one(&mut twin, &request, &options, Checkpoint::never()).unwrap();
        let bits = |rows: &[Vec<f64>]| -> Vec<u64> {
            rows.iter().flatten().map(|v| v.to_bits()).collect()
        };
        assert_eq!(bits(&got), bits(&want));
        assert_eq!(listed(&history), listed(&twin));
        let got = suggest(&mut history, &[1000], 12, 0, &options).unwrap();
        let want = suggest(&mut twin, &[1000], 12, 0, &options).unwrap();
        assert_eq!(bits(&got), bits(&want));
    }
}
