//! The masses of the values of a grid: components by value and bandwidth, their weights, and the table of both.

use super::table::{Entry, Part, Profile, Run};
use super::{GridBad, LARGEST};
use crate::numerics::gaussians::{DOT_LANES, REACH, dot};
use crate::numerics::order::Excluded;
use crate::tpe::column::forgetting::Forgetting;
use crate::tpe::column::mass;

/// The profiles are forgotten when there are more.
const PROFILES: usize = 96;

/// From this many observations on the smallest bandwidth does not depend on their number.
const CONSTANT_FLOOR_FROM: u32 = 98;

impl GridBad {
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
                *remembered = mass::interval(cell, centre, profile.scale);
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
