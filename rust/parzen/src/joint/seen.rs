//! Points that were tried, so that no point is proposed twice while there are others.
//!
//! Only points all of whose active parameters have countable values can come up twice.

use super::axis::Axis;
use crate::rng::Rng;
use crate::space::Space;
use std::collections::HashMap;

/// A multiset of points.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    counts: HashMap<Vec<u64>, u32>,
}

/// The bits of a point, or nothing if one of its values is not countable.
fn key(axes: &[Axis], values: &[f64]) -> Option<Vec<u64>> {
    let bits = |(axis, value): (&Axis, &f64)| {
        if value.is_nan() {
            return Some(u64::MAX);
        }
        axis.count().map(|_| (value + 0.0).to_bits())
    };
    axes.iter().zip(values).map(bits).collect()
}

impl Seen {
    /// Adds a point (natural values by parameter, NaN where not active).
    pub fn add(&mut self, axes: &[Axis], values: &[f64]) {
        if let Some(key) = key(axes, values) {
            *self.counts.entry(key).or_default() += 1;
        }
    }

    /// Takes a point away again.
    pub fn remove(&mut self, axes: &[Axis], values: &[f64]) {
        if let Some(key) = key(axes, values)
            && let Some(count) = self.counts.get_mut(&key)
        {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&key);
            }
        }
    }

    /// Whether the point was tried.
    #[must_use]
    pub fn contains(&self, axes: &[Axis], values: &[f64]) -> bool {
        !self.counts.is_empty() && key(axes, values).is_some_and(|k| self.counts.contains_key(&k))
    }
}

/// The first point that was not tried, counting on from `start` with the last parameter fastest;
/// parameters without countable values are drawn from their priors. Nothing if all were tried.
///
/// Cost: one look-up for each tried point at most.
#[must_use]
pub fn first_unseen(
    space: &Space,
    axes: &[Axis],
    seen: &Seen,
    start: &[f64],
    rng: &mut Rng,
) -> Option<Vec<f64>> {
    let mut walk = Walk {
        space,
        axes,
        seen,
        start,
        rng,
    };
    let mut values = vec![f64::NAN; space.len()];
    walk.descend(0, &mut values).then_some(values)
}

struct Walk<'a> {
    space: &'a Space,
    axes: &'a [Axis],
    seen: &'a Seen,
    start: &'a [f64],
    rng: &'a mut Rng,
}

impl Walk<'_> {
    /// Decides the parameters from number `depth` of the order on; whether that succeeded.
    fn descend(&mut self, depth: usize, values: &mut [f64]) -> bool {
        let Some(&i) = self.space.order().get(depth) else {
            return !self.seen.contains(self.axes, values);
        };
        if !self.space.active(i, values) {
            values[i] = f64::NAN;
            return self.descend(depth + 1, values);
        }
        let axis = &self.axes[i];
        let Some(count) = axis.count() else {
            values[i] = self.space.params()[i].prior.sample(self.rng);
            return self.descend(depth + 1, values);
        };
        let first = if self.start[i].is_nan() {
            0
        } else {
            axis.number_of(self.start[i])
        };
        for step in 0..count {
            let number = (first + step) % count;
            if axis.is_possible(number) {
                values[i] = axis.nth_value(number);
                if self.descend(depth + 1, values) {
                    return true;
                }
            }
        }
        false
    }
}
