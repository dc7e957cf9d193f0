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
//! [`Field::density`] returns a bound along with the value.

use super::series::{
    INVERSE_FACTORIAL, LANES, ORDER, REACH, Series, antiderivative, combined, evaluate,
    hermite_functions, moments, nth, taylor_around, translate,
};
use super::slots::Slots;
use multiversion::multiversion;

/// Cells further from zero than this are not represented (their centres would not be exact).
const FARTHEST: f64 = 4e12;

/// So many cells are asked one by one whether they are in reach of a point.
const FEW_CELLS: i64 = 256;

/// Bound on what a point in reach adds to the error, over its `exp(-t^2/4)`: truncation and rounding.
const ROUNDING: f64 = 1.5e-14;
/// Bound on what a point out of reach would have added.
const DROPPED: f64 = 2.6e-20;

/// The fields of a cell: of the aged points, of these times their rank, of the recent points.
const FIELDS: usize = 3;
const RANKED: usize = 1;
const RECENT: usize = 2;
/// All polynomials are in place.
const ALL: u8 = (1 << FIELDS) - 1;

/// How a point is weighted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Standing {
    /// By one.
    Recent,
    /// By `alpha + beta * rank`.
    Aged(u32),
}

impl Standing {
    /// What a point of this standing adds to each field.
    fn amounts(self) -> [f64; FIELDS] {
        match self {
            Self::Recent => [0.0, 0.0, 1.0],
            Self::Aged(rank) => [1.0, f64::from(rank), 0.0],
        }
    }
}

#[derive(Clone, Debug)]
struct Cell {
    index: i64,
    /// Moments of the points in this cell, for each field.
    source: [Series; FIELDS],
    /// Taylor polynomials of the fields inside this cell.
    local: [Series; FIELDS],
    /// Which polynomials are in place, one bit for each field.
    valid: u8,
    /// Points in this cell, and the recent ones among them.
    count: f64,
    recent: f64,
    /// `sum exp(-t^2/4)` over the points in reach, for the error bound.
    felt: f64,
}

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

/// What [`Field::density`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sum {
    /// The weighted sum of `exp(-t^2/2)`.
    pub value: f64,
    /// A bound on its absolute error, for weights of at most one.
    pub error: f64,
}

const NOTHING: Sum = Sum {
    value: 0.0,
    error: 0.0,
};

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

/// Adds `amounts` times a series to the fields.
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
fn add_to_all(fields: &mut [Series; FIELDS], amounts: [f64; FIELDS], series: &Series) {
    for (field, amount) in fields.iter_mut().zip(amounts) {
        if amount != 0.0 {
            for (f, s) in field.iter_mut().zip(series) {
                *f = amount.mul_add(*s, *f);
            }
        }
    }
}

/// Adds a point `delta` beyond the centre of its cell to the moments.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
fn accumulate(source: &mut [Series; FIELDS], amounts: [f64; FIELDS], delta: f64) {
    add_to_all(source, amounts, &moments(delta));
}

/// Adds a point `delta` beyond the centre of its cell to the polynomials of the cells in reach, of which
/// `targets` has the slots and distances. Those that are not in place may be patched as well.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
fn patch(
    cells: &mut [Cell],
    targets: &[(usize, usize)],
    (step, delta): (f64, f64),
    amounts: [f64; FIELDS],
    series: &mut [[f64; LANES]; ORDER],
) {
    taylor_around(step, delta, series);
    for (slot, place) in targets {
        let mut own = [0.0; ORDER];
        for (own, s) in own.iter_mut().zip(series.iter()) {
            *own = s[*place];
        }
        add_to_all(&mut cells[*slot].local, amounts, &own);
    }
}

#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
fn add_densities(
    cells: &[Cell],
    places: &[(usize, f64)],
    (alpha, beta): (f64, f64),
    dropped: f64,
    out: &mut [Sum],
) {
    for ((slot, eps), sum) in places.iter().zip(out) {
        if let Some(cell) = cells.get(*slot) {
            let series = combined(&cell.local, alpha, beta);
            sum.value = evaluate(&series, *eps);
            sum.error = cell.felt * ROUNDING + dropped;
        }
    }
}

/// The integral of the weighted sum of a cell's polynomials.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
fn integral_within(
    local: &[Series; FIELDS],
    (alpha, beta): (f64, f64),
    (from, to): (f64, f64),
) -> f64 {
    let series = combined(local, alpha, beta);
    if to - from < 1e-6 {
        evaluate(&series, 0.5 * (from + to)) * (to - from)
    } else {
        antiderivative(&series, to) - antiderivative(&series, from)
    }
}

#[cfg(test)]
mod tests;
