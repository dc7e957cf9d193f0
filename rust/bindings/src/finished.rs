//! What importance looks at: the losses and values of trials that ran to their end.

use crate::errors::exception;
use crate::prefetch::{prefetch_item, prefetch_table, prefetch_value};
use crate::reader::{item, state_of, status_of};
use crate::rows::{NumberTypes, rows};
use parzen::importance::Trials;
use parzen::outcome::{State, compared_loss};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};
use std::ops::Range;

/// What was read of documents.
pub struct Finished<'a> {
    /// The trials that have a loss, in the order of their documents.
    pub trials: Trials<'a>,
    /// How many of them have one that is finite.
    pub finite: usize,
    /// How many trials ended, with or without a loss.
    pub ended: usize,
}

/// Documents that are read side by side.
///
/// The 200,000 values in 10,000 trials of 20 parameters lie in cold memory, three cache lines for each: a list, its
/// array, a number. Step by step for many documents, the processor waits for many lines at a time.
const BLOCK: usize = 32;

/// How much of the table of a dict with few keys a look-up may read.
const SMALL_TABLE: usize = 256;

impl<'a> Finished<'a> {
    /// Reads documents: their own losses ([`outcome`]), or those that are given, where NaN leaves a trial out.
    ///
    /// `labels` are those of the parameters that `trials`, still without any, have.
    pub fn read(
        trials: Trials<'a>,
        documents: &Bound<'_, PyList>,
        labels: &[Py<PyString>],
        losses: Option<&[f64]>,
        failed: bool,
    ) -> PyResult<Self> {
        let types = NumberTypes::new(documents.py());
        let mut read = Self {
            trials,
            finite: 0,
            ended: 0,
        };
        for start in (0..documents.len()).step_by(BLOCK) {
            let end = documents.len().min(start + BLOCK);
            let parts = parts_of(&block_of(documents, start..end)?)?;
            let given = losses.map(|losses| &losses[start..end]);
            let (losses, vals) = read.losses(parts, given, failed)?;
            let rows = rows(labels, &vals, &types)?;
            read.trials
                .extend(&losses, &rows)
                .map_err(|e| exception(&e))?;
        }
        Ok(read)
    }

    /// The losses of some documents, and the vals of those that have one.
    fn losses<'py>(
        &mut self,
        parts: Vec<Parts<'py>>,
        given: Option<&[f64]>,
        failed: bool,
    ) -> PyResult<(Vec<f64>, Vec<Bound<'py, PyDict>>)> {
        let mut losses = Vec::with_capacity(parts.len());
        let mut vals = Vec::with_capacity(parts.len());
        for (at, parts) in parts.into_iter().enumerate() {
            let loss = if let Some(given) = given {
                given[at]
            } else {
                let (loss, has_ended) = parts.outcome(failed)?;
                self.ended += usize::from(has_ended);
                loss
            };
            if !loss.is_nan() {
                self.finite += usize::from(loss.is_finite());
                losses.push(loss);
                vals.push(parts.vals()?);
            }
        }
        Ok((losses, vals))
    }
}

/// What is asked of a document.
struct Parts<'py> {
    state: State,
    result: Bound<'py, PyAny>,
    misc: Bound<'py, PyAny>,
}

impl<'py> Parts<'py> {
    fn of(document: &Bound<'py, PyDict>) -> PyResult<Self> {
        let py = document.py();
        Ok(Self {
            state: state_of(document)?,
            result: item(document, intern!(py, "result"))?,
            misc: item(document, intern!(py, "misc"))?,
        })
    }

    fn vals(&self) -> PyResult<Bound<'py, PyDict>> {
        let vals = item(self.misc.cast()?, intern!(self.misc.py(), "vals"))?;
        Ok(vals.cast_into()?)
    }
}

// Whatever is touched is asked for a step earlier, for all documents of the block: to count a reference to an object
// in cold memory, as a look-up does, would be to wait for it.

fn block_of<'py>(
    documents: &Bound<'py, PyList>,
    range: Range<usize>,
) -> PyResult<Vec<Bound<'py, PyDict>>> {
    for at in range.clone() {
        prefetch_item(documents, at);
    }
    let block: Vec<Bound<PyDict>> = range
        .map(|at| Ok(documents.get_item(at)?.cast_into()?))
        .collect::<PyResult<_>>()?;
    for document in &block {
        prefetch_table(document, SMALL_TABLE);
    }
    Ok(block)
}

fn parts_of<'py>(block: &[Bound<'py, PyDict>]) -> PyResult<Vec<Parts<'py>>> {
    let Some(py) = block.first().map(Bound::py) else {
        return Ok(Vec::new());
    };
    for document in block {
        prefetch_value(document, intern!(py, "result"));
        prefetch_value(document, intern!(py, "misc"));
    }
    let parts = block.iter().map(Parts::of).collect::<PyResult<Vec<_>>>()?;
    for Parts { result, misc, .. } in &parts {
        prefetch_table(result, SMALL_TABLE);
        prefetch_table(misc, SMALL_TABLE);
    }
    for Parts { result, misc, .. } in &parts {
        prefetch_value(result, intern!(py, "loss"));
        prefetch_value(misc, intern!(py, "vals"));
    }
    Ok(parts)
}

/// The loss by which a trial compares with others ([`compared_loss`]); if it has none, NaN, or infinity if it ended and
/// `failed` counts. And whether it ended.
pub fn outcome(document: &Bound<'_, PyDict>, failed: bool) -> PyResult<(f64, bool)> {
    Parts::of(document)?.outcome(failed)
}

impl Parts<'_> {
    /// See [`outcome`].
    fn outcome(&self, failed: bool) -> PyResult<(f64, bool)> {
        let has_ended = self.state.has_ended();
        let loss = match self.state {
            State::Done => self.loss()?,
            _ => f64::NAN,
        };
        let counts = failed && has_ended && loss.is_nan();
        Ok((if counts { f64::INFINITY } else { loss }, has_ended))
    }

    fn loss(&self) -> PyResult<f64> {
        let py = self.result.py();
        let Ok(result) = self.result.cast::<PyDict>() else {
            return Ok(f64::NAN);
        };
        let is_pruned = match result.get_item(intern!(py, "pruned"))? {
            Some(pruned) => pruned.is_truthy()?,
            None => false,
        };
        let loss = result.get_item(intern!(py, "loss"))?;
        let loss = loss.and_then(|loss| loss.extract().ok());
        Ok(compared_loss(status_of(result)?, is_pruned, loss))
    }
}
