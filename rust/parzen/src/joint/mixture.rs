//! A mixture of product kernels that follows its members.
//!
//! Every member has one kernel: the product, over the parameters of a block, of a Gaussian about the
//! member's coordinate (truncated to [0, 1] where the prior is bounded, restricted to the values of
//! a grid where there are few), or of a distribution over options that prefers the member's. The
//! prior is one more kernel.
//!
//! The bandwidth of a member along an axis is the larger of the distances to its two neighbours
//! (the only neighbour's, at the ends), between a floor that shrinks with the number of members and
//! the whole range. Joining or leaving therefore changes the kernels of two neighbours; the mixture
//! keeps every axis sorted and renews only those.
//!
//! References: Bergstra et al. (2011), section 4, for the bandwidths; Falkner, Klein and Hutter
//! (2018) and Watanabe (2023), arXiv 2304.11127, section 3, for product kernels.

use super::axis::{Axis, Shape};
use super::kernel::{Along, CHUNK};
use super::normaliser::log_normaliser;

/// Rules for the bandwidths of one mixture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Floors {
    /// No bandwidth is below this.
    pub least: f64,
    /// Exponent of `(n + 2)^-x` for continuous axes.
    pub continuous: f64,
    /// The same for levels.
    pub discrete: f64,
    /// Pseudo-count of the options, see [`Options::option_weight`](super::Options).
    pub option_weight: f64,
}

/// One axis of a mixture.
#[derive(Clone, Debug)]
struct Column {
    /// Coordinate by slot; NaN where the member has none (it then follows the prior).
    places: Vec<f64>,
    /// Log-normaliser by slot, one summand of [`Mixture::log_norms`].
    norms: Vec<f64>,
    /// Members with a coordinate, by coordinate, then slot. Empty for options.
    order: Vec<u32>,
    /// How many members have a coordinate.
    present: usize,
    /// Kernels that have to be renewed.
    dirty: Vec<u32>,
    /// The floor that the kernels were made with.
    floor: f64,
    /// What the hot loop reads.
    along: Along,
    /// Log-normaliser of the prior's kernel.
    prior_norm: f64,
}

/// A mixture over the axes of a block. Slots are numbered in the order of their trials.
#[derive(Clone, Debug)]
pub struct Mixture {
    columns: Vec<Column>,
    member: Vec<bool>,
    members: usize,
    /// Sum of the normalisers by slot; minus infinity where there is no member. Padded.
    log_norms: Vec<f64>,
    floors: Floors,
}

impl Mixture {
    /// A mixture without members.
    #[must_use]
    pub fn new(axes: &[&Axis], floors: Floors) -> Self {
        let columns = axes.iter().map(|axis| Column::new(axis)).collect();
        Self {
            columns,
            member: Vec::new(),
            members: 0,
            log_norms: Vec::new(),
            floors,
        }
    }

    /// Number of slots, members or not.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.member.len()
    }

    /// Number of members.
    #[must_use]
    pub fn len(&self) -> usize {
        self.members
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.members == 0
    }

    /// Whether the slot has a member.
    #[must_use]
    pub fn is_member(&self, slot: usize) -> bool {
        self.member[slot]
    }

    /// Adds a slot, with its coordinates along the axes, that is not a member yet.
    pub fn push(&mut self, point: impl Iterator<Item = f64>) {
        let slot = self.member.len();
        self.member.push(false);
        let padded = (slot + 1).next_multiple_of(CHUNK);
        self.log_norms.resize(padded, f64::NEG_INFINITY);
        for (column, place) in self.columns.iter_mut().zip(point) {
            column.places.push(place);
            column.norms.push(0.0);
            column.along.resize(padded);
        }
    }

    /// Makes the slot a member.
    pub fn insert(&mut self, slot: usize) {
        if !std::mem::replace(&mut self.member[slot], true) {
            self.members += 1;
            for column in &mut self.columns {
                column.insert(slot);
            }
        }
    }

    /// Ends the membership of the slot.
    pub fn remove(&mut self, slot: usize) {
        if std::mem::replace(&mut self.member[slot], false) {
            self.members -= 1;
            self.log_norms[slot] = f64::NEG_INFINITY;
            for column in &mut self.columns {
                column.remove(slot);
            }
        }
    }

    /// Renews the kernels that joining and leaving have changed.
    pub fn refresh(&mut self, axes: &[&Axis]) {
        for (column, axis) in self.columns.iter_mut().zip(axes) {
            let floor = match axis.shape() {
                Shape::Options { probabilities } => {
                    column
                        .along
                        .weigh(probabilities, &self.floors, column.present);
                    continue;
                }
                Shape::Levels { .. } => floor(&self.floors, self.floors.discrete, column.present),
                Shape::Line { .. } => floor(&self.floors, self.floors.continuous, column.present),
            };
            column.refresh(axis, floor, &mut self.log_norms, &self.member);
        }
        for (slot, norm) in self
            .log_norms
            .iter_mut()
            .enumerate()
            .take(self.member.len())
        {
            if self.member[slot] && *norm == f64::NEG_INFINITY {
                *norm = self.columns.iter().map(|c| c.norms[slot]).sum();
            }
        }
    }

    /// Coordinate of a slot along axis `a`; NaN where it has none.
    #[must_use]
    pub fn place(&self, a: usize, slot: usize) -> f64 {
        self.columns[a].places[slot]
    }

    /// What the hot loop reads: the axes.
    pub fn axes(&self) -> impl Iterator<Item = &Along> {
        self.columns.iter().map(|c| &c.along)
    }

    /// The axis number `a`.
    #[must_use]
    pub fn along(&self, a: usize) -> &Along {
        &self.columns[a].along
    }

    /// What the hot loop reads: sums of the log-normalisers by slot, padded with minus infinity.
    #[must_use]
    pub fn log_norms(&self) -> &[f64] {
        &self.log_norms
    }

    /// Log-density of the prior's kernel at a point.
    #[must_use]
    pub fn log_prior(&self, axes: &[&Axis], point: &[f64]) -> f64 {
        let each = self.columns.iter().zip(axes).zip(point);
        each.map(|((column, axis), x)| {
            if column.along.is_options() {
                return column.along.log_prior_option(*x);
            }
            let z = (x - 0.5) / axis.prior_scale();
            column.prior_norm - 0.5 * z * z
        })
        .sum()
    }
}

fn floor(floors: &Floors, exponent: f64, present: usize) -> f64 {
    let shrinking = libm::pow(present as f64 + 2.0, -exponent);
    floors.least.max(shrinking).min(1.0)
}

impl Column {
    fn new(axis: &Axis) -> Self {
        Self {
            places: Vec::new(),
            norms: Vec::new(),
            order: Vec::new(),
            present: 0,
            dirty: Vec::new(),
            floor: f64::NAN,
            along: Along::new(axis),
            prior_norm: match axis.shape() {
                Shape::Options { .. } => 0.0,
                _ => log_normaliser(axis, 0.5, axis.prior_scale()),
            },
        }
    }

    /// Where the slot is, or would be, in the order.
    fn position(&self, slot: u32) -> usize {
        let place = self.places[slot as usize];
        self.order.partition_point(|other| {
            let p = self.places[*other as usize];
            p < place || (p == place && *other < slot)
        })
    }

    #[allow(clippy::cast_possible_truncation)] // slots are counted in u32
    fn insert(&mut self, slot: usize) {
        self.along.clear(slot);
        self.norms[slot] = 0.0;
        let place = self.places[slot];
        if place.is_nan() {
            self.along
                .follow_prior(slot, self.prior_norm, &mut self.norms[slot]);
            return;
        }
        self.present += 1;
        if self.along.is_options() {
            self.along.set_option(slot, place);
            return;
        }
        let slot = slot as u32;
        let at = self.position(slot);
        self.order.insert(at, slot);
        self.dirty
            .extend(&self.order[at.saturating_sub(1)..(at + 2).min(self.order.len())]);
    }

    #[allow(clippy::cast_possible_truncation)]
    fn remove(&mut self, slot: usize) {
        self.along.clear(slot);
        if self.places[slot].is_nan() {
            return;
        }
        self.present -= 1;
        if self.along.is_options() {
            return;
        }
        let at = self.position(slot as u32);
        self.order.remove(at);
        self.dirty
            .extend(&self.order[at.saturating_sub(1)..(at + 1).min(self.order.len())]);
    }

    fn refresh(&mut self, axis: &Axis, floor: f64, log_norms: &mut [f64], member: &[bool]) {
        if floor.to_bits() == self.floor.to_bits() {
            for slot in std::mem::take(&mut self.dirty) {
                if member[slot as usize] {
                    self.renew(axis, self.position(slot), log_norms);
                }
            }
        } else {
            self.floor = floor;
            self.dirty.clear();
            for at in 0..self.order.len() {
                self.renew(axis, at, log_norms);
            }
        }
    }

    /// Renews the kernel at a position of the order.
    fn renew(&mut self, axis: &Axis, at: usize, log_norms: &mut [f64]) {
        let slot = self.order[at] as usize;
        let place = self.places[slot];
        let neighbour = |at: usize| self.order.get(at).map(|s| self.places[*s as usize]);
        let below = at.checked_sub(1).and_then(neighbour).map(|p| place - p);
        let above = neighbour(at + 1).map(|p| p - place);
        let bandwidth = match (below, above) {
            (Some(b), Some(a)) => b.max(a),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => place.max(1.0 - place),
        };
        let bandwidth = bandwidth.max(self.floor).min(1.0);
        let scale = (bandwidth * bandwidth + axis.cell_variance(place)).sqrt();
        let inverse = 1.0 / scale;
        if self.along.inverse(slot).to_bits() != inverse.to_bits() {
            self.along.set(slot, place, inverse);
            // Of the inverse, since two scales may have the same.
            self.norms[slot] = log_normaliser(axis, place, 1.0 / inverse);
        }
        log_norms[slot] = f64::NEG_INFINITY;
    }
}
