//! Batches, one parameter after the other instead of one suggestion after the other.
//!
//! Parameters are modelled independently: what the Tree-structured Parzen Estimator proposes for one
//! depends on the others only through which of them are active, which their parents decide. So a
//! column can make its part of many suggestions at once, while its state is at hand in the cache, and
//! columns whose parents are decided can do so on several threads. The result is that of
//! [`one_by_one`](crate::algorithm::one_by_one), to the bit.

use super::history::History;
use super::options::Options;
use super::split::PendingRows;
use crate::algorithm::StreamName;
use crate::error::{Error, Result};
use crate::interrupt::Checkpoint;
use crate::rng::stream;
use crate::space::Space;
use crate::tpe::column::{self, Column, GoesOn, Scratch};
use std::num::NonZero;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Proposals (suggestions times parameters) for which another thread pays.
const PER_THREAD: usize = 500;
/// More threads than this are not started.
const MOST_THREADS: usize = 8;
/// Suggestions that are finished together.
const PIECE: usize = 128;

/// Makes the assignments that fill the rows of `pending`, and hands them over piece by piece, in order.
///
/// `finished` is called on this thread, while other threads work on the next piece. `seed` and the number
/// of the first assignment name the random streams.
///
/// # Errors
/// When it was interrupted; then the columns are in no state to go on with.
pub fn assignments(
    history: &mut History,
    pending: &PendingRows,
    (seed, first): StreamName,
    options: &Options,
    checkpoint: Checkpoint<'_>,
    mut finished: impl FnMut(&[Vec<f64>]),
) -> Result<()> {
    let (space, columns) = history.space_and_columns();
    let count = pending.changes.len();
    let levels = levels(space);
    let mut values = vec![vec![f64::NAN; space.len()]; count];
    let mut done = 0..0;
    while done.end < count {
        let piece = done.end..count.min(done.end + PIECE);
        for (at, level) in levels.iter().enumerate() {
            let of_level = columns.iter_mut().enumerate();
            let of_level = of_level.filter(|(i, _)| level.contains(i)).collect();
            let work =
                |(i, column): (usize, &mut Column), goes_on: &GoesOn, scratch: &mut Scratch| {
                    let active = |row: &Vec<f64>| space.active(i, row);
                    let part = Part {
                        pending,
                        rows: piece.clone(),
                        seed,
                        first,
                        param: i,
                    };
                    (
                        i,
                        part.propose(column, &values, active, options, goes_on, scratch),
                    )
                };
            let meanwhile = || {
                if at == 0 && !done.is_empty() {
                    finished(&values[done.clone()]);
                }
            };
            for (i, chosen) in spread(of_level, piece.len(), checkpoint, work, meanwhile)? {
                for (row, value) in values[piece.clone()].iter_mut().zip(chosen) {
                    row[i] = value;
                }
            }
        }
        done = piece;
    }
    finished(&values[done]);
    history.fill(pending, &values);
    Ok(())
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

/// One column's part of a piece.
struct Part<'a> {
    pending: &'a PendingRows,
    rows: Range<usize>,
    seed: u64,
    first: u64,
    param: usize,
}

impl Part<'_> {
    /// A value for each of the rows that are `active`, as the `values` of parents decide; NaN for others.
    fn propose(
        &self,
        column: &mut Column,
        values: &[Vec<f64>],
        active: impl Fn(&Vec<f64>) -> bool,
        options: &Options,
        goes_on: &GoesOn,
        scratch: &mut Scratch,
    ) -> Vec<f64> {
        let per_column = column::Options {
            prior_weight: options.prior_weight,
            candidates: options.candidates,
        };
        let last = self.pending.changes.len() - 1;
        let step = |at: usize| {
            self.pending.changes[at].apply(column, |_| false);
            if !active(&values[at]) {
                return f64::NAN;
            }
            let mut rng = stream(self.seed, self.first + at as u64, self.param as u64);
            let value = column.propose(&mut rng, &per_column, goes_on, scratch);
            if at < last {
                #[allow(clippy::cast_possible_truncation)] // rows are counted in u32
                column.push(self.pending.first + at as u32, value);
            }
            value
        };
        self.rows
            .clone()
            .take_while(|_| goes_on())
            .map(step)
            .collect()
    }
}

/// How often this thread looks at the checkpoint while it waits for others.
const WAITING: Duration = Duration::from_millis(50);

/// Does the work on as many threads as pay for themselves, and something else on this one meanwhile.
///
/// Only this thread looks at the checkpoint; the others look at what it has found.
fn spread<'a, T: Send>(
    columns: Vec<(usize, &'a mut Column)>,
    suggestions: usize,
    checkpoint: Checkpoint<'_>,
    work: impl Fn((usize, &'a mut Column), &GoesOn, &mut Scratch) -> T + Sync,
    meanwhile: impl FnOnce(),
) -> Result<Vec<T>> {
    let available = std::thread::available_parallelism().map_or(1, NonZero::get);
    let pays = (columns.len() * suggestions).div_ceil(PER_THREAD);
    let threads = available
        .min(MOST_THREADS)
        .min(pays)
        .min(columns.len())
        .max(1);
    let waiting: Vec<_> = columns.into_iter().map(|c| Mutex::new(Some(c))).collect();
    // Every thread begins with columns of its own, the same for every piece, then helps the others out.
    // They are dealt out like cards: neighbours are often of one kind and cost the same.
    let run = |thread: usize, goes_on: &GoesOn| -> Vec<T> {
        let mut scratch = Scratch::default();
        let (own, others): (Vec<_>, Vec<_>) =
            (0..waiting.len()).partition(|at| at % threads == thread);
        let in_turn = own.into_iter().chain(others.into_iter().rev());
        let take = |at: usize| {
            let mut place = waiting[at].lock().unwrap_or_else(PoisonError::into_inner);
            place.take()
        };
        in_turn
            .filter_map(take)
            .take_while(|_| goes_on())
            .map(|one| work(one, goes_on, &mut scratch))
            .collect()
    };
    let is_over = AtomicBool::new(false);
    let look = || {
        if checkpoint.pass().is_err() {
            is_over.store(true, Ordering::Relaxed);
        }
        !is_over.load(Ordering::Relaxed)
    };
    let out = std::thread::scope(|scope| {
        let (run, is_over) = (&run, &is_over);
        let (ready, found) = std::sync::mpsc::channel();
        let others: Vec<_> = (1..threads)
            .map(|thread| {
                let ready = ready.clone();
                scope.spawn(move || {
                    let part = run(thread, &|| !is_over.load(Ordering::Relaxed));
                    // Nobody listens any more if this thread panicked.
                    let _ = ready.send(part);
                })
            })
            .collect();
        drop(ready);
        meanwhile();
        let mut out = run(0, &look);
        loop {
            match found.recv_timeout(WAITING) {
                Ok(part) => out.extend(part),
                Err(RecvTimeoutError::Timeout) => drop(look()),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        for other in others {
            if let Err(panic) = other.join() {
                std::panic::resume_unwind(panic);
            }
        }
        out
    });
    if is_over.into_inner() {
        return Err(Error::Interrupted);
    }
    Ok(out)
}
