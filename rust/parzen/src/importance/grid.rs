//! The cells on which the densities of a parameter are compared.

use crate::numerics::special::normal_cdf;
use crate::prior::{Categorical, Numeric, Prior, Support, round_to_multiple};

/// How many cells a range of numbers has at most.
const MAX_CELLS: usize = 50;

/// Stands for the cell of a parameter that is not active.
pub(super) const INACTIVE: u32 = u32::MAX;

/// How many standard deviations of a Gaussian prior the grid spans on each side; what lies beyond counts
/// into the outermost cells.
const SPAN: f64 = 3.0;

/// The Gaussian kernel that stands for the prior in a density, in units of cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Kernel {
    pub centre: f64,
    pub scale: f64,
}

/// The cells of one parameter.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Grid {
    /// Equidistant points in model space; a value belongs to the nearest one.
    Points {
        low: f64,
        step: f64,
        log: bool,
        kernel: Kernel,
        prior: Vec<f64>,
    },
    /// One cell for each option.
    Options { low: i64, prior: Vec<f64> },
}

impl Grid {
    /// The grid of a prior. `unordered`: its integers are the numbers of options.
    ///
    /// * continuous: 50 points from bound to bound, in log space for logarithmic families; a Gaussian
    ///   spans three standard deviations each side;
    /// * quantised and integers: a point for each value, at most 50; logarithmic ones
    ///   `1 + log2(number of values)`, rounded up;
    /// * options: a cell each.
    pub fn new(prior: &Prior, unordered: bool) -> Self {
        match prior {
            Prior::Numeric(numeric) => numeric_grid(numeric),
            Prior::Categorical(options) if unordered || options.probabilities().is_some() => {
                option_grid(options)
            }
            Prior::Categorical(integers) => integer_grid(integers),
        }
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.prior().len()
    }

    /// The probability of each cell by the prior.
    ///
    /// The points of a bounded continuous family count as equally likely.
    pub fn prior(&self) -> &[f64] {
        match self {
            Self::Points { prior, .. } | Self::Options { prior, .. } => prior,
        }
    }

    /// Finds the cells of natural values, [`INACTIVE`] for NaN; what lies outside goes to the outermost one.
    ///
    /// The values are the first of `rows` and every `stride`th after it.
    #[allow(clippy::cast_precision_loss)]
    pub fn place(&self, cells: &mut [u32], rows: &[f64], stride: usize) {
        let last = (self.len() - 1) as f64;
        // Each kind has a loop of its own: this is much of what a long study costs.
        match *self {
            // Half-way between two points a value belongs to the lower one.
            Self::Points {
                low,
                step,
                log: false,
                ..
            } => place(cells, rows, stride, last, |x| (x - low) / step - 0.5),
            Self::Points { low, step, .. } => place(cells, rows, stride, last, |x| {
                (libm::log(x.max(0.0)) - low) / step - 0.5
            }),
            Self::Options { low, .. } => place(cells, rows, stride, last, |x| x - low as f64),
        }
    }
}

#[inline]
fn place(cells: &mut [u32], rows: &[f64], stride: usize, last: f64, position: impl Fn(f64) -> f64) {
    for (k, cell) in cells.iter_mut().enumerate() {
        let x = rows[k * stride];
        *cell = if x.is_nan() {
            INACTIVE
        } else {
            rounded_up(position(x), last)
        };
    }
}

/// The cell at a position: rounded up, and kept between 0 and `last`.
#[inline]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn rounded_up(position: f64, last: f64) -> u32 {
    // Saturates; a grid of a single point has no step, and gives NaN or infinity. Rounded up by hand: without
    // SSE 4.1, `ceil` is a call.
    let within = position.clamp(0.0, last);
    let below = within as u32;
    below + u32::from(within > f64::from(below))
}

#[allow(clippy::cast_precision_loss)]
fn option_grid(options: &Categorical) -> Grid {
    let mut prior: Vec<f64> = (0..options.n()).map(|i| options.prior_mass(i)).collect();
    let total: f64 = prior.iter().sum();
    for p in &mut prior {
        *p /= total;
    }
    Grid::Options {
        low: options.low(),
        prior,
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
fn integer_grid(integers: &Categorical) -> Grid {
    let low = integers.low() as f64;
    let high = low + (integers.n() - 1) as f64;
    let n = integers.n().min(MAX_CELLS as u64) as usize;
    points(low, high, n, false, None, vec![1.0 / n as f64; n])
}

#[allow(clippy::cast_precision_loss)]
fn numeric_grid(prior: &Numeric) -> Grid {
    let (mut low, mut high) = match prior.support {
        Support::Bounded { low, high } => (low, high),
        Support::Gaussian { mu, sigma } => (mu - SPAN * sigma, mu + SPAN * sigma),
    };
    let mut n = MAX_CELLS;
    if let Some(q) = prior.q {
        (low, high, n) = quantised_range(prior, q, low, high);
    }
    let mut masses = vec![1.0 / n as f64; n];
    let gaussian = matches!(prior.support, Support::Gaussian { .. });
    if gaussian || prior.q.is_some() {
        let step = (high - low) / (n as f64 - 1.0);
        let below = |i: usize| match i {
            0 => 0.0,
            _ if i == n => 1.0,
            _ => mass_below(prior, low + (i as f64 - 0.5) * step),
        };
        masses = (0..n).map(|i| below(i + 1) - below(i)).collect();
    }
    let own = match prior.support {
        Support::Gaussian { mu, sigma } => Some((mu, sigma)),
        Support::Bounded { .. } => None,
    };
    points(low, high, n, prior.log, own, masses)
}

/// The smallest and largest value in model space, and how many points lie between.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]
fn quantised_range(prior: &Numeric, q: f64, low: f64, high: f64) -> (f64, f64, usize) {
    let natural = |z: f64| if prior.log { libm::exp(z) } else { z };
    let (first, last) = (
        round_to_multiple(natural(low), q),
        round_to_multiple(natural(high), q),
    );
    let values = ((last - first) / q).round() + 1.0;
    if !prior.log {
        return (first, last, values.min(MAX_CELLS as f64) as usize);
    }
    let n = (values.log2().ceil() + 1.0).min(MAX_CELLS as f64) as usize;
    // 0 has no logarithm; it goes to the first point.
    let edge = |x: f64| libm::log(x.max(0.5 * q));
    if values < 2.0 {
        return (edge(first), edge(last), 1);
    }
    (edge(first), edge(last), n)
}

/// The prior probability of what lies below `z` in model space.
fn mass_below(prior: &Numeric, z: f64) -> f64 {
    match prior.support {
        Support::Bounded { low, high } => ((z - low) / (high - low)).clamp(0.0, 1.0),
        Support::Gaussian { mu, sigma } => normal_cdf((z - mu) / sigma),
    }
}

/// `own`: centre and scale of the prior in model space; a bounded one gets a kernel as wide as the grid.
#[allow(clippy::cast_precision_loss)]
fn points(
    low: f64,
    high: f64,
    n: usize,
    log: bool,
    own: Option<(f64, f64)>,
    prior: Vec<f64>,
) -> Grid {
    let step = (high - low) / (n as f64 - 1.0);
    let wide = Kernel {
        centre: 0.5 * (n as f64 - 1.0),
        scale: n as f64,
    };
    let kernel = own.map_or(wide, |(mu, sigma)| Kernel {
        centre: (mu - low) / step,
        scale: sigma / step,
    });
    Grid::Points {
        low,
        step,
        log,
        kernel,
        prior,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(family: &str, args: &[f64], unordered: bool) -> Grid {
        Grid::new(&Prior::from_family("x", family, args).unwrap(), unordered)
    }

    fn cells(grid: &Grid, values: &[f64]) -> Vec<u32> {
        let mut cells = vec![0; values.len()];
        grid.place(&mut cells, values, 1);
        cells
    }

    fn sum(grid: &Grid) -> f64 {
        grid.prior().iter().sum()
    }

    #[test]
    fn a_value_goes_to_the_nearest_point_and_the_lower_of_two() {
        let linear = grid("uniform", &[0.0, 49.0], false);
        let some = [-9.0, 0.5, 0.51, 48.6, 1e300, f64::NAN];
        assert_eq!(cells(&linear, &some), [0, 0, 1, 49, 49, INACTIVE]);
        let log = grid("loguniform", &[0.0, 49.0], false);
        assert_eq!(cells(&log, &[0.0, f64::NAN, 1f64.exp()]), [0, INACTIVE, 1]);
        let options = grid("randint", &[3.0, 6.0], true);
        assert_eq!(cells(&options, &[2.0, 3.0, 5.0, 9.0]), [0, 0, 2, 2]);
    }

    #[test]
    fn a_grid_has_a_point_for_each_value_that_can_be_drawn() {
        assert_eq!(grid("quniform", &[0.0, 10.0, 2.0], false).len(), 6);
        assert_eq!(grid("quniform", &[0.0, 1e4, 2.0], false).len(), 50);
        assert_eq!(
            grid("qloguniform", &[0.0, 128f64.ln(), 1.0], false).len(),
            8
        );
        assert_eq!(grid("randint", &[3.0, 8.0], false).len(), 5);
        assert_eq!(grid("randint", &[1e9], false).len(), 50);
        assert_eq!(grid("randint", &[70.0], true).len(), 70);
        assert_eq!(grid("randint", &[1.0], false).len(), 1);
        assert_eq!(grid("quniform", &[0.0, 0.1, 1.0], false).len(), 1);
        assert_eq!(
            cells(&grid("quniform", &[0.0, 0.1, 1.0], false), &[0.0]),
            [0]
        );
        assert_eq!(grid("qloguniform", &[-9.0, -8.0, 1.0], false).len(), 1);
    }

    #[test]
    fn the_masses_of_the_prior_sum_to_one() {
        let families: [(&str, &[f64]); 8] = [
            ("uniform", &[0.0, 1.0]),
            ("quniform", &[0.0, 10.0, 3.0]),
            ("qloguniform", &[-2.0, 5.0, 1.0]),
            ("normal", &[1.0, 2.0]),
            ("lognormal", &[1.0, 2.0]),
            ("qnormal", &[1.0, 2.0, 1.0]),
            ("qlognormal", &[1.0, 2.0, 1.0]),
            ("categorical", &[0.2, 0.8]),
        ];
        for (family, args) in families {
            let grid = grid(family, args, false);
            assert!((sum(&grid) - 1.0).abs() < 1e-12, "{family}");
            assert!(grid.prior().iter().all(|&p| p >= 0.0), "{family}");
        }
        let halved = grid("quniform", &[0.0, 2.0, 1.0], false);
        assert_eq!(halved.prior(), [0.25, 0.5, 0.25]);
    }

    #[test]
    fn a_gaussian_brings_its_own_kernel() {
        let Grid::Points { kernel, low, .. } = grid("normal", &[5.0, 2.0], false) else {
            panic!("numbers have points");
        };
        assert_eq!(low, -1.0);
        assert!((kernel.centre - 24.5).abs() < 1e-12);
        assert!((kernel.scale - 49.0 / 6.0).abs() < 1e-12);
    }
}
