//! A study as it is read: trial after trial, of which no more is kept than the cells of their values.

use super::Study;
use super::grid::{Grid, INACTIVE};
use crate::error::{Error, Result};
use crate::space::Space;

/// A study that is made of its trials one after the other.
#[derive(Debug)]
pub struct Trials<'a> {
    space: &'a Space,
    always_active: Vec<bool>,
    grids: Vec<Grid>,
    losses: Vec<f64>,
    /// For each parameter the cell of each trial, and room for more.
    cells: Vec<u32>,
    room: usize,
}

impl<'a> Trials<'a> {
    /// No trials yet, and room for `room`.
    ///
    /// `unordered` says of each parameter whether it is the number of an option rather than an integer.
    ///
    /// # Errors
    /// Unless it says so of each parameter.
    pub fn new(space: &'a Space, unordered: &[bool], room: usize) -> Result<Self> {
        let width = space.len();
        if unordered.len() != width {
            return Err(Error::LengthMismatch {
                what: "parameters and unordered",
                left: width,
                right: unordered.len(),
            });
        }
        let grids = space.params().iter().zip(unordered);
        Ok(Self {
            space,
            always_active: (0..width).map(|i| space.is_always_active(i)).collect(),
            grids: grids
                .map(|(param, &unordered)| Grid::new(&param.prior, unordered))
                .collect(),
            losses: Vec::with_capacity(room),
            cells: vec![INACTIVE; width * room],
            room,
        })
    }

    /// Adds some trials.
    ///
    /// `losses` must not be NaN; infinity is a trial that is no good whatever the others are. `rows` holds
    /// one value per trial and parameter, trial after trial, NaN where there is none. A value counts where
    /// the space says that its parameter is active.
    ///
    /// # Errors
    /// When the lengths do not fit each other, or there is no room.
    pub fn extend(&mut self, losses: &[f64], rows: &[f64]) -> Result<()> {
        let mismatch = |what, left, right| Err(Error::LengthMismatch { what, left, right });
        let width = self.space.len();
        if rows.len() != width * losses.len() {
            let values = width * losses.len();
            return mismatch("values and trials times parameters", rows.len(), values);
        }
        let start = self.losses.len();
        let end = start + losses.len();
        if end > self.room {
            return mismatch("trials and the room for them", end, self.room);
        }
        for (i, grid) in self.grids.iter().enumerate() {
            let cells = &mut self.cells[i * self.room..][start..end];
            grid.place(cells, rows.get(i..).unwrap_or_default(), width);
            if !self.always_active[i] {
                for (cell, row) in cells.iter_mut().zip(rows.chunks(width)) {
                    if !self.space.active(i, row) {
                        *cell = INACTIVE;
                    }
                }
            }
        }
        self.losses.extend(losses);
        Ok(())
    }

    /// Their study.
    #[must_use]
    pub fn study(self) -> Study {
        let Self {
            grids,
            mut losses,
            mut cells,
            room,
            ..
        } = self;
        let order = ascending(&losses);
        let mut sorted = vec![0; order.len()];
        for i in 0..grids.len() {
            let column = &mut cells[i * room..][..order.len()];
            for (cell, &trial) in sorted.iter_mut().zip(&order) {
                *cell = column[trial];
            }
            column.copy_from_slice(&sorted);
        }
        losses = order.iter().map(|&i| losses[i]).collect();
        Study {
            losses,
            cells,
            room,
            grids,
        }
    }
}

/// The numbers of the losses, the smallest first; of equals, the first.
fn ascending(losses: &[f64]) -> Vec<usize> {
    let mut keys: Vec<(i64, usize)> = losses
        .iter()
        .enumerate()
        .map(|(i, loss)| {
            // As total_cmp orders them: of negative numbers all bits but the sign are turned.
            let bits = loss.to_bits().cast_signed();
            (bits ^ ((bits >> 63).cast_unsigned() >> 1).cast_signed(), i)
        })
        .collect();
    keys.sort_unstable();
    keys.into_iter().map(|(_, i)| i).collect()
}
