//! The one row store: the trials of a study as every algorithm keeps them.
//!
//! A row has a key, a loss (infinite while pending or when failed) and a value for each active parameter;
//! rows are ordered by key. Algorithms hang what they derive on the numbers of the rows, so a row that was
//! withdrawn stays in place, counting for nothing, until the store is compacted.

use std::collections::BTreeSet;

use crate::prior::Prior;
use crate::space::Space;

/// The trials of one study.
#[derive(Clone, Debug)]
pub struct Rows {
    space: Space,
    keys: Vec<i64>,
    losses: Vec<f64>,
    /// Natural values by row, then parameter; NaN where it is not active.
    values: Vec<f64>,
    /// Rows that were withdrawn.
    gone: Vec<bool>,
    live: usize,
    /// Keys that were proposed within a batch and not heard of since.
    provisional: BTreeSet<i64>,
}

/// What has become of the store, for those that derive something from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// A new row behind all others.
    Appended(u32),
    /// A new row; those behind it have the next number now.
    Inserted(u32),
    /// Another loss than `before`, which is None if the row was gone. The values are the same.
    Loss {
        /// The row.
        row: u32,
        /// Its loss until now.
        before: Option<f64>,
    },
    /// Other values, and perhaps another loss.
    Values {
        /// The row.
        row: u32,
        /// Its loss until now; None if it was gone.
        before: Option<f64>,
    },
}

impl Change {
    /// The row that has changed.
    #[must_use]
    pub const fn row(self) -> u32 {
        match self {
            Self::Appended(row)
            | Self::Inserted(row)
            | Self::Loss { row, .. }
            | Self::Values { row, .. } => row,
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // rows are counted in u32
impl Rows {
    /// No trials of a space.
    #[must_use]
    pub fn new(space: Space) -> Self {
        Self {
            space,
            keys: Vec::new(),
            losses: Vec::new(),
            values: Vec::new(),
            gone: Vec::new(),
            live: 0,
            provisional: BTreeSet::new(),
        }
    }

    /// The space whose parameters have values here.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Number of rows that are not gone.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether all rows are gone, or there was none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Number of rows, the gone ones included: they are numbered below it.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.keys.len() as u32
    }

    /// Whether so many rows are gone that it is time to [`compact`](Self::compact).
    #[must_use]
    pub fn is_sparse(&self) -> bool {
        self.total() as usize > 2 * self.len() + 64
    }

    /// Whether a row was withdrawn.
    #[must_use]
    pub fn is_gone(&self, row: u32) -> bool {
        self.gone[row as usize]
    }

    /// The key of a row.
    #[must_use]
    pub fn key(&self, row: u32) -> i64 {
        self.keys[row as usize]
    }

    /// The loss of a row.
    #[must_use]
    pub fn loss(&self, row: u32) -> f64 {
        self.losses[row as usize]
    }

    /// The values of a row by parameter, NaN where it is not active.
    #[must_use]
    pub fn values(&self, row: u32) -> &[f64] {
        let width = self.space.len();
        &self.values[row as usize * width..][..width]
    }

    /// Whether exactly the parameters that are active in a row have values: studies whose space has changed, and
    /// documents from elsewhere, have other rows, too.
    #[must_use]
    pub fn is_complete(&self, row: u32) -> bool {
        let values = self.values(row);
        let mut params = self.space.params().iter().zip(values).enumerate();
        // Where activity is decided outside, nothing is known of it here.
        params.all(|(i, (param, value))| {
            param.conditions.is_none() || self.space.active(i, values) != value.is_nan()
        })
    }

    /// The rows that are not gone, by key.
    pub fn live(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.total()).filter(|row| !self.is_gone(*row))
    }

    /// The row of a key, gone or not; where it belongs if there is none.
    ///
    /// # Errors
    /// When there is none.
    pub fn find(&self, key: i64) -> Result<u32, u32> {
        if self.keys.last().is_none_or(|last| *last < key) {
            return Err(self.total());
        }
        let found = self.keys.binary_search(&key);
        found.map(|row| row as u32).map_err(|row| row as u32)
    }

    /// The row of a key, unless it is gone.
    #[must_use]
    pub fn row(&self, key: i64) -> Option<u32> {
        self.find(key).ok().filter(|row| !self.is_gone(*row))
    }

    /// The row of a key, unless it is gone or only proposed.
    #[must_use]
    pub fn settled(&self, key: i64) -> Option<u32> {
        self.row(key)
            .filter(|_| self.provisional.is_empty() || !self.provisional.contains(&key))
    }

    /// Whether a row holds what would be made of these values.
    #[must_use]
    #[allow(clippy::float_cmp)] // a change is what is looked for
    pub fn holds(&self, row: u32, values: &[f64]) -> bool {
        let params = self.space.params().iter().zip(values);
        let mut pairs = self.values(row).iter().zip(params);
        pairs.all(
            |(own, (param, value))| match accepted(&param.prior, *value) {
                value if value.is_nan() => own.is_nan(),
                value => *own == value,
            },
        )
    }

    /// Adds the row of a key, or replaces it. Values that a parameter cannot have count as not active.
    ///
    /// # Panics
    /// When `values` does not have one entry per parameter.
    pub fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) -> Change {
        let width = self.space.len();
        assert_eq!(values.len(), width, "one value per parameter");
        self.provisional.remove(&key);
        let loss = loss + 0.0; // -0.0 and 0.0 are ties
        match self.find(key) {
            Ok(row) => {
                let at = row as usize;
                let was_gone = std::mem::replace(&mut self.gone[at], false);
                self.live += usize::from(was_gone);
                let before = std::mem::replace(&mut self.losses[at], loss);
                let before = (!was_gone).then_some(before);
                if self.holds(row, values) {
                    return Change::Loss { row, before };
                }
                let own = &mut self.values[at * width..][..width];
                for ((own, param), value) in own.iter_mut().zip(self.space.params()).zip(values) {
                    *own = accepted(&param.prior, *value);
                }
                Change::Values { row, before }
            }
            Err(row) => {
                let at = row as usize;
                let is_last = row == self.total();
                self.live += 1;
                if is_last {
                    self.keys.push(key);
                    self.losses.push(loss);
                    self.gone.push(false);
                    let params = self.space.params();
                    self.values.extend(
                        params
                            .iter()
                            .zip(values)
                            .map(|(p, v)| accepted(&p.prior, *v)),
                    );
                    return Change::Appended(row);
                }
                self.keys.insert(at, key);
                self.losses.insert(at, loss);
                self.gone.insert(at, false);
                let params = self.space.params().iter().zip(values);
                let place = at * width;
                self.values
                    .splice(place..place, params.map(|(p, v)| accepted(&p.prior, *v)));
                Change::Inserted(row)
            }
        }
    }

    /// Writes the values of a row that was added without.
    pub fn fill(&mut self, row: u32, values: &[f64]) {
        let width = self.space.len();
        self.values[row as usize * width..][..width].copy_from_slice(values);
    }

    /// Withdraws the row of a key; which that was, if there was one.
    pub fn remove(&mut self, key: i64) -> Option<u32> {
        let row = self.row(key)?;
        self.gone[row as usize] = true;
        self.live -= 1;
        self.provisional.remove(&key);
        Some(row)
    }

    /// Adds a pending row that counts until [`settle`](Self::settle), unless the key is known.
    pub fn propose(&mut self, key: i64, values: &[f64]) -> Option<Change> {
        if self.row(key).is_some() {
            return None;
        }
        let change = self.upsert(key, f64::INFINITY, values);
        self.provisional.insert(key);
        Some(change)
    }

    /// The keys that were proposed and not upserted since; from now on they are rows like others.
    pub fn settle(&mut self) -> BTreeSet<i64> {
        std::mem::take(&mut self.provisional)
    }

    /// Drops the rows that are gone. The rest is numbered anew; `kept[new]` was the number of row `new`.
    pub fn compact(&mut self) -> Vec<u32> {
        let width = self.space.len();
        let kept: Vec<u32> = self.live().collect();
        for (to, from) in kept.iter().map(|from| *from as usize).enumerate() {
            self.keys[to] = self.keys[from];
            self.losses[to] = self.losses[from];
            self.values
                .copy_within(from * width..(from + 1) * width, to * width);
        }
        self.keys.truncate(kept.len());
        self.losses.truncate(kept.len());
        self.values.truncate(kept.len() * width);
        self.gone.clear();
        self.gone.resize(kept.len(), false);
        kept
    }
}

/// A value if the parameter can have it, else NaN: not active.
fn accepted(prior: &Prior, value: f64) -> f64 {
    if prior.accepts(value) {
        value
    } else {
        f64::NAN
    }
}

#[cfg(test)]
mod tests;
