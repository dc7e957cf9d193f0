//! Long work that can be given up.
//!
//! The core has no clock and knows no signals. Whoever calls says, when asked between two pieces of
//! work, whether to go on; the pieces take far less than a second.

use crate::error::{Error, Result};

/// What is asked between two pieces of work.
#[derive(Clone, Copy)]
pub struct Checkpoint<'a>(Option<&'a (dyn Fn() -> bool + Sync)>);

impl<'a> Checkpoint<'a> {
    /// The work goes on while `goes_on` says so; after a no, it says no again. It is only asked on the thread
    /// that began the work.
    pub fn new(goes_on: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self(Some(goes_on))
    }

    /// The work is always finished.
    #[must_use]
    pub const fn never() -> Self {
        Self(None)
    }

    /// # Errors
    /// [`Error::Interrupted`] when the work is to be given up.
    #[inline]
    pub fn pass(self) -> Result<()> {
        match self.0 {
            Some(goes_on) if !goes_on() => Err(Error::Interrupted),
            _ => Ok(()),
        }
    }
}
