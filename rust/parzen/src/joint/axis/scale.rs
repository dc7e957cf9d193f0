//! Natural values and coordinates.

use crate::prior::round_to_multiple;

/// From natural values to coordinates.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Whether model space is logarithmic.
    pub log: bool,
    /// Value in model space (natural or its logarithm) of coordinate 0.
    pub low: f64,
    /// Width in model space of the unit interval.
    pub span: f64,
    /// Value in model space of coordinate 1, to the bit: `low + span` is rounded.
    pub high: f64,
    /// The values, if the prior is quantised.
    pub grid: Option<Grid>,
}

/// Multiples of a quantum.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    /// Distance of neighbours on the natural scale.
    pub q: f64,
    /// Number of the first of them: it is `first q`.
    pub first: f64,
    /// The last.
    pub last: f64,
}

impl Scale {
    /// The coordinate of a natural value.
    #[must_use]
    pub fn coordinate(&self, value: f64) -> f64 {
        let value = match self.grid {
            // A quantised logarithm has a value 0: it lies in the middle of its cell.
            Some(grid) if self.log && value < 0.5 * grid.q => return self.cell(0.0).0,
            _ if self.log => libm::log(value.clamp(f64::MIN_POSITIVE, f64::MAX)),
            _ => value,
        };
        (value - self.low) / self.span
    }

    /// The natural value at a coordinate; within the bounds if there are any.
    #[must_use]
    pub fn value(&self, coordinate: f64, bounded: bool) -> f64 {
        let mut z = self.low + coordinate * self.span;
        if bounded && self.grid.is_none() {
            z = z.clamp(self.low, self.high);
        }
        let x = if self.log {
            libm::exp(z).clamp(f64::MIN_POSITIVE, f64::MAX)
        } else {
            z.clamp(f64::MIN, f64::MAX)
        };
        let Some(grid) = self.grid else {
            return x + 0.0;
        };
        let mut k = (x / grid.q).round_ties_even();
        if bounded {
            k = k.clamp(grid.first, grid.last);
        }
        // The multiple nearest to the largest double may be none.
        round_to_multiple((k * grid.q).clamp(f64::MIN, f64::MAX), grid.q)
    }

    /// Number of the grid's value at a coordinate.
    #[must_use]
    pub fn number(&self, coordinate: f64) -> f64 {
        let q = self.grid.map_or(1.0, |grid| grid.q);
        let z = self.low + coordinate * self.span;
        let x = if self.log {
            libm::exp(z).min(f64::MAX)
        } else {
            z
        };
        (x / q).round_ties_even()
    }

    /// Coordinate and width of the cell of value number `k` of the grid.
    #[must_use]
    pub fn cell(&self, k: f64) -> (f64, f64) {
        let Some(Grid { q, .. }) = self.grid else {
            return (0.0, 0.0);
        };
        if !self.log {
            return ((k * q - self.low) / self.span, q / self.span);
        }
        let upper = libm::log((k + 0.5) * q);
        if k < 1.0 {
            // The cell of 0 reaches down to the prior's lower bound; without one, it is a unit wide.
            let lower = if self.low < upper {
                self.low
            } else {
                upper - self.span
            };
            let middle = 0.5 * (lower + upper);
            return ((middle - self.low) / self.span, (upper - lower) / self.span);
        }
        let width = upper - libm::log((k - 0.5) * q);
        ((libm::log(k * q) - self.low) / self.span, width / self.span)
    }
}
