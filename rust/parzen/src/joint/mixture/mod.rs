//! A mixture of product kernels that follows its members.
//!
//! Every member has one kernel: the product, over the parameters of a block, of a Gaussian about the
//! member's coordinate (truncated to [0, 1] where the prior is bounded, restricted to the values of
//! a grid where there are few), or of a distribution over options that prefers the member's. The
//! prior is one more kernel.
//!
//! Members that are near each other stand in the same chunk (`tree`).
//!
//! The bandwidth of a member along an axis is the larger of the distances to its two neighbours
//! (the only neighbour's, at the ends), between a floor that shrinks with the number of members and
//! the whole range. Joining or leaving therefore changes the kernels of two neighbours; the mixture
//! keeps every axis sorted and renews only those.
//!
//! References: Bergstra et al. (2011), section 4, for the bandwidths; Falkner, Klein and Hutter
//! (2018) and Watanabe (2023), arXiv 2304.11127, section 3, for product kernels.

mod along;
pub mod bounds;
pub mod draw;
pub mod kernel;
mod tally;
mod tree;
pub mod weights;

pub use along::Along;

use crate::joint::axis::normaliser::log_normaliser;
use crate::joint::axis::{Axis, Shape};
use crate::numerics::gaussians::LANES;
use crate::numerics::order::Excluded;
use crate::numerics::sorted::SortedObservations;
use along::CHUNK;
use bounds::Bounds;
use tree::{Cut, Leaf, Tree};

/// In the place of a trial's number, where there is none.
const NOBODY: u32 = u32::MAX;

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
    /// Coordinate by number; NaN where the trial has none (it then follows the prior).
    places: Vec<f64>,
    /// Log-normaliser by slot, one summand of [`Mixture::log_norms`].
    norms: Vec<f64>,
    /// Numbers of the members with a coordinate, in its order. Empty for options.
    sorted: SortedObservations,
    /// How many members have a coordinate.
    present: usize,
    /// Members whose kernels have to be renewed.
    dirty: Vec<u32>,
    /// The floor that the kernels were made with.
    floor: f64,
    /// What the hot loop reads.
    along: Along,
    /// Log-normaliser of the prior's kernel.
    prior_norm: f64,
    /// A bandwidth as it is among many members, to measure distances with; None for options.
    unit: Option<f64>,
}

/// A mixture over the axes of a block.
///
/// Trials are numbered in their order. Each member has a slot, where its kernel stands, in a chunk of
/// members that are near each other.
#[derive(Clone, Debug)]
pub struct Mixture {
    columns: Vec<Column>,
    tree: Tree,
    /// Number of slots in use by chunk; they are the first ones.
    filled: Vec<usize>,
    /// Number by slot.
    numbers: Vec<u32>,
    /// Slot by number, of members.
    slots: Vec<u32>,
    /// The numbers that are not members.
    absent: Excluded,
    /// How many members are older, by number.
    ranks: Vec<u32>,
    members: usize,
    /// Sum of the normalisers by slot; minus infinity where there is no member. Padded.
    log_norms: Vec<f64>,
    /// What is known of the kernels of each chunk.
    bounds: Bounds,
    /// Members whose sum of normalisers has to be renewed.
    stale: Vec<u32>,
    floors: Floors,
}

impl Mixture {
    /// A mixture without members.
    #[must_use]
    pub fn new(axes: &[&Axis], floors: Floors) -> Self {
        let columns: Vec<Column> = axes.iter().map(|a| Column::new(a, &floors)).collect();
        let mut mixture = Self {
            bounds: Bounds::new(columns.iter().map(|c| &c.along)),
            columns,
            tree: Tree::default(),
            filled: Vec::new(),
            numbers: Vec::new(),
            slots: Vec::new(),
            absent: Excluded::default(),
            ranks: Vec::new(),
            members: 0,
            log_norms: Vec::new(),
            stale: Vec::new(),
            floors,
        };
        mixture.add_chunk();
        mixture
    }

    /// Number of trials, members or not.
    #[must_use]
    pub fn trials(&self) -> usize {
        self.slots.len()
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

    /// Number of chunks.
    #[must_use]
    pub fn chunks(&self) -> usize {
        self.filled.len()
    }

    /// Where the kernel of a member stands.
    #[must_use]
    pub fn slot(&self, number: usize) -> usize {
        self.slots[number] as usize
    }

    /// Adds a trial, with its coordinates along the axes, that is not a member yet.
    pub fn push(&mut self, point: impl Iterator<Item = f64>) {
        for (column, place) in self.columns.iter_mut().zip(point) {
            column.places.push(place);
        }
        self.absent.insert(count(self.slots.len()));
        self.slots.push(NOBODY);
    }

    /// Makes the trial a member.
    pub fn insert(&mut self, number: usize) {
        if !self.absent.remove(count(number)) {
            return;
        }
        self.members += 1;
        self.stale.push(count(number));
        let chunk = self.chunk_with_room(number);
        let slot = self.next_slot(chunk);
        self.numbers[slot] = count(number);
        self.slots[number] = count(slot);
        for (a, column) in self.columns.iter_mut().enumerate() {
            column.insert(number, slot);
            self.bounds.extend(chunk, a, column.places[number]);
            if column.places[number].is_nan() {
                self.bounds.widen(chunk, a, &column.along);
            }
        }
    }

    /// Ends the membership of the trial.
    pub fn remove(&mut self, number: usize) {
        if !self.absent.insert(count(number)) {
            return;
        }
        self.members -= 1;
        let slot = std::mem::replace(&mut self.slots[number], NOBODY) as usize;
        for column in &mut self.columns {
            column.remove(number);
        }
        let chunk = slot / CHUNK;
        self.filled[chunk] -= 1;
        let last = chunk * CHUNK + self.filled[chunk];
        if slot != last {
            self.move_kernel(last, slot);
        }
        self.clear(last);
        for (a, column) in self.columns.iter().enumerate() {
            self.bounds.widen(chunk, a, &column.along);
        }
        self.renew_top(chunk);
    }

    /// Renews the kernels that joining and leaving have changed.
    pub fn refresh(&mut self, axes: &[&Axis]) {
        let chunks = self.chunks();
        let mut changed = Vec::new();
        let mut all_changed = false;
        for (a, (column, axis)) in self.columns.iter_mut().zip(axes).enumerate() {
            let floor = match axis.shape() {
                Shape::Options { probabilities } => {
                    column
                        .along
                        .weigh(probabilities, self.floors.option_weight, column.present);
                    continue;
                }
                Shape::Levels { .. } => floor(&self.floors, self.floors.discrete, column.present),
                Shape::Line { .. } => floor(&self.floors, self.floors.continuous, column.present),
            };
            if floor.to_bits() == column.floor.to_bits() {
                changed.clear();
                column.refresh(axis, &self.slots, &mut changed);
                for chunk in chunks_of(&self.slots, &changed) {
                    self.bounds.widen(chunk, a, &column.along);
                }
                self.stale.append(&mut changed);
            } else {
                column.refresh_all(axis, &self.slots, floor);
                for chunk in 0..chunks {
                    self.bounds.widen(chunk, a, &column.along);
                }
                all_changed = true;
            }
        }
        let mut stale = std::mem::take(&mut self.stale);
        if all_changed {
            stale.clear();
            stale.extend(0..count(self.slots.len()));
        }
        stale.sort_unstable();
        stale.dedup();
        stale.retain(|number| !self.absent.contains(*number));
        for number in &stale {
            let slot = self.slots[*number as usize] as usize;
            self.log_norms[slot] = self.columns.iter().map(|c| c.norms[slot]).sum();
        }
        if all_changed {
            for chunk in 0..chunks {
                self.renew_top(chunk);
            }
        } else {
            for chunk in chunks_of(&self.slots, &stale) {
                self.renew_top(chunk);
            }
        }
        stale.clear();
        self.stale = stale;
        self.count_older();
    }

    fn count_older(&mut self) {
        self.ranks.clear();
        let mut before = 0;
        for absent in self.absent.as_slice() {
            // The absent ones have ranks too, which nobody asks for.
            self.ranks
                .extend((count(self.ranks.len())..=*absent).map(|number| number - before));
            before += 1;
        }
        let rest = count(self.ranks.len())..count(self.slots.len());
        self.ranks.extend(rest.map(|number| number - before));
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

    /// What is known of the kernels of each chunk.
    #[must_use]
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The numbers of the trials of a chunk; that of no trial where there is none.
    #[must_use]
    pub fn numbers(&self, chunk: usize) -> &[u32] {
        &self.numbers[chunk * CHUNK..(chunk + 1) * CHUNK]
    }

    /// How many members are older, by number of the trial, as of the last [`refresh`](Self::refresh).
    #[must_use]
    pub fn ranks(&self) -> &[u32] {
        &self.ranks
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

    fn add_chunk(&mut self) -> usize {
        let chunk = self.filled.len();
        self.filled.push(0);
        if chunk.is_multiple_of(LANES) {
            self.bounds.add_group();
        }
        let places = (chunk + 1) * CHUNK;
        self.numbers.resize(places, NOBODY);
        self.log_norms.resize(places, f64::NEG_INFINITY);
        for column in &mut self.columns {
            column.norms.resize(places, 0.0);
            column.along.resize(places);
        }
        chunk
    }

    /// The chunk where a trial belongs, which has a slot for it.
    fn chunk_with_room(&mut self, number: usize) -> usize {
        let columns = &self.columns;
        let (leaf, chunk) = self.tree.find(|axis| columns[axis].places[number]);
        if self.filled[chunk] < CHUNK {
            return chunk;
        }
        let start = chunk * CHUNK;
        let numbers = &self.numbers[start..start + CHUNK];
        let cut = Cut::best(
            columns.len(),
            |axis| columns[axis].unit,
            |axis, out| out.extend(numbers.iter().map(|n| columns[axis].places[*n as usize])),
        );
        let Some(cut) = cut else {
            let new = self.add_chunk();
            self.tree.replace(leaf, new);
            return new;
        };
        let new = self.fork(leaf, cut, chunk);
        if cut.is_below(|axis| self.columns[axis].places[number]) {
            chunk
        } else {
            new
        }
    }

    /// Moves the trials of a chunk that lie above the cut to a new one, which it returns.
    fn fork(&mut self, leaf: Leaf, cut: Cut, chunk: usize) -> usize {
        let new = self.add_chunk();
        self.tree.fork(leaf, cut, new);
        let start = chunk * CHUNK;
        self.filled[chunk] = 0;
        for slot in start..start + CHUNK {
            let number = self.numbers[slot];
            let columns = &self.columns;
            let below = cut.is_below(|axis| columns[axis].places[number as usize]);
            let to = self.next_slot(if below { chunk } else { new });
            self.move_kernel(slot, to);
        }
        for slot in start + self.filled[chunk]..start + CHUNK {
            self.clear(slot);
        }
        for chunk in [chunk, new] {
            let start = chunk * CHUNK;
            let numbers = &self.numbers[start..start + self.filled[chunk]];
            self.bounds.clear(chunk);
            for (a, column) in self.columns.iter().enumerate() {
                for number in numbers {
                    self.bounds
                        .extend(chunk, a, column.places[*number as usize]);
                }
                self.bounds.widen(chunk, a, &column.along);
            }
            self.renew_top(chunk);
        }
        new
    }

    /// Takes the next slot of a chunk.
    fn next_slot(&mut self, chunk: usize) -> usize {
        self.filled[chunk] += 1;
        chunk * CHUNK + self.filled[chunk] - 1
    }

    /// Takes what stands in a slot to another one.
    fn move_kernel(&mut self, from: usize, to: usize) {
        let number = self.numbers[from];
        self.numbers[to] = number;
        self.slots[number as usize] = count(to);
        self.log_norms[to] = self.log_norms[from];
        for column in &mut self.columns {
            column.norms[to] = column.norms[from];
            column.along.copy(from, to);
        }
    }

    /// Forgets what stands in a slot.
    fn clear(&mut self, slot: usize) {
        self.numbers[slot] = NOBODY;
        self.log_norms[slot] = f64::NEG_INFINITY;
        for column in &mut self.columns {
            column.along.clear(slot);
        }
    }

    fn renew_top(&mut self, chunk: usize) {
        let log_norms = &self.log_norms[chunk * CHUNK..(chunk + 1) * CHUNK];
        self.bounds.raise(chunk, log_norms);
    }
}

/// A number of trials; they are counted in u32.
#[allow(clippy::cast_possible_truncation)]
fn count(n: usize) -> u32 {
    n as u32
}

/// The chunks where these trials stand.
fn chunks_of(slots: &[u32], numbers: &[u32]) -> Vec<usize> {
    let chunk = |number: &u32| slots[*number as usize] as usize / CHUNK;
    let mut chunks: Vec<usize> = numbers.iter().map(chunk).collect();
    chunks.sort_unstable();
    chunks.dedup();
    chunks
}

fn floor(floors: &Floors, exponent: f64, present: usize) -> f64 {
    let shrinking = libm::pow(present as f64 + 2.0, -exponent);
    floors.least.max(shrinking).min(1.0)
}

impl Column {
    fn new(axis: &Axis, floors: &Floors) -> Self {
        let along = Along::new(axis);
        Self {
            places: Vec::new(),
            norms: Vec::new(),
            sorted: SortedObservations::default(),
            present: 0,
            dirty: Vec::new(),
            floor: f64::NAN,
            along,
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

    fn insert(&mut self, number: usize, slot: usize) {
        self.along.clear(slot);
        self.norms[slot] = 0.0;
        let place = self.places[number];
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
        let near = self.sorted.insert(place, count(number));
        self.dirty.push(count(number));
        let neighbours = [near.before[0], near.after[0]];
        self.dirty.extend(neighbours.iter().flatten().map(|n| n.1));
    }

    fn remove(&mut self, number: usize) {
        if self.places[number].is_nan() {
            return;
        }
        self.present -= 1;
        if self.along.is_options() {
            return;
        }
        if let Some(near) = self.sorted.remove(self.places[number], count(number)) {
            let neighbours = [near.before[0], near.after[0]];
            self.dirty.extend(neighbours.iter().flatten().map(|n| n.1));
        }
    }

    /// Renews the kernels that are dirty, if they are of members; adds to `changed` whose have changed.
    fn refresh(&mut self, axis: &Axis, slots: &[u32], changed: &mut Vec<u32>) {
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
    fn refresh_all(&mut self, axis: &Axis, slots: &[u32], floor: f64) {
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
        if self.along.inverse(slot).to_bits() == inverse.to_bits() {
            return false;
        }
        self.along.set(slot, place, inverse);
        // Of the inverse, since two scales may have the same.
        self.norms[slot] = log_normaliser(axis, place, 1.0 / inverse);
        true
    }
}
