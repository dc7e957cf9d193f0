//! The axis of a parameter: where its values lie in the model.
//!
//! A numeric axis has coordinates in which the prior's range is [0, 1]: the value itself or its
//! logarithm, shifted and scaled. A normal prior has no range; it counts as one that has the
//! standard deviation of a uniform one, hence coordinate `1/2 + (z - mu) / (sigma sqrt 12)`, and no
//! bounds. A quantised prior spreads half a cell beyond its outermost values, so that all its
//! values are alike.

pub mod normaliser;
mod of_prior;
mod scale;
#[cfg(test)]
mod tests;

use crate::prior::{Prior, round_to_multiple};
use crate::rng::Rng;
use scale::Scale;

/// A grid of at most this many values is modelled value by value.
pub const MAX_LEVELS: usize = 64;

/// How the model sees a parameter.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A point of the line, or of [0, 1].
    Line {
        /// Whether there is nothing outside [0, 1].
        bounded: bool,
    },
    /// One of a few ordered values.
    Levels {
        /// Coordinates of the values, ascending.
        places: Vec<f64>,
        /// Widths of their cells.
        widths: Vec<f64>,
    },
    /// One of a set of unordered options.
    Options {
        /// Their prior probabilities.
        probabilities: Vec<f64>,
    },
}

/// A parameter as the joint model sees it.
#[derive(Clone, Debug)]
pub struct Axis {
    shape: Shape,
    /// Standard deviation of the prior's kernel, which is centred at 1/2.
    prior_scale: f64,
    scale: Scale,
}

impl Axis {
    /// How the model sees the parameter.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// Standard deviation of the prior's kernel.
    #[must_use]
    pub fn prior_scale(&self) -> f64 {
        self.prior_scale
    }

    /// The coordinate of a natural value; the number of an option, as a double. Values beyond the
    /// bounds count as the bound. NaN for values that the parameter can't have.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a small whole number
    pub fn coordinate(&self, value: f64) -> f64 {
        match &self.shape {
            Shape::Options { probabilities } => {
                let i = value - self.scale.low;
                let known = i >= 0.0 && i < probabilities.len() as f64 && i.fract() == 0.0;
                if known && probabilities[i as usize] > 0.0 {
                    i
                } else {
                    f64::NAN
                }
            }
            Shape::Line { bounded } => {
                let u = self.scale.coordinate(value);
                if *bounded {
                    u.clamp(0.0, 1.0)
                } else {
                    u.clamp(-1e9, 1e9)
                }
            }
            Shape::Levels { places, .. } => self
                .scale
                .coordinate(value)
                .clamp(places[0], places[places.len() - 1]),
        }
    }

    /// The natural value at a coordinate.
    #[must_use]
    pub fn value(&self, coordinate: f64) -> f64 {
        match &self.shape {
            Shape::Options { .. } => self.scale.low + coordinate,
            Shape::Line { bounded } => self.scale.value(coordinate, *bounded),
            Shape::Levels { .. } => self.scale.value(coordinate, true),
        }
    }

    /// Variance of a uniform distribution over the cell at a coordinate; 0 where there are no cells.
    #[must_use]
    pub fn cell_variance(&self, coordinate: f64) -> f64 {
        let width = match &self.shape {
            Shape::Options { .. } => 0.0,
            Shape::Levels { places, widths } => widths[nearest(places, coordinate)],
            Shape::Line { .. } => match self.scale.grid {
                None => 0.0,
                Some(_) => self.scale.cell(self.scale.number(coordinate)).1.min(1.0),
            },
        };
        width * width / 12.0
    }

    /// Draws a coordinate from the prior itself.
    pub fn sample_prior(&self, prior: &Prior, rng: &mut Rng) -> f64 {
        let u = self.coordinate(prior.sample(rng));
        match &self.shape {
            Shape::Levels { places, .. } => places[nearest(places, u)],
            _ => u,
        }
    }

    /// How many values the parameter has, if they can be counted.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn count(&self) -> Option<u64> {
        match (&self.shape, self.scale.grid) {
            (Shape::Options { probabilities }, _) => Some(probabilities.len() as u64),
            (Shape::Levels { places, .. }, _) => Some(places.len() as u64),
            (Shape::Line { bounded: true }, Some(grid)) => {
                Some((grid.last - grid.first + 1.0).min(1e18) as u64)
            }
            (Shape::Line { .. }, _) => None,
        }
    }

    /// The natural value number `i`, counted from the smallest.
    #[must_use]
    pub fn nth_value(&self, i: u64) -> f64 {
        match (&self.shape, self.scale.grid) {
            (Shape::Options { .. }, _) => self.scale.low + i as f64,
            (_, Some(grid)) => round_to_multiple((grid.first + i as f64) * grid.q, grid.q),
            (_, None) => f64::NAN,
        }
    }

    /// The number of a natural value, counted from the smallest; inverse of [`Axis::nth_value`].
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
    pub fn number_of(&self, value: f64) -> u64 {
        let last = self.count().unwrap_or(1) - 1;
        let i = match (&self.shape, self.scale.grid) {
            (Shape::Options { .. }, _) => value - self.scale.low,
            (_, Some(grid)) => (value / grid.q).round_ties_even() - grid.first,
            (_, None) => 0.0,
        };
        (i.max(0.0) as u64).min(last)
    }

    /// Whether value number `i` is possible: an option may have probability 0.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)]
    pub fn is_possible(&self, i: u64) -> bool {
        match &self.shape {
            Shape::Options { probabilities } => probabilities[i as usize] > 0.0,
            _ => true,
        }
    }
}

/// Index of the place nearest to a coordinate, the lower one of two.
#[must_use]
pub fn nearest(places: &[f64], coordinate: f64) -> usize {
    let above = places.partition_point(|p| *p < coordinate);
    if above == 0 {
        return 0;
    }
    if above == places.len() || coordinate - places[above - 1] <= places[above] - coordinate {
        above - 1
    } else {
        above
    }
}
