//! The trials as columns, and the split into a good and a bad group.
//!
//! The history is told what is new ([`History::upsert`], [`History::remove`]); nothing is converted twice,
//! and the groups are moved along as they change.

use super::column::Column;
use super::leaders::{LARGEST_GOOD_GROUP, Leaders};
use super::split::{PendingRows, SplitChange};
use crate::algorithm::Learner;
use crate::error;
use crate::interrupt::Checkpoint;
use crate::rows::{Change, Rows};
use crate::space::Space;

/// The trials of one study.
#[derive(Clone, Debug)]
pub struct History {
    rows: Rows,
    columns: Vec<Column>,
    leaders: Leaders,
    /// The good rows that the columns know of, ascending.
    good: Vec<u32>,
    /// Rows up to here are known to the columns.
    admitted: u32,
    /// Admitted rows that were withdrawn or came back since the columns were last told.
    toggled: Vec<u32>,
}

impl History {
    /// An empty history.
    #[must_use]
    pub fn new(space: Space) -> Self {
        let params = space.params().iter();
        Self {
            columns: params.map(|p| Column::new(&p.prior)).collect(),
            rows: Rows::new(space),
            leaders: Leaders::default(),
            good: Vec::new(),
            admitted: 0,
            toggled: Vec::new(),
        }
    }

    /// The trials.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn follow(&mut self, change: Change) {
        match change {
            Change::Appended(row) => {
                for (column, value) in self.columns.iter_mut().zip(self.rows.values(row)) {
                    if !value.is_nan() {
                        column.push(row, *value);
                    }
                }
                self.leaders.enter(&self.rows, row);
            }
            Change::Loss { row, before: None } => {
                self.note_toggle(row);
                self.leaders.enter(&self.rows, row);
            }
            Change::Loss {
                row,
                before: Some(before),
            } => self.leaders.place(&self.rows, row, before),
            Change::Inserted(_) | Change::Values { .. } => self.rebuild(),
        }
    }

    /// Forgets the groups, and the rows that are gone or only proposed.
    pub fn start_over(&mut self) {
        for key in self.rows.settle() {
            self.rows.remove(key);
        }
        self.rows.compact();
        self.rebuild();
    }

    fn note_toggle(&mut self, row: u32) {
        if row < self.admitted {
            self.toggled.push(row);
        }
    }

    /// Gives the columns all values anew.
    fn rebuild(&mut self) {
        for (i, column) in self.columns.iter_mut().enumerate() {
            let all = (0..self.rows.total()).map(|row| (row, self.rows.values(row)[i]));
            let (numbers, values) = all.filter(|(_, value)| !value.is_nan()).unzip();
            column.replace(numbers, values);
        }
        self.admitted = 0;
        self.good.clear();
        self.toggled.clear();
        self.leaders.forget();
    }

    /// Size of the good group: `min(n, 25, ceil(gamma sqrt(n)))` (spec 3.4).
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    pub fn good_count(&self, gamma: f64) -> usize {
        let wanted = (gamma * (self.len() as f64).sqrt()).ceil();
        (wanted.min(LARGEST_GOOD_GROUP as f64).max(0.0) as usize).min(self.len())
    }

    /// The rows of the good group that `gamma` asks for, ascending.
    fn good_rows(&self, gamma: f64) -> Vec<u32> {
        self.leaders.best(self.good_count(gamma))
    }

    /// Moves the columns' groups to the split that `gamma` asks for.
    pub fn split(&mut self, gamma: f64) {
        // A checkpoint that lets everything pass.
        let _ = self.split_until(gamma, Checkpoint::never());
    }

    /// As [`split`](Self::split), with a checkpoint between the columns.
    ///
    /// # Errors
    /// When it was interrupted; then the groups are formed anew at the next split.
    pub fn split_until(&mut self, gamma: f64, checkpoint: Checkpoint<'_>) -> error::Result<()> {
        self.leaders.refresh(&self.rows);
        let good = self.good_rows(gamma);
        let total = self.rows.total();
        if good == self.good && self.toggled.is_empty() && self.admitted == total {
            return Ok(());
        }
        self.toggled.sort_unstable();
        self.toggled.dedup();
        let rows = &self.rows;
        let change = SplitChange::between(&self.good, good, self.admitted);
        let mut interrupted = Ok(());
        for column in &mut self.columns {
            // The newest first: to take one out shifts the ranks of all that are newer.
            for row in self.toggled.iter().rev() {
                let was_good = self.good.binary_search(row).is_ok();
                if rows.is_gone(*row) {
                    if !was_good {
                        column.exclude(*row, false);
                    }
                } else if !was_good && change.good.binary_search(row).is_err() {
                    column.restore(*row);
                }
            }
            change.apply(column, |row| rows.is_gone(row));
            interrupted = checkpoint.pass();
            if interrupted.is_err() {
                break;
            }
        }
        if interrupted.is_err() {
            self.start_over();
            return interrupted;
        }
        self.toggled.clear();
        self.good = change.good;
        self.admitted = total;
        Ok(())
    }

    /// Adds pending rows for all but the last of new `keys`, as one suggestion after the other would
    /// ([`propose`](Self::propose)), and returns how the split changes before each suggestion.
    ///
    /// The columns are not told: they are to apply the changes, and to take the values as
    /// [`Column::push`] does, while they make their part of the suggestions; [`fill`](Self::fill) the rows
    /// afterwards. `None` if a key is not larger than all before it; then nothing has happened.
    /// [`split`](Self::split) first.
    pub fn propose_batch(&mut self, keys: &[i64], gamma: f64) -> Option<PendingRows> {
        let first = self.rows.total();
        let is_new = |key: &i64| self.rows.find(*key) == Err(first);
        if !keys.is_sorted_by(|a, b| a < b) || !keys.first().is_some_and(is_new) {
            return None;
        }
        let unknown = vec![f64::NAN; self.space().len()];
        let mut changes = Vec::with_capacity(keys.len());
        for (row, key) in (first..).zip(keys) {
            let good = self.good_rows(gamma);
            changes.push(SplitChange::between(&self.good, good.clone(), row));
            self.good = good;
            self.admitted = row;
            if changes.len() < keys.len() {
                self.rows.propose(*key, &unknown);
                self.leaders.enter(&self.rows, row);
            }
        }
        Some(PendingRows { first, changes })
    }

    /// Takes over the values of the rows of a batch, which the columns have.
    pub fn fill(&mut self, pending: &PendingRows, values: &[Vec<f64>]) {
        for (row, values) in (pending.first..self.rows.total()).zip(values) {
            self.rows.fill(row, values);
        }
    }

    /// The column of a parameter. [`split`](Self::split) first.
    ///
    /// # Panics
    /// When there is no such parameter.
    pub fn column(&mut self, param: usize) -> &mut Column {
        &mut self.columns[param]
    }

    /// The space and the columns, for an algorithm that needs both.
    pub fn space_and_columns(&mut self) -> (&Space, &mut [Column]) {
        (self.rows.space(), &mut self.columns)
    }

    /// All columns, for reading.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Keys of the good group for `gamma`, ascending.
    pub fn good_keys(&mut self, gamma: f64) -> Vec<i64> {
        self.split(gamma);
        self.good.iter().map(|row| self.rows.key(*row)).collect()
    }
}

impl Learner for History {
    fn space(&self) -> &Space {
        self.rows.space()
    }

    /// A NaN loss removes the row.
    ///
    /// Cost: a few microseconds per parameter at the next suggestion, whatever the length of the
    /// history, if the key is the largest so far or only the loss changes; else everything is built anew.
    fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        if loss.is_nan() {
            self.remove(key);
            return;
        }
        let change = self.rows.upsert(key, loss, values);
        self.follow(change);
    }

    fn remove(&mut self, key: i64) {
        if let Some(row) = self.rows.remove(key) {
            self.leaders.leave(row);
            self.note_toggle(row);
        }
    }

    fn propose(&mut self, key: i64, values: &[f64]) {
        if let Some(change) = self.rows.propose(key, values) {
            self.follow(change);
        }
    }

    fn settle_provisional(&mut self) {
        let keys = self.rows.settle();
        if keys.is_empty() {
            return;
        }
        let withdrawn = self.rows.total() as usize - self.len() + keys.len();
        // To build everything anew costs less then, and leaves nothing of the withdrawn rows behind.
        let anew = keys.len() > 64.max(self.len() / 4) || withdrawn > 64 + self.len();
        for key in keys {
            if anew {
                self.rows.remove(key);
            } else {
                self.remove(key);
            }
        }
        if anew {
            self.start_over();
        }
    }
}
