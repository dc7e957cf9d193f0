//! The bad group of a quantised parameter with few possible values: observations kept by value.
//!
//! Observations of one value stand in a run. Only the two ends of a run have a neighbour at another
//! value, so a run has at most three different bandwidths. What a component puts on a cell of the grid
//! depends only on its bandwidth and on the distance in cells (but for the two cells at the ends, which the
//! bounds cut), so it is computed once for each pair of these and then remembered.

mod masses;
mod table;

use super::forgetting::Ageing;
use super::scale::Scales;
use crate::numerics::order::Excluded;
use crate::prior::{Numeric, Support, round_half_to_even};
use table::{Profile, Run, Table, Tallies};

/// A parameter with more possible values than this is treated like a continuous one.
const LARGEST: i64 = 128;
/// So is one with larger multiples than this, as rounding then makes its cells unequal.
const FARTHEST: f64 = 4096.0;

/// Observations of the bad group of one parameter on a grid.
#[derive(Clone, Debug)]
pub struct GridBad {
    scales: Scales,
    quantum: f64,
    /// Number of the first value: it is `first * quantum`.
    first: i64,
    /// The cell of each value in model space.
    cells: Vec<(f64, f64)>,
    runs: Vec<Run>,
    tallies: Tallies,
    profiles: Vec<Profile>,
    prior_row: Vec<f64>,
    ageing: Ageing,
    /// The latest observation so far.
    latest: u32,
    /// How many observations, up to those that matter, the table was made for.
    laid_out_at: u32,
    table: Table,
}

impl GridBad {
    /// An empty group, if the prior is linear, bounded, quantised and has few values.
    pub fn new(prior: &Numeric) -> Option<Self> {
        let (Some(q), Support::Bounded { low, high }, false) = (prior.q, prior.support, prior.log)
        else {
            return None;
        };
        let (first, last) = ((low / q).round_ties_even(), (high / q).round_ties_even());
        if first.abs().max(last.abs()) > FARTHEST || last - first >= LARGEST as f64 {
            return None;
        }
        let first = first as i64;
        let cells: Vec<_> = (first..=last as i64)
            .map(|k| prior.cell(k as f64 * q + 0.0))
            .collect();
        let scales = Scales {
            centre: prior.centre(),
            prior: prior.scale(),
        };
        Some(Self {
            scales,
            quantum: q,
            first,
            runs: vec![Run::default(); cells.len()],
            tallies: Tallies::new(cells.len()),
            profiles: Vec::new(),
            prior_row: cells
                .iter()
                .map(|cell| super::mass::interval(*cell, scales.centre, scales.prior))
                .collect(),
            cells,
            ageing: Ageing::default(),
            latest: 0,
            laid_out_at: 0,
            table: Table::default(),
        })
    }

    /// Place of a value on the grid, if it is on it.
    pub fn slot(&self, value: f64) -> Option<usize> {
        let k = (value / self.quantum).round_ties_even();
        if k.is_nan() || k.abs() > 1e15 {
            return None;
        }
        let slot = k as i64 - self.first;
        let on_grid = k * self.quantum == value && slot >= 0 && (slot as usize) < self.cells.len();
        on_grid.then_some(slot as usize)
    }

    /// Number of values.
    pub fn size(&self) -> usize {
        self.cells.len()
    }

    /// Place of the value to which a number within the bounds is rounded.
    pub fn nearest(&self, x: f64) -> usize {
        let k = round_half_to_even(x / self.quantum) as i64;
        (k - self.first).clamp(0, self.cells.len() as i64 - 1) as usize
    }

    /// The cell of a value.
    pub fn cell(&self, slot: usize) -> (f64, f64) {
        self.cells[slot]
    }

    /// The value at a place.
    pub fn value(&self, slot: usize) -> f64 {
        (self.first + slot as i64) as f64 * self.quantum + 0.0
    }

    fn slot_of(&self, values: &[f64], id: u32) -> usize {
        self.slot(values[id as usize]).unwrap_or(0) // checked before it was put in
    }

    /// Adds observation `id`, whose value is on the grid; `excluded` as it is afterwards.
    pub fn insert(&mut self, values: &[f64], excluded: &Excluded, id: u32) {
        if id < self.latest {
            self.forget_ends();
        }
        self.latest = self.latest.max(id);
        let slot = self.slot_of(values, id);
        let run = &mut self.runs[slot];
        run.ends = None;
        let ids = &mut run.ids;
        ids.insert(ids.partition_point(|other| *other < id), id);
        self.tallies.recent[slot] += 1.0;
        if ids.len() <= 3 {
            self.table.entries.clear();
        }
        let mut ageing = std::mem::take(&mut self.ageing);
        ageing.insert(excluded, id, |id, aged, ranks| {
            self.tally(values, id, aged, ranks);
        });
        self.ageing = ageing;
    }

    /// Takes observation `id` out; `excluded` as it is afterwards.
    pub fn remove(&mut self, values: &[f64], excluded: &Excluded, id: u32) {
        self.forget_ends();
        let slot = self.slot_of(values, id);
        let ids = &mut self.runs[slot].ids;
        if let Ok(place) = ids.binary_search(&id) {
            ids.remove(place);
            self.tallies.recent[slot] -= 1.0;
        }
        if ids.len() <= 2 {
            self.table.entries.clear();
        }
        let mut ageing = std::mem::take(&mut self.ageing);
        ageing.remove(excluded, id, |id, aged, ranks| {
            self.tally(values, id, aged, ranks);
        });
        self.ageing = ageing;
    }

    /// Ranks have shifted.
    fn forget_ends(&mut self) {
        for run in &mut self.runs {
            run.ends = None;
        }
    }

    fn tally(&mut self, values: &[f64], id: u32, aged: i64, ranks: i64) {
        let slot = self.slot_of(values, id);
        self.tallies.recent[slot] -= aged as f64;
        self.tallies.aged[slot] += aged as f64;
        self.tallies.ranks[slot] += ranks as f64;
    }
}
