//! The trials as annealing looks at them: columns, and a ranking.

use crate::algorithm::Learner;
use crate::outcome::{Outcome, State};
use crate::rows::Rows;
use crate::space::Space;

/// All visible trials of a study: unlike a TPE history it keeps those whose loss is NaN.
#[derive(Clone, Debug)]
pub struct Annealer {
    rows: Rows,
    /// Parents first; otherwise the greatest label first, as the reference has it.
    order: Vec<usize>,
    /// In how many rows each parameter is active.
    counts: Vec<usize>,
    /// Losses and keys, best first.
    ranking: Vec<(f64, i64)>,
}

impl Annealer {
    /// No trials yet.
    #[must_use]
    pub fn new(space: Space) -> Self {
        Self {
            order: greatest_label_first(&space),
            counts: vec![0; space.len()],
            rows: Rows::new(space),
            ranking: Vec::new(),
        }
    }

    /// Parameters in the order of decision: parents first; otherwise the greatest label first.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// Takes over a trial, whose `values` are only asked for where they matter: one whose objective raised an exception,
    /// and one that was given up, is left out.
    ///
    /// # Errors
    /// As `values`.
    pub fn take_over<'v, E>(
        &mut self,
        key: i64,
        Outcome { state, loss }: Outcome,
        values: impl FnOnce() -> Result<&'v [f64], E>,
    ) -> Result<(), E> {
        match state {
            State::Error | State::Cancelled => self.remove(key),
            State::New | State::Running | State::Done => self.upsert(key, loss, values()?),
        }
        Ok(())
    }

    /// Takes over a row that was added, or filled anew.
    fn follow(&mut self, row: u32) {
        for (count, value) in self.counts.iter_mut().zip(self.rows.values(row)) {
            *count += usize::from(!value.is_nan());
        }
        let (loss, key) = (self.rows.loss(row), self.rows.key(row));
        let place = self.place(loss, key);
        self.ranking.insert(place, (loss, key));
    }

    /// Where a trial is, or belongs, in the ranking: by loss, then by key; NaN last.
    fn place(&self, loss: f64, key: i64) -> usize {
        self.ranking.partition_point(|&(other, other_key)| {
            let by_loss = if loss.is_nan() || other.is_nan() {
                other.is_nan().cmp(&loss.is_nan())
            } else {
                (other + 0.0).total_cmp(&(loss + 0.0)) // -0.0 and 0.0 are ties
            };
            by_loss.then(other_key.cmp(&key)).is_lt()
        })
    }

    /// T: number of trials in which a parameter is active.
    #[must_use]
    pub fn count(&self, param: usize) -> usize {
        self.counts[param]
    }

    /// Key of the first anchor in which a parameter is active.
    #[must_use]
    pub fn anchor(&self, param: usize, anchors: &[i64]) -> Option<i64> {
        anchors
            .iter()
            .copied()
            .find(|&key| self.value(key, param).is_some())
    }

    /// Key of the trial at position `rank` (from 0; the last one if there are fewer) by loss among
    /// those in which a parameter is active: ties by key, NaN last.
    #[must_use]
    pub fn ranked(&self, param: usize, rank: usize) -> Option<i64> {
        let rank = rank.min(self.counts[param].checked_sub(1)?);
        let keys = self.ranking.iter().map(|&(_, key)| key);
        keys.filter(|&key| self.value(key, param).is_some())
            .nth(rank)
    }

    /// Value of a parameter in a trial, if active there.
    #[must_use]
    pub fn value(&self, key: i64, param: usize) -> Option<f64> {
        let row = self.rows.row(key)?;
        Some(self.rows.values(row)[param]).filter(|value| !value.is_nan())
    }

    /// Loss of a trial.
    #[must_use]
    pub fn loss(&self, key: i64) -> Option<f64> {
        self.rows.row(key).map(|row| self.rows.loss(row))
    }

    /// f for a parameter.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a number of trials
    pub fn factor(&self, param: usize, shrink: f64) -> f64 {
        1.0 / (1.0 + self.count(param) as f64 * shrink)
    }
}

impl Learner for Annealer {
    fn space(&self) -> &Space {
        self.rows.space()
    }

    /// A NaN loss ranks last.
    fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        self.remove(key);
        let change = self.rows.upsert(key, loss, values);
        self.follow(change.row());
    }

    fn remove(&mut self, key: i64) {
        let Some(row) = self.rows.remove(key) else {
            return;
        };
        for (count, value) in self.counts.iter_mut().zip(self.rows.values(row)) {
            *count -= usize::from(!value.is_nan());
        }
        let place = self.place(self.rows.loss(row), key);
        self.ranking.remove(place);
    }

    fn propose(&mut self, key: i64, values: &[f64]) {
        if let Some(change) = self.rows.propose(key, values) {
            self.follow(change.row());
        }
    }

    fn settle_provisional(&mut self) {
        for key in self.rows.settle() {
            self.remove(key);
        }
        if self.rows.is_sparse() {
            self.rows.compact();
        }
    }
}

fn greatest_label_first(space: &Space) -> Vec<usize> {
    let params = space.params();
    let mut order: Vec<usize> = Vec::with_capacity(params.len());
    while order.len() < params.len() {
        let ready = |i: usize| {
            let mut parents = params[i].conditions.iter().flatten().flatten();
            !order.contains(&i) && parents.all(|(parent, _)| order.contains(parent))
        };
        let next = (0..params.len())
            .filter(|&i| ready(i))
            .max_by_key(|&i| &params[i].label);
        // A validated space has no cycle.
        let Some(next) = next else { break };
        order.push(next);
    }
    order
}
