//! Suggestions: one by one, or a batch by pieces.

use super::batch;
use super::options::Options;
use crate::algorithm::{Algorithm, Request};
use crate::error::{Result, require};
use crate::interrupt::Checkpoint;
use crate::random;
use crate::rng::stream;
use crate::space::Space;
use crate::tpe::column::{self, Scratch};
use crate::tpe::history::History;

/// One assignment for each of the new keys.
///
/// `first` numbers the first of them within the batch that `seed` names. The earlier assignments are pending while the later ones are made: they become
/// provisional rows of the history (see [`History::settle_provisional`]).
///
/// # Errors
/// When an option is out of range, or the prior has no weight and there is nothing to learn from.
pub fn suggest(
    history: &mut History,
    keys: &[i64],
    seed: u64,
    first: u64,
    options: &Options,
) -> Result<Vec<Vec<f64>>> {
    let request = Request { keys, seed, first };
    Algorithm::suggest(history, &request, options, Checkpoint::never())
}

/// As [`suggest`], but hands the assignments over piece by piece, in order.
///
/// `finished` is called on this thread: it can do something with finished assignments while other threads
/// make the next ones.
///
/// # Errors
/// As [`suggest`], and when it was interrupted: then the history has no provisional rows.
pub fn suggest_by_pieces(
    history: &mut History,
    keys: &[i64],
    seed: u64,
    first: u64,
    options: &Options,
    checkpoint: Checkpoint<'_>,
    mut finished: impl FnMut(&[Vec<f64>]),
) -> Result<()> {
    options.check()?;
    if keys.len() > 1 && history.len() >= options.startup {
        history.split_until(options.gamma, checkpoint)?;
        if options.prior_weight > 0.0
            && let Some(ahead) = history.propose_ahead(keys, options.gamma)
        {
            let name = (seed, first);
            let made = batch::assignments(history, &ahead, name, options, checkpoint, finished);
            if made.is_err() {
                history.start_over();
            }
            return made;
        }
    }
    let assignments = one_after_the_other(history, keys, (seed, first), options, checkpoint);
    finished(&assignments?);
    Ok(())
}

/// The definition of a batch: each assignment is pending while the later ones are made.
///
/// # Errors
/// As [`suggest`].
pub fn one_by_one(
    history: &mut History,
    keys: &[i64],
    seed: u64,
    first: u64,
    options: &Options,
) -> Result<Vec<Vec<f64>>> {
    one_after_the_other(history, keys, (seed, first), options, Checkpoint::never())
}

fn one_after_the_other(
    history: &mut History,
    keys: &[i64],
    (seed, first): (u64, u64),
    options: &Options,
    checkpoint: Checkpoint<'_>,
) -> Result<Vec<Vec<f64>>> {
    let mut scratch = Scratch::default();
    let mut out = Vec::with_capacity(keys.len());
    for (index, key) in (first..).zip(keys) {
        checkpoint.pass()?;
        let values = if history.len() < options.startup {
            random::assignment(history.space(), seed, index)
        } else {
            let name = (seed, index);
            assignment(history, name, options, checkpoint, &mut scratch)?
        };
        if out.len() + 1 < keys.len() {
            history.propose(*key, &values);
        }
        out.push(values);
    }
    Ok(out)
}

fn assignment(
    history: &mut History,
    (seed, index): (u64, u64),
    options: &Options,
    checkpoint: Checkpoint<'_>,
    scratch: &mut Scratch,
) -> Result<Vec<f64>> {
    history.split_until(options.gamma, checkpoint)?;
    let per_column = column::Options {
        prior_weight: options.prior_weight,
        candidates: options.candidates,
    };
    let goes_on = || checkpoint.pass().is_ok();
    let (space, columns) = history.space_and_columns();
    let mut values = vec![f64::NAN; space.len()];
    for &i in space.order() {
        if !space.active(i, &values) {
            continue;
        }
        require(
            options.prior_weight > 0.0 || !columns[i].has_no_good(),
            "prior_weight",
            0,
            "must be positive while a parameter has no observation among the good trials",
        )?;
        let mut rng = stream(seed, index, i as u64);
        values[i] = columns[i].propose(&mut rng, &per_column, &goes_on, scratch);
        checkpoint.pass()?;
    }
    Ok(values)
}

impl Algorithm for History {
    type Options = Options;

    fn space(&self) -> &Space {
        self.space()
    }

    fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        self.upsert(key, loss, values);
    }

    fn remove(&mut self, key: i64) {
        self.remove(key);
    }

    fn propose(&mut self, key: i64, values: &[f64]) {
        self.propose(key, values);
    }

    fn settle_provisional(&mut self) {
        self.settle_provisional();
    }

    fn suggest(
        &mut self,
        request: &Request<'_>,
        options: &Options,
        checkpoint: Checkpoint<'_>,
    ) -> Result<Vec<Vec<f64>>> {
        let Request { keys, seed, first } = *request;
        let mut out = Vec::with_capacity(keys.len());
        let finished = |piece: &[Vec<f64>]| out.extend_from_slice(piece);
        suggest_by_pieces(self, keys, seed, first, options, checkpoint, finished)?;
        Ok(out)
    }
}
