//! A joint Tree-structured Parzen Estimator.
//!
//! hyperopt's own TPE models every parameter by itself, and so can't see that two parameters must
//! change together. This one models all parameters of a trial jointly. One suggestion:
//!
//! 0. **Start.** The first trials are random ones that keep their distance from each other ([`startup`]).
//! 1. **Split.** The good trials are the best `ceil(gamma n)` of those with a loss, at most
//!    `max_good`. All others, pending and failed ones included, are the rest.
//! 2. **Blocks.** Parameters that are active under the same conditions form a block. A block has two
//!    mixtures of product kernels ([`mixture`]): one over its good trials, weighted by rank, one over
//!    its rest, weighted by age; in a long study, over a [`sample`] of its rest. The density of a point is the
//!    product over the blocks on its path through the tree.
//! 3. **Candidates** are drawn from the good mixtures block by block, parents before children, so
//!    that every candidate is a complete point.
//! 4. **Choice.** The candidate whose density among the good exceeds that among the rest by the
//!    largest factor wins. In whole trees this decides about the branch and about what is in it at
//!    once. Now and then, with probability `epsilon`, the first candidate is taken instead, which
//!    keeps the search from staying where one lucky trial was. A point that was tried is not proposed
//!    again while there are others.
//! 5. **Refinement.** Once there are `evolve_after` trials with a loss, most suggestions come from local
//!    searches instead ([`evolution`]), which move the numbers of the best point and share the trials.
//!
//! | file | content |
//! |---|---|
//! | `axis/` | values of a prior to coordinates and back; the mass of a kernel |
//! | `mixture/` | product kernels that follow their members |
//! | `mixture/tree`, `mixture/bounds` | trials that are near each other; whether they can be felt at a point |
//! | `mixture/density` | the hot loop: log-densities at many points; `combinations`, where all parameters are options |
//! | `mixture/weights` | what a trial counts |
//! | `sample` | which trials of the rest are modelled |
//! | `block`, `model` | the trials of a block, and of the study |
//! | `seen` | points that were tried |
//! | `startup` | the first trials |
//! | `evolution` | local searches that refine what the model has found |
//!
//! References: Bergstra, Bardenet, Bengio and Kegl, "Algorithms for Hyper-Parameter Optimization",
//! NeurIPS 2011. Falkner, Klein and Hutter, "BOHB", ICML 2018 (product kernels). Watanabe,
//! "Tree-Structured Parzen Estimator: Understanding Its Algorithm Components and Their Roles for
//! Better Empirical Performance", 2023, arXiv 2304.11127 (an ablation of every ingredient).

// Counts of trials and of values are far below 2^53; coordinates are compared to find equal ones.
#![allow(clippy::cast_precision_loss, clippy::float_cmp)]

pub mod axis;
pub mod block;
mod evolution;
pub mod mixture;
pub mod model;
pub mod options;
mod sample;
pub mod seen;
pub mod startup;

pub use model::Model;
pub use options::Options;

use crate::algorithm::{Algorithm, Learner, StreamName};
use crate::error::Result;
use crate::interrupt::Checkpoint;
use crate::rng::{Rng, stream};
use block::Candidate;

/// So many candidates are drawn and scored at a time.
const PIECE: usize = 1024;

/// Rounds of candidates that are drawn when all of a round were tried before.
const ROUNDS: u64 = 4;

impl Algorithm for Model {
    type Options = Options;

    fn check(options: &Options) -> Result<()> {
        options.check()
    }

    fn assignment(
        &mut self,
        key: i64,
        name: StreamName,
        options: &Options,
        checkpoint: Checkpoint<'_>,
    ) -> Result<Vec<f64>> {
        if self.len() < options.startup {
            return first_trial(self, name, options, checkpoint);
        }
        if let Some(values) = self.evolve(key, name, options) {
            return Ok(values);
        }
        self.learn(options);
        best_candidate(self, name, options, checkpoint)
    }
}

fn first_trial(
    model: &Model,
    (seed, index): StreamName,
    options: &Options,
    checkpoint: Checkpoint<'_>,
) -> Result<Vec<f64>> {
    let (space, axes) = (model.space(), model.axes());
    let rows = model.trials().map(|(_, _, values)| values);
    let mut values = startup::assignment(space, axes, rows, (seed, index), options, checkpoint)?;
    if model.seen().contains(model.axes(), &values) {
        let mut rng = stream(seed, index, u64::MAX);
        values = unseen_near(model, &values, &mut rng).unwrap_or(values);
    }
    Ok(values)
}

fn best_candidate(
    model: &Model,
    (seed, index): StreamName,
    options: &Options,
    checkpoint: Checkpoint<'_>,
) -> Result<Vec<f64>> {
    let explores = stream(seed, index, u64::MAX - 1).uniform() < options.epsilon;
    let count = if explores { 1 } else { options.candidates };
    let mut best = Vec::new();
    for round in 0..ROUNDS {
        let name = (seed, index, round);
        let mut candidates = candidates(model, name, count, options, checkpoint)?;
        candidates.sort_by(|a, b| rounded(b.score).total_cmp(&rounded(a.score))); // stable: ties to the first
        for candidate in &candidates {
            let values = natural(model, candidate);
            if !model.seen().contains(model.axes(), &values) {
                return Ok(values);
            }
            if best.is_empty() {
                best = values;
            }
        }
    }
    let mut rng = stream(seed, index, u64::MAX);
    Ok(unseen_near(model, &best, &mut rng).unwrap_or(best))
}

/// To nine decimals: candidates that only the priors reach tie, and rounding shall not decide between them.
fn rounded(score: f64) -> f64 {
    (score * 1e9).round_ties_even()
}

fn unseen_near(model: &Model, values: &[f64], rng: &mut Rng) -> Option<Vec<f64>> {
    seen::first_unseen(model.space(), model.axes(), model.seen(), values, rng)
}

pub(crate) fn candidates(
    model: &Model,
    (seed, index, round): (u64, u64, u64),
    count: usize,
    options: &Options,
    checkpoint: Checkpoint<'_>,
) -> Result<Vec<Candidate>> {
    let n = model.space().len();
    let blank = Candidate {
        coordinates: vec![f64::NAN; n],
        score: 0.0,
    };
    let mut candidates = vec![blank; count];
    let mut values = vec![vec![f64::NAN; n]; count];
    for (number, block) in (0..).zip(model.blocks()) {
        let first = block.params()[0];
        let named: Vec<usize> = (0..values.len())
            .filter(|c| model.space().active(first, &values[*c]))
            .collect();
        if named.is_empty() {
            continue;
        }
        let mut rng = stream(seed, index, number * ROUNDS + round);
        for named in named.chunks(PIECE) {
            checkpoint.pass()?;
            block.propose(model.axes(), options, &mut rng, named, &mut candidates);
        }
        for candidate in named {
            for param in block
                .params()
                .iter()
                .filter(|p| model.space().params()[**p].prior.is_discrete())
            {
                let coordinate = candidates[candidate].coordinates[*param];
                values[candidate][*param] = model.axes()[*param].value(coordinate);
            }
        }
    }
    Ok(candidates)
}

fn natural(model: &Model, candidate: &Candidate) -> Vec<f64> {
    let pairs = model.axes().iter().zip(&candidate.coordinates);
    pairs
        .map(|(axis, x)| if x.is_nan() { f64::NAN } else { axis.value(*x) })
        .collect()
}
