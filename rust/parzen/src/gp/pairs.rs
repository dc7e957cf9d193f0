//! Squared differences of all pairs of points, parameter by parameter: a fit looks at them again and again.

use super::points::Points;
use crate::numerics::gaussians::{LANES, fold};
use multiversion::multiversion;

/// Pairs that are handled at a time: one vector of them stays in the nearest cache.
const BLOCK: usize = 1024;

/// The pairs `(i, j)` with `i < j` of a set of points, by `i` and then by `j`.
#[derive(Clone, Debug)]
pub struct Pairs {
    points: usize,
    /// By parameter, then by pair: the squared difference, or for options 0 if they are the same and 1 if not.
    squares: Vec<Vec<f64>>,
}

impl Pairs {
    /// The pairs of these points.
    #[must_use]
    pub fn new(points: &Points) -> Self {
        let n = points.len();
        let squares = points.columns().iter().map(|column| {
            let mut out = vec![0.0; n * n.saturating_sub(1) / 2];
            let mut at = 0;
            for i in 0..n {
                let after = &column.values[i + 1..];
                let part = &mut out[at..at + after.len()];
                column.add_squares_of(after, column.values[i], 1.0, part);
                at += after.len();
            }
            out
        });
        Self {
            points: n,
            squares: squares.collect(),
        }
    }

    /// Number of points.
    #[must_use]
    pub fn points(&self) -> usize {
        self.points
    }

    /// Number of pairs.
    #[must_use]
    pub fn len(&self) -> usize {
        self.points * self.points.saturating_sub(1) / 2
    }

    /// Whether there are fewer than two points.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Weighted sums over the parameters, for each pair.
    pub fn squared_distances(&self, weights: &[f64], out: &mut [f64]) {
        out.fill(0.0);
        for first in (0..out.len()).step_by(BLOCK) {
            let end = (first + BLOCK).min(out.len());
            for (squares, weight) in self.squares.iter().zip(weights) {
                add_scaled(&squares[first..end], *weight, &mut out[first..end]);
            }
        }
    }

    /// Weighted sums over the pairs, for each parameter.
    pub fn sums(&self, weights: &[f64], out: &mut [f64]) {
        let mut lanes = vec![[0.0; LANES]; self.squares.len()];
        for first in (0..weights.len()).step_by(BLOCK) {
            let end = (first + BLOCK).min(weights.len());
            for (squares, lanes) in self.squares.iter().zip(&mut lanes) {
                add_products(&squares[first..end], &weights[first..end], lanes);
            }
        }
        for (out, lanes) in out.iter_mut().zip(&lanes) {
            *out = fold(lanes);
        }
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn add_scaled(squares: &[f64], weight: f64, out: &mut [f64]) {
    for (out, square) in out.iter_mut().zip(squares) {
        *out += weight * square;
    }
}

/// Adds the products of two vectors to lanes: element `i` to lane `i` modulo their number.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
pub fn add_products(a: &[f64], b: &[f64], lanes: &mut [f64; LANES]) {
    let mut sums = *lanes;
    let whole = a.len() / LANES * LANES;
    for (a, b) in a[..whole]
        .chunks_exact(LANES)
        .zip(b[..whole].chunks_exact(LANES))
    {
        for lane in 0..LANES {
            sums[lane] += a[lane] * b[lane];
        }
    }
    for (lane, (a, b)) in a[whole..].iter().zip(&b[whole..]).enumerate() {
        sums[lane] += a * b;
    }
    *lanes = sums;
}
