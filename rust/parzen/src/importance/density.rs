//! Parzen estimates from counts on a grid.

use super::grid::{Grid, Kernel};
use crate::numerics::special::normal_cdf;

/// Narrowest kernel, in cells: 90 % of it lie within the cell of its centre.
const MIN_SCALE: f64 = 0.5 / 1.64;

/// Constant of Scott's rule, and quartile distance of the standard normal.
const SCOTT: f64 = 1.059;
const QUARTILES: f64 = 1.34;

/// The probability of each cell, estimated from how many trials are in it, with the prior as one more
/// trial.
///
/// * Points: a Gaussian about each point with a trial, cut off at the ends of the grid, of the same
///   width by Scott's rule (see [`scott_scale`]); a cell gets its integral.
/// * Options: each observed option spreads `1 / k` over all by the prior, where k is one more than the number
///   of options that were observed.
///
/// `counts` has at least one trial. Costs O(cells^2) at most.
pub(super) fn density(grid: &Grid, counts: &[f64]) -> Vec<f64> {
    let total = counts.iter().sum::<f64>() + 1.0;
    match grid {
        Grid::Points { kernel, .. } => {
            let scale = scott_scale(counts);
            let mut sum = vec![0.0; counts.len()];
            let edges = half_cells(counts.len(), scale);
            for (centre, &count) in counts.iter().enumerate() {
                if count > 0.0 {
                    add_at_point(&mut sum, centre, count / total, &edges);
                }
            }
            add_kernel(&mut sum, *kernel, 1.0 / total);
            sum
        }
        Grid::Options { prior, .. } => option_density(prior, counts, total),
    }
}

#[allow(clippy::cast_precision_loss)]
fn option_density(prior: &[f64], counts: &[f64], total: f64) -> Vec<f64> {
    let n = prior.len() as f64;
    let kernels = counts.iter().filter(|&&count| count > 0.0).count() as f64 + 1.0;
    let spread = n / kernels;
    let observed = total - 1.0;
    prior
        .iter()
        .zip(counts)
        .map(|(p, count)| ((count + observed * spread * p) / (1.0 + spread) + p) / total)
        .collect()
}

/// Scott's rule for counts on a grid: `1.059 min(quartile distance / 1.34, standard deviation) n^(-1/5)`,
/// at least [`MIN_SCALE`], in cells (Scott: Multivariate Density Estimation, 1992).
#[allow(clippy::cast_precision_loss)]
fn scott_scale(counts: &[f64]) -> f64 {
    let observed = || counts.iter().enumerate().filter(|&(_, &count)| count > 0.0);
    let n: f64 = counts.iter().sum();
    let mean = observed().map(|(i, count)| i as f64 * count).sum::<f64>() / n;
    let squares: f64 = observed()
        .map(|(i, count)| (i as f64 - mean).powi(2) * count)
        .sum();
    let deviation = (squares / (n - 1.0).max(1.0)).sqrt();
    // The first point at which a quarter of the trials is reached, and that where three are exceeded.
    let (lower, upper) = ((n / 4.0).floor(), (n * 3.0 / 4.0).floor());
    let (mut first, mut last) = (None, None);
    let mut seen = 0.0;
    let mut end = 0.0;
    for (i, count) in observed() {
        seen += count;
        end = i as f64;
        if first.is_none() && seen >= lower {
            first = Some(end);
        }
        if last.is_none() && seen > upper {
            last = Some(end);
        }
    }
    let distance = last.unwrap_or(end) - first.unwrap_or(end);
    (SCOTT * (distance / QUARTILES).min(deviation) * n.powf(-0.2)).max(MIN_SCALE)
}

/// Phi at `(k - 1/2) / scale` for k = 1, 2, ..., n: the upper edges of the cells to the right of a point.
#[allow(clippy::cast_precision_loss)]
fn half_cells(n: usize, scale: f64) -> Vec<f64> {
    (1..=n)
        .map(|k| normal_cdf((k as f64 - 0.5) / scale))
        .collect()
}

/// Adds a kernel about a point of the grid. `edges` as [`half_cells`] has them.
fn add_at_point(sum: &mut [f64], centre: usize, weight: f64, edges: &[f64]) {
    // By symmetry the cells k to the left and to the right have the same mass; upper tails keep it exact.
    let mass = |k: usize| {
        if k == 0 {
            2.0 * edges[0] - 1.0
        } else {
            edges[k] - edges[k - 1]
        }
    };
    let (left, right) = (centre, sum.len() - 1 - centre);
    let within = edges[right] + edges[left] - 1.0;
    for (i, cell) in sum.iter_mut().enumerate() {
        *cell += weight * mass(i.abs_diff(centre)) / within;
    }
}

/// Adds any Gaussian, cut off at the ends of the grid.
#[allow(clippy::cast_precision_loss)]
fn add_kernel(sum: &mut [f64], kernel: Kernel, weight: f64) {
    let below = |i: usize| normal_cdf((i as f64 - 0.5 - kernel.centre) / kernel.scale);
    let within = below(sum.len()) - below(0);
    let mut lower = below(0);
    for (i, cell) in sum.iter_mut().enumerate() {
        let upper = below(i + 1);
        *cell += weight * (upper - lower) / within;
        lower = upper;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prior::Prior;

    fn grid(family: &str, args: &[f64]) -> Grid {
        Grid::new(&Prior::from_family("x", family, args).unwrap(), true)
    }

    #[test]
    fn a_density_sums_to_one() {
        for (family, args) in [
            ("uniform", &[0.0, 1.0][..]),
            ("normal", &[0.0, 1.0]),
            ("quniform", &[0.0, 4.0, 1.0]),
            ("categorical", &[0.5, 0.25, 0.25]),
        ] {
            let grid = grid(family, args);
            let mut counts = vec![0.0; grid.len()];
            counts[1] = 7.0;
            counts[grid.len() - 1] = 2.0;
            let total: f64 = density(&grid, &counts).iter().sum();
            assert!((total - 1.0).abs() < 1e-12, "{family}: {total}");
        }
    }

    #[test]
    fn options_share_by_the_prior_what_they_spread() {
        // Two kernels (one option observed) spread 1/2 each: (1, 0) becomes (1 + 1/2, 1/2) / 2.
        let got = density(&grid("categorical", &[0.5, 0.5]), &[3.0, 0.0]);
        assert!((got[0] - (3.0 * 0.75 + 0.5) / 4.0).abs() < 1e-15, "{got:?}");
    }

    #[test]
    fn equal_values_get_the_narrowest_kernel() {
        assert_eq!(scott_scale(&[0.0, 9.0, 0.0]), MIN_SCALE);
        assert_eq!(scott_scale(&[0.0, 1.0, 0.0]), MIN_SCALE);
    }
}
