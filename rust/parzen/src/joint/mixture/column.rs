//! One axis of a mixture: where its members are, and the bandwidths of their kernels.

use super::axis_kernels::{AxisKernels, CHUNK};
use crate::joint::axis::normaliser::log_normaliser;
use crate::joint::axis::{Axis, Shape};
use crate::numerics::sorted::SortedObservations;

/// In the place of a trial's number, where there is none.
pub const NOBODY: u32 = u32::MAX;

/// Rules for the bandwidths of one mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floors {
    /// No bandwidth is below this.
    pub least: f64,
    /// Exponent of `(n + 2)^-x` for continuous axes.
    pub continuous: f64,
    /// The same for levels.
    pub discrete: f64,
    /// Pseudo-count of the options, see [`Options::option_weight`](crate::joint::Options::option_weight).
    pub option_weight: f64,
}

impl Floors {
    /// The floor among so many members with a coordinate, where it shrinks with this exponent.
    pub(super) fn among(&self, present: usize, exponent: f64) -> f64 {
        let shrinking = libm::pow(present as f64 + 2.0, -exponent);
        self.least.max(shrinking).min(1.0)
    }
}

/// One axis of a mixture.
#[derive(Clone, Debug)]
pub struct Column {
    /// Coordinate by number; NaN where the trial has none (it then follows the prior).
    pub places: Vec<f64>,
    /// Log-normaliser by slot, one summand of [`log_norms`](super::Mixture::log_norms).
    pub norms: Vec<f64>,
    /// Numbers of the members with a coordinate, in its order. Empty for options.
    sorted: SortedObservations,
    /// How many members have a coordinate.
    pub present: usize,
    /// Members whose kernels have to be renewed.
    dirty: Vec<u32>,
    /// The floor that the kernels were made with.
    pub floor: f64,
    /// What the hot loop reads.
    pub kernels: AxisKernels,
    /// Log-normaliser of the prior's kernel.
    pub prior_norm: f64,
    /// A bandwidth as it is among many members, to measure distances with; None for options.
    pub unit: Option<f64>,
}

impl Column {
    pub fn new(axis: &Axis, floors: &Floors) -> Self {
        let kernels = AxisKernels::new(axis);
        Self {
            places: Vec::new(),
            norms: Vec::new(),
            sorted: SortedObservations::default(),
            present: 0,
            dirty: Vec::new(),
            floor: f64::NAN,
            kernels,
            prior_norm: match axis.shape() {
                Shape::Options { .. } => 0.0,
                _ => log_normaliser(axis, 0.5, axis.prior_scale()),
            },
            unit: match axis.shape() {
                Shape::Options { .. } => None,
                _ => Some((floors.least * floors.least + axis.cell_variance(0.5)).sqrt()),
            },
        }
    }

    pub fn insert(&mut self, number: usize, slot: usize) {
        self.kernels.clear(slot);
        self.norms[slot] = 0.0;
        let place = self.places[number];
        if place.is_nan() {
            self.kernels
                .follow_prior(slot, self.prior_norm, &mut self.norms[slot]);
            return;
        }
        self.present += 1;
        if self.kernels.is_options() {
            self.kernels.set_option(slot, place);
            return;
        }
        let near = self.sorted.insert(place, count(number));
        self.dirty.push(count(number));
        let neighbours = [near.before[0], near.after[0]];
        self.dirty.extend(neighbours.iter().flatten().map(|n| n.1));
    }

    pub fn remove(&mut self, number: usize) {
        if self.places[number].is_nan() {
            return;
        }
        self.present -= 1;
        if self.kernels.is_options() {
            return;
        }
        if let Some(near) = self.sorted.remove(self.places[number], count(number)) {
            let neighbours = [near.before[0], near.after[0]];
            self.dirty.extend(neighbours.iter().flatten().map(|n| n.1));
        }
    }

    /// Renews the kernels that are dirty, if they are of members; adds to `changed` whose have changed.
    pub fn refresh(&mut self, axis: &Axis, slots: &[u32], changed: &mut Vec<u32>) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for number in dirty.drain(..) {
            let place = self.places[number as usize];
            if let Some(near) = self.sorted.around_member((place, number)) {
                let [below, above] = [near.before[0], near.after[0]].map(|p| p.map(|p| p.0));
                let slot = slots[number as usize] as usize;
                if self.renew(axis, slot, (below, place, above)) {
                    changed.push(number);
                }
            }
        }
        self.dirty = dirty;
    }

    /// Renews all kernels, with another floor.
    pub fn refresh_all(&mut self, axis: &Axis, slots: &[u32], floor: f64) {
        self.floor = floor;
        self.dirty.clear();
        let sorted = std::mem::take(&mut self.sorted);
        let mut members = sorted.iter().peekable();
        let mut below = None;
        while let Some((place, number)) = members.next() {
            let above = members.peek().map(|p| p.0);
            self.renew(axis, slots[number as usize] as usize, (below, place, above));
            below = Some(place);
        }
        drop(members);
        self.sorted = sorted;
    }

    /// Renews the kernel of a member between its neighbours; tells whether it has changed.
    fn renew(
        &mut self,
        axis: &Axis,
        slot: usize,
        (below, place, above): (Option<f64>, f64, Option<f64>),
    ) -> bool {
        let (below, above) = (below.map(|p| place - p), above.map(|p| p - place));
        let bandwidth = match (below, above) {
            (Some(b), Some(a)) => b.max(a),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => place.max(1.0 - place),
        };
        let bandwidth = bandwidth.max(self.floor).min(1.0);
        let scale = (bandwidth * bandwidth + axis.cell_variance(place)).sqrt();
        let inverse = 1.0 / scale;
        if self.kernels.inverse(slot).to_bits() == inverse.to_bits() {
            return false;
        }
        self.kernels.set(slot, place, inverse);
        // Of the inverse, since two scales may have the same.
        self.norms[slot] = log_normaliser(axis, place, 1.0 / inverse);
        true
    }
}

/// A number of trials; they are counted in u32.
#[allow(clippy::cast_possible_truncation)]
pub fn count(n: usize) -> u32 {
    n as u32
}

/// The chunks where these trials stand.
pub fn chunks_of(slots: &[u32], numbers: &[u32]) -> Vec<usize> {
    let chunk = |number: &u32| slots[*number as usize] as usize / CHUNK;
    let mut chunks: Vec<usize> = numbers.iter().map(chunk).collect();
    chunks.sort_unstable();
    chunks.dedup();
    chunks
}
