//! Linear forgetting: what an observation weighs by its rank in the bad group, and who is aged.

use crate::numerics::order::Excluded;

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
