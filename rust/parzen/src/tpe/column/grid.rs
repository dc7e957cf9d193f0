//! The bad group of a quantised parameter with few possible values: observations kept by value.
//!
//! Observations of one value stand in a run. Only the two ends of a run have a neighbour at another
//! value, so a run has at most three different bandwidths. What a component puts on a cell of the grid
//! depends only on its bandwidth and on the distance in cells (but for the two cells at the ends, which the
//! bounds cut), so it is computed once for each pair of these and then remembered.

use super::forgetting::{Ageing, Forgetting};
use super::scale::Scales;
use crate::numerics::gaussians::{DOT_LANES, REACH, dot};
use crate::numerics::order::Excluded;
use crate::prior::{Numeric, Support, round_half_to_even};

/// A parameter with more possible values than this is treated like a continuous one.
const LARGEST: i64 = 128;
/// So is one with larger multiples than this, as rounding then makes its cells unequal.
const FARTHEST: f64 = 4096.0;
/// The profiles are forgotten when there are more.
const PROFILES: usize = 96;

/// Masses that components of one bandwidth put on cells, computed when first asked for (NaN before).
#[derive(Clone, Debug)]
struct Profile {
    scale: f64,
    /// On whole cells, by distance.
    whole: Box<[f64]>,
    /// On the first and the last cell, by the component's value.
    ends: [Box<[f64]>; 2],
    /// Cells further away than this get nothing that the prior's share would notice.
    reach: usize,
}

/// What the weights of all observations of a value depend on, by value. Integers, hence exact.
#[derive(Clone, Debug)]
struct Tallies {
    /// Number of the recent ones.
    recent: Vec<f64>,
    /// Number of the aged ones, and the sum of their ranks.
    aged: Vec<f64>,
    ranks: Vec<f64>,
    /// Buffer for the weights.
    weights: Vec<f64>,
}

impl Tallies {
    fn new(size: usize) -> Self {
        let nothing = || vec![0.0; size];
        Self {
            recent: nothing(),
            aged: nothing(),
            ranks: nothing(),
            weights: nothing(),
        }
    }

    /// The sum of the weights of each value's observations.
    fn weights(&mut self, forgetting: Forgetting) -> &[f64] {
        let tallies = self.recent.iter().zip(&self.aged).zip(&self.ranks);
        for (weight, ((recent, aged), ranks)) in self.weights.iter_mut().zip(tallies) {
            *weight = forgetting.first * aged + forgetting.step * ranks + recent;
        }
        &self.weights
    }
}

#[derive(Clone, Debug, Default)]
struct Run {
    /// The observations of this value, chronological.
    ids: Vec<u32>,
    /// Ranks of the oldest and the newest, once asked for.
    ends: Option<(u32, u32)>,
}

/// The observations of a run that have one bandwidth.
#[derive(Clone, Copy, Debug)]
enum Part {
    /// All of them.
    Whole,
    /// The first.
    Oldest,
    /// The last; follows the oldest.
    Newest,
    /// Those between; follows the newest.
    Inner,
}

/// One component of the estimator: part of a run, and the profile of its bandwidth.
#[derive(Clone, Copy, Debug)]
struct Entry {
    run: usize,
    part: Part,
    profile: usize,
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

/// The estimator's components, those of one value and one bandwidth together, and their masses.
///
/// It lasts until a value is met for the first time or loses its last observation; meanwhile only the
/// weights of the entries change.
#[derive(Clone, Debug, Default)]
struct Table {
    /// By run. Empty while the table has to be made.
    entries: Vec<Entry>,
    /// Number of entries, padded to whole groups of lanes.
    stride: usize,
    /// Masses by value, then entry.
    masses: Vec<f64>,
    /// For each value whose masses are in place, where those that are not zero begin and end, in whole
    /// groups of lanes.
    spans: Vec<Option<(usize, usize)>>,
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

    /// Weights of the estimator's entries, the prior apart, for [`masses`](Self::masses). Their number
    /// does not depend on the history.
    pub fn weights(&mut self, excluded: &Excluded, out: &mut Vec<f64>) {
        let count = self.ageing.count();
        let floor_at = count.min(CONSTANT_FLOOR_FROM);
        if self.laid_out_at != floor_at || self.table.entries.is_empty() {
            self.laid_out_at = floor_at;
            self.lay_out();
        }
        out.clear();
        let forgetting = Forgetting::of(count);
        let totals = self.tallies.weights(forgetting);
        for entry in &self.table.entries {
            let Run { ids, ends } = &mut self.runs[entry.run];
            let mut ends = || {
                let found = || (excluded.rank(ids[0]), excluded.rank(ids[ids.len() - 1]));
                *ends.get_or_insert_with(found)
            };
            let total = totals[entry.run];
            out.push(match entry.part {
                Part::Whole => total,
                Part::Oldest => forgetting.weight(ends().0),
                Part::Newest => forgetting.weight(ends().1),
                Part::Inner => total - out[out.len() - 2] - out[out.len() - 1],
            });
        }
        out.resize(self.table.stride, 0.0);
    }

    /// Finds the entries: the bandwidths of every run between its neighbours.
    fn lay_out(&mut self) {
        self.table.entries.clear();
        if self.profiles.len() > PROFILES {
            self.profiles.clear();
        }
        let mut before = None;
        let mut slot = self.next_occupied(0);
        while let Some(run) = slot {
            slot = self.next_occupied(run + 1);
            self.lay_out_run(run, before, slot);
            before = Some(run);
        }
        let size = self.cells.len();
        let table = &mut self.table;
        table.stride = table.entries.len().next_multiple_of(DOT_LANES);
        table.masses.resize(size * table.stride, 0.0);
        table.spans.clear();
        table.spans.resize(size, None);
    }

    fn lay_out_run(&mut self, run: usize, before: Option<usize>, after: Option<usize>) {
        let [before, after] = [before, after].map(|slot| slot.map(|s| self.value(s)));
        let (x, count, scales) = (self.value(run), self.ageing.count(), self.scales);
        let of = |before, after| scales.of(before, x, after, count as usize);
        let observations = self.runs[run].ids.len();
        if observations == 1 {
            let profile = self.profile(of(before, after));
            self.push_entry(run, Part::Whole, profile);
            return;
        }
        let first = self.profile(of(before, Some(x)));
        let last = self.profile(of(Some(x), after));
        let inner = self.profile(of(Some(x), Some(x)));
        if first == last && last == inner {
            self.push_entry(run, Part::Whole, inner);
            return;
        }
        self.push_entry(run, Part::Oldest, first);
        self.push_entry(run, Part::Newest, last);
        if observations > 2 {
            self.push_entry(run, Part::Inner, inner);
        }
    }

    fn push_entry(&mut self, run: usize, part: Part, profile: usize) {
        self.table.entries.push(Entry { run, part, profile });
    }

    fn next_occupied(&self, from: usize) -> Option<usize> {
        (from..self.runs.len()).find(|s| !self.runs[*s].ids.is_empty())
    }

    fn profile(&mut self, scale: f64) -> usize {
        // Mostly that of the entry before.
        let before = self.table.entries.last().map(|entry| entry.profile);
        if let Some(before) = before.filter(|p| self.profiles[*p].scale == scale) {
            return before;
        }
        if let Some(found) = self.profiles.iter().position(|p| p.scale == scale) {
            return found;
        }
        let unknown = || vec![f64::NAN; self.cells.len()].into();
        let reach = (REACH * scale / self.quantum + 1.0).min(LARGEST as f64) as usize;
        self.profiles.push(Profile {
            scale,
            whole: unknown(),
            ends: [unknown(), unknown()],
            reach,
        });
        self.profiles.len() - 1
    }

    /// Unnormalised masses of the cells of some values under the estimator, into `out`.
    pub fn masses(
        &mut self,
        weights: &[f64],
        prior_weight: f64,
        slots: &[usize],
        out: &mut Vec<f64>,
    ) {
        out.clear();
        for slot in slots {
            let (from, to) = self.table.spans[*slot].unwrap_or_else(|| self.fill(*slot));
            let start = slot * self.table.stride;
            let masses = &self.table.masses[start + from..start + to];
            out.push(prior_weight * self.prior_row[*slot] + dot(&weights[from..to], masses));
        }
    }

    /// Puts the masses of all entries on the cell of a value into the table; returns their span.
    fn fill(&mut self, slot: usize) -> (usize, usize) {
        let start = slot * self.table.stride;
        let masses = &mut self.table.masses[start..start + self.table.stride];
        masses.fill(0.0);
        let (quantum, last) = (self.quantum, self.cells.len() - 1);
        let (mut from, mut to) = (self.table.stride, 0);
        for ((at, entry), mass) in self.table.entries.iter().enumerate().zip(masses) {
            let distance = slot.abs_diff(entry.run);
            let profile = &mut self.profiles[entry.profile];
            if distance > profile.reach {
                continue;
            }
            let remembered = match slot {
                0 => &mut profile.ends[0][entry.run],
                _ if slot == last => &mut profile.ends[1][entry.run],
                _ => &mut profile.whole[distance],
            };
            if remembered.is_nan() {
                let (cell, centre) = if slot == 0 || slot == last {
                    let centre = (self.first + entry.run as i64) as f64 * quantum;
                    (self.cells[slot], centre)
                } else {
                    let cell = (distance as f64 - 0.5, distance as f64 + 0.5);
                    ((cell.0 * quantum, cell.1 * quantum), 0.0)
                };
                *remembered = super::mass::interval(cell, centre, profile.scale);
            }
            *mass = *remembered;
            (from, to) = (from.min(at), at + 1);
        }
        let from = from.min(to) / DOT_LANES * DOT_LANES;
        let span = (from, to.next_multiple_of(DOT_LANES));
        self.table.spans[slot] = Some(span);
        span
    }
}
