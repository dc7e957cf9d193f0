//! The cells of a field: what each knows of its points and of those in reach, and the loops over them.

use super::series::{
    LANES, ORDER, Series, antiderivative, combined, evaluate, moments, taylor_around,
};
use multiversion::multiversion;

/// Bound on what a point in reach adds to the error, over its `exp(-t^2/4)`: truncation and rounding.
pub const ROUNDING: f64 = 1.5e-14;

/// The fields of a cell: of the aged points, of these times their rank, of the recent points.
pub const FIELDS: usize = 3;
pub const RANKED: usize = 1;
pub const RECENT: usize = 2;
/// All polynomials are in place.
pub const ALL: u8 = (1 << FIELDS) - 1;

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
    pub fn amounts(self) -> [f64; FIELDS] {
        match self {
            Self::Recent => [0.0, 0.0, 1.0],
            Self::Aged(rank) => [1.0, f64::from(rank), 0.0],
        }
    }
}

#[derive(Clone, Debug)]
pub struct Cell {
    pub index: i64,
    /// Moments of the points in this cell, for each field.
    pub source: [Series; FIELDS],
    /// Taylor polynomials of the fields inside this cell.
    pub local: [Series; FIELDS],
    /// Which polynomials are in place, one bit for each field.
    pub valid: u8,
    /// Points in this cell, and the recent ones among them.
    pub count: f64,
    pub recent: f64,
    /// `sum exp(-t^2/4)` over the points in reach, for the error bound.
    pub felt: f64,
}

/// What a field is at a point, or over a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sum {
    /// The weighted sum of `exp(-t^2/2)`.
    pub value: f64,
    /// A bound on its absolute error, for weights of at most one.
    pub error: f64,
}

pub const NOTHING: Sum = Sum {
    value: 0.0,
    error: 0.0,
};

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
pub fn accumulate(source: &mut [Series; FIELDS], amounts: [f64; FIELDS], delta: f64) {
    add_to_all(source, amounts, &moments(delta));
}

/// Adds a point `delta` beyond the centre of its cell to the polynomials of the cells in reach, of which
/// `targets` has the slots and distances. Those that are not in place may be patched as well.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
pub fn patch(
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
pub fn add_densities(
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
pub fn integral_within(
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
