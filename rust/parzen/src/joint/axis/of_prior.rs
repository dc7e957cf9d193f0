//! From a prior to the axis of its parameter.

use super::scale::{Grid, Scale};
use super::{Axis, MAX_LEVELS, Shape};
use crate::prior::{Numeric, Prior, Support, limits};

/// More options than this have no table: they are seen as integers.
const MOST_OPTIONS: u64 = 1 << 20;

/// Standard deviation of a uniform distribution of width 1.
pub(super) const UNIFORM_DEVIATION: f64 = 0.288_675_134_594_812_9;

/// A quantised normal prior has values this many standard deviations around its centre.
const GAUSSIAN_REACH: f64 = 6.0;

impl Axis {
    /// The axis of a prior. `unordered` decides how `randint` is seen: as the number of an option,
    /// or as an integer.
    #[must_use]
    pub fn new(prior: &Prior, unordered: bool) -> Self {
        match prior {
            Prior::Categorical(c)
                if c.probabilities().is_some() || (unordered && c.n() <= MOST_OPTIONS) =>
            {
                Self {
                    shape: Shape::Options {
                        probabilities: (0..c.n()).map(|i| c.prior_mass(i)).collect(),
                    },
                    prior_scale: 1.0,
                    scale: Scale {
                        log: false,
                        low: as_double(c.low()),
                        span: 1.0,
                        high: as_double(c.low()) + 1.0,
                        grid: None,
                    },
                }
            }
            Prior::Categorical(c) => {
                let (first, last) = (as_double(c.low()), as_double(c.value(c.n() - 1)));
                let grid = Grid {
                    q: 1.0,
                    first,
                    last,
                };
                Self::on_grid(false, grid, (first - 0.5, last + 0.5), true)
            }
            Prior::Numeric(n) => Self::numeric(n),
        }
    }

    fn numeric(prior: &Numeric) -> Self {
        let Some(q) = prior.q else {
            let (low, high, span, bounded) = match prior.support {
                Support::Bounded { low, high } => (low, high, high - low, true),
                Support::Gaussian { mu, sigma } => {
                    let span = sigma / UNIFORM_DEVIATION;
                    (mu - 0.5 * span, mu + 0.5 * span, span, false)
                }
            };
            let scale = Scale {
                log: prior.log,
                low,
                span,
                high,
                grid: None,
            };
            return Self {
                shape: Shape::Line { bounded },
                prior_scale: spread(bounded),
                scale,
            };
        };
        let (low, high, bounded) = match prior.support {
            Support::Bounded { low, high } => (low, high, true),
            Support::Gaussian { mu, sigma } => (
                mu - GAUSSIAN_REACH * sigma,
                mu + GAUSSIAN_REACH * sigma,
                false,
            ),
        };
        let number = |z: f64| {
            let x = if prior.log {
                libm::exp(z).min(f64::MAX)
            } else {
                z
            };
            (x / q).round_ties_even().clamp(-1e300, 1e300)
        };
        let grid = Grid {
            q,
            first: number(low),
            last: number(high),
        };
        let range = match prior.support {
            Support::Bounded { .. } => {
                let edge = |k: f64| if prior.log { libm::log(k * q) } else { k * q };
                let low_edge = edge(grid.first - 0.5);
                let low = if low_edge.is_nan() {
                    low.min(edge(0.25))
                } else {
                    low_edge
                };
                (low, edge(grid.last + 0.5))
            }
            Support::Gaussian { mu, sigma } => {
                let half = 0.5 * sigma / UNIFORM_DEVIATION;
                (mu - half, mu + half)
            }
        };
        Self::on_grid(prior.log, grid, range, bounded)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // at most 64 levels
    fn on_grid(log: bool, grid: Grid, range: (f64, f64), bounded: bool) -> Self {
        // Half a quantum is lost beside 2^53 of them.
        let least = (f64::EPSILON * range.0.abs()).max(limits::SMALLEST);
        let scale = Scale {
            log,
            low: range.0,
            span: (range.1 - range.0).max(least),
            high: range.1,
            grid: Some(grid),
        };
        let prior_scale = spread(bounded);
        let count = grid.last - grid.first + 1.0;
        if count > MAX_LEVELS as f64 {
            return Self {
                shape: Shape::Line { bounded },
                prior_scale,
                scale,
            };
        }
        let cells = (0..count as usize).map(|i| scale.cell(grid.first + i as f64));
        let (places, widths) = cells.unzip();
        Self {
            shape: Shape::Levels { places, widths },
            prior_scale,
            scale,
        }
    }
}

fn spread(bounded: bool) -> f64 {
    if bounded { 1.0 } else { UNIFORM_DEVIATION }
}

#[allow(clippy::cast_precision_loss)] // priors keep randint bounds within 2^53
fn as_double(value: i64) -> f64 {
    value as f64
}
