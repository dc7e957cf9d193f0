//! The trials as columns, and the split into a good and a bad group.
//!
//! A row is one trial: an integer key, a loss (infinite while pending or when failed) and a value for
//! each active parameter. Rows are ordered by key. The history is told what is new ([`History::upsert`],
//! [`History::remove`]); nothing is converted twice, and the groups are moved along as they change.

use crate::error;
use crate::interrupt::Checkpoint;
use crate::space::Space;
use crate::tpe::column::Column;
use std::collections::BTreeSet;

/// The good group never has more trials than this (`LF`, spec 0.2).
pub const LARGEST_GOOD_GROUP: usize = 25;

/// How the good group changes.
#[derive(Clone, Debug)]
pub struct SplitChange {
    good: Vec<u32>,
    /// Admitted rows that join it.
    entering: Vec<u32>,
    /// Rows that leave it.
    leaving: Vec<u32>,
}

impl SplitChange {
    fn between(old: &[u32], good: Vec<u32>, admitted: u32) -> Self {
        let missing = |group: &[u32], row: &u32| group.binary_search(row).is_err();
        let leaving = old.iter().filter(|r| missing(&good, r)).copied().collect();
        let joins = |row: &&u32| **row < admitted && missing(old, row);
        let entering = good.iter().filter(joins).copied().collect();
        Self {
            good,
            entering,
            leaving,
        }
    }

    /// Makes a column follow, rows that it has not yet put into a group included.
    pub fn apply(&self, column: &mut Column, gone: impl Fn(u32) -> bool) {
        for row in &self.leaving {
            column.demote(*row, gone(*row));
        }
        for row in &self.entering {
            column.exclude(*row, true);
        }
        column.admit(&self.good, gone);
    }
}

/// Pending rows that a batch of suggestions is going to fill.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// The row of the first suggestion; the others follow.
    pub first: u32,
    /// How the split changes before each suggestion.
    pub changes: Vec<SplitChange>,
}

/// The trials of one study.
#[derive(Clone, Debug)]
pub struct History {
    space: Space,
    keys: Vec<i64>,
    losses: Vec<f64>,
    /// Rows that were withdrawn stay in place and count for nothing.
    gone: Vec<bool>,
    live: usize,
    columns: Vec<Column>,
    /// The best live rows by loss then row, up to [`LARGEST_GOOD_GROUP`].
    leaders: Vec<u32>,
    leaders_stale: bool,
    /// The good rows that the columns know of, ascending.
    good: Vec<u32>,
    /// Rows up to here are known to the columns.
    admitted: u32,
    /// Admitted rows that were withdrawn or came back since the columns were last told.
    toggled: Vec<u32>,
    /// Keys that were proposed within a batch and not heard of since.
    provisional: BTreeSet<i64>,
}

impl History {
    /// An empty history.
    #[must_use]
    pub fn new(space: Space) -> Self {
        let columns = space
            .params()
            .iter()
            .map(|p| Column::new(&p.prior))
            .collect();
        Self {
            space,
            keys: Vec::new(),
            losses: Vec::new(),
            gone: Vec::new(),
            live: 0,
            columns,
            leaders: Vec::new(),
            leaders_stale: false,
            good: Vec::new(),
            admitted: 0,
            toggled: Vec::new(),
            provisional: BTreeSet::new(),
        }
    }

    /// The space whose parameters the columns belong to.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Keys and losses of the rows, by key.
    pub fn rows(&self) -> impl Iterator<Item = (i64, f64)> + '_ {
        let live = self.gone.iter().map(|g| !g);
        self.keys
            .iter()
            .copied()
            .zip(self.losses.iter().copied())
            .zip(live)
            .filter(|r| r.1)
            .map(|r| r.0)
    }

    /// Value of a parameter in the row of a key, if it is active there.
    #[must_use]
    pub fn value(&self, key: i64, param: usize) -> Option<f64> {
        self.columns[param].value(self.find(key).ok()?)
    }

    /// Whether there is a row of this key with this loss.
    #[must_use]
    pub fn has(&self, key: i64, loss: f64) -> bool {
        self.row_with(key, loss).is_some()
    }

    /// Whether there is a row of this key, proposed ones apart.
    #[must_use]
    pub fn contains(&self, key: i64) -> bool {
        self.row(key).is_some()
    }

    /// Whether there is a row of this key, with this loss and what [`upsert`](Self::upsert) would make of these
    /// values.
    #[must_use]
    pub fn agrees(&self, key: i64, loss: f64, values: &[f64]) -> bool {
        self.row_with(key, loss)
            .is_some_and(|row| self.holds(row, values))
    }

    /// The row of a key, unless it is gone or only proposed.
    fn row(&self, key: i64) -> Option<u32> {
        let row = self.find(key).ok()?;
        (!self.gone[row as usize] && !self.provisional.contains(&key)).then_some(row)
    }

    #[allow(clippy::float_cmp)] // a change is what is looked for
    fn row_with(&self, key: i64, loss: f64) -> Option<u32> {
        self.row(key)
            .filter(|row| self.losses[*row as usize] == loss)
    }

    fn holds(&self, row: u32, values: &[f64]) -> bool {
        let columns = self.columns.iter().enumerate();
        columns
            .zip(values)
            .all(|((i, column), value)| column.value(row) == self.accepted(i, *value))
    }

    /// The value of a parameter, if it is one that the parameter can have.
    fn accepted(&self, param: usize, value: f64) -> Option<f64> {
        let prior = &self.space.params()[param].prior;
        Some(value).filter(|v| !v.is_nan() && Column::accepts(prior, *v))
    }

    #[allow(clippy::cast_possible_truncation)] // rows are counted in u32
    fn find(&self, key: i64) -> Result<u32, u32> {
        if self.keys.last().is_none_or(|last| *last < key) {
            return Err(self.keys.len() as u32);
        }
        self.keys
            .binary_search(&key)
            .map(|r| r as u32)
            .map_err(|r| r as u32)
    }

    /// Adds the row of `key`, or replaces it. `values` has one entry per parameter, NaN where the
    /// parameter is not active; values that the parameter can't have count as not active. A NaN
    /// loss removes the row.
    ///
    /// Cost: a few microseconds per parameter at the next suggestion, whatever the length of the
    /// history, if the key is the largest so far or only the loss changes; else everything is built anew.
    ///
    /// # Panics
    /// When `values` does not have one entry per parameter.
    pub fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        assert_eq!(values.len(), self.space.len(), "one value per parameter");
        if loss.is_nan() {
            self.remove(key);
            return;
        }
        let loss = loss + 0.0; // -0.0 and 0.0 are ties
        self.provisional.remove(&key);
        match self.find(key) {
            Ok(row) => {
                if !self.holds(row, values) {
                    let accepted = self.all_accepted(values);
                    self.rewrite(|rows| rows[row as usize].2.clone_from(&accepted));
                }
                self.set_loss(row, loss);
            }
            Err(row) if row as usize == self.keys.len() => {
                for (i, value) in values.iter().enumerate() {
                    if let Some(value) = self.accepted(i, *value) {
                        self.columns[i].push(row, value);
                    }
                }
                self.keys.push(key);
                self.losses.push(loss);
                self.gone.push(false);
                self.live += 1;
                self.enter(row);
            }
            Err(row) => {
                let accepted = self.all_accepted(values);
                self.rewrite(|rows| rows.insert(row as usize, (key, loss, accepted)));
            }
        }
    }

    fn all_accepted(&self, values: &[f64]) -> Vec<Option<f64>> {
        let each = values.iter().enumerate();
        each.map(|(i, value)| self.accepted(i, *value)).collect()
    }

    fn set_loss(&mut self, row: u32, loss: f64) {
        let at = row as usize;
        if self.gone[at] {
            self.gone[at] = false;
            self.live += 1;
            self.losses[at] = loss;
            self.note_toggle(row);
            self.enter(row);
            return;
        }
        let old = std::mem::replace(&mut self.losses[at], loss);
        if let Some(place) = self.leaders.iter().position(|l| *l == row) {
            if loss <= old || self.live == self.leaders.len() {
                self.leaders.remove(place);
                self.enter(row);
            } else {
                self.leaders_stale = true;
            }
        } else {
            self.enter(row);
        }
    }

    /// Withdraws the row of a key, if there is one.
    pub fn remove(&mut self, key: i64) {
        let Ok(row) = self.find(key) else { return };
        if std::mem::replace(&mut self.gone[row as usize], true) {
            return;
        }
        self.live -= 1;
        self.leaders_stale |= self.leaders.contains(&row);
        self.note_toggle(row);
    }

    /// Adds a pending row that counts until [`settle_provisional`](Self::settle_provisional), unless
    /// the key is known.
    pub fn propose(&mut self, key: i64, values: &[f64]) {
        if self.find(key).is_ok_and(|row| !self.gone[row as usize]) {
            return;
        }
        self.upsert(key, f64::INFINITY, values);
        self.provisional.insert(key);
    }

    /// Withdraws the proposed rows that have not been upserted since.
    pub fn settle_provisional(&mut self) {
        let keys = std::mem::take(&mut self.provisional);
        if keys.is_empty() {
            return;
        }
        let withdrawn = self.keys.len() - self.live + keys.len();
        if keys.len() > 64.max(self.live / 4) || withdrawn > 64 + self.live {
            // To build everything anew costs less, and leaves nothing of the withdrawn rows behind.
            self.rewrite(|rows| {
                rows.retain(|(key, loss, _)| !loss.is_nan() && !keys.contains(key));
            });
            return;
        }
        for key in keys {
            self.remove(key);
        }
    }

    fn note_toggle(&mut self, row: u32) {
        if row < self.admitted {
            self.toggled.push(row);
        }
    }

    /// Considers a row for the leaders.
    fn enter(&mut self, row: u32) {
        let before = |a: u32, b: u32| {
            let order = self.losses[a as usize].total_cmp(&self.losses[b as usize]);
            order.then(a.cmp(&b)).is_lt()
        };
        let place = self.leaders.partition_point(|l| before(*l, row));
        if place < LARGEST_GOOD_GROUP {
            self.leaders.insert(place, row);
            self.leaders.truncate(LARGEST_GOOD_GROUP);
        }
    }

    fn renew_leaders(&mut self) {
        self.leaders_stale = false;
        self.leaders.clear();
        #[allow(clippy::cast_possible_truncation)]
        for row in 0..self.keys.len() as u32 {
            if !self.gone[row as usize] {
                self.enter(row);
            }
        }
    }

    /// Changes rows in the middle: takes everything apart and puts it together again.
    #[allow(clippy::cast_possible_truncation)]
    fn rewrite(&mut self, change: impl FnOnce(&mut Vec<(i64, f64, Vec<Option<f64>>)>)) {
        let mut rows: Vec<_> = (0..self.keys.len())
            .map(|r| {
                let values = self.columns.iter().map(|c| c.value(r as u32)).collect();
                (
                    self.keys[r],
                    if self.gone[r] {
                        f64::NAN
                    } else {
                        self.losses[r]
                    },
                    values,
                )
            })
            .collect();
        change(&mut rows);
        self.keys = rows.iter().map(|r| r.0).collect();
        self.losses = rows.iter().map(|r| r.1).collect();
        self.gone = rows.iter().map(|r| r.1.is_nan()).collect();
        self.live = self.gone.iter().filter(|g| !**g).count();
        for (i, column) in self.columns.iter_mut().enumerate() {
            let (numbers, values) = rows
                .iter()
                .enumerate()
                .filter_map(|(r, row)| row.2[i].map(|v| (r as u32, v)))
                .unzip();
            column.replace(numbers, values);
        }
        self.admitted = 0;
        self.good.clear();
        self.toggled.clear();
        self.leaders.clear();
        self.leaders_stale = true;
    }

    /// Size of the good group: `min(n, 25, ceil(gamma sqrt(n)))` (spec 3.4).
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss
    )]
    pub fn good_count(&self, gamma: f64) -> usize {
        let wanted = (gamma * (self.live as f64).sqrt()).ceil();
        (wanted.min(LARGEST_GOOD_GROUP as f64).max(0.0) as usize).min(self.live)
    }

    /// The rows of the good group that `gamma` asks for, ascending.
    fn good_rows(&self, gamma: f64) -> Vec<u32> {
        let mut good = self.leaders[..self.good_count(gamma)].to_vec();
        good.sort_unstable();
        good
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
    #[allow(clippy::cast_possible_truncation)]
    pub fn split_until(&mut self, gamma: f64, checkpoint: Checkpoint<'_>) -> error::Result<()> {
        if self.leaders_stale {
            self.renew_leaders();
        }
        let good = self.good_rows(gamma);
        let total = self.keys.len() as u32;
        if good == self.good && self.toggled.is_empty() && self.admitted == total {
            return Ok(());
        }
        self.toggled.sort_unstable();
        self.toggled.dedup();
        let gone = &self.gone;
        let change = SplitChange::between(&self.good, good, self.admitted);
        let mut interrupted = Ok(());
        for column in &mut self.columns {
            // The newest first: to take one out shifts the ranks of all that are newer.
            for row in self.toggled.iter().rev() {
                let was_good = self.good.binary_search(row).is_ok();
                if gone[*row as usize] {
                    if !was_good {
                        column.exclude(*row, false);
                    }
                } else if !was_good && change.good.binary_search(row).is_err() {
                    column.restore(*row);
                }
            }
            change.apply(column, |row| gone[row as usize]);
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

    /// Forgets the groups, and the rows that are only proposed.
    pub fn start_over(&mut self) {
        let keys = std::mem::take(&mut self.provisional);
        self.rewrite(|rows| rows.retain(|(key, loss, _)| !loss.is_nan() && !keys.contains(key)));
    }

    /// Adds pending rows for all but the last of new `keys`, as one suggestion after the other would
    /// ([`propose`](Self::propose)), and returns how the split changes before each suggestion.
    ///
    /// The columns are not told: they are to apply the changes, and to take the values as
    /// [`Column::push`] does, while they make their part of the suggestions. `None` if a key is not
    /// larger than all before it; then nothing has happened. [`split`](Self::split) first.
    #[allow(clippy::cast_possible_truncation)]
    pub fn propose_ahead(&mut self, keys: &[i64], gamma: f64) -> Option<Ahead> {
        let ascending = keys.is_sorted_by(|a, b| a < b);
        if !ascending || self.keys.last() >= keys.first() {
            return None;
        }
        let first = self.keys.len() as u32;
        let mut changes = Vec::with_capacity(keys.len());
        for (row, key) in (first..).zip(keys) {
            let good = self.good_rows(gamma);
            changes.push(SplitChange::between(&self.good, good.clone(), row));
            self.good = good;
            self.admitted = row;
            if changes.len() < keys.len() {
                self.keys.push(*key);
                self.losses.push(f64::INFINITY);
                self.gone.push(false);
                self.live += 1;
                self.provisional.insert(*key);
                self.enter(row);
            }
        }
        Some(Ahead { first, changes })
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
        (&self.space, &mut self.columns)
    }

    /// All columns, for reading.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Keys of the good group for `gamma`, ascending.
    pub fn good_keys(&mut self, gamma: f64) -> Vec<i64> {
        self.split(gamma);
        self.good.iter().map(|r| self.keys[*r as usize]).collect()
    }
}
