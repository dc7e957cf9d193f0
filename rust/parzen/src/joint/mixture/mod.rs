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

mod axis_kernels;
pub mod bounds;
mod chunks;
mod column;
mod combinations;
pub mod density;
pub mod draw;
mod tree;
pub mod weights;

pub use axis_kernels::AxisKernels;
pub use column::Floors;

use crate::joint::axis::{Axis, Shape};
use crate::numerics::order::Excluded;
use axis_kernels::CHUNK;
use bounds::Bounds;
use column::{Column, NOBODY, chunks_of, count};
use tree::Tree;

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
            bounds: Bounds::new(columns.iter().map(|c| &c.kernels)),
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
                self.bounds.widen(chunk, a, &column.kernels);
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
            self.bounds.widen(chunk, a, &column.kernels);
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
                        .kernels
                        .weigh(probabilities, self.floors.option_weight, column.present);
                    continue;
                }
                Shape::Levels { .. } => self.floors.among(column.present, self.floors.discrete),
                Shape::Line { .. } => self.floors.among(column.present, self.floors.continuous),
            };
            if floor.to_bits() == column.floor.to_bits() {
                changed.clear();
                column.refresh(axis, &self.slots, &mut changed);
                for chunk in chunks_of(&self.slots, &changed) {
                    self.bounds.widen(chunk, a, &column.kernels);
                }
                self.stale.append(&mut changed);
            } else {
                column.refresh_all(axis, &self.slots, floor);
                for chunk in 0..chunks {
                    self.bounds.widen(chunk, a, &column.kernels);
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
    pub fn axes(&self) -> impl Iterator<Item = &AxisKernels> {
        self.columns.iter().map(|c| &c.kernels)
    }

    /// The axis number `a`.
    #[must_use]
    pub fn axis(&self, a: usize) -> &AxisKernels {
        &self.columns[a].kernels
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
            if column.kernels.is_options() {
                return column.kernels.log_prior_option(*x);
            }
            let z = (x - 0.5) / axis.prior_scale();
            column.prior_norm - 0.5 * z * z
        })
        .sum()
    }
}
