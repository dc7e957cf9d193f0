//! Masses that Gaussian components put on intervals.

use super::numeric::Parts;
use crate::numerics::exponential::exp2_nonpositive;
use crate::numerics::gaussians::{Gaussians, LANES, REACH, STEEPNESS, fold};
use crate::numerics::special::normal_cdf;
use multiversion::multiversion;

const SQRT_TAU: f64 = 2.506_628_274_631_000_7;
const INVERSE_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

/// Nodes and weights of Gauss-Legendre quadrature of order 8 on [-1/2, 1/2].
#[allow(clippy::unreadable_literal)] // digits as computed
const LEGENDRE: [(f64, f64); 8] = [
    (-0.4801449282487681, 0.05061426814518853),
    (-0.39833323870681336, 0.11119051722668721),
    (-0.2627662049581645, 0.15685332293894344),
    (-0.09171732124782489, 0.18134189168918083),
    (0.09171732124782489, 0.18134189168918083),
    (0.2627662049581645, 0.15685332293894344),
    (0.39833323870681336, 0.11119051722668721),
    (0.4801449282487681, 0.05061426814518853),
];

/// Pieces of this many bandwidths are integrated by quadrature. The relative error is below
/// `2e-23 (0.4 z)^16` at `z` bandwidths from a centre: 1e-15 at 7, 1e-10 at 15.
const PIECE: f64 = 0.4;
/// Cells of more pieces are integrated by differences of distribution functions.
const PIECES: usize = 2;
/// Single intervals are integrated by quadrature up to this many bandwidths from the centre.
const NARROW_WITHIN: f64 = 10.0;

/// Probability of `(low, high)` under a normal distribution, accurate in both tails and for
/// narrow intervals; 0 for an empty one.
pub fn interval((low, high): (f64, f64), centre: f64, scale: f64) -> f64 {
    let (a, b) = ((low - centre) / scale, (high - centre) / scale);
    let width = b - a;
    if width <= 0.0 {
        return 0.0;
    }
    if width < 1e-3 {
        // Midpoint rule; the next term of its error is width^4 / 1920 (m^4 - 6 m^2 + 3).
        let m = 0.5 * (a + b);
        let density = INVERSE_SQRT_TAU * libm::exp(-0.5 * m * m);
        return density * width * (1.0 + width * width / 24.0 * (m * m - 1.0));
    }
    if width <= PIECES as f64 * PIECE && a.abs().max(b.abs()) < NARROW_WITHIN {
        return narrow_interval(a, b);
    }
    if a > 0.0 {
        normal_cdf(-a) - normal_cdf(-b)
    } else {
        normal_cdf(b) - normal_cdf(a)
    }
}

/// Probability of `(a, b)` under the standard normal distribution by quadrature, for at most [`PIECES`]
/// pieces.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
fn narrow_interval(a: f64, b: f64) -> f64 {
    let count = if b - a > PIECE { 2.0 } else { 1.0 };
    let width = (b - a) / count;
    let mut middle = a + 0.5 * width;
    let mut lanes = [0.0_f64; LANES];
    while middle < b {
        for j in 0..LANES {
            let z = LEGENDRE[j].0.mul_add(width, middle) * STEEPNESS;
            lanes[j] = exp2_nonpositive(-(z * z)).mul_add(LEGENDRE[j].1, lanes[j]);
        }
        middle += width;
    }
    fold(&lanes) * width * INVERSE_SQRT_TAU
}

/// Which components are summed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reach {
    /// All of them.
    All,
    /// Those in reach; [`Gaussians::out_of_reach`] bounds the density of the others.
    Near,
}

/// Unnormalised masses of cells under sealed components, added to `out`.
///
/// `smallest` is the smallest bandwidth. Narrow cells are integrated by quadrature through the
/// vectorised kernel, others by differences of distribution functions.
pub fn add_masses(
    components: &Gaussians,
    reach: Reach,
    smallest: f64,
    cells: &[(f64, f64)],
    nodes: &mut Vec<f64>,
    sums: &mut Vec<f64>,
    out: &mut [f64],
) {
    let pieces = |(low, high): (f64, f64)| -> Option<usize> {
        let wanted = ((high - low) / (PIECE * smallest)).ceil().max(1.0);
        (1..=PIECES).find(|n| wanted <= *n as f64)
    };
    nodes.clear();
    for (low, high) in cells {
        let Some(count) = pieces((*low, *high)) else {
            continue;
        };
        let width = (high - low).max(0.0) / count as f64;
        for k in 0..count {
            let middle = low + width * (k as f64 + 0.5);
            nodes.extend(LEGENDRE.iter().map(|(node, _)| middle + width * node));
        }
    }
    sums.clear();
    sums.resize(nodes.len(), 0.0);
    match reach {
        Reach::All => components.sums(nodes, sums),
        Reach::Near => components.sums_in_reach(nodes, sums),
    }
    let mut found = sums.as_chunks::<8>().0.iter();
    for (cell, mass) in cells.iter().zip(out) {
        if let Some(count) = pieces(*cell) {
            let width = (cell.1 - cell.0).max(0.0) / count as f64;
            for values in found.by_ref().take(count) {
                let mean: f64 = values.iter().zip(&LEGENDRE).map(|(f, (_, w))| f * w).sum();
                *mass += mean * width * INVERSE_SQRT_TAU;
            }
        } else {
            for k in 0..components.len() {
                let (weight, centre, scale) = components.get(k);
                let (low, high) = (centre - REACH * scale, centre + REACH * scale);
                if reach == Reach::All || (cell.1 >= low && cell.0 <= high) {
                    *mass += weight * interval(*cell, centre, scale);
                }
            }
        }
    }
}

/// Unnormalised masses of cells under a whole estimator; `errors` bounds their absolute errors.
pub fn masses(
    parts: &mut Parts<'_>,
    smallest: f64,
    cells: &[(f64, f64)],
    nodes: &mut Vec<f64>,
    sums: &mut Vec<f64>,
    out: &mut [f64],
    errors: &mut [f64],
) {
    out.fill(0.0);
    add_masses(parts.direct, Reach::Near, smallest, cells, nodes, sums, out);
    for ((cell, mass), error) in cells.iter().zip(out).zip(errors) {
        *error = parts.missing * (cell.1 - cell.0).max(0.0);
        if let Some((field, first, step)) = &mut parts.field
            && cell.1 > cell.0
        {
            let sum = field.integral(cell.0, cell.1, *first, *step);
            *mass += sum.value / SQRT_TAU;
            *error += sum.error;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numerics::special::log_diff_cdf;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn intervals_have_the_mass_of_the_distribution_function(
            low in -12.0..12.0f64, width in prop_oneof![1e-6..1e-2f64, 0.0..2.0f64],
            centre in -3.0..3.0f64, scale in 0.1..10.0f64,
        ) {
            let cell = (centre + low * scale, centre + (low + width) * scale);
            let got = interval(cell, centre, scale);
            let (a, b) = ((cell.0 - centre) / scale, (cell.1 - centre) / scale);
            let want = libm::exp(log_diff_cdf(a, b));
            // Both lose what the cell's width has lost to rounding.
            let rounding = 1e-15 * low.abs().max(1.0) * (1.0 + centre.abs() / scale) / width.max(1e-300);
            prop_assert!((got - want).abs() <= (1e-11 + rounding) * want, "{got} {want}");
        }
    }
}
