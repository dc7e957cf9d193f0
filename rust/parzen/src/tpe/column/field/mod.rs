//! The field of many Gaussians that share one bandwidth, at a cost that does not depend on how many.
//!
//! Once a column holds 98 observations or more, nearly every component of its Parzen estimator has
//! the floor bandwidth. Their sum is a convolution of weighted points with one Gaussian, which is
//! smooth on the scale of that bandwidth `s`. Space is cut into cells as wide as `s`. A cell
//! gathers its points in the moments `S_m = sum w (-delta)^m / m!` (a multipole expansion about
//! its centre, `delta` in units of `s`), and what the points of all cells in reach add up to
//! inside a cell is a Taylor polynomial `L_n`, where with `phi(t) = exp(-t^2/2)` and `d` the
//! distance of the two centres in units of `s`
//!
//! ```text
//! sum_i w_i phi(d + eps - delta_i) = sum_n eps^n L_n,   L_n = sum_m phi^(n+m)(d) S_m / n!
//! ```
//!
//! (the fast Gauss transform: Greengard and Strain, SIAM J. Sci. Stat. Comput. 12 (1991), 79-94).
//! The polynomial of a cell is built when it is first asked for and patched as points come and go.
//!
//! Three fields are kept, because the forgetting weight of a point is 1 while it is recent and
//! `alpha + beta * rank`, with `alpha` and `beta` common to all, once it is aged: one of the aged
//! points, one of the aged points times their rank, one of the recent points.
//!
//! Accuracy: by Cramer's inequality `|phi^(k)(t)| <= 1.09 sqrt(k!) exp(-t^2/4)`, so with
//! [`ORDER`] = 20 terms and `|eps|, |delta| <= 1/2` a point of unit weight adds an error below
//! `1e-15 exp(-t^2/4)`. Points further than [`REACH`] cells are dropped (`exp(-9.5^2/2)` = 2.5e-20).
//! [`Field::densities`] returns bounds along with the values.
//!
//! | file | content |
//! |---|---|
//! | `series` | polynomials and moments |
//! | `cell` | what a cell knows, and the loops over cells |
//! | `integral` | the integral over a range |

mod cell;
mod integral;
mod series;
#[cfg(test)]
mod tests;

pub use cell::{Standing, Sum};

use super::slots::Slots;
use cell::{ALL, Cell, FIELDS, NOTHING, RANKED, RECENT, accumulate, add_densities, patch};
use series::{INVERSE_FACTORIAL, LANES, ORDER, REACH, hermite_functions, nth, translate};

/// Cells further from zero than this are not represented (their centres would not be exact).
const FARTHEST: f64 = 4e12;

/// Bound on what a point out of reach would have added.
const DROPPED: f64 = 2.6e-20;

/// Sum of equal Gaussians over a changing set of weighted points. See the module's text.
#[derive(Clone, Debug)]
pub struct Field {
    bandwidth: f64,
    inverse: f64,
    width: f64,
    /// `derivatives[d][k] = phi^(k)(d width / bandwidth)`.
    derivatives: Vec<[f64; 2 * ORDER]>,
    fading: Vec<f64>,
    slots: Slots,
    cells: Vec<Cell>,
    /// Buffers.
    places: Vec<(usize, f64)>,
    series: Box<[[f64; LANES]; ORDER]>,
    /// Number of points.
    total: f64,
    changes: usize,
    /// Whether any polynomial is in place, so that changes must patch them.
    consulted: bool,
}

impl Field {
    /// An empty field of Gaussians with standard deviation `bandwidth` > 0, for points that are mostly
    /// between `low` and `high`.
    pub fn new(bandwidth: f64, (low, high): (f64, f64)) -> Self {
        // Ten significant bits: products with a cell number are exact, so are cell distances.
        let width = f64::from_bits(bandwidth.to_bits() & !((1 << 43) - 1));
        let ratio = width / bandwidth;
        #[allow(clippy::cast_precision_loss)]
        let distance = |d: i64| d as f64 * ratio;
        let end = |x: f64| floor((x / width).clamp(-FARTHEST, FARTHEST));
        Self {
            bandwidth,
            inverse: 1.0 / bandwidth,
            width,
            derivatives: (0..=REACH)
                .map(|d| hermite_functions(distance(d)))
                .collect(),
            fading: (-REACH..=REACH)
                .map(|d| libm::exp(-0.25 * distance((d.abs() - 1).max(0)).powi(2)))
                .collect(),
            slots: Slots::between(end(low) - REACH, end(high) + REACH),
            cells: Vec::new(),
            places: Vec::new(),
            series: Box::new([[0.0; LANES]; ORDER]),
            total: 0.0,
            changes: 0,
            consulted: false,
        }
    }

    /// The common standard deviation.
    pub fn bandwidth(&self) -> f64 {
        self.bandwidth
    }

    /// Whether a point can be held; those too far from zero cannot.
    pub fn covers(&self, x: f64) -> bool {
        (x / self.width).abs() < FARTHEST
    }

    /// Additions, removals and shifts so far: rounding errors grow with them.
    pub fn changes(&self) -> usize {
        self.changes
    }

    fn cell_of(&self, x: f64) -> i64 {
        floor(x / self.width)
    }

    #[allow(clippy::cast_precision_loss)] // below 2^52
    fn offset(&self, x: f64, cell: i64) -> f64 {
        (x - (cell as f64 + 0.5) * self.width) * self.inverse
    }

    fn slot(&mut self, cell: i64) -> usize {
        let next = self.cells.len();
        #[allow(clippy::cast_possible_truncation)]
        // never more cells than observations and candidates
        let slot = self.slots.get_or_insert(cell, next as u32) as usize;
        if slot == next {
            self.cells.push(Cell {
                index: cell,
                source: [[0.0; ORDER]; FIELDS],
                local: [[0.0; ORDER]; FIELDS],
                valid: 0,
                count: 0.0,
                recent: 0.0,
                felt: 0.0,
            });
        }
        slot
    }

    /// Adds a point.
    pub fn add(&mut self, x: f64, standing: Standing) {
        self.change(x, standing.amounts());
    }

    /// Takes out a point that was added with this standing (its rank as shifted since).
    pub fn remove(&mut self, x: f64, standing: Standing) {
        self.change(x, standing.amounts().map(|a| -a));
    }

    /// Makes a recent point an aged one.
    pub fn age(&mut self, x: f64, rank: u32) {
        self.change(x, [1.0, f64::from(rank), -1.0]);
    }

    /// Makes an aged point a recent one.
    pub fn rejuvenate(&mut self, x: f64, rank: u32) {
        self.change(x, [-1.0, -f64::from(rank), 1.0]);
    }

    fn change(&mut self, x: f64, amounts: [f64; FIELDS]) {
        self.changes += 1;
        let points = amounts[0] + amounts[RECENT];
        self.total += points;
        let cell = self.cell_of(x);
        let delta = self.offset(x, cell);
        let slot = self.slot(cell);
        let source = &mut self.cells[slot];
        source.count += points;
        source.recent += amounts[RECENT];
        accumulate(&mut source.source, amounts, delta);
        if !self.consulted {
            return;
        }
        let mut targets = [(0_usize, 0_usize); LANES];
        let mut found = 0;
        for d in -REACH..=REACH {
            let Some(slot) = self.slots.get(cell + d) else {
                continue;
            };
            let target = &mut self.cells[slot as usize];
            if target.valid != 0 {
                target.felt += points.max(0.0) * self.fading[nth(d)];
                targets[found] = (slot as usize, nth(d));
                found += 1;
            }
        }
        if found > 0 {
            let step = self.width * self.inverse;
            patch(
                &mut self.cells,
                &targets[..found],
                (step, delta),
                amounts,
                &mut self.series,
            );
        }
    }

    /// Changes the rank of an aged point by `by`. Call [`forget_ranked`](Self::forget_ranked) afterwards.
    pub fn shift(&mut self, x: f64, by: f64) {
        let cell = self.cell_of(x);
        let delta = self.offset(x, cell);
        let slot = self.slot(cell);
        accumulate(&mut self.cells[slot].source, [0.0, by, 0.0], delta);
    }

    /// Drops the polynomials of the ranked field; they are rebuilt from the moments when needed.
    pub fn forget_ranked(&mut self) {
        self.changes += 1;
        for cell in &mut self.cells {
            cell.valid &= !(1 << RANKED);
        }
    }

    /// Slot of a cell, with its polynomials in place.
    fn prepared(&mut self, cell: i64) -> usize {
        self.consulted = true;
        let slot = self.slot(cell);
        if self.cells[slot].valid != ALL {
            self.complete(slot);
        }
        slot
    }

    /// Builds the polynomials of a cell that are not in place.
    #[cold]
    fn complete(&mut self, slot: usize) {
        let index = self.cells[slot].index;
        let at = |cell| self.slots.get(cell).map(|slot| slot as usize);
        let in_reach: Vec<_> = (0..=REACH)
            .map(|d| [at(index - d), at(index + d).filter(|_| d > 0)])
            .collect();
        for which in 0..FIELDS {
            if self.cells[slot].valid & (1 << which) == 0 {
                self.gather(slot, which, &in_reach);
            }
        }
    }

    /// Builds a polynomial of a cell from the slots before and behind it, by distance.
    fn gather(&mut self, slot: usize, which: usize, in_reach: &[[Option<usize>; 2]]) {
        let mut local = [0.0; ORDER];
        let mut felt = 0.0;
        for ((d, slots), derivatives) in (0..).zip(in_reach).zip(&self.derivatives) {
            let [before, behind] = slots.map(|slot| {
                let source = &self.cells[slot?];
                let points = if which == RECENT {
                    source.recent
                } else {
                    source.count
                };
                felt += source.count * self.fading[nth(d)];
                Some(&source.source[which]).filter(|_| points > 0.5)
            });
            if before.is_some() || behind.is_some() {
                let [before, behind] = [before, behind].map(|m| m.unwrap_or(&[0.0; ORDER]));
                translate(&mut local, derivatives, before, behind);
            }
        }
        for (l, f) in local.iter_mut().zip(&INVERSE_FACTORIAL) {
            *l *= f;
        }
        let cell = &mut self.cells[slot];
        cell.local[which] = local;
        cell.valid |= 1 << which;
        if which == 0 {
            cell.felt = felt;
        }
    }

    /// `sum_i weight_i exp(-((x - x_i)/s)^2 / 2)` at points, into `out`. Nothing at points
    /// that the field does not [cover](Self::covers).
    pub fn densities(&mut self, points: &[f64], alpha: f64, beta: f64, out: &mut Vec<Sum>) {
        out.clear();
        out.resize(points.len(), NOTHING);
        let mut places = std::mem::take(&mut self.places);
        places.clear();
        places.extend(points.iter().map(|x| {
            if !self.covers(*x) {
                return (usize::MAX, 0.0);
            }
            let index = self.cell_of(*x);
            (self.prepared(index), self.offset(*x, index))
        }));
        let dropped = self.total * DROPPED;
        add_densities(&self.cells, &places, (alpha, beta), dropped, out);
        self.places = places;
    }

    /// Declares the present state exact: [`changes`](Self::changes) counts from here.
    pub fn settle(&mut self) {
        self.changes = 0;
    }

    /// Number of cells held, those without points included.
    pub fn cell_count(&self) -> usize {
        self.cells.len()
    }
}

/// The largest integer that is not larger, as far as there is one.
#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn floor(x: f64) -> i64 {
    let towards_zero = x as i64;
    towards_zero.saturating_sub(i64::from(x < towards_zero as f64))
}
