//! Points as a Gaussian process sees them: one coordinate for each parameter.
//!
//! Ordered parameters have the coordinates of the joint estimator, in which the prior's range is [0, 1];
//! options have their number. A parameter that is not active is given the middle of its range, or no option (-1). What
//! tells an active parameter from one that is not is its parent, whose value differs.

use crate::joint::axis::{Axis, Shape};

/// The values of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Whether they are numbers of options.
    pub unordered: bool,
    /// A value for each point.
    pub values: Vec<f64>,
}

/// A set of points.
#[derive(Clone, Debug, PartialEq)]
pub struct Points {
    len: usize,
    columns: Vec<Column>,
}

impl Points {
    /// No points of a space with these axes.
    #[must_use]
    pub fn new(axes: &[Axis]) -> Self {
        Self::of_kinds(axes.iter().map(is_unordered))
    }

    /// No points; `unordered` says of each parameter whether its values are numbers of options.
    #[must_use]
    pub fn of_kinds(unordered: impl Iterator<Item = bool>) -> Self {
        let columns = unordered.map(|unordered| Column {
            unordered,
            values: Vec::new(),
        });
        Self {
            len: 0,
            columns: columns.collect(),
        }
    }

    /// Adds a point.
    ///
    /// # Panics
    /// When it does not have one coordinate per parameter.
    pub fn push(&mut self, point: &[f64]) {
        assert_eq!(
            point.len(),
            self.columns.len(),
            "one coordinate per parameter"
        );
        for (column, x) in self.columns.iter_mut().zip(point) {
            column.values.push(*x);
        }
        self.len += 1;
    }

    /// Number of points.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The parameters.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The first points.
    #[must_use]
    pub fn first(&self, count: usize) -> Self {
        let columns = self.columns.iter().map(|column| Column {
            unordered: column.unordered,
            values: column.values[..count].to_vec(),
        });
        Self {
            len: count,
            columns: columns.collect(),
        }
    }

    /// The coordinates of point `i`.
    #[must_use]
    pub fn point(&self, i: usize) -> Vec<f64> {
        self.columns.iter().map(|column| column.values[i]).collect()
    }
}

/// Whether the values of an axis are numbers of options.
#[must_use]
pub fn is_unordered(axis: &Axis) -> bool {
    matches!(axis.shape(), Shape::Options { .. })
}

/// A coordinate of the joint estimator (NaN where not active) as one of the Gaussian process.
#[must_use]
pub fn seen(axis: &Axis, coordinate: f64) -> f64 {
    if !coordinate.is_nan() {
        coordinate
    } else if is_unordered(axis) {
        -1.0
    } else {
        0.5
    }
}
