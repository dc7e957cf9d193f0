//! What is kept of the observations on a grid: runs, tallies, and the table of components and masses.

use crate::tpe::column::forgetting::Forgetting;

/// The observations of one value.
#[derive(Clone, Debug, Default)]
pub struct Run {
    /// The observations of this value, chronological.
    pub ids: Vec<u32>,
    /// Ranks of the oldest and the newest, once asked for.
    pub ends: Option<(u32, u32)>,
}

/// What the weights of all observations of a value depend on, by value. Integers, hence exact.
#[derive(Clone, Debug)]
pub struct Tallies {
    /// Number of the recent ones.
    pub recent: Vec<f64>,
    /// Number of the aged ones, and the sum of their ranks.
    pub aged: Vec<f64>,
    pub ranks: Vec<f64>,
    /// Buffer for the weights.
    weights: Vec<f64>,
}

impl Tallies {
    pub fn new(size: usize) -> Self {
        let nothing = || vec![0.0; size];
        Self {
            recent: nothing(),
            aged: nothing(),
            ranks: nothing(),
            weights: nothing(),
        }
    }

    /// The sum of the weights of each value's observations.
    pub fn weights(&mut self, forgetting: Forgetting) -> &[f64] {
        let tallies = self.recent.iter().zip(&self.aged).zip(&self.ranks);
        for (weight, ((recent, aged), ranks)) in self.weights.iter_mut().zip(tallies) {
            *weight = forgetting.first * aged + forgetting.step * ranks + recent;
        }
        &self.weights
    }
}

/// Masses that components of one bandwidth put on cells, computed when first asked for (NaN before).
#[derive(Clone, Debug)]
pub struct Profile {
    pub scale: f64,
    /// On whole cells, by distance.
    pub whole: Box<[f64]>,
    /// On the first and the last cell, by the component's value.
    pub ends: [Box<[f64]>; 2],
    /// Cells further away than this get nothing that the prior's share would notice.
    pub reach: usize,
}

/// The observations of a run that have one bandwidth.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// All of them.
    Whole,
    /// The first.
    Oldest,
    /// The last; follows the oldest.
    Newest,
    /// Those between; follows the newest.
    Inner,
}

/// One component of the estimator: part of a run, and the profile of its bandwidth.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    pub run: usize,
    pub part: Part,
    pub profile: usize,
}

/// The estimator's components, those of one value and one bandwidth together, and their masses.
///
/// It lasts until a value is met for the first time or loses its last observation; meanwhile only the
/// weights of the entries change.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// By run. Empty while the table has to be made.
    pub entries: Vec<Entry>,
    /// Number of entries, padded to whole groups of lanes.
    pub stride: usize,
    /// Masses by value, then entry.
    pub masses: Vec<f64>,
    /// For each value whose masses are in place, where those that are not zero begin and end, in whole
    /// groups of lanes.
    pub spans: Vec<Option<(usize, usize)>>,
}
