//! What the algorithms that learn from trials have in common.

use crate::error::Result;
use crate::interrupt::Checkpoint;
use crate::space::Space;

/// What is told of the trials of a study.
///
/// Trials have an integer key, a loss (infinite while pending or when failed) and a value for each parameter of the
/// space, NaN where it is not active. What is made of them does not depend on the order in which they are told.
pub trait Learner {
    /// The space.
    fn space(&self) -> &Space;

    /// Adds a trial, or replaces it. Values that a parameter cannot have count as not active.
    ///
    /// # Panics
    /// When `values` does not have one entry per parameter.
    fn upsert(&mut self, key: i64, loss: f64, values: &[f64]);

    /// Withdraws a trial, if it is known.
    fn remove(&mut self, key: i64);

    /// Adds a pending trial that counts until [`settle_provisional`](Self::settle_provisional), unless the key is known.
    ///
    /// # Panics
    /// As [`upsert`](Self::upsert).
    fn propose(&mut self, key: i64, values: &[f64]);

    /// Withdraws the proposed trials that have not been upserted since.
    fn settle_provisional(&mut self);
}

/// What is asked for: an assignment for each of some new keys.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The keys.
    pub keys: &'a [i64],
    /// Names the batch, and so the random streams.
    pub seed: u64,
    /// The number of the first key within the batch.
    pub first: u64,
}

/// Names the random streams of one assignment: the seed of a batch, and a number within it.
pub type StreamName = (u64, u64);

/// A learner that suggests new trials.
///
/// Assignments are natural values by parameter, NaN where not active. They are a function of the trials, the request
/// and the options.
pub trait Algorithm: Learner {
    /// What can be set.
    type Options;

    /// # Errors
    /// When an option is out of its range; the message names the option, the value and the range.
    fn check(options: &Self::Options) -> Result<()>;

    /// An assignment for one new key. The options have been checked.
    ///
    /// # Errors
    /// When the options do not go with the trials, and when it was interrupted.
    fn assignment(
        &mut self,
        key: i64,
        name: StreamName,
        options: &Self::Options,
        checkpoint: Checkpoint<'_>,
    ) -> Result<Vec<f64>>;

    /// One assignment for each of the new keys.
    ///
    /// The earlier assignments are pending while the later ones are made: they are proposed.
    ///
    /// # Errors
    /// When an option is out of range, and when it was interrupted.
    fn suggest(
        &mut self,
        request: &Request<'_>,
        options: &Self::Options,
        checkpoint: Checkpoint<'_>,
    ) -> Result<Vec<Vec<f64>>> {
        let mut out = Vec::with_capacity(request.keys.len());
        let collect = |piece: &[Vec<f64>]| out.extend_from_slice(piece);
        self.suggest_by_pieces(request, options, checkpoint, collect)?;
        Ok(out)
    }

    /// As [`suggest`](Self::suggest), but hands the assignments over piece by piece, in order.
    ///
    /// `finished` is called on this thread: it can do something with finished assignments while other threads make the
    /// next ones.
    ///
    /// # Errors
    /// As [`suggest`](Self::suggest).
    fn suggest_by_pieces(
        &mut self,
        request: &Request<'_>,
        options: &Self::Options,
        checkpoint: Checkpoint<'_>,
        mut finished: impl FnMut(&[Vec<f64>]),
    ) -> Result<()> {
        Self::check(options)?;
        finished(&one_by_one(self, request, options, checkpoint)?);
        Ok(())
    }
}

/// The definition of a batch: each assignment is pending while the later ones are made.
///
/// # Errors
/// As [`Algorithm::assignment`].
pub fn one_by_one<A: Algorithm + ?Sized>(
    algorithm: &mut A,
    request: &Request<'_>,
    options: &A::Options,
    checkpoint: Checkpoint<'_>,
) -> Result<Vec<Vec<f64>>> {
    let Request { keys, seed, first } = *request;
    let mut out = Vec::with_capacity(keys.len());
    for (index, key) in (first..).zip(keys) {
        checkpoint.pass()?;
        let values = algorithm.assignment(*key, (seed, index), options, checkpoint)?;
        if out.len() + 1 < keys.len() {
            algorithm.propose(*key, &values);
        }
        out.push(values);
    }
    Ok(out)
}

/// [`Algorithm::suggest`] for these keys, to the end.
///
/// # Errors
/// When an option is out of range.
pub fn suggest<A: Algorithm>(
    algorithm: &mut A,
    keys: &[i64],
    seed: u64,
    first: u64,
    options: &A::Options,
) -> Result<Vec<Vec<f64>>> {
    algorithm.suggest(&Request { keys, seed, first }, options, Checkpoint::never())
}
