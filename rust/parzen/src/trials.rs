//! The trials of a study for all algorithms that look at them.
//!
//! Algorithms differ in what they make of a trial: one whose objective raised an exception is a row for
//! the joint estimator and for none else, one without a finite loss tells the Gaussian process that its
//! point came to nothing. Here that stands once.

use std::collections::{BTreeMap, BTreeSet};

use crate::algorithm::Learner;
use crate::error::{self, Error};
use crate::gp;
use crate::joint;
use crate::outcome::{Outcome, State};
use crate::rows::Rows;
use crate::space::Space;
use crate::tpe::History;

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
    fits: gp::Cache,
}

impl Trials {
    /// No trials of a space.
    #[must_use]
    pub fn new(space: Space) -> Self {
        Self {
            history: History::new(space),
            joint: None,
            errors: BTreeMap::new(),
            failed: BTreeSet::new(),
            fits: gp::Cache::default(),
        }
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

    /// Takes over a trial; its `values`, one entry per parameter, NaN where it is not active, are only asked for where
    /// they matter. A trial whose loss is NaN, and a cancelled one, is left out.
    ///
    /// The values of a trial are the same from its start on: they are asked for once, unless everything is to be taken
    /// `anew`.
    ///
    /// # Errors
    /// As `values`.
    pub fn take_over<'v, E>(
        &mut self,
        key: i64,
        outcome: Outcome,
        anew: bool,
        values: impl FnOnce() -> Result<&'v [f64], E>,
    ) -> Result<(), E> {
        let Outcome { state, loss } = outcome;
        if !is_kept(outcome) {
            self.remove(key);
        } else if state == State::Error {
            let values = values()?;
            self.remove(key);
            self.errors.insert(key, values.to_vec());
            if let Some(joint) = &mut self.joint {
                joint.upsert(key, f64::INFINITY, values);
            }
        } else if !anew && self.knows(key, outcome) {
            self.note(key, outcome);
        } else {
            let values = values()?;
            self.note(key, outcome);
            self.upsert(key, loss, values);
        }
        Ok(())
    }

    /// Whether to [`take_over`](Self::take_over) everything anew would change nothing.
    ///
    /// # Errors
    /// As `values`.
    #[allow(clippy::float_cmp)] // a change is what is looked for
    pub fn agrees<'v, E>(
        &self,
        key: i64,
        outcome: Outcome,
        values: impl FnOnce() -> Result<&'v [f64], E>,
    ) -> Result<bool, E> {
        let rows = self.history.rows();
        let settled = rows.settled(key);
        if !is_kept(outcome) {
            return Ok(settled.is_none() && !self.errors.contains_key(&key));
        }
        let values = values()?;
        if outcome.state != State::Error {
            let same = |row| rows.loss(row) == outcome.loss && rows.holds(row, values);
            return Ok(settled.is_some_and(same));
        }
        let same = |own: &Vec<f64>| {
            let mut pairs = own.iter().zip(values);
            pairs.all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
        };
        Ok(settled.is_none() && self.errors.get(&key).is_some_and(same))
    }

    /// Whether all that matters of a trial is known without a look at its values: its loss tells.
    #[allow(clippy::float_cmp)] // a change is what is looked for
    fn knows(&self, key: i64, Outcome { state, loss }: Outcome) -> bool {
        let rows = self.history.rows();
        let has = || rows.settled(key).is_some_and(|row| rows.loss(row) == loss);
        matches!(state, State::Running | State::Done) && has()
    }

    /// Takes note of whether a trial ended without a loss.
    fn note(&mut self, key: i64, Outcome { state, loss }: Outcome) {
        if state == State::Done && loss == f64::INFINITY {
            self.failed.insert(key);
        } else if !self.failed.is_empty() {
            self.failed.remove(&key);
        }
    }

    /// The rows for the joint estimator; brought over when first asked for, kept in step since.
    ///
    /// # Errors
    /// When there is not one flag for each parameter.
    pub fn joint(&mut self, unordered: &[bool]) -> error::Result<&mut joint::Model> {
        brought_over(
            &mut self.joint,
            self.history.rows(),
            &self.errors,
            unordered,
        )
    }

    /// The Gaussian process of these trials, whose rows are those of the joint estimator.
    ///
    /// # Errors
    /// As [`joint`](Self::joint).
    pub fn process(&mut self, unordered: &[bool]) -> error::Result<gp::Process<'_>> {
        let failed = self.failed.iter().chain(self.errors.keys()).copied();
        let failed = failed.collect();
        let rows = self.history.rows();
        let model = brought_over(&mut self.joint, rows, &self.errors, unordered)?;
        Ok(gp::Process::new(model, failed, &mut self.fits))
    }
}

/// Whether a trial is kept, with its values.
fn is_kept(Outcome { state, loss }: Outcome) -> bool {
    state == State::Error || (state != State::Cancelled && !loss.is_nan())
}

impl Learner for Trials {
    fn space(&self) -> &Space {
        self.history.space()
    }

    /// A NaN loss removes the trial.
    fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        self.history.upsert(key, loss, values);
        self.errors.remove(&key);
        if let Some(joint) = &mut self.joint {
            joint.upsert(key, loss, values);
        }
    }

    fn remove(&mut self, key: i64) {
        self.history.remove(key);
        self.errors.remove(&key);
        self.failed.remove(&key);
        if let Some(joint) = &mut self.joint {
            joint.remove(key);
        }
    }

    fn propose(&mut self, key: i64, values: &[f64]) {
        self.history.propose(key, values);
        if let Some(joint) = &mut self.joint {
            joint.propose(key, values);
        }
    }

    fn settle_provisional(&mut self) {
        self.history.settle_provisional();
        if let Some(joint) = &mut self.joint {
            joint.settle_provisional();
        }
    }
}

/// The model, made of the rows and of the trials in error if there is none with these flags.
fn brought_over<'a>(
    model: &'a mut Option<Box<joint::Model>>,
    rows: &Rows,
    errors: &BTreeMap<i64, Vec<f64>>,
    unordered: &[bool],
) -> error::Result<&'a mut joint::Model> {
    let (left, right) = (rows.space().len(), unordered.len());
    if left != right {
        let what = "parameters and unordered";
        return Err(Error::LengthMismatch { what, left, right });
    }
    model.take_if(|model| model.unordered() != unordered);
    Ok(model.get_or_insert_with(|| {
        let mut model = joint::Model::new(rows.space().clone(), unordered);
        for row in rows.live() {
            model.upsert(rows.key(row), rows.loss(row), rows.values(row));
        }
        for (key, values) in errors {
            model.upsert(*key, f64::INFINITY, values);
        }
        Box::new(model)
    }))
}
