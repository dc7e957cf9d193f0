//! Where the cells of a [`field`](super::field) are stored.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// At most this many cells are found without hashing.
const LARGEST: u64 = 4096;
const NONE: u32 = u32::MAX;

/// A map from cell numbers to places, fastest for those between two bounds.
#[derive(Clone, Debug, Default)]
pub struct Slots {
    first: i64,
    /// Places of the cells from `first` on.
    near: Vec<u32>,
    /// Places of all others.
    far: HashMap<i64, u32, BuildHasherDefault<CellHasher>>,
}

impl Slots {
    /// An empty map for cells that are mostly between `first` and `last`.
    pub fn between(first: i64, last: i64) -> Self {
        let count = last.abs_diff(first).saturating_add(1);
        let near = if first <= last && count <= LARGEST {
            vec![NONE; usize::try_from(count).unwrap_or(0)]
        } else {
            Vec::new()
        };
        Self {
            first,
            near,
            far: HashMap::default(),
        }
    }

    #[inline]
    fn near(&self, cell: i64) -> Option<usize> {
        let at = usize::try_from(cell.wrapping_sub(self.first)).ok()?;
        Some(at).filter(|at| *at < self.near.len())
    }

    /// Place of a cell, if it has one.
    #[inline]
    pub fn get(&self, cell: i64) -> Option<u32> {
        match self.near(cell) {
            Some(at) => Some(self.near[at]).filter(|slot| *slot != NONE),
            None => self.far.get(&cell).copied(),
        }
    }

    /// Place of a cell; `next` if it had none.
    #[inline]
    pub fn get_or_insert(&mut self, cell: i64, next: u32) -> u32 {
        match self.near(cell) {
            Some(at) => {
                let slot = &mut self.near[at];
                if *slot == NONE {
                    *slot = next;
                }
                *slot
            }
            None => *self.far.entry(cell).or_insert(next),
        }
    }
}

/// A multiplicative hash; cell numbers are small integers.
#[derive(Default)]
pub struct CellHasher(u64);

impl Hasher for CellHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_u64(u64::from(*b));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(20);
    }
    #[allow(clippy::cast_sign_loss)] // only bits matter
    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_are_found_near_and_far(
            bounds in (-50..50i64, -60..60i64),
            cells in prop::collection::vec(prop_oneof![-70..70i64, any::<i64>()], 0..60),
        ) {
            let mut ours = Slots::between(bounds.0, bounds.1);
            let mut model = HashMap::new();
            for cell in &cells {
                let next = u32::try_from(model.len()).unwrap();
                prop_assert_eq!(ours.get(*cell), model.get(cell).copied());
                let want = *model.entry(*cell).or_insert(next);
                prop_assert_eq!(ours.get_or_insert(*cell, next), want);
            }
            for cell in cells {
                prop_assert_eq!(ours.get(cell), model.get(&cell).copied());
            }
        }
    }
}
