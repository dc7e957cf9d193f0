//! How the split into a good and a bad group moves.

use super::column::Column;

/// How the good group changes.
#[derive(Clone, Debug)]
pub struct SplitChange {
    /// The good rows afterwards, ascending.
    pub good: Vec<u32>,
    /// Admitted rows that join it.
    entering: Vec<u32>,
    /// Rows that leave it.
    leaving: Vec<u32>,
}

impl SplitChange {
    /// From the good rows `old` to `good`; rows from number `admitted` on are in no group yet.
    pub fn between(old: &[u32], good: Vec<u32>, admitted: u32) -> Self {
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
pub struct PendingRows {
    /// The row of the first suggestion; the others follow.
    pub first: u32,
    /// How the split changes before each suggestion.
    pub changes: Vec<SplitChange>,
}
