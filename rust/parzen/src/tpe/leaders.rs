//! The best trials of a history, as many as the good group can have.

use crate::rows::Rows;

/// The good group never has more trials than this (`LF`, spec 0.2).
pub const LARGEST_GOOD_GROUP: usize = 25;

/// The best live rows by loss then row, up to [`LARGEST_GOOD_GROUP`].
#[derive(Clone, Debug, Default)]
pub struct Leaders {
    rows: Vec<u32>,
    /// One of them has gone or become worse: who follows them is not known.
    stale: bool,
}

impl Leaders {
    /// Considers a row that is new, or came back.
    pub fn enter(&mut self, rows: &Rows, row: u32) {
        let before = |a: u32, b: u32| {
            let order = rows.loss(a).total_cmp(&rows.loss(b));
            order.then(a.cmp(&b)).is_lt()
        };
        let place = self.rows.partition_point(|l| before(*l, row));
        if place < LARGEST_GOOD_GROUP {
            self.rows.insert(place, row);
            self.rows.truncate(LARGEST_GOOD_GROUP);
        }
    }

    /// Finds the place of a row whose loss was another one.
    pub fn place(&mut self, rows: &Rows, row: u32, before: f64) {
        if let Some(place) = self.rows.iter().position(|l| *l == row) {
            if rows.loss(row) <= before || rows.len() == self.rows.len() {
                self.rows.remove(place);
                self.enter(rows, row);
            } else {
                self.stale = true;
            }
        } else {
            self.enter(rows, row);
        }
    }

    /// A row has gone.
    pub fn leave(&mut self, row: u32) {
        self.stale |= self.rows.contains(&row);
    }

    /// Rows are numbered anew, or have other values.
    pub fn forget(&mut self) {
        self.rows.clear();
        self.stale = true;
    }

    /// Looks through all rows, if that is needed to know the best.
    pub fn refresh(&mut self, rows: &Rows) {
        if std::mem::take(&mut self.stale) {
            self.rows.clear();
            for row in rows.live() {
                self.enter(rows, row);
            }
        }
    }

    /// The best rows, ascending by their numbers. [`refresh`](Self::refresh) first.
    ///
    /// # Panics
    /// When there are not so many.
    pub fn best(&self, count: usize) -> Vec<u32> {
        let mut best = self.rows[..count].to_vec();
        best.sort_unstable();
        best
    }
}
