//! One column per parameter: its observations, and the state from which suggestions are made.
//!
//! A column holds the values in chronological order. A few of them belong to the good group of the
//! split, all others to the bad group, whose estimator is kept up to date as observations arrive and
//! as the split moves, in the form that suits the parameter: [`numeric`], [`grid`] or
//! [`categorical`].

// Counts and ids are below 2^32, grid numbers below 2^50; equality of doubles means the same bits.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp
)]

mod aged;
mod candidates;
mod categorical;
mod field;
mod forgetting;
mod good;
mod grid;
mod mass;
mod numeric;
mod propose;
mod scale;
mod slots;

pub use candidates::Scratch;
pub use propose::{GoesOn, Options};

use crate::numerics::order::Excluded;
use crate::prior::{Categorical, Numeric, Prior};
use categorical::CategoricalBad;
use good::GoodMixture;
use grid::GridBad;
use numeric::NumericBad;

/// The bad group in the form that suits the parameter.
#[derive(Clone, Debug)]
enum Bad {
    Numeric(Numeric, NumericBad),
    Grid(Numeric, GridBad),
    Categorical(Categorical, CategoricalBad),
}

/// What is remembered of the good group until it changes.
#[derive(Clone, Debug)]
struct Good {
    prior_weight: f64,
    mixture: GoodMixture,
    /// Masses of the values of a grid (NaN: not yet asked for).
    grid: Vec<f64>,
}

/// Observations of one parameter.
#[derive(Clone, Debug)]
pub struct Column {
    prior: Prior,
    /// Row of each observation, ascending.
    rows: Vec<u32>,
    /// Natural values.
    values: Vec<f64>,
    /// Observations from here on are in neither group yet.
    applied: u32,
    excluded: Excluded,
    /// The good ones among the excluded.
    below: Vec<u32>,
    bad: Bad,
    good: Option<Good>,
}

impl Column {
    /// An empty column.
    #[must_use]
    pub fn new(prior: &Prior) -> Self {
        let mut column = Self {
            prior: prior.clone(),
            rows: Vec::new(),
            values: Vec::new(),
            applied: 0,
            excluded: Excluded::default(),
            below: Vec::new(),
            bad: Bad::of(prior, true),
            good: None,
        };
        column.reset();
        column
    }

    /// Appends an observation of a row after all others.
    pub fn push(&mut self, row: u32, value: f64) {
        debug_assert!(self.rows.last().is_none_or(|last| *last < row));
        self.rows.push(row);
        self.values.push(value);
    }

    /// Value in a row, if the parameter was active there.
    #[must_use]
    pub fn value(&self, row: u32) -> Option<f64> {
        self.id(row).map(|id| self.values[id as usize])
    }

    /// Rows and values, chronological.
    #[must_use]
    pub fn observations(&self) -> (&[u32], &[f64]) {
        (&self.rows, &self.values)
    }

    fn id(&self, row: u32) -> Option<u32> {
        if self.rows.get(row as usize) == Some(&row) {
            return Some(row);
        }
        self.rows.binary_search(&row).ok().map(|id| id as u32)
    }

    /// Forgets the groups, so that they are formed anew.
    pub fn reset(&mut self) {
        self.applied = 0;
        self.excluded.clear();
        self.below.clear();
        self.good = None;
        let on_grid = |grid: &GridBad| self.values.iter().all(|v| grid.slot(*v).is_some());
        self.bad = Bad::of(&self.prior, true);
        if let Bad::Grid(_, grid) = &self.bad
            && !on_grid(grid)
        {
            self.bad = Bad::of(&self.prior, false);
        }
    }

    /// Renumbers rows and replaces the observations; the groups are formed anew.
    pub fn replace(&mut self, rows: Vec<u32>, values: Vec<f64>) {
        self.rows = rows;
        self.values = values;
        self.reset();
    }

    /// Forms groups from the observations that are in none yet. `good` and `gone` say which rows are
    /// good, and which were withdrawn.
    pub fn admit(&mut self, good: &[u32], gone: impl Fn(u32) -> bool) {
        let total = self.values.len() as u32;
        if let Bad::Grid(_, grid) = &self.bad {
            let fresh = &self.values[self.applied as usize..];
            if fresh.iter().any(|v| grid.slot(*v).is_none()) {
                self.leave_grid();
            }
        }
        let many = total - self.applied > 1000.max(self.applied / 2);
        let first = self.applied;
        for id in first..total {
            let row = self.rows[id as usize];
            let is_good = good.binary_search(&row).is_ok();
            if is_good {
                self.below.push(id);
                self.good = None;
            }
            if is_good || gone(row) {
                self.excluded.insert(id);
            } else if !many {
                self.bad.insert(&self.values, &self.excluded, id);
            }
        }
        self.applied = total;
        if many {
            self.refill();
        }
    }

    fn leave_grid(&mut self) {
        self.bad = Bad::of(&self.prior, false);
        self.refill();
    }

    /// Builds the bad group from scratch.
    fn refill(&mut self) {
        let ids = (0..self.applied).filter(|id| !self.excluded.contains(*id));
        if let Bad::Numeric(prior, bad) = &mut self.bad {
            bad.rebuild(prior, &self.values, &self.excluded, ids);
            return;
        }
        self.bad = Bad::of(&self.prior, matches!(self.bad, Bad::Grid(..)));
        for id in ids {
            self.bad.insert(&self.values, &self.excluded, id);
        }
    }

    /// A row leaves the bad group, for the good one or for none.
    pub fn exclude(&mut self, row: u32, good: bool) {
        let Some(id) = self.id(row).filter(|id| *id < self.applied) else {
            return;
        };
        if good {
            self.below
                .insert(self.below.partition_point(|b| *b < id), id);
            self.good = None;
        }
        if self.excluded.insert(id) {
            self.bad.remove(&self.values, &self.excluded, id);
        }
    }

    /// A row leaves the good group; it joins the bad one unless it was withdrawn.
    pub fn demote(&mut self, row: u32, gone: bool) {
        let Some(id) = self.id(row).filter(|id| *id < self.applied) else {
            return;
        };
        self.below.retain(|b| *b != id);
        self.good = None;
        if !gone {
            self.restore(row);
        }
    }

    /// A row joins the bad group.
    pub fn restore(&mut self, row: u32) {
        let Some(id) = self.id(row).filter(|id| *id < self.applied) else {
            return;
        };
        if self.excluded.remove(id) {
            self.bad.insert(&self.values, &self.excluded, id);
        }
    }

    /// Whether the good group is empty.
    #[must_use]
    pub fn has_no_good(&self) -> bool {
        self.below.is_empty()
    }

    /// Natural values of the good and the bad group, chronological.
    #[must_use]
    pub fn groups(&self) -> (Vec<f64>, Vec<f64>) {
        let value = |id: u32| self.values[id as usize];
        let above = (0..self.applied)
            .filter(|id| !self.excluded.contains(*id))
            .map(value);
        (
            self.below.iter().copied().map(value).collect(),
            above.collect(),
        )
    }
}

impl Bad {
    fn of(prior: &Prior, grid: bool) -> Self {
        match prior {
            Prior::Categorical(c) => Self::Categorical(c.clone(), CategoricalBad::default()),
            Prior::Numeric(n) => match GridBad::new(n).filter(|_| grid) {
                Some(bad) => Self::Grid(*n, bad),
                None => Self::Numeric(*n, NumericBad::new(n)),
            },
        }
    }

    fn insert(&mut self, values: &[f64], excluded: &Excluded, id: u32) {
        match self {
            Self::Numeric(prior, bad) => bad.insert(prior, values, excluded, id),
            Self::Grid(_, bad) => bad.insert(values, excluded, id),
            Self::Categorical(_, bad) => bad.insert(values, excluded, id),
        }
    }

    fn remove(&mut self, values: &[f64], excluded: &Excluded, id: u32) {
        match self {
            Self::Numeric(prior, bad) => bad.remove(prior, values, excluded, id),
            Self::Grid(_, bad) => bad.remove(values, excluded, id),
            Self::Categorical(_, bad) => bad.remove(values, excluded, id),
        }
    }
}
