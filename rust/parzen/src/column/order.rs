//! Which observations of a column are in the bad group, and their ranks there.
//!
//! Observations are numbered in chronological order. Most are in the bad group; the few that are
//! not (the good trials, and trials that were withdrawn) are listed here, so the rank of an
//! observation within the bad group is its number less the listed ones before it.

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

/// Linear forgetting (spec 4.2): the newest [`RECENT`] observations weigh 1, older ones ramp down.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Forgetting {
    /// Number of observations that are older than the newest [`RECENT`].
    pub aged: u32,
    /// Weight of the oldest.
    pub first: f64,
    /// Increase of weight per rank.
    pub step: f64,
}

/// How many of the newest observations keep full weight (`LF` in upstream).
pub const RECENT: u32 = 25;

impl Forgetting {
    /// The weights of `count` observations.
    pub fn of(count: u32) -> Self {
        let aged = count.saturating_sub(RECENT);
        let first = if aged == 0 {
            1.0
        } else {
            1.0 / f64::from(count)
        };
        let step = if aged < 2 {
            0.0
        } else {
            (1.0 - first) / f64::from(aged - 1)
        };
        Self { aged, first, step }
    }

    /// Weight of the observation of a rank.
    pub fn weight(&self, rank: u32) -> f64 {
        if rank >= self.aged || (rank + 1 == self.aged && self.aged > 1) {
            1.0
        } else {
            self.first + self.step * f64::from(rank)
        }
    }
}

/// Follows which observations of a bad group are aged as the group changes, for groups that keep
/// sums of ranks over the aged ones.
#[derive(Clone, Debug, Default)]
pub struct Ageing {
    count: u32,
    /// The first of the newest observations; 0 while none is aged.
    oldest_recent: u32,
}

impl Ageing {
    /// Number of observations in the group.
    pub fn count(&self) -> u32 {
        self.count
    }

    /// Observation `id` has joined the group; `excluded` as it is afterwards.
    ///
    /// `apply(id, aged, ranks)` is told what to add to the sums of the option that `id` has.
    pub fn insert(&mut self, excluded: &Excluded, id: u32, mut apply: impl FnMut(u32, i64, i64)) {
        self.count += 1;
        if self.count <= RECENT {
            return;
        }
        if self.count == RECENT + 1 {
            self.oldest_recent = excluded.next(0);
        }
        if id < self.oldest_recent {
            self.shift(excluded, id, 1, &mut apply);
            apply(id, 1, i64::from(excluded.rank(id)));
        } else {
            let oldest = self.oldest_recent;
            apply(oldest, 1, i64::from(excluded.rank(oldest)));
            self.oldest_recent = excluded.next(oldest + 1);
        }
    }

    /// Observation `id` has left the group; `excluded` as it is afterwards.
    pub fn remove(&mut self, excluded: &Excluded, id: u32, mut apply: impl FnMut(u32, i64, i64)) {
        self.count -= 1;
        if self.count < RECENT {
            return;
        }
        if id >= self.oldest_recent {
            if let Some(newest) = excluded.previous(self.oldest_recent) {
                apply(newest, -1, -i64::from(excluded.rank(newest)));
                self.oldest_recent = newest;
            }
        } else {
            apply(id, -1, -i64::from(excluded.rank(id)));
            self.shift(excluded, id, -1, &mut apply);
        }
    }

    fn shift(&self, excluded: &Excluded, id: u32, by: i64, apply: &mut impl FnMut(u32, i64, i64)) {
        let mut left_out = excluded.after(id).peekable();
        for other in id + 1..self.oldest_recent {
            if left_out.next_if_eq(&other).is_none() {
                apply(other, 0, by);
            }
        }
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
