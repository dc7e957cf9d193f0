//! What a local search moves, and what it leaves alone.

use super::super::axis::{Axis, Shape, nearest};
use crate::rows::Rows;
use crate::space::Space;
use std::sync::Arc;

/// The rows of a study as a local search sees them: by key, those that were withdrawn included.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The axes of the parameters.
    pub axes: &'a [Axis],
    /// Which parameters a local search may change; see [`movable`].
    pub movable: &'a [bool],
    /// The rows.
    pub rows: &'a Rows,
    /// The rows with a loss, the best first.
    pub ranking: &'a [u32],
}

#[allow(clippy::cast_possible_truncation)] // rows are counted in u32
impl<'a> View<'a> {
    /// Number of rows.
    pub fn total(&self) -> usize {
        self.rows.total() as usize
    }

    /// Key of a row.
    pub fn key(&self, row: usize) -> i64 {
        self.rows.key(row as u32)
    }

    /// Loss of a row, infinite while pending or when failed.
    pub fn loss(&self, row: usize) -> f64 {
        self.rows.loss(row as u32)
    }

    /// Natural values of a row by parameter, NaN where not active.
    pub fn values(&self, row: usize) -> &'a [f64] {
        self.rows.values(row as u32)
    }

    /// Whether a row was withdrawn.
    pub fn is_gone(&self, row: usize) -> bool {
        self.rows.is_gone(row as u32)
    }

    /// Whether the row is there, and has a loss and a value for every parameter that is active in it: a search
    /// that began elsewhere would leave out values.
    pub fn is_finished(&self, row: usize) -> bool {
        !self.is_gone(row) && self.loss(row) < f64::INFINITY && self.rows.is_complete(row as u32)
    }

    /// Whether a search can begin at the row: whatever it would leave alone there, the parameter can be. Trials
    /// from elsewhere can have other values, which only the estimator takes.
    pub fn is_possible(&self, row: usize) -> bool {
        let each = self.axes.iter().zip(self.movable).zip(self.values(row));
        each.into_iter().all(|((axis, movable), value)| {
            let coordinate = axis.coordinate(*value);
            value.is_nan()
                || (!coordinate.is_nan() && (*movable || axis.value(coordinate) == *value))
        })
    }
}

/// Which parameters a local search may change: those with an order on which no other depends.
pub fn movable(space: &Space, axes: &[Axis]) -> Vec<bool> {
    let ordered = |axis: &Axis| !matches!(axis.shape(), Shape::Options { .. });
    let mut movable: Vec<bool> = axes.iter().map(ordered).collect();
    for param in space.params() {
        for (parent, _) in param.conditions.iter().flatten().flatten() {
            movable[*parent] = false;
        }
    }
    movable
}

/// The part of the space in which a local search stays: all points that differ from the one where it began in
/// their movable parameters alone.
#[derive(Clone, Debug)]
pub struct Subspace {
    /// Natural values of that point, NaN where not active.
    values: Arc<[f64]>,
    /// Its movable parameters.
    free: Arc<[usize]>,
}

impl Subspace {
    /// The subspace of a point.
    pub fn of(movable: &[bool], values: &[f64]) -> Self {
        let free = (0..values.len()).filter(|i| movable[*i] && !values[*i].is_nan());
        Self {
            free: free.collect(),
            values: values.into(),
        }
    }

    /// Whether another subspace is the same part of the space.
    pub fn is_same(&self, other: &Self) -> bool {
        self.free == other.free && self.holds(&other.values)
    }

    /// How many parameters are free.
    pub fn size(&self) -> usize {
        self.free.len()
    }

    /// The axes of the free parameters.
    pub fn axes<'a>(&'a self, axes: &'a [Axis]) -> impl Iterator<Item = &'a Axis> {
        self.free.iter().map(|param| &axes[*param])
    }

    /// Coordinates of the point where the search began.
    pub fn start(&self, axes: &[Axis]) -> Vec<f64> {
        self.coordinates(axes, &self.values)
    }

    /// Coordinates of a point along the free axes.
    pub fn coordinates(&self, axes: &[Axis], values: &[f64]) -> Vec<f64> {
        let each = self.free.iter();
        each.map(|param| axes[*param].coordinate(values[*param]))
            .collect()
    }

    /// Whether a point lies in it.
    pub fn holds(&self, values: &[f64]) -> bool {
        let mut free = self.free.iter().peekable();
        let pairs = self.values.iter().zip(values).enumerate();
        pairs.into_iter().all(|(param, (own, theirs))| {
            if free.next_if(|f| **f == param).is_some() {
                !theirs.is_nan()
            } else {
                own == theirs || (own.is_nan() && theirs.is_nan())
            }
        })
    }

    /// The natural values of the point of the subspace that is nearest to these coordinates.
    pub fn values_at(&self, axes: &[Axis], coordinates: &[f64]) -> Vec<f64> {
        let mut values = self.values.to_vec();
        for ((param, own), x) in self.free.iter().zip(self.axes(axes)).zip(coordinates) {
            values[*param] = own.value(match own.shape() {
                Shape::Levels { places, .. } => places[nearest(places, *x)],
                _ => within(own, *x),
            });
        }
        values
    }
}

/// The coordinate, or the nearest that the axis has.
pub fn within(axis: &Axis, coordinate: f64) -> f64 {
    match axis.shape() {
        Shape::Line { bounded: true } => coordinate.clamp(0.0, 1.0),
        Shape::Levels { places, .. } => coordinate.clamp(places[0], places[places.len() - 1]),
        _ => coordinate,
    }
}

/// Width of the cell at a coordinate; 0 where there are no cells.
pub fn cell(axis: &Axis, coordinate: f64) -> f64 {
    (12.0 * axis.cell_variance(coordinate)).sqrt()
}
