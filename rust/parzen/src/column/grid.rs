//! The bad group of a quantised parameter with few possible values: observations kept by value.
//!
//! Observations of one value stand in a run. Only the two ends of a run have a neighbour at another
//! value, so a run has at most three different bandwidths, and the mass that a component puts on a
//! cell of the grid is computed once for each pair of value and bandwidth and then remembered.

use super::order::{Ageing, Excluded, Forgetting};
use super::scale::Scales;
use crate::kernel::REACH;
use crate::prior::{Numeric, Support};

/// A parameter with more possible values than this is treated like a continuous one.
const LARGEST: i64 = 128;
/// Remembered bandwidths per value.
const ROWS: usize = 12;

/// Masses of one component on all cells, computed when first asked for (NaN before).
#[derive(Clone, Debug)]
struct Row {
    scale: f64,
    masses: Box<[f64]>,
}

#[derive(Clone, Debug, Default)]
struct Run {
    /// The observations of this value, chronological.
    ids: Vec<u32>,
    aged: i64,
    ranks: i64,
    rows: Vec<Row>,
    /// Which rows its bandwidths have; unknown after its neighbours, or the run itself, came or went.
    shape: Option<Shape>,
}

/// The rows of the oldest, the newest and the other observations of a run.
#[derive(Clone, Copy, Debug)]
struct Shape {
    first: usize,
    last: usize,
    inner: usize,
}

/// From this many observations on the smallest bandwidth does not depend on their number.
const CONSTANT_FLOOR_FROM: u32 = 98;

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
    prior_row: Vec<f64>,
    ageing: Ageing,
    /// How many observations, up to those that matter, the shapes of the runs were found for.
    shaped_at: u32,
}

/// One entry of the estimator: its weight, and where to find its masses.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    weight: f64,
    run: usize,
    row: usize,
}

impl GridBad {
    /// An empty group, if the prior is linear, bounded, quantised and has few values.
    pub fn new(prior: &Numeric) -> Option<Self> {
        let (Some(q), Support::Bounded { low, high }, false) = (prior.q, prior.support, prior.log)
        else {
            return None;
        };
        let (first, last) = ((low / q).round_ties_even(), (high / q).round_ties_even());
        if first.abs().max(last.abs()) > 1e15 || last - first >= LARGEST as f64 {
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
            prior_row: cells
                .iter()
                .map(|cell| super::mass::interval(*cell, scales.centre, scales.prior))
                .collect(),
            cells,
            ageing: Ageing::default(),
            shaped_at: 0,
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

    /// The cell of a value.
    pub fn cell(&self, slot: usize) -> (f64, f64) {
        self.cells[slot]
    }

    fn value(&self, slot: usize) -> f64 {
        (self.first + slot as i64) as f64 * self.quantum + 0.0
    }

    fn slot_of(&self, values: &[f64], id: u32) -> usize {
        self.slot(values[id as usize]).unwrap_or(0) // checked before it was put in
    }

    /// Adds observation `id`, whose value is on the grid; `excluded` as it is afterwards.
    pub fn insert(&mut self, values: &[f64], excluded: &Excluded, id: u32) {
        let slot = self.slot_of(values, id);
        let ids = &mut self.runs[slot].ids;
        ids.insert(ids.partition_point(|other| *other < id), id);
        if ids.len() <= 2 {
            self.forget_shapes();
        }
        let mut ageing = std::mem::take(&mut self.ageing);
        ageing.insert(excluded, id, |id, aged, ranks| {
            self.tally(values, id, aged, ranks);
        });
        self.ageing = ageing;
    }

    /// Takes observation `id` out; `excluded` as it is afterwards.
    pub fn remove(&mut self, values: &[f64], excluded: &Excluded, id: u32) {
        let slot = self.slot_of(values, id);
        let ids = &mut self.runs[slot].ids;
        if let Ok(place) = ids.binary_search(&id) {
            ids.remove(place);
        }
        if ids.len() <= 1 {
            self.forget_shapes();
        }
        let mut ageing = std::mem::take(&mut self.ageing);
        ageing.remove(excluded, id, |id, aged, ranks| {
            self.tally(values, id, aged, ranks);
        });
        self.ageing = ageing;
    }

    fn tally(&mut self, values: &[f64], id: u32, aged: i64, ranks: i64) {
        let slot = self.slot_of(values, id);
        self.runs[slot].aged += aged;
        self.runs[slot].ranks += ranks;
    }

    /// The estimator's entries, the prior apart. Their number does not depend on the history.
    pub fn entries(&mut self, excluded: &Excluded, out: &mut Vec<Entry>) {
        out.clear();
        let count = self.ageing.count();
        let forgetting = Forgetting::of(count);
        let floor_at = count.min(CONSTANT_FLOOR_FROM);
        if self.shaped_at != floor_at {
            self.shaped_at = floor_at;
            self.forget_shapes();
        }
        let mut before = None;
        let mut slot = self.next_occupied(0);
        while let Some(run) = slot {
            slot = self.next_occupied(run + 1);
            let shape = match self.runs[run].shape {
                Some(shape) => shape,
                None => self.find_shape(run, before, slot),
            };
            before = Some(run);
            let here = &self.runs[run];
            let total = forgetting.first * here.aged as f64
                + forgetting.step * here.ranks as f64
                + (here.ids.len() as i64 - here.aged) as f64;
            let mut push = |row: usize, weight: f64| out.push(Entry { weight, run, row });
            if shape.first == shape.last && shape.last == shape.inner {
                push(shape.inner, total);
                continue;
            }
            let weight = |id: u32| forgetting.weight(excluded.rank(id));
            let oldest = weight(here.ids[0]);
            let newest = weight(here.ids[here.ids.len() - 1]);
            push(shape.first, oldest);
            push(shape.last, newest);
            if here.ids.len() > 2 {
                push(shape.inner, total - oldest - newest);
            }
        }
    }

    fn forget_shapes(&mut self) {
        for run in &mut self.runs {
            run.shape = None;
        }
    }

    /// Finds the bandwidths of a run between its neighbours, and remembers them.
    fn find_shape(&mut self, run: usize, before: Option<usize>, after: Option<usize>) -> Shape {
        let [before, after] = [before, after].map(|slot| slot.map(|s| self.value(s)));
        let (x, count, scales) = (self.value(run), self.ageing.count(), self.scales);
        let of = |before, after| scales.of(before, x, after, count as usize);
        if self.runs[run].rows.len() > ROWS {
            self.runs[run].rows.clear();
        }
        let shape = if self.runs[run].ids.len() == 1 {
            let row = self.row(run, of(before, after));
            Shape {
                first: row,
                last: row,
                inner: row,
            }
        } else {
            Shape {
                first: self.row(run, of(before, Some(x))),
                last: self.row(run, of(Some(x), after)),
                inner: self.row(run, of(Some(x), Some(x))),
            }
        };
        self.runs[run].shape = Some(shape);
        shape
    }

    fn next_occupied(&self, from: usize) -> Option<usize> {
        (from..self.runs.len()).find(|s| !self.runs[*s].ids.is_empty())
    }

    fn row(&mut self, run: usize, scale: f64) -> usize {
        let size = self.cells.len();
        let rows = &mut self.runs[run].rows;
        if let Some(found) = rows.iter().position(|r| r.scale == scale) {
            return found;
        }
        rows.push(Row {
            scale,
            masses: vec![f64::NAN; size].into(),
        });
        rows.len() - 1
    }

    /// Unnormalised masses of the cells of some values under the estimator, into `out`.
    pub fn masses(
        &mut self,
        entries: &[Entry],
        prior_weight: f64,
        slots: &[usize],
        out: &mut Vec<f64>,
    ) {
        out.clear();
        out.extend(
            slots
                .iter()
                .map(|slot| prior_weight * self.prior_row[*slot]),
        );
        for entry in entries {
            // Cells further away than this get nothing that the prior's share would notice.
            let reach = REACH * self.runs[entry.run].rows[entry.row].scale / self.quantum + 1.0;
            let reach = reach.min(LARGEST as f64) as usize;
            let centre = self.value(entry.run);
            let Row { scale, masses } = &mut self.runs[entry.run].rows[entry.row];
            for (slot, sum) in slots.iter().zip(&mut *out) {
                if slot.abs_diff(entry.run) > reach {
                    continue;
                }
                let mass = &mut masses[*slot];
                if mass.is_nan() {
                    *mass = super::mass::interval(self.cells[*slot], centre, *scale);
                }
                *sum += entry.weight * *mass;
            }
        }
    }
}
