//! What each algorithm suggests after a history.

use super::{Row, pick};
use parzen::algorithm::{Learner, suggest};
use parzen::rng::Rng;
use parzen::space::Space;
use parzen::tpe::column;
use parzen::tpe::history::History;
use parzen::{anneal, gp, joint, tpe};
use std::collections::BTreeSet;

/// So many trials are made one after the other when a search goes on.
const ROUNDS: i64 = 24;

pub fn by_tpe(
    space: &Space,
    rows: &[Row],
    keys: &[i64],
    seed: u64,
) -> Result<Vec<Vec<f64>>, String> {
    let mut history = History::new(space.clone());
    for (key, loss, values) in rows {
        history.upsert(*key, *loss, values);
    }
    let options = tpe::Options {
        startup: 3,
        ..tpe::Options::default()
    };
    let found = suggest(&mut history, keys, seed, 0, &options).map_err(|e| e.to_string())?;
    history.settle_provisional();
    let per_column = column::Options {
        prior_weight: 1.0,
        candidates: 1,
    };
    history.split(options.gamma);
    for (i, value) in found[0].iter().enumerate().filter(|(_, v)| !v.is_nan()) {
        let ratios = history.column(i).ratios(&[*value], &per_column);
        if ratios.iter().any(|r| r.is_nan()) {
            return Err(format!("tpe: the ratio at {value:?} is NaN"));
        }
    }
    Ok(found)
}

pub fn by_joint(
    space: &Space,
    rows: &[Row],
    keys: &[i64],
    seed: u64,
    dice: &mut Rng,
) -> Result<Vec<Vec<f64>>, String> {
    let mut model = model(space, rows, dice);
    let options = joint::Options {
        startup: if dice.below(3) == 0 { 10 } else { 0 },
        epsilon: if dice.below(2) == 0 { 0.0 } else { 0.1 },
        ..joint::Options::default()
    };
    suggest(&mut model, keys, seed, 0, &options).map_err(|e| e.to_string())
}

pub fn by_annealing(
    space: &Space,
    rows: &[Row],
    keys: &[i64],
    seed: u64,
) -> Result<Vec<Vec<f64>>, String> {
    let mut annealer = anneal::Annealer::new(space.clone());
    for (key, loss, values) in rows {
        annealer.upsert(*key, *loss, values);
    }
    let options = anneal::Options::default();
    suggest(&mut annealer, keys, seed, 0, &options).map_err(|e| e.to_string())
}

pub fn by_process(
    space: &Space,
    rows: &[Row],
    keys: &[i64],
    seed: u64,
    dice: &mut Rng,
) -> Result<Vec<Vec<f64>>, String> {
    let mut model = model(space, rows, dice);
    let failed: BTreeSet<i64> = rows
        .iter()
        .map(|row| row.0)
        .filter(|k| k % 7 == 5)
        .collect();
    let options = gp::Options {
        startup: 0,
        ..gp::Options::default()
    };
    let mut cache = gp::Cache::default();
    let mut process = gp::Process::new(&mut model, failed, &mut cache);
    suggest(&mut process, keys, seed, 0, &options).map_err(|e| e.to_string())
}

/// Goes on with a search for some rounds, mostly by local searches, and has each suggestion examined.
pub fn search_on(
    space: &Space,
    rows: &[Row],
    dice: &mut Rng,
    examine: impl Fn(&[Vec<f64>]) -> Result<(), String>,
) -> Result<(), String> {
    let mut model = model(space, rows, dice);
    let options = joint::Options {
        startup: 0,
        evolve_after: 3,
        evolve_share: 1.0,
        evolve_step: pick(&[1e-6, 0.05, 1.0], dice),
        ..joint::Options::default()
    };
    let style = dice.below(3);
    for round in 0..ROUNDS {
        let (key, seed) = (200_000 + round, dice.next_u64());
        let found = suggest(&mut model, &[key], seed, 0, &options);
        let found = found.map_err(|e| e.to_string())?;
        examine(&found)?;
        model.settle_provisional();
        let loss = match (style, dice.below(8)) {
            (_, 0) => f64::INFINITY,
            (0, _) => -round as f64,
            (1, _) => -1.0,
            _ => dice.uniform(),
        };
        model.upsert(key, loss, &found[0]);
    }
    Ok(())
}

/// A model with a history; some parameters are the numbers of options.
fn model(space: &Space, rows: &[Row], dice: &mut Rng) -> joint::Model {
    let unordered: Vec<bool> = space.params().iter().map(|_| dice.below(4) == 0).collect();
    let mut model = joint::Model::new(space.clone(), &unordered);
    for (key, loss, values) in rows {
        model.upsert(*key, *loss, values);
    }
    model
}
