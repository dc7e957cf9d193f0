//! The bad group of a numeric parameter: a Parzen estimator that is kept up to date.

use super::aged::{Aged, FAST_FROM};
use super::field::Field;
use super::forgetting::Forgetting;
use super::scale::{Component, Scales};
use crate::numerics::gaussians::Gaussians;
use crate::numerics::order::Excluded;
use crate::numerics::sorted::{Neighbours, SortedObservations};
use crate::prior::Numeric;

/// Observations of the bad group of one parameter, in model space.
///
/// The methods take the column's natural `values` in chronological order, and the observations
/// that are not in the group as they are after the change.
#[derive(Clone, Debug)]
pub struct NumericBad {
    scales: Scales,
    sorted: SortedObservations,
    aged: Option<Aged>,
}

/// The estimator in the two forms in which it is summed. Weights are not normalised.
pub struct Parts<'a> {
    /// Components taken one by one, the prior among them.
    pub direct: &'a Gaussians,
    /// The rest: the field, the weight of rank zero, and the increase of weight per rank.
    pub field: Option<(&'a mut Field, f64, f64)>,
    /// Bound on the density of components that are too far away, left out here or when summing.
    pub missing: f64,
}

impl NumericBad {
    /// An empty group.
    pub fn new(prior: &Numeric) -> Self {
        let scales = Scales {
            centre: prior.centre(),
            prior: prior.scale(),
        };
        Self {
            scales,
            sorted: SortedObservations::default(),
            aged: None,
        }
    }

    /// Number of observations in the group.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// The smallest bandwidth.
    pub fn floor(&self) -> f64 {
        self.scales.floor(self.len())
    }

    fn forgetting(&self) -> Forgetting {
        Forgetting::of(u32::try_from(self.len()).unwrap_or(u32::MAX))
    }

    /// Adds observation `id`.
    pub fn insert(&mut self, prior: &Numeric, values: &[f64], excluded: &Excluded, id: u32) {
        let x_of = |id: u32| prior.to_model(values[id as usize]);
        let x = x_of(id);
        let near = self.sorted.insert(x, id);
        if let Some(aged) = &mut self.aged {
            aged.shift_ranks(id, 1, excluded, x_of);
            for (component, with) in neighbours_scales(&self.scales, &near, x)
                .into_iter()
                .flatten()
            {
                aged.rescale(component, with, excluded);
            }
            let [before, after] = [near.before[0], near.after[0]].map(|p| p.map(|p| p.0));
            let scale = self.scales.of(before, x, after, FAST_FROM);
            aged.insert(Component { x, id, scale }, excluded);
        }
        self.recover(excluded);
    }

    /// Takes observation `id` out.
    pub fn remove(&mut self, prior: &Numeric, values: &[f64], excluded: &Excluded, id: u32) {
        let x_of = |id: u32| prior.to_model(values[id as usize]);
        let x = x_of(id);
        let near = self.sorted.remove(x, id);
        if let Some((aged, near)) = self.aged.as_mut().zip(near) {
            let [before, after] = [near.before[0], near.after[0]].map(|p| p.map(|p| p.0));
            let scale = self.scales.of(before, x, after, FAST_FROM);
            aged.remove(&Component { x, id, scale }, excluded);
            aged.shift_ranks(id, -1, excluded, x_of);
            for (component, with) in neighbours_scales(&self.scales, &near, x)
                .into_iter()
                .flatten()
            {
                let without = component.scale;
                aged.rescale(
                    Component {
                        scale: with,
                        ..component
                    },
                    without,
                    excluded,
                );
            }
            if aged.lacks_recent() {
                let oldest = aged.oldest_recent();
                let next = oldest.and_then(|oldest| excluded.previous(oldest));
                if let Some(next) = next {
                    let x = x_of(next);
                    let near = self.sorted.neighbours((x, next));
                    let [before, after] = [near.before[0], near.after[0]].map(|p| p.map(|p| p.0));
                    let scale = self.scales.of(before, x, after, FAST_FROM);
                    aged.rejuvenate(Component { x, id: next, scale }, excluded);
                }
            }
        }
        self.recover(excluded);
    }

    /// Replaces the group by all of `ids` at once.
    pub fn rebuild(
        &mut self,
        prior: &Numeric,
        values: &[f64],
        excluded: &Excluded,
        ids: impl Iterator<Item = u32>,
    ) {
        let pairs = ids
            .map(|id| (prior.to_model(values[id as usize]), id))
            .collect();
        self.sorted = SortedObservations::from_pairs(pairs);
        self.aged = None;
        self.recover(excluded);
    }

    /// Enters or leaves the fast state as the size of the group asks, and renews it when worn.
    fn recover(&mut self, excluded: &Excluded) {
        let count = self.len();
        let wanted = match &self.aged {
            None => count >= FAST_FROM,
            Some(_) if count < FAST_FROM / 2 => {
                self.aged = None;
                return;
            }
            Some(aged) => aged.is_worn(count),
        };
        if wanted {
            self.aged = Some(Aged::build(&self.sorted, &self.scales, excluded));
        }
    }

    /// The estimator as seen from the `intervals`, which are put in order, the prior weighing `prior_weight`.
    pub fn parts<'a>(
        &'a mut self,
        excluded: &Excluded,
        prior_weight: f64,
        intervals: &mut Vec<(f64, f64)>,
        buffer: &'a mut Gaussians,
    ) -> Parts<'a> {
        let forgetting = self.forgetting();
        buffer.clear();
        buffer.push(prior_weight, self.scales.centre, self.scales.prior);
        let mut missing = 0.0;
        let mut field = None;
        if let Some(aged) = &mut self.aged {
            missing = aged.push_direct(forgetting, intervals, buffer);
            field = Some((&mut aged.field, forgetting.first, forgetting.step));
        } else {
            for c in self.scales.components(&self.sorted) {
                buffer.push(forgetting.weight(excluded.rank(c.id)), c.x, c.scale);
            }
        }
        buffer.seal();
        missing += buffer.out_of_reach();
        Parts {
            direct: buffer,
            field,
            missing,
        }
    }

    /// `(weight, centre, scale)` of all components: the twin of [`parts`](Self::parts), and its
    /// fallback far from all observations.
    pub fn components(&self, excluded: &Excluded, prior_weight: f64) -> Vec<(f64, f64, f64)> {
        let forgetting = self.forgetting();
        std::iter::once((prior_weight, self.scales.centre, self.scales.prior))
            .chain(
                self.scales
                    .components(&self.sorted)
                    .map(|c| (forgetting.weight(excluded.rank(c.id)), c.x, c.scale)),
            )
            .collect()
    }
}

/// The nearest observation on either side of `x` with its bandwidth while there is no observation
/// at `x`, and its bandwidth when there is one.
fn neighbours_scales(scales: &Scales, near: &Neighbours, x: f64) -> [Option<(Component, f64)>; 2] {
    let value = |p: Option<(f64, u32)>| p.map(|p| p.0);
    let [before, before2] = near.before;
    let [after, after2] = near.after;
    [
        before.map(|(at, id)| {
            let scale = scales.of(value(before2), at, value(after), FAST_FROM);
            let with = scales.of(value(before2), at, Some(x), FAST_FROM);
            (Component { x: at, id, scale }, with)
        }),
        after.map(|(at, id)| {
            let scale = scales.of(value(before), at, value(after2), FAST_FROM);
            let with = scales.of(Some(x), at, value(after2), FAST_FROM);
            (Component { x: at, id, scale }, with)
        }),
    ]
}
