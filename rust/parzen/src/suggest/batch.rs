//! Batches, one parameter after the other instead of one suggestion after the other.
//!
//! Parameters are modelled independently: what the Tree-structured Parzen Estimator proposes for one
//! depends on the others only through which of them are active, which their parents decide. So a
//! column can make its part of all suggestions of a batch at once, while its state is at hand in the
//! cache, and columns whose parents are decided can do so on several threads. The result is that of
//! [`one_by_one`](super::tpe::one_by_one), to the bit.

use super::tpe::Options;
use crate::column::{self, Column, Scratch};
use crate::history::{Ahead, History};
use crate::rng::stream;
use crate::space::Space;
use std::num::NonZero;

/// Proposals (suggestions times parameters) for which another thread pays.
const PER_THREAD: usize = 500;
/// More threads than this are not started.
const MOST_THREADS: usize = 8;

/// The assignments that fill the rows of `ahead`.
pub fn assignments(
    history: &mut History,
    ahead: &Ahead,
    seed: u64,
    first: u64,
    options: &Options,
) -> Vec<Vec<f64>> {
    let (space, columns) = history.space_and_columns();
    let mut values = vec![vec![f64::NAN; space.len()]; ahead.changes.len()];
    let mut waiting: Vec<(usize, &mut Column)> = columns.iter_mut().enumerate().collect();
    for level in levels(space) {
        let (now, later) = waiting.into_iter().partition(|(i, _)| level.contains(i));
        waiting = later;
        let work = |(i, column): (usize, &mut Column), scratch: &mut Scratch| {
            let active = |row: &Vec<f64>| space.active(i, row);
            let chosen = propose(
                column, ahead, &values, active, seed, first, i, options, scratch,
            );
            (i, chosen)
        };
        for (i, chosen) in spread(now, ahead.changes.len(), work) {
            for (row, value) in values.iter_mut().zip(chosen) {
                row[i] = value;
            }
        }
    }
    values
}

/// Parameters by the length of the chain of parents above them.
fn levels(space: &Space) -> Vec<Vec<usize>> {
    let mut depth = vec![0; space.len()];
    for &i in space.order() {
        let conditions = space.params()[i].conditions.iter().flatten().flatten();
        depth[i] = conditions
            .map(|(parent, _)| depth[*parent] + 1)
            .max()
            .unwrap_or(0);
    }
    let deepest = depth.iter().max().map_or(0, |d| d + 1);
    let at = |level: usize| (0..space.len()).filter(|i| depth[*i] == level).collect();
    (0..deepest).map(at).collect()
}

/// One column's part of the batch.
#[allow(clippy::too_many_arguments)] // what one suggestion takes, and the batch
fn propose(
    column: &mut Column,
    ahead: &Ahead,
    values: &[Vec<f64>],
    active: impl Fn(&Vec<f64>) -> bool,
    seed: u64,
    first: u64,
    param: usize,
    options: &Options,
    scratch: &mut Scratch,
) -> Vec<f64> {
    let per_column = column::Options {
        prior_weight: options.prior_weight,
        candidates: options.candidates,
    };
    let last = ahead.changes.len() - 1;
    let steps = ahead.changes.iter().zip(values).zip(first..).enumerate();
    let step = |(at, ((change, row), index)): (usize, ((_, &Vec<f64>), u64))| {
        let change: &crate::history::SplitChange = change;
        change.apply(column, |_| false);
        if !active(row) {
            return f64::NAN;
        }
        let mut rng = stream(seed, index, param as u64);
        let value = column.propose(&mut rng, &per_column, scratch);
        if at < last {
            #[allow(clippy::cast_possible_truncation)] // rows are counted in u32
            column.push(ahead.first + at as u32, value);
        }
        value
    };
    steps.map(step).collect()
}

/// Does the work on as many threads as pay for themselves.
fn spread<'a, T: Send>(
    columns: Vec<(usize, &'a mut Column)>,
    suggestions: usize,
    work: impl Fn((usize, &'a mut Column), &mut Scratch) -> T + Sync,
) -> Vec<T> {
    let available = std::thread::available_parallelism().map_or(1, NonZero::get);
    let pays = (columns.len() * suggestions).div_ceil(PER_THREAD);
    let threads = available
        .min(MOST_THREADS)
        .min(pays)
        .min(columns.len())
        .max(1);
    let run = |part: Vec<(usize, &'a mut Column)>| -> Vec<T> {
        let mut scratch = Scratch::default();
        part.into_iter()
            .map(|one| work(one, &mut scratch))
            .collect()
    };
    if threads == 1 {
        return run(columns);
    }
    // Dealt out like cards: neighbours are often of one kind and cost the same.
    let mut hands: Vec<Vec<_>> = (0..threads).map(|_| Vec::new()).collect();
    for (at, one) in columns.into_iter().enumerate() {
        hands[at % threads].push(one);
    }
    let mine = hands.pop().unwrap_or_default();
    std::thread::scope(|scope| {
        let others: Vec<_> = hands
            .into_iter()
            .map(|hand| scope.spawn(|| run(hand)))
            .collect();
        let mut out = run(mine);
        for other in others {
            match other.join() {
                Ok(part) => out.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        out
    })
}
