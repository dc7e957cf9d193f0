//! The bad group of a long study, kept so that a suggestion costs the same however long it is.
//!
//! The few components that are wider than the floor are summed one by one; all others stand in a
//! [`Field`]. The newest observations are listed as well, since they weigh one until they are aged.

use super::field::{Field, Standing};
use super::forgetting::{Forgetting, RECENT};
use super::scale::{Component, Scales};
use crate::numerics::gaussians::{BEYOND_REACH, Gaussians, REACH};
use crate::numerics::order::Excluded;
use crate::numerics::sorted::SortedObservations;
use std::collections::VecDeque;

/// From this many observations on the fast state pays; it is left below half of that. The floor must be
/// constant there: at 98 and more.
pub const FAST_FROM: usize = 196;

/// From more wide components than this on they are looked up around each group of candidates.
const MANY: usize = 64;

#[derive(Clone, Copy, Debug)]
struct Wide {
    component: Component,
    standing: Standing,
}

/// See the module's text.
///
/// Between calls, the stored ranks of aged observations equal those that [`Excluded`] gives.
#[derive(Clone, Debug)]
pub struct Aged {
    /// Components of floor bandwidth.
    pub field: Field,
    floor: f64,
    /// No bandwidth is larger.
    widest: f64,
    /// Components that are wider than the floor, or that the field can't hold, by position.
    wide: Vec<Wide>,
    /// The sum of their inverse bandwidths.
    steepness: f64,
    /// The newest observations, oldest first.
    recent: VecDeque<Component>,
    cells_at_build: usize,
}

impl Aged {
    /// Builds the state of a sorted group of at least [`FAST_FROM`] / 2 observations.
    pub fn build(sorted: &SortedObservations, scales: &Scales, excluded: &Excluded) -> Self {
        let floor = scales.floor(sorted.len());
        let aged = Forgetting::of(u32::try_from(sorted.len()).unwrap_or(u32::MAX)).aged;
        let mut components = scales.components(sorted).map(|c| c.x);
        let (low, high) = (components.next(), components.last());
        let low = low.unwrap_or(scales.centre);
        let mut state = Self {
            field: Field::new(floor, (low, high.unwrap_or(low))),
            floor,
            widest: scales.prior,
            wide: Vec::new(),
            steepness: 0.0,
            recent: VecDeque::new(),
            cells_at_build: 0,
        };
        let mut recent = Vec::new();
        for component in scales.components(sorted) {
            let rank = excluded.rank(component.id);
            let standing = if rank < aged {
                Standing::Aged(rank)
            } else {
                recent.push(component);
                Standing::Recent
            };
            if state.in_field(&component) {
                state.field.add(component.x, standing);
            } else {
                state.steepness += 1.0 / component.scale;
                state.wide.push(Wide {
                    component,
                    standing,
                });
            }
        }
        recent.sort_by_key(|c| c.id);
        state.recent = recent.into();
        state.field.settle();
        state.cells_at_build = state.field.cell_count();
        state
    }

    /// Whether it is time to build the state anew: rounding errors and idle cells pile up.
    pub fn is_worn(&self, count: usize) -> bool {
        self.field.changes() > 2 * (1024 + count)
            || self.field.cell_count() > 1024 + 4 * self.cells_at_build + count
    }

    fn in_field(&self, component: &Component) -> bool {
        component.scale <= self.floor && self.field.covers(component.x)
    }

    fn place(&self, component: &Component) -> usize {
        self.wide.partition_point(|w| {
            let other = &w.component;
            other.x < component.x || (other.x == component.x && other.id < component.id)
        })
    }

    fn store(&mut self, component: Component, standing: Standing) {
        if self.in_field(&component) {
            self.field.add(component.x, standing);
        } else {
            let place = self.place(&component);
            let wide = Wide {
                component,
                standing,
            };
            self.wide.insert(place, wide);
            self.steepness += 1.0 / component.scale;
        }
    }

    fn take(&mut self, component: &Component, standing: Standing) {
        if self.in_field(component) {
            self.field.remove(component.x, standing);
        } else {
            let place = self.place(component);
            debug_assert_eq!(self.wide[place].component.id, component.id);
            self.wide.remove(place);
            self.steepness -= 1.0 / component.scale;
        }
    }

    fn standing(&self, id: u32, excluded: &Excluded) -> Standing {
        if self.is_recent(id) {
            Standing::Recent
        } else {
            Standing::Aged(excluded.rank(id))
        }
    }

    /// Whether an observation is, or would be, among the newest.
    pub fn is_recent(&self, id: u32) -> bool {
        self.recent.front().is_none_or(|c| id >= c.id)
    }

    /// How many of the newest are missing from the place for them.
    pub fn lacks_recent(&self) -> bool {
        self.recent.len() < RECENT as usize
    }

    /// The oldest of the newest.
    pub fn oldest_recent(&self) -> Option<u32> {
        self.recent.front().map(|c| c.id)
    }

    /// Gives an observation a new bandwidth.
    pub fn rescale(&mut self, component: Component, scale: f64, excluded: &Excluded) {
        if component.scale == scale {
            return;
        }
        let standing = self.standing(component.id, excluded);
        if standing == Standing::Recent
            && let Some(own) = self.recent.iter_mut().find(|c| c.id == component.id)
        {
            own.scale = scale;
        }
        self.take(&component, standing);
        self.store(Component { scale, ..component }, standing);
    }

    /// Adds an observation. The ranks of later ones must have been shifted.
    pub fn insert(&mut self, component: Component, excluded: &Excluded) {
        let standing = self.standing(component.id, excluded);
        self.store(component, standing);
        if standing != Standing::Recent {
            return;
        }
        let place = self.recent.partition_point(|c| c.id < component.id);
        self.recent.insert(place, component);
        if self.recent.len() > RECENT as usize
            && let Some(oldest) = self.recent.pop_front()
        {
            let rank = excluded.rank(oldest.id);
            if self.in_field(&oldest) {
                self.field.age(oldest.x, rank);
            } else {
                let place = self.place(&oldest);
                self.wide[place].standing = Standing::Aged(rank);
            }
        }
    }

    /// Takes an observation out. The ranks of later ones are shifted afterwards.
    pub fn remove(&mut self, component: &Component, excluded: &Excluded) {
        let standing = self.standing(component.id, excluded);
        self.take(component, standing);
        if standing == Standing::Recent {
            self.recent.retain(|c| c.id != component.id);
        }
    }

    /// Makes the newest aged observation one of the newest again.
    pub fn rejuvenate(&mut self, component: Component, excluded: &Excluded) {
        if self.in_field(&component) {
            self.field
                .rejuvenate(component.x, excluded.rank(component.id));
        } else {
            let place = self.place(&component);
            self.wide[place].standing = Standing::Recent;
        }
        self.recent.push_front(component);
    }

    /// Adds `by` to the ranks of all aged observations after `id`, whose positions `x_of` gives.
    ///
    /// Cost: proportional to their number. In a study that is not going anywhere the good group
    /// changes once in n/25 trials; in one that improves all the time, what leaves it is recent.
    pub fn shift_ranks(
        &mut self,
        id: u32,
        by: i32,
        excluded: &Excluded,
        x_of: impl Fn(u32) -> f64,
    ) {
        let end = self.oldest_recent().unwrap_or(0);
        if id + 1 >= end {
            return;
        }
        let mut wide: Vec<u32> = Vec::with_capacity(self.wide.len());
        for w in &mut self.wide {
            if let Standing::Aged(rank) = &mut w.standing {
                if w.component.id > id {
                    *rank = rank.saturating_add_signed(by);
                }
                wide.push(w.component.id);
            }
        }
        wide.sort_unstable();
        let mut skipped = wide.iter().copied().peekable();
        let mut left_out = excluded.after(id).peekable();
        for other in id + 1..end {
            while skipped.next_if(|s| *s < other).is_some() {}
            while left_out.next_if(|s| *s < other).is_some() {}
            if skipped.peek() != Some(&other) && left_out.peek() != Some(&other) {
                self.field.shift(x_of(other), f64::from(by));
            }
        }
        self.field.forget_ranked();
    }

    /// Appends the components that are summed one by one and can be felt in one of the `intervals`, which
    /// are put in order.
    ///
    /// Returns a bound on the density of those left out.
    pub fn push_direct(
        &self,
        forgetting: Forgetting,
        intervals: &mut Vec<(f64, f64)>,
        out: &mut Gaussians,
    ) -> f64 {
        let farthest = REACH * self.widest;
        unite(
            intervals,
            if self.wide.len() > MANY {
                2.0 * farthest
            } else {
                f64::INFINITY
            },
        );
        for (low, high) in intervals {
            let from = self
                .wide
                .partition_point(|w| w.component.x < *low - farthest);
            let near = self.wide[from..].iter();
            for Wide {
                component,
                standing,
            } in near.take_while(|w| w.component.x <= *high + farthest)
            {
                let reach = REACH * component.scale;
                if component.x + reach < *low || component.x - reach > *high {
                    continue;
                }
                let weight = match standing {
                    Standing::Recent => 1.0,
                    Standing::Aged(rank) => forgetting.weight(*rank),
                };
                out.push(weight, component.x, component.scale);
            }
        }
        BEYOND_REACH * self.steepness
    }
}

/// Makes one interval of those that are closer to each other than `gap`; sorts them.
fn unite(intervals: &mut Vec<(f64, f64)>, gap: f64) {
    if gap < f64::INFINITY {
        intervals.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    }
    intervals.dedup_by(|next, kept| {
        let close = next.0 - kept.1 <= gap;
        if close {
            *kept = (kept.0.min(next.0), kept.1.max(next.1));
        }
        close
    });
}
