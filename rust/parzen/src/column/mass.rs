//! Masses that Gaussian components put on intervals.

use super::numeric::Parts;
use crate::kernel::Gaussians;
use crate::special::normal_cdf;

const SQRT_TAU: f64 = 2.506_628_274_631_000_7;
const INVERSE_SQRT_TAU: f64 = 0.398_942_280_401_432_7;

/// Nodes and weights of Gauss-Legendre quadrature of order 6 on [-1/2, 1/2].
const LEGENDRE: [(f64, f64); 6] = [
    (-0.466_234_757_101_576, 0.085_662_246_189_585_17),
    (-0.330_604_693_233_132_26, 0.180_380_786_524_069_3),
    (-0.119_309_593_041_598_45, 0.233_956_967_286_345_53),
    (0.119_309_593_041_598_45, 0.233_956_967_286_345_53),
    (0.330_604_693_233_132_26, 0.180_380_786_524_069_3),
    (0.466_234_757_101_576, 0.085_662_246_189_585_17),
];

/// Cells up to this many bandwidths wide are integrated by quadrature: its relative error there is
/// below 1e-13.
const NARROW: f64 = 0.7;

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
        let density = INVERSE_SQRT_TAU * (-0.5 * m * m).exp();
        return density * width * (1.0 + width * width / 24.0 * (m * m - 1.0));
    }
    if a > 0.0 { normal_cdf(-a) - normal_cdf(-b) } else { normal_cdf(b) - normal_cdf(a) }
}

/// Unnormalised masses of cells under sealed components, added to `out`.
///
/// `smallest` is the smallest bandwidth. Narrow cells are integrated by quadrature through the
/// vectorised kernel, others by differences of distribution functions.
pub fn add_masses(
    components: &Gaussians,
    smallest: f64,
    cells: &[(f64, f64)],
    nodes: &mut Vec<f64>,
    sums: &mut Vec<f64>,
    out: &mut [f64],
) {
    let narrow = |cell: &(f64, f64)| cell.1 - cell.0 <= NARROW * smallest;
    nodes.clear();
    for (low, high) in cells.iter().filter(|c| narrow(c)) {
        let (middle, width) = (0.5 * (low + high), (high - low).max(0.0));
        nodes.extend(LEGENDRE.iter().map(|(node, _)| middle + width * node));
    }
    sums.clear();
    sums.resize(nodes.len(), 0.0);
    components.sums(nodes, sums);
    let mut chunks = sums.as_chunks::<6>().0.iter();
    for (cell, mass) in cells.iter().zip(out) {
        if narrow(cell) {
            if let Some(chunk) = chunks.next() {
                let mean: f64 = chunk.iter().zip(&LEGENDRE).map(|(f, (_, w))| f * w).sum();
                *mass += mean * (cell.1 - cell.0).max(0.0) * INVERSE_SQRT_TAU;
            }
        } else {
            for k in 0..components.len() {
                let (weight, centre, scale) = components.get(k);
                *mass += weight * interval(*cell, centre, scale);
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
    add_masses(parts.direct, smallest, cells, nodes, sums, out);
    for ((cell, mass), error) in cells.iter().zip(out).zip(errors) {
        *error = parts.missing * (cell.1 - cell.0).max(0.0);
        if let Some((field, first, step)) = &mut parts.field {
            if cell.1 > cell.0 {
                let sum = field.integral(cell.0, cell.1, *first, *step);
                *mass += sum.value / SQRT_TAU;
                *error += sum.error;
            }
        }
    }
}
