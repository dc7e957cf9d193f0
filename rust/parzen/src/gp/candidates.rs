//! Where the acquisition is looked at first: complete points of the space.

use super::points::seen;
use crate::algorithm::StreamName;
use crate::error::Result;
use crate::interrupt::Checkpoint;
use crate::joint::axis::{Axis, Shape};
use crate::joint::{self, Model, Options as JointOptions};
use crate::random;
use crate::rng::{Rng, stream};
use crate::space::Space;

/// A space, with what is needed to move about in it.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The space.
    pub space: &'a Space,
    /// The axes of its parameters.
    pub axes: &'a [Axis],
}

impl Ground<'_> {
    /// The natural values at coordinates (NaN where not active).
    #[must_use]
    pub fn values(&self, coordinates: &[f64]) -> Vec<f64> {
        let pairs = self.axes.iter().zip(coordinates);
        pairs
            .map(|(axis, x)| if x.is_nan() { f64::NAN } else { axis.value(*x) })
            .collect()
    }

    /// The coordinates of natural values (NaN where not active).
    #[must_use]
    pub fn coordinates(&self, values: &[f64]) -> Vec<f64> {
        let pairs = self.axes.iter().zip(values);
        pairs
            .map(|(axis, v)| {
                if v.is_nan() {
                    f64::NAN
                } else {
                    axis.coordinate(*v)
                }
            })
            .collect()
    }

    /// The coordinates as the process sees them.
    #[must_use]
    pub fn seen(&self, coordinates: &[f64]) -> Vec<f64> {
        self.axes
            .iter()
            .zip(coordinates)
            .map(|(axis, x)| seen(axis, *x))
            .collect()
    }

    /// Makes coordinates those of a point: on the grid, with a draw from the prior where a parameter has become active and
    /// without a coordinate where it has ceased to be.
    pub fn settle(&self, coordinates: &mut [f64], rng: &mut Rng) {
        let mut values = vec![f64::NAN; coordinates.len()];
        for &i in self.space.order() {
            if !self.space.active(i, &values) {
                coordinates[i] = f64::NAN;
                continue;
            }
            let axis = &self.axes[i];
            values[i] = if coordinates[i].is_nan() {
                self.space.params()[i].prior.sample(rng)
            } else {
                axis.value(coordinates[i])
            };
            coordinates[i] = axis.coordinate(values[i]);
        }
    }
}

/// How many candidates of each kind there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// From the joint estimator's mixture of good trials.
    pub good: usize,
    /// From the prior.
    pub prior: usize,
    /// Around the best trials.
    pub near: usize,
}

/// Coordinates of candidates; `best` are the coordinates of the best trials, the best first.
///
/// # Errors
/// When it was interrupted.
pub fn candidates(
    model: &Model,
    ground: &Ground,
    best: &[Vec<f64>],
    (seed, index): StreamName,
    counts: &Counts,
    checkpoint: Checkpoint<'_>,
) -> Result<Vec<Vec<f64>>> {
    let options = JointOptions::default();
    let good = joint::candidates(model, (seed, index, 0), counts.good, &options, checkpoint)?;
    let mut out: Vec<Vec<f64>> = good.into_iter().map(|c| c.coordinates).collect();
    let name = stream(seed, index, u64::MAX - 2).next_u64();
    for draw in 0..counts.prior as u64 {
        out.push(ground.coordinates(&random::assignment(ground.space, name, draw)));
    }
    let mut rng = stream(seed, index, u64::MAX - 3);
    for number in 0..counts.near {
        if let Some(from) = best.get(number % best.len().max(1)) {
            out.push(near(ground, from, &mut rng));
        }
    }
    Ok(out)
}

/// A copy in which about two of the parameters, at least one, are different.
fn near(ground: &Ground, from: &[f64], rng: &mut Rng) -> Vec<f64> {
    let active: Vec<usize> = (0..from.len()).filter(|i| !from[*i].is_nan()).collect();
    let mut out = from.to_vec();
    if active.is_empty() {
        return out;
    }
    let chance = f64::min(0.5, 2.0 / active.len() as f64);
    let reach = libm::exp(-5.0 * rng.uniform());
    let first = active[rng.below(active.len() as u64) as usize];
    for i in active {
        if i == first || rng.uniform() < chance {
            out[i] = moved(&ground.axes[i], out[i], reach, rng);
        }
    }
    ground.settle(&mut out, rng);
    out
}

fn moved(axis: &Axis, x: f64, reach: f64, rng: &mut Rng) -> f64 {
    match axis.shape() {
        Shape::Options { probabilities } => {
            let possible = || (0..probabilities.len() as u64).filter(|i| axis.is_possible(*i));
            let chosen = rng.below(possible().count() as u64) as usize;
            possible().nth(chosen).map_or(x, |option| option as f64)
        }
        Shape::Levels { places, .. } => {
            let at = crate::joint::axis::nearest(places, x);
            let far = (reach * 0.5 * places.len() as f64).max(1.0);
            let step = 1.0 + (rng.uniform() * far).floor();
            let to = if rng.uniform() < 0.5 {
                at as f64 - step
            } else {
                at as f64 + step
            };
            places[to.clamp(0.0, (places.len() - 1) as f64) as usize]
        }
        Shape::Line { bounded } => {
            let to = x + 0.5 * reach * rng.normal();
            if *bounded { to.clamp(0.0, 1.0) } else { to }
        }
    }
}
