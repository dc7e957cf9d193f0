//! Bandwidths of the adaptive Parzen estimator from the neighbours of an observation (spec 4.1).

use crate::numerics::sorted::SortedObservations;

/// An observation with its bandwidth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Component {
    /// Position in model space.
    pub x: f64,
    /// Chronological number.
    pub id: u32,
    /// Bandwidth.
    pub scale: f64,
}

/// What the bandwidth of every component of one parameter depends on.
#[derive(Clone, Copy, Debug)]
pub struct Scales {
    /// Centre of the prior in model space.
    pub centre: f64,
    /// Scale of the prior in model space, the largest bandwidth.
    pub prior: f64,
}

impl Scales {
    /// The smallest bandwidth among `count` observations.
    pub fn floor(&self, count: usize) -> f64 {
        self.prior / ((count + 2).min(100) as f64)
    }

    /// Bandwidth of an observation at `x` between its neighbours, among `count` observations.
    ///
    /// The larger distance to the two neighbours, the prior's centre being one of the points
    /// (it stands just before the first observation that is not smaller), within floor and prior.
    pub fn of(&self, before: Option<f64>, x: f64, after: Option<f64>, count: usize) -> f64 {
        if count == 1 {
            return (0.5 * self.prior).clamp(self.floor(1), self.prior);
        }
        let (mut left, mut right) = (before, after);
        if x >= self.centre {
            if left.is_none_or(|l| l < self.centre) {
                left = Some(self.centre);
            }
        } else if right.is_none_or(|r| r >= self.centre) {
            right = Some(self.centre);
        }
        let gap_left = left.map_or(0.0, |l| x - l);
        let gap_right = right.map_or(0.0, |r| r - x);
        gap_left.max(gap_right).clamp(self.floor(count), self.prior)
    }

    /// All observations of a group with their bandwidths, in ascending order.
    pub fn components(&self, sorted: &SortedObservations) -> impl Iterator<Item = Component> {
        let count = sorted.len();
        let mut pairs = sorted.iter().peekable();
        let mut before = None;
        std::iter::from_fn(move || {
            let (x, id) = pairs.next()?;
            let scale = self.of(before, x, pairs.peek().map(|p| p.0), count);
            before = Some(x);
            Some(Component { x, id, scale })
        })
    }
}
