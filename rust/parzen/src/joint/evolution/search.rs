//! The local searches of a study, one after the other: what they have learnt from the rows, in the order of
//! their keys.

use super::constants::usual_population;
use super::credit::{Credit, Side};
use super::factor::Factor;
use super::quadratic::Guess;
use super::run::Run;
use super::subspace::{Subspace, View};
use crate::rng::{Rng, stream};

/// So many of the places where searches have ended are remembered.
const MOST_BASINS: usize = 64;
/// How far a basin extends, in first steps of the search that ended in it, on average over the coordinates.
const BASIN: f64 = 0.5;
/// Searches start anew from one of this fraction of the trials, the best outside of all basins.
const STARTS: f64 = 0.05;
/// There are no more of them than this.
const MOST_STARTS: usize = 500;
/// Later small searches start with a step between this fraction of the first one and all of it.
const LEAST_PART: f64 = 0.3;
/// First steps of searches with a large population, in those of small ones.
const LARGE_STEP: f64 = 2.0;
/// The population is doubled up to so many times.
const MOST_DOUBLINGS: u32 = 6;

/// When local searches begin, and how.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// The trials with a loss that there must be.
    pub after: usize,
    /// The first deviation, as a fraction of the range.
    pub step: f64,
    /// Their largest share of the suggestions.
    pub share: f64,
}

/// Where a search has ended.
#[derive(Clone, Debug)]
struct Basin {
    subspace: Subspace,
    centre: Vec<f64>,
    radius: f64,
}

impl Basin {
    fn holds(&self, rows: &View, row: usize) -> bool {
        if !self.subspace.holds(rows.values(row)) {
            return false;
        }
        let x = self.subspace.coordinates(rows.axes, rows.values(row));
        let square: f64 = x
            .iter()
            .zip(&self.centre)
            .map(|(x, c)| (x - c) * (x - c))
            .sum();
        (square / x.len() as f64).sqrt() < self.radius
    }
}

/// The search that is under way, and what is left of those before.
#[derive(Clone, Debug, Default)]
pub struct Search {
    /// Rows with a loss.
    finished: usize,
    best: Option<(f64, usize)>,
    run: Option<Run>,
    is_large: bool,
    basins: Vec<Basin>,
    /// Points that searches with the usual population have taken, and those with larger ones.
    taken: (usize, usize),
    doublings: u32,
    credit: Credit,
}

impl Search {
    /// The local search that is under way.
    pub fn run(&self) -> Option<&Run> {
        self.run.as_ref()
    }

    /// Who suggests the trial of this key.
    pub fn turn(&self, key: i64, settings: Settings) -> Side {
        self.credit.turn(key, settings.share)
    }

    /// Where a quadratic through the best rows is lowest.
    pub fn guess(&self, rows: &View) -> Option<Guess> {
        let (_, best) = self.best?;
        let subspace = Subspace::of(rows.movable, rows.values(best));
        match &self.run {
            Some(run) if run.subspace().is_same(&subspace) => {
                Guess::new(rows, &subspace, run.factor())
            }
            _ => Guess::new(rows, &subspace, &Factor::identity(subspace.size(), true)),
        }
    }

    /// Learns from the next row; whether that changed the search by more than one point.
    pub fn step(&mut self, rows: &View, row: usize, settings: Settings) -> bool {
        if rows.is_gone(row) {
            return false;
        }
        if !rows.is_finished(row) {
            return self.miss(rows, row, settings);
        }
        self.finished += 1;
        let is_best =
            self.best.is_none_or(|(best, _)| rows.loss(row) < best) && rows.is_possible(row);
        if is_best {
            self.best = Some((rows.loss(row), row));
        }
        if self.finished < settings.after {
            return false;
        }
        let side = self.turn(rows.key(row), settings);
        let Some(run) = &mut self.run else {
            return self.begin(rows, settings.step);
        };
        self.credit.note(side, is_best);
        let distance = run.distance(rows, row);
        let is_near = distance.is_some_and(|d| run.reaches(d));
        if side == Side::Quadratic && !(is_best && is_near && run.accepts_guess()) {
            return false;
        }
        if is_near {
            let is_complete = run.take(rows, row);
            if is_complete && run.is_over(rows.axes) {
                self.begin_elsewhere(rows, row, settings);
            }
            is_complete
        } else if is_best {
            // Something better lies elsewhere: it is searched, with as large a step as it is far away.
            let step = distance.map_or(settings.step, |d| run.step_of(d).min(settings.step));
            self.leave();
            self.begin(rows, step)
        } else {
            false
        }
    }

    fn miss(&mut self, rows: &View, row: usize, settings: Settings) -> bool {
        let Some(run) = &mut self.run else {
            return false;
        };
        if !run.distance(rows, row).is_some_and(|d| run.reaches(d)) {
            return false;
        }
        let is_over = run.miss();
        if is_over {
            self.begin_elsewhere(rows, row, settings);
        }
        is_over
    }

    /// Searches around the best row, if it has anything to be moved.
    fn begin(&mut self, rows: &View, step: f64) -> bool {
        let subspace = self
            .best
            .map(|(_, row)| Subspace::of(rows.movable, rows.values(row)));
        self.is_large = false;
        self.run = subspace
            .filter(|subspace| subspace.size() > 0)
            .map(|subspace| {
                let population = usual_population(subspace.size());
                Run::new(rows.axes, subspace, step, population)
            });
        self.run.is_some()
    }

    /// Ends the search that is under way.
    fn leave(&mut self) -> Option<Run> {
        let run = self.run.take()?;
        if self.is_large {
            self.taken.1 += run.taken();
        } else {
            self.taken.0 += run.taken();
        }
        Some(run)
    }

    /// Begins a search from a good row outside of the basins that are known, with the usual population or a
    /// larger one: whichever has had fewer points so far (Hansen, GECCO 2009, as above).
    fn begin_elsewhere(&mut self, rows: &View, last: usize, settings: Settings) {
        let Some(ended) = self.leave() else { return };
        if self.basins.len() == MOST_BASINS {
            self.basins.remove(0);
        }
        self.basins.push(Basin {
            subspace: ended.subspace().clone(),
            centre: ended.mean().to_vec(),
            radius: BASIN * ended.first_step(),
        });
        let mut rng = stream(
            rows.key(last).cast_unsigned(),
            u64::from(self.doublings),
            u64::MAX,
        );
        let Some(subspace) = self.open_place(rows, last, &mut rng) else {
            return;
        };
        let usual = usual_population(subspace.size());
        self.is_large = self.taken.1 < self.taken.0;
        let (step, population) = if self.is_large {
            self.doublings = (self.doublings + 1).min(MOST_DOUBLINGS);
            (
                (LARGE_STEP * settings.step).min(1.0),
                usual << self.doublings,
            )
        } else {
            let part = LEAST_PART + (1.0 - LEAST_PART) * rng.uniform();
            (part * settings.step, usual)
        };
        self.run = Some(Run::new(rows.axes, subspace, step, population));
    }

    /// The subspace of one of the best rows outside of the basins; of the best of all, if there is none.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count
    fn open_place(&self, rows: &View, last: usize, rng: &mut Rng) -> Option<Subspace> {
        let has_room = |row: &usize| {
            let values = rows.movable.iter().zip(rows.values(*row));
            values
                .into_iter()
                .any(|(movable, value)| *movable && !value.is_nan())
                && rows.is_finished(*row)
                && rows.is_possible(*row)
        };
        let ranking = rows.ranking.iter().map(|row| *row as usize);
        let mut good = ranking
            .filter(|row| *row <= last)
            .filter(has_room)
            .peekable();
        let best = *good.peek()?;
        let is_open = |row: &usize| !self.basins.iter().any(|basin| basin.holds(rows, *row));
        let wanted = (STARTS * self.finished as f64).ceil() as usize;
        let open: Vec<usize> = good.filter(is_open).take(wanted.min(MOST_STARTS)).collect();
        let row = if open.is_empty() {
            best
        } else {
            open[rng.below(open.len() as u64) as usize]
        };
        Some(Subspace::of(rows.movable, rows.values(row)))
    }
}
