//! The trials as annealing looks at them: columns, and a ranking.

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

    /// The space.
    #[must_use]
    pub fn space(&self) -> &Space {
        self.rows.space()
    }

    /// Parameters in the order of decision: parents first; otherwise the greatest label first.
    pub(super) fn order(&self) -> &[usize] {
        &self.order
    }

    /// Adds the trial of `key` or replaces it; NaN among `values`, or what the parameter cannot have, is "not
    /// active". A NaN loss ranks last.
    ///
    /// # Panics
    /// When `values` does not have one entry per parameter.
    pub fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        self.remove(key);
        let row = self.rows.upsert(key, loss, values).row();
        for (count, value) in self.counts.iter_mut().zip(self.rows.values(row)) {
            *count += usize::from(!value.is_nan());
        }
        let place = self.place(self.rows.loss(row), key);
        self.ranking.insert(place, (self.rows.loss(row), key));
    }

    /// Withdraws a trial, if it is known.
    pub fn remove(&mut self, key: i64) {
        let Some(row) = self.rows.remove(key) else {
            return;
        };
        for (count, value) in self.counts.iter_mut().zip(self.rows.values(row)) {
            *count -= usize::from(!value.is_nan());
        }
        let place = self.place(self.rows.loss(row), key);
        self.ranking.remove(place);
    }

    /// Adds a pending trial that counts until [`settle_provisional`](Self::settle_provisional), unless the key is
    /// known.
    pub fn propose(&mut self, key: i64, values: &[f64]) {
        if self.rows.row(key).is_none() {
            self.upsert(key, f64::INFINITY, values);
            self.rows.mark_provisional(key);
        }
    }

    /// Withdraws the proposed trials that have not been upserted since.
    pub fn settle_provisional(&mut self) {
        for key in self.rows.settle() {
            self.remove(key);
        }
        if self.rows.total() as usize > 2 * self.rows.len() + 64 {
            self.rows.compact();
        }
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
