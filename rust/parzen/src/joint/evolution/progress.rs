//! How a local search gets on, and when it stops.

use super::factor::Factor;
use std::collections::VecDeque;

/// Deviations below this fraction of the range are about the resolution of its values.
const SMALLEST_DEVIATION: f64 = 1e-11;
/// Losses that differ by less than this, relative to their size, are the same.
const SMALLEST_GAIN: f64 = 1e-12;
/// A covariance whose factor has a diagonal as uneven as this has a condition number of 1e14 or more.
const LEAST_FLATNESS: f64 = 1e-7;
/// So many generations without a difference between the best and the middle are a plateau.
const LONGEST_PLATEAU: u32 = 20;
/// Points without a loss that are forgiven, and how many more for each with one.
const MISSES: usize = 100;
const MISSES_PER_POINT: usize = 8;

/// What a local search has seen.
#[derive(Clone, Debug)]
pub struct Progress {
    /// Generations that are looked at for any difference, and for a better median.
    spans: (usize, usize),
    generations: u32,
    taken: usize,
    missed: usize,
    /// Generations in a row with as good a middle as the best.
    flat: u32,
    /// The best loss of each of the last generations.
    best: VecDeque<f64>,
}

impl Progress {
    /// Of a search that begins, with so many coordinates and points in a generation.
    pub fn new(size: usize, population: usize) -> Self {
        let extra = 30 * size / population;
        Self {
            spans: (10 + extra, 120 + extra),
            generations: 0,
            taken: 0,
            missed: 0,
            flat: 0,
            best: VecDeque::new(),
        }
    }

    /// Generations that are complete.
    pub fn generations(&self) -> u32 {
        self.generations
    }

    /// Points that have counted.
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// One more point.
    pub fn count(&mut self) {
        self.taken += 1;
    }

    /// One more point without a loss: it is pending, or has failed. Whether there are too many of those.
    pub fn miss(&mut self) -> bool {
        self.missed += 1;
        self.missed > MISSES + MISSES_PER_POINT * self.taken
    }

    /// One more generation, with the best and the middle of its losses.
    pub fn advance(&mut self, best: f64, middle: f64) {
        self.generations += 1;
        self.flat = if best < middle { 0 } else { self.flat + 1 };
        if self.best.len() == self.spans.1 {
            self.best.pop_front();
        }
        self.best.push_back(best);
    }

    /// Whether half of the last generation was as good as its best.
    pub fn is_flat(&self) -> bool {
        self.flat > 0
    }

    /// Whether the losses tell that it is over. Hansen: Benchmarking a BI-Population CMA-ES on the BBOB-2009
    /// Function Testbed, GECCO 2009, section 2: no difference for 10 + 30 n / lambda generations, or a
    /// median that has not become better in the course of 120 + 30 n / lambda.
    pub fn is_over(&self) -> bool {
        if self.flat > LONGEST_PLATEAU {
            return true;
        }
        let count = self.best.len();
        let (short, long) = self.spans;
        if count < short {
            return false;
        }
        let (low, high) = extremes(self.best.iter().skip(count - short));
        if high - low <= SMALLEST_GAIN * low.abs().max(high.abs()) {
            return true;
        }
        if count < long {
            return false;
        }
        let part = long * 3 / 10;
        let before = self.best.iter().take(part);
        let after = self.best.iter().skip(long - part);
        median(after) >= median(before)
    }

    /// Whether the distribution, whose largest deviation is given, has become too small or too thin.
    pub fn has_converged(&self, widest: f64, factor: &Factor) -> bool {
        self.generations > 0 && (widest < SMALLEST_DEVIATION || factor.flatness() < LEAST_FLATNESS)
    }
}

fn extremes<'a>(losses: impl Iterator<Item = &'a f64>) -> (f64, f64) {
    losses.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), loss| {
        (low.min(*loss), high.max(*loss))
    })
}

fn median<'a>(losses: impl Iterator<Item = &'a f64>) -> f64 {
    let mut sorted: Vec<f64> = losses.copied().collect();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(losses: impl Iterator<Item = f64>) -> bool {
        let mut progress = Progress::new(10, 10);
        for loss in losses {
            progress.advance(loss, loss + 1.0);
        }
        progress.is_over()
    }

    #[test]
    fn a_search_goes_on_while_losses_fall() {
        assert!(!after((0..1000).map(|i| -f64::from(i))));
    }

    #[test]
    fn a_search_ends_when_losses_stand_still_or_rise() {
        assert!(!after((0..39).map(|_| 2.0)));
        assert!(after((0..40).map(|_| 2.0)));
        assert!(after((0..200).map(f64::from)));
    }

    #[test]
    fn a_plateau_or_many_failures_end_a_search() {
        let mut progress = Progress::new(10, 10);
        for i in 0..=LONGEST_PLATEAU {
            assert!(!progress.is_over());
            progress.advance(-f64::from(i), -f64::from(i));
        }
        assert!(progress.is_over() && progress.is_flat());
        let mut progress = Progress::new(10, 10);
        progress.count();
        assert!((0..MISSES + MISSES_PER_POINT).all(|_| !progress.miss()));
        assert!(progress.miss());
    }
}
