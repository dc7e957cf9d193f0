//! What the algorithms that learn from trials have in common.

use crate::error::Result;
use crate::interrupt::Checkpoint;
use crate::space::Space;

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

/// An algorithm that is told of trials and suggests new ones.
///
/// Trials have an integer key, a loss (infinite while pending or when failed) and a value for each parameter of the
/// space, NaN where it is not active. Suggestions are a function of the trials, the request and the options, whatever
/// the order in which the algorithm was told of them.
pub trait Algorithm {
    /// What can be set.
    type Options;

    /// The space.
    fn space(&self) -> &Space;

    /// Adds a trial, or replaces it.
    fn upsert(&mut self, key: i64, loss: f64, values: &[f64]);

    /// Withdraws a trial, if it is known.
    fn remove(&mut self, key: i64);

    /// Adds a pending trial that counts until [`settle_provisional`](Self::settle_provisional), unless the key is known.
    fn propose(&mut self, key: i64, values: &[f64]);

    /// Withdraws the proposed trials that have not been upserted since.
    fn settle_provisional(&mut self);

    /// One assignment for each of the new keys: natural values by parameter, NaN where not active.
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
    ) -> Result<Vec<Vec<f64>>>;
}
