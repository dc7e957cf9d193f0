//! The trials of a study, as the process sees them.

use super::candidates::Ground;
use super::points::Points;
use crate::joint::Model;
use std::collections::BTreeSet;

/// The trials as the process sees them.
pub struct Trials {
    /// Coordinates of those with a loss, NaN where not active.
    pub finished: Vec<Vec<f64>>,
    pub losses: Vec<f64>,
    /// Points of those that came to nothing, and of those that are pending.
    pub failed: Vec<Vec<f64>>,
    pub pending: Vec<Vec<f64>>,
}

impl Trials {
    pub fn new(model: &Model, ground: &Ground, failed: &BTreeSet<i64>) -> Self {
        let mut out = Self {
            finished: Vec::new(),
            losses: Vec::new(),
            failed: Vec::new(),
            pending: Vec::new(),
        };
        for (key, loss, values) in model.trials() {
            let coordinates = ground.coordinates(values);
            if loss.is_finite() {
                out.finished.push(coordinates);
                out.losses.push(loss);
            } else if failed.contains(&key) {
                out.failed.push(ground.seen(&coordinates));
            } else {
                out.pending.push(ground.seen(&coordinates));
            }
        }
        out
    }

    /// The best coordinates, the best first.
    pub fn best(&self, count: usize) -> Vec<Vec<f64>> {
        let mut order: Vec<usize> = (0..self.losses.len()).collect();
        order.sort_by(|a, b| self.losses[*a].total_cmp(&self.losses[*b]));
        order
            .iter()
            .take(count)
            .map(|i| self.finished[*i].clone())
            .collect()
    }
}

/// Points and losses of the trials with a loss.
pub struct Known<'a> {
    pub points: Points,
    pub losses: &'a [f64],
}

impl<'a> Known<'a> {
    pub fn new(trials: &'a Trials, ground: &Ground) -> Self {
        let mut points = Points::new(ground.axes);
        for coordinates in &trials.finished {
            points.push(&ground.seen(coordinates));
        }
        Self {
            points,
            losses: &trials.losses,
        }
    }
}
