//! Work in the core: without the GIL where that pays, and open to signals.
//!
//! Python runs the handlers of signals (Ctrl-C, an alarm) between its own instructions, on its main
//! thread; a call into the core is one instruction. So the core asks now and then whether to go on,
//! and the handlers run then. What they raise ends the call.

use crate::errors::exception;
use parzen::error::{Error, Result};
use parzen::interrupt::Checkpoint;
use pyo3::prelude::*;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Suggestions per call from which giving up the GIL pays.
pub const SUGGESTIONS: usize = 16;

/// The same, if one takes milliseconds.
pub const SLOW_SUGGESTIONS: usize = 1;

/// Densities (points times components) per call from which it does.
pub const DENSITIES: usize = 10_000;

/// Documents that are read or written, and values that are made, between two looks at the signals.
const DOCUMENTS: usize = 1024;

/// Hears signals before some of many documents; `at` counts these.
pub fn hear_now_and_then(py: Python<'_>, at: usize) -> PyResult<()> {
    if at % DOCUMENTS == DOCUMENTS - 1 {
        py.check_signals()?;
    }
    Ok(())
}

/// Milliseconds between two looks at the signals.
const PERIOD: u64 = 50;

/// Does work that asks at its checkpoints whether to go on, `detached` from the interpreter or not.
pub fn work<T: Send>(
    py: Python<'_>,
    detached: bool,
    work: impl FnOnce(Checkpoint<'_>) -> Result<T> + Send,
) -> PyResult<T> {
    let start = Instant::now();
    let next = AtomicU64::new(PERIOD);
    let raised = Mutex::new(None);
    let is_over = AtomicBool::new(false);
    let goes_on = || {
        if is_over.load(Ordering::Relaxed) {
            return false;
        }
        let now = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        if now < next.load(Ordering::Relaxed) {
            return true;
        }
        next.store(now.saturating_add(PERIOD), Ordering::Relaxed);
        #[allow(clippy::redundant_closure_for_method_calls)] // the method is for one lifetime only
        let signals = Python::attach(|py| py.check_signals());
        match signals {
            Ok(()) => true,
            Err(error) => {
                *raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                is_over.store(true, Ordering::Relaxed);
                false
            }
        }
    };
    let checkpoint = Checkpoint::new(&goes_on);
    let found = if detached {
        py.detach(|| work(checkpoint))
    } else {
        work(checkpoint)
    };
    found.map_err(|error| {
        let raised = raised.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (&error, raised) {
            (Error::Interrupted, Some(raised)) => raised,
            _ => exception(&error),
        }
    })
}

/// As [`work`], for functions of each of a number of values.
pub fn piecewise<I: Sync, O: Send>(
    py: Python<'_>,
    detached: bool,
    values: &[I],
    f: impl Fn(&[I]) -> Result<Vec<O>> + Send + Sync,
) -> PyResult<Vec<O>> {
    work(py, detached, |checkpoint| {
        let mut out = Vec::with_capacity(values.len());
        for piece in values.chunks(DOCUMENTS) {
            checkpoint.pass()?;
            out.extend(f(piece)?);
        }
        Ok(out)
    })
}
