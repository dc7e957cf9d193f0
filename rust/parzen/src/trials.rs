//! The trials of a study for all algorithms that look at them.
//!
//! Algorithms differ in what they make of a trial: one whose objective raised an exception is a row for
//! the joint estimator and for none else, one without a finite loss tells the Gaussian process that its
//! point came to nothing. Here that stands once.

use std::collections::{BTreeMap, BTreeSet};

use crate::gp;
use crate::joint;
use crate::rows::Rows;
use crate::space::Space;
use crate::tpe::History;

/// How far a trial has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits to be evaluated.
    New,
    /// It is being evaluated.
    Running,
    /// Its objective returned.
    Done,
    /// Its objective raised an exception.
    Error,
    /// It was given up.
    Cancelled,
}

/// The trials of one study.
#[derive(Clone, Debug)]
pub struct Trials {
    history: History,
    /// The same rows for the joint estimator, once that was asked for, and those of trials in error.
    joint: Option<Box<joint::Model>>,
    /// Values of the trials in error, by key.
    errors: BTreeMap<i64, Vec<f64>>,
    /// Keys of the rows that are done and have no loss.
    failed: BTreeSet<i64>,
    /// What the Gaussian process has fitted.
    process: gp::Cache,
}

/// What the Gaussian process needs: the rows of the joint estimator, what it has fitted, and the keys of the
/// trials that came to nothing.
pub type Process<'a> = (&'a mut joint::Model, &'a mut gp::Cache, BTreeSet<i64>);

impl Trials {
    /// No trials of a space.
    #[must_use]
    pub fn new(space: Space) -> Self {
        Self {
            history: History::new(space),
            joint: None,
            errors: BTreeMap::new(),
            failed: BTreeSet::new(),
            process: gp::Cache::default(),
        }
    }

    /// The space.
    #[must_use]
    pub fn space(&self) -> &Space {
        self.history.space()
    }

    /// The trials as hyperopt's own estimator has them.
    #[must_use]
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The same, to suggest from.
    pub fn history_mut(&mut self) -> &mut History {
        &mut self.history
    }

    /// Whether a trial of this state and loss is kept, with its values.
    #[must_use]
    pub fn takes(state: State, loss: f64) -> bool {
        state == State::Error || (state != State::Cancelled && !loss.is_nan())
    }

    /// Whether all that matters of a trial is known without a look at its values: they are the same from its
    /// start on, so its loss tells.
    #[must_use]
    #[allow(clippy::float_cmp)] // a change is what is looked for
    pub fn knows(&self, key: i64, state: State, loss: f64) -> bool {
        let rows = self.history.rows();
        let has = || rows.settled(key).is_some_and(|row| rows.loss(row) == loss);
        matches!(state, State::Running | State::Done) && !loss.is_nan() && has()
    }

    /// Takes over a trial; `values` has one entry per parameter, NaN where it is not active. Infinity is the loss
    /// of one that has none; a trial whose loss is NaN, and a cancelled one, is left out.
    pub fn record(&mut self, key: i64, state: State, loss: f64, values: &[f64]) {
        if !Self::takes(state, loss) {
            self.remove(key);
        } else if state == State::Error {
            self.remove(key);
            self.errors.insert(key, values.to_vec());
            if let Some(joint) = &mut self.joint {
                joint.upsert(key, f64::INFINITY, values);
            }
        } else {
            self.note(key, state, loss);
            self.upsert(key, loss, values);
        }
    }

    /// Takes note of how a trial ended whose values are known.
    pub fn note(&mut self, key: i64, state: State, loss: f64) {
        if state == State::Done && loss == f64::INFINITY {
            self.failed.insert(key);
        } else if !self.failed.is_empty() {
            self.failed.remove(&key);
        }
    }

    /// Adds or replaces a row; one whose loss is NaN is removed.
    pub fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        self.history.upsert(key, loss, values);
        self.errors.remove(&key);
        if let Some(joint) = &mut self.joint {
            joint.upsert(key, loss, values);
        }
    }

    /// Withdraws a trial.
    pub fn remove(&mut self, key: i64) {
        self.history.remove(key);
        self.errors.remove(&key);
        self.failed.remove(&key);
        if let Some(joint) = &mut self.joint {
            joint.remove(key);
        }
    }

    /// Adds a pending row that counts until [`settle_provisional`](Self::settle_provisional).
    pub fn propose(&mut self, key: i64, values: &[f64]) {
        self.history.propose(key, values);
        if let Some(joint) = &mut self.joint {
            joint.propose(key, values);
        }
    }

    /// Withdraws the proposed rows that have not been recorded since.
    pub fn settle_provisional(&mut self) {
        self.history.settle_provisional();
        if let Some(joint) = &mut self.joint {
            joint.settle_provisional();
        }
    }

    /// Whether [`record`](Self::record) would change nothing.
    #[must_use]
    #[allow(clippy::float_cmp)] // a change is what is looked for
    pub fn agrees(&self, key: i64, state: State, loss: f64, values: &[f64]) -> bool {
        let rows = self.history.rows();
        let settled = rows.settled(key);
        if !Self::takes(state, loss) {
            return settled.is_none() && !self.errors.contains_key(&key);
        }
        if state != State::Error {
            return settled.is_some_and(|row| rows.loss(row) == loss && rows.holds(row, values));
        }
        let same = |own: &Vec<f64>| {
            let mut pairs = own.iter().zip(values);
            pairs.all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
        };
        settled.is_none() && self.errors.get(&key).is_some_and(same)
    }

    /// The rows for the joint estimator; brought over when first asked for, kept in step since.
    pub fn joint(&mut self, unordered: &[bool]) -> &mut joint::Model {
        brought_over(
            &mut self.joint,
            self.history.rows(),
            &self.errors,
            unordered,
        )
    }

    /// What the Gaussian process needs.
    pub fn process(&mut self, unordered: &[bool]) -> Process<'_> {
        let failed = self.failed.iter().chain(self.errors.keys()).copied();
        let failed = failed.collect();
        let rows = self.history.rows();
        let model = brought_over(&mut self.joint, rows, &self.errors, unordered);
        (model, &mut self.process, failed)
    }
}

/// The model, made of the rows and of the trials in error if there is none with these flags.
fn brought_over<'a>(
    model: &'a mut Option<Box<joint::Model>>,
    rows: &Rows,
    errors: &BTreeMap<i64, Vec<f64>>,
    unordered: &[bool],
) -> &'a mut joint::Model {
    model.take_if(|model| model.unordered() != unordered);
    model.get_or_insert_with(|| {
        let mut model = joint::Model::new(rows.space().clone(), unordered);
        for row in rows.live() {
            model.upsert(rows.key(row), rows.loss(row), rows.values(row));
        }
        for (key, values) in errors {
            model.upsert(*key, f64::INFINITY, values);
        }
        Box::new(model)
    })
}
