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
//! Two fields are kept: one of the points, one of the points times their rank, because a point's
//! forgetting weight is `alpha + beta * rank` with `alpha` and `beta` common to all.
//!
//! Accuracy: by Cramer's inequality `|phi^(k)(t)| <= 1.09 sqrt(k!) exp(-t^2/4)`, so with
//! [`ORDER`] = 20 terms and `|eps|, |delta| <= 1/2` a point of unit weight adds an error below
//! `1e-15 exp(-t^2/4)`. Points further than [`REACH`] cells are dropped (`exp(-9.5^2/2)` = 2.5e-20).
//! [`Field::density`] returns a bound along with the value.

use super::series::{
    INVERSE_FACTORIAL, LANES, ORDER, REACH, Series, antiderivative, combined, evaluate,
    hermite_functions, moments, nth, taylor_around, translate,
};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// Cells further from zero than this are not represented (their centres would not be exact).
const FARTHEST: f64 = 4e12;

/// Bound on what a point in reach adds to the error, over its `exp(-t^2/4)`: most of it is that of
/// [`exp_nonpositive`](crate::kernel::exp_nonpositive).
const ROUNDING: f64 = 1.5e-14;
/// Bound on what a point out of reach would have added.
const DROPPED: f64 = 2.6e-20;

/// A multiplicative hash; cell numbers are small integers.
#[derive(Default)]
pub struct CellHasher(u64);

impl Hasher for CellHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_u64(u64::from(*b));
        }
    }
    fn write_u64(&mut self, value: u64) {
        self.0 = (self.0 ^ value)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15)
            .rotate_left(20);
    }
    #[allow(clippy::cast_sign_loss)] // only bits matter
    fn write_i64(&mut self, value: i64) {
        self.write_u64(value as u64);
    }
}

#[derive(Clone, Debug)]
struct Cell {
    index: i64,
    /// Moments of the points in this cell, and of the points times their rank.
    source: [Series; 2],
    /// Taylor polynomials of the two fields inside this cell.
    local: [Series; 2],
    valid: [bool; 2],
    /// Points in this cell.
    count: f64,
    /// `sum exp(-t^2/4)` over the points in reach, for the error bound.
    felt: f64,
}

/// Sum of equal Gaussians over a changing set of ranked points. See the module's text.
#[derive(Clone, Debug)]
pub struct Field {
    bandwidth: f64,
    inverse: f64,
    width: f64,
    /// `derivatives[d + REACH][k] = phi^(k)(d width / bandwidth)`.
    derivatives: Vec<[f64; 2 * ORDER]>,
    fading: Vec<f64>,
    slots: HashMap<i64, u32, BuildHasherDefault<CellHasher>>,
    cells: Vec<Cell>,
    /// Number of points.
    total: f64,
    changes: usize,
    /// Whether any polynomial is in place, so that changes must patch them.
    consulted: bool,
}

/// What [`Field::density`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sum {
    /// The weighted sum of `exp(-t^2/2)`.
    pub value: f64,
    /// A bound on its absolute error, for weights of at most one.
    pub error: f64,
}

impl Field {
    /// An empty field of Gaussians with standard deviation `bandwidth` > 0.
    pub fn new(bandwidth: f64) -> Self {
        // Ten significant bits: products with a cell number are exact, so are cell distances.
        let width = f64::from_bits(bandwidth.to_bits() & !((1 << 43) - 1));
        let ratio = width / bandwidth;
        #[allow(clippy::cast_precision_loss)]
        let distance = |d: i64| d as f64 * ratio;
        Self {
            bandwidth,
            inverse: 1.0 / bandwidth,
            width,
            derivatives: (-REACH..=REACH)
                .map(|d| hermite_functions(distance(d)))
                .collect(),
            fading: (-REACH..=REACH)
                .map(|d| libm::exp(-0.25 * distance((d.abs() - 1).max(0)).powi(2)))
                .collect(),
            slots: HashMap::default(),
            cells: Vec::new(),
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

    #[allow(clippy::cast_possible_truncation)] // covers() bounds it
    fn cell_of(&self, x: f64) -> i64 {
        (x / self.width).floor() as i64
    }

    #[allow(clippy::cast_precision_loss)] // below 2^52
    fn offset(&self, x: f64, cell: i64) -> f64 {
        (x - (cell as f64 + 0.5) * self.width) * self.inverse
    }

    fn slot(&mut self, cell: i64) -> usize {
        let next = self.cells.len();
        #[allow(clippy::cast_possible_truncation)]
        // never more cells than observations and candidates
        let slot = *self.slots.entry(cell).or_insert(next as u32) as usize;
        if slot == next {
            self.cells.push(Cell {
                index: cell,
                source: [[0.0; ORDER]; 2],
                local: [[0.0; ORDER]; 2],
                valid: [false; 2],
                count: 0.0,
                felt: 0.0,
            });
        }
        slot
    }

    /// Adds a point of the given rank.
    pub fn add(&mut self, x: f64, rank: f64) {
        self.change(x, 1.0, rank);
    }

    /// Takes out a point that was added with this rank (as shifted since).
    pub fn remove(&mut self, x: f64, rank: f64) {
        self.change(x, -1.0, -rank);
    }

    fn change(&mut self, x: f64, weight: f64, ranked: f64) {
        self.changes += 1;
        self.total += weight;
        let cell = self.cell_of(x);
        let delta = self.offset(x, cell);
        let slot = self.slot(cell);
        let moments = moments(delta);
        let source = &mut self.cells[slot];
        source.count += weight;
        for (m, moment) in moments.iter().enumerate() {
            source.source[0][m] += weight * moment;
            source.source[1][m] += ranked * moment;
        }
        if !self.consulted {
            return;
        }
        let mut targets = [(0_usize, 0_usize); LANES];
        let mut found = 0;
        for d in -REACH..=REACH {
            let Some(&slot) = self.slots.get(&(cell + d)) else {
                continue;
            };
            let target = &self.cells[slot as usize];
            if target.valid[0] || target.valid[1] {
                targets[found] = (slot as usize, nth(d));
                found += 1;
            }
        }
        if found == 0 {
            return;
        }
        let mut series = [[0.0; LANES]; ORDER];
        taylor_around(self.width * self.inverse, delta, &mut series);
        for (slot, place) in &targets[..found] {
            let target = &mut self.cells[*slot];
            let changes = [weight, ranked];
            for (which, change) in changes.iter().enumerate().filter(|(w, _)| target.valid[*w]) {
                for (l, s) in target.local[which].iter_mut().zip(&series) {
                    *l += change * s[*place];
                }
            }
            if target.valid[0] {
                target.felt += weight.max(0.0) * self.fading[*place];
            }
        }
    }

    /// Changes the rank of a point by `by`. Call [`forget_ranked`](Self::forget_ranked) afterwards.
    pub fn shift(&mut self, x: f64, by: f64) {
        let cell = self.cell_of(x);
        let delta = self.offset(x, cell);
        let slot = self.slot(cell);
        for (s, m) in self.cells[slot].source[1].iter_mut().zip(moments(delta)) {
            *s += by * m;
        }
    }

    /// Drops the polynomials of the ranked field; they are rebuilt from the moments when needed.
    pub fn forget_ranked(&mut self) {
        self.changes += 1;
        for cell in &mut self.cells {
            cell.valid[1] = false;
        }
    }

    /// Slot of the cell of `x` with both polynomials in place.
    fn prepared(&mut self, cell: i64) -> usize {
        self.consulted = true;
        let slot = self.slot(cell);
        for which in 0..2 {
            if !self.cells[slot].valid[which] {
                self.gather(slot, which);
            }
        }
        slot
    }

    fn gather(&mut self, slot: usize, which: usize) {
        let index = self.cells[slot].index;
        let mut local = [0.0; ORDER];
        let mut felt = 0.0;
        for d in -REACH..=REACH {
            // The target lies d cells beyond the source.
            let Some(&source) = self.slots.get(&(index - d)) else {
                continue;
            };
            let source = &self.cells[source as usize];
            if source.count < 0.5 {
                continue;
            }
            let place = nth(d);
            let derivatives = &self.derivatives[place];
            let moments = &source.source[which];
            translate(&mut local, derivatives, moments);
            felt += source.count * self.fading[place];
        }
        for (l, f) in local.iter_mut().zip(&INVERSE_FACTORIAL) {
            *l *= f;
        }
        let cell = &mut self.cells[slot];
        cell.local[which] = local;
        cell.valid[which] = true;
        if which == 0 {
            cell.felt = felt;
        }
    }

    /// `sum_i (alpha + beta rank_i) exp(-((x - x_i)/s)^2 / 2)`.
    pub fn density(&mut self, x: f64, alpha: f64, beta: f64) -> Sum {
        let index = self.cell_of(x);
        let eps = self.offset(x, index);
        let slot = self.prepared(index);
        let cell = &self.cells[slot];
        let value = evaluate(&combined(&cell.local, alpha, beta), eps);
        Sum {
            value,
            error: cell.felt * ROUNDING + self.total * DROPPED,
        }
    }

    /// `sum_i (alpha + beta rank_i) integral of exp(-((x - x_i)/s)^2 / 2) dx / s` from `low` to `high`.
    ///
    /// The polynomials are integrated exactly, cell by cell: cost in proportion to the cells spanned.
    pub fn integral(&mut self, low: f64, high: f64, alpha: f64, beta: f64) -> Sum {
        let mut total = Sum {
            value: 0.0,
            error: 0.0,
        };
        let (first, last) = (self.cell_of(low), self.cell_of(high));
        for index in first..=last {
            if first != last && !self.is_felt(index) {
                continue;
            }
            let from = if index == first {
                self.offset(low, index)
            } else {
                self.edge(index, 0.0)
            };
            let to = if index == last {
                self.offset(high, index)
            } else {
                self.edge(index, 1.0)
            };
            if to <= from {
                continue;
            }
            let slot = self.prepared(index);
            let cell = &self.cells[slot];
            let series = combined(&cell.local, alpha, beta);
            total.value += if to - from < 1e-6 {
                evaluate(&series, 0.5 * (from + to)) * (to - from)
            } else {
                antiderivative(&series, to) - antiderivative(&series, from)
            };
            total.error += cell.felt * ROUNDING * (to - from);
        }
        total.error += self.total * DROPPED * (high - low) * self.inverse;
        total
    }

    #[allow(clippy::cast_precision_loss)] // below 2^52
    fn edge(&self, cell: i64, part: f64) -> f64 {
        self.offset((cell as f64 + part) * self.width, cell)
    }

    /// Whether any point is within reach of a cell.
    fn is_felt(&self, index: i64) -> bool {
        (-REACH..=REACH).any(|d| {
            self.slots
                .get(&(index + d))
                .is_some_and(|s| self.cells[*s as usize].count > 0.5)
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn naive(points: &[(f64, f64)], s: f64, x: f64, alpha: f64, beta: f64) -> f64 {
        points
            .iter()
            .map(|(c, r)| (alpha + beta * r) * (-0.5 * ((x - c) / s).powi(2)).exp())
            .sum()
    }

    fn naive_integral(points: &[(f64, f64)], s: f64, low: f64, high: f64) -> f64 {
        let cdf = |z: f64| 0.5 * libm::erfc(-z / std::f64::consts::SQRT_2);
        let root = (2.0 * std::f64::consts::PI).sqrt();
        points
            .iter()
            .map(|(c, _)| root * (cdf((high - c) / s) - cdf((low - c) / s)))
            .sum()
    }

    proptest! {
        #[test]
        fn the_field_equals_the_naive_sum(
            points in prop::collection::vec((-2.0..2.0f64, 0.0..50.0f64), 1..200),
            extra in prop::collection::vec((-2.0..2.0f64, 0.0..50.0f64), 0..40),
            queries in prop::collection::vec(-2.5..2.5f64, 1..20),
            s in 0.01..0.3f64, scale in prop::sample::select(vec![1.0, 1e-7, 3e9]), shift in -3.0..3.0f64,
        ) {
            let place = |x: f64| (x + shift) * scale;
            let s = s * scale;
            let mut field = Field::new(s);
            let points: Vec<(f64, f64)> = points.into_iter().map(|(x, r)| (place(x), r.floor())).collect();
            let extra: Vec<(f64, f64)> = extra.into_iter().map(|(x, r)| (place(x), r.floor())).collect();
            for (x, r) in points.iter().chain(&extra) {
                field.add(*x, *r);
            }
            field.density(place(queries[0]), 1.0, 0.0); // so that the removals patch something
            for (x, r) in &extra {
                field.remove(*x, *r);
            }
            for (x, _) in &points {
                field.shift(*x, 1.0);
            }
            field.forget_ranked();
            let shifted: Vec<(f64, f64)> = points.iter().map(|(x, r)| (*x, r + 1.0)).collect();
            let (alpha, beta) = (0.25, 0.01);
            for q in queries {
                let x = place(q);
                let got = field.density(x, alpha, beta);
                let want = naive(&shifted, s, x, alpha, beta);
                prop_assert!((got.value - want).abs() <= got.error + 1e-13 * want + 1e-14,
                    "{x}: {} {want} {}", got.value, got.error);
                let high = x + 3.3 * s;
                let got = field.integral(x, high, 1.0, 0.0).value;
                let want = naive_integral(&shifted, s, x, high);
                prop_assert!((got - want).abs() <= 1e-11 * want + 1e-12, "{got} {want}");
            }
        }
    }
}
