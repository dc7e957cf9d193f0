//! Local searches that refine what the model has found.
//!
//! The model's kernels are never narrower than a hundredth of the range, so it finds the region of the
//! optimum, and stands still there. From some number of trials on, most suggestions come from an
//! evolution strategy with an adapted covariance matrix (CMA-ES, [`run`]). It begins at the best point;
//! options and the branch are those of that point ([`subspace`]). It learns from every trial near it, whoever
//! suggested it, and when it has converged the next one begins elsewhere ([`search`]). Some suggestions are
//! instead the minimum of a quadratic through the best points ([`quadratic`]).
//!
//! Nothing is remembered but the rows: the state is what a fold over the rows in the order of their keys makes of
//! them, so that a study that was read back, or whose results came in another order, goes on alike. Rows
//! without a loss teach nothing. When such a row gets its loss, the fold is taken up again before it, from
//! the last of some states that are kept.
//!
//! | file | content |
//! |---|---|
//! | `factor`, `constants` | the covariance; weights and learning rates |
//! | `subspace` | what a search moves |
//! | `run`, `progress` | one search, and when it is over |
//! | `quadratic`, `symmetric` | the minimum of a quadratic through the best points |
//! | `credit` | whose turn it is |
//! | `search` | which search follows which |
//!
//! References: Hansen: The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772; others where they are used.

mod constants;
mod credit;
mod factor;
mod progress;
mod quadratic;
mod run;
mod search;
pub mod subspace;
mod symmetric;

use crate::algorithm::StreamName;
use crate::rng::stream;
use credit::Side;
use search::Search;
pub use search::Settings;
use subspace::View;

/// The rows between two states that are kept are at most this part of those that came after them, but for states
/// that follow each other directly. So a row that gets its loss late has 1.5 times as many rows folded again as came
/// after it, and as many on average as there are trials under way; the number of states grows with the logarithm of
/// that of the rows.
const LARGEST_GAP: f64 = 0.5;

/// The local searches of a study, kept in step with its rows.
#[derive(Clone, Debug)]
pub struct Evolution {
    settings: Settings,
    search: Search,
    /// How many rows it has learnt from.
    taken: usize,
    /// Earlier states, and how many rows those had learnt from.
    states: Vec<(usize, Search)>,
}

impl Evolution {
    /// One that has learnt nothing.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            search: Search::default(),
            taken: 0,
            states: Vec::new(),
        }
    }

    /// Forgets what it has learnt from this row and those after it.
    pub fn forget(&mut self, row: usize) {
        if row < self.taken {
            let kept = self.states.partition_point(|(taken, _)| *taken <= row);
            self.states.truncate(kept);
            (self.taken, self.search) = self.states.last().cloned().unwrap_or_default();
        }
    }

    /// Learns from the rows up to the last one with a loss.
    ///
    /// Cost: `O(n^2)` a row, where `n` is the number of parameters that are moved.
    pub fn follow(&mut self, rows: &View, settings: Settings) {
        if settings != self.settings {
            *self = Self::new(settings);
        }
        let finished = (self.taken..rows.total()).rev();
        let Some(last) = finished.into_iter().find(|row| rows.is_finished(*row)) else {
            return;
        };
        for row in self.taken..=last {
            self.taken = row + 1;
            if self.search.step(rows, row, settings) {
                self.keep_state();
            }
        }
    }

    fn keep_state(&mut self) {
        self.states.push((self.taken, self.search.clone()));
        let mut next = self.taken;
        for place in (0..self.states.len() - 1).rev() {
            let before = place.checked_sub(1).map_or(0, |p| self.states[p].0);
            let later = (self.taken - next) as f64;
            if (next - before) as f64 <= LARGEST_GAP * later {
                self.states.remove(place);
            } else {
                next = self.states[place].0;
            }
        }
    }

    /// A point from the search that is under way, for the trial of this key and for number `index` of the batch
    /// that `seed` names; None where the model shall suggest.
    pub fn propose(&self, rows: &View, key: i64, (seed, index): StreamName) -> Option<Vec<f64>> {
        let run = self.search.run()?;
        let mut rng = stream(seed, index, u64::MAX - 2);
        match self.search.turn(key, self.settings) {
            Side::Model => None,
            Side::Strategy => Some(run.draw(rows.axes, &mut rng)),
            Side::Quadratic => Some(match self.search.guess(rows) {
                Some(guess) => guess.draw(rows.axes, &mut rng),
                None => run.draw(rows.axes, &mut rng),
            }),
        }
    }
}

#[cfg(test)]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small numbers
mod tests;
