//! Which observations of a column are in the bad group, and their ranks there.
//!
//! Observations are numbered in chronological order. Most are in the bad group; the few that are
//! not (the good trials, and trials that were withdrawn) are listed here, so the rank of an
//! observation within the bad group is its number less the listed ones before it.

// Counted in u32.
#![allow(clippy::cast_possible_truncation)]

/// The numbers of the observations that are not in the bad group, ascending.
#[derive(Clone, Debug, Default)]
pub struct Excluded(Vec<u32>);

impl Excluded {
    /// Whether observation `id` is excluded.
    pub fn contains(&self, id: u32) -> bool {
        self.0.binary_search(&id).is_ok()
    }

    /// Adds `id`; returns whether it was new.
    pub fn insert(&mut self, id: u32) -> bool {
        match self.0.binary_search(&id) {
            Ok(_) => false,
            Err(place) => {
                self.0.insert(place, id);
                true
            }
        }
    }

    /// Takes `id` out; returns whether it was there.
    pub fn remove(&mut self, id: u32) -> bool {
        let found = self.0.binary_search(&id);
        if let Ok(place) = found {
            self.0.remove(place);
        }
        found.is_ok()
    }

    /// Rank of the bad observation `id` among the bad ones, from zero.
    pub fn rank(&self, id: u32) -> u32 {
        id - self.0.partition_point(|e| *e < id) as u32
    }

    /// The nearest bad observation before `id`.
    pub fn previous(&self, id: u32) -> Option<u32> {
        let mut id = id.checked_sub(1)?;
        while self.contains(id) {
            id = id.checked_sub(1)?;
        }
        Some(id)
    }

    /// The first observation from `id` on that is not excluded (it need not exist yet).
    pub fn next(&self, mut id: u32) -> u32 {
        let from = self.0.partition_point(|e| *e < id);
        for e in &self.0[from..] {
            if *e != id {
                break;
            }
            id += 1;
        }
        id
    }

    /// The bad observation of a rank (it need not exist yet).
    pub fn nth(&self, rank: u32) -> u32 {
        let mut id = rank;
        for e in &self.0 {
            if *e > id {
                break;
            }
            id += 1;
        }
        id
    }

    /// The excluded observations after `id`, ascending.
    pub fn after(&self, id: u32) -> impl Iterator<Item = u32> + '_ {
        self.0[self.0.partition_point(|e| *e <= id)..]
            .iter()
            .copied()
    }

    /// All of them, ascending.
    pub fn as_slice(&self) -> &[u32] {
        &self.0
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ranks_count_what_is_left(excluded in prop::collection::btree_set(0..60u32, 0..20)) {
            let mut ours = Excluded::default();
            for e in &excluded {
                ours.insert(*e);
            }
            let left: Vec<u32> = (0..60).filter(|i| !excluded.contains(i)).collect();
            for (rank, id) in left.iter().enumerate() {
                prop_assert_eq!(ours.rank(*id) as usize, rank);
                prop_assert_eq!(ours.nth(rank as u32), *id);
                prop_assert_eq!(ours.previous(*id), rank.checked_sub(1).map(|r| left[r]));
            }
        }
    }
}
