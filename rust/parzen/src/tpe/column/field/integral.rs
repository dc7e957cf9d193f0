//! The integral of a field, cell by cell.

use super::cell::{ROUNDING, Sum, integral_within};
use super::series::REACH;
use super::{DROPPED, FARTHEST, Field};

/// So many cells are asked one by one whether they are in reach of a point.
const FEW_CELLS: i64 = 256;

impl Field {
    /// `sum_i weight_i integral of exp(-((x - x_i)/s)^2 / 2) dx / s` from `low` to `high`.
    ///
    /// The polynomials are integrated exactly, cell by cell: cost in proportion to the cells spanned.
    pub fn integral(&mut self, low: f64, high: f64, alpha: f64, beta: f64) -> Sum {
        let mut total = Sum {
            value: 0.0,
            error: 0.0,
        };
        // Nothing is felt beyond the last cells that hold points.
        let end = (FARTHEST + 64.0) * self.width;
        let (low, high) = (low.clamp(-end, end), high.clamp(-end, end));
        let (first, last) = (self.cell_of(low), self.cell_of(high));
        let mut add = |field: &mut Self, index: i64| {
            let from = if index == first {
                field.offset(low, index)
            } else {
                field.edge(index, 0.0)
            };
            let to = if index == last {
                field.offset(high, index)
            } else {
                field.edge(index, 1.0)
            };
            if to <= from {
                return;
            }
            let slot = field.prepared(index);
            let cell = &field.cells[slot];
            total.value += integral_within(&cell.local, (alpha, beta), (from, to));
            total.error += cell.felt * ROUNDING * (to - from);
        };
        if last - first <= FEW_CELLS {
            for index in first..=last {
                if first == last || self.is_felt(index) {
                    add(self, index);
                }
            }
        } else {
            for index in self.felt_between(first, last) {
                add(self, index);
            }
        }
        total.error += self.total * DROPPED * (high - low) * self.inverse;
        total
    }

    #[allow(clippy::cast_precision_loss)] // below 2^52
    fn edge(&self, cell: i64, part: f64) -> f64 {
        self.offset((cell as f64 + part) * self.width, cell)
    }

    /// The cells from `first` to `last` that are within reach of a point, ascending.
    fn felt_between(&self, first: i64, last: i64) -> Vec<i64> {
        let sources = self.cells.iter().filter(|cell| cell.count > 0.5);
        let near = sources.flat_map(|cell| cell.index - REACH..=cell.index + REACH);
        let mut felt: Vec<i64> = near.filter(|i| (first..=last).contains(i)).collect();
        felt.sort_unstable();
        felt.dedup();
        felt
    }

    /// Whether any point is within reach of a cell.
    fn is_felt(&self, index: i64) -> bool {
        (-REACH..=REACH).any(|d| {
            self.slots
                .get(index + d)
                .is_some_and(|s| self.cells[s as usize].count > 0.5)
        })
    }
}
