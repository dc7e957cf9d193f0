//! The trials as the joint model sees them, kept up to date change by change.

use super::axis::Axis;
use super::block::{Block, blocks};
use super::evolution::home::{Rows, movable};
use super::evolution::{Evolution, Settings};
use super::options::Options;
use super::seen::Seen;
use crate::space::Space;
use std::collections::BTreeSet;

/// The trials of one study: a row each, ordered by key.
///
/// A row has a loss (infinite while pending or when failed) and a value for each active parameter.
#[derive(Clone, Debug)]
pub struct Model {
    space: Space,
    unordered: Vec<bool>,
    axes: Vec<Axis>,
    keys: Vec<i64>,
    losses: Vec<f64>,
    /// Natural values by row, NaN where not active.
    values: Vec<Vec<f64>>,
    /// Rows that were withdrawn stay in place and count for nothing.
    gone: Vec<bool>,
    live: usize,
    /// Rows with a loss, the best first.
    ranking: Vec<u32>,
    seen: Seen,
    /// Keys that were proposed within a batch and not heard of since.
    provisional: BTreeSet<i64>,
    learnt: Learnt,
    evolution: Evolution,
    /// Which parameters the local searches may change.
    movable: Vec<bool>,
}

/// What was derived from the rows at the last [`Model::learn`].
#[derive(Clone, Debug)]
struct Learnt {
    options: Options,
    blocks: Vec<Block>,
    /// Whether a row is among the rest; as long as the rows that the blocks know.
    in_rest: Vec<bool>,
    good: Vec<u32>,
    /// Rows that may have to move.
    touched: Vec<u32>,
}

impl Learnt {
    fn new(space: &Space, axes: &[Axis], options: Options) -> Self {
        let blocks = blocks(space, axes, &options);
        Self {
            options,
            blocks,
            in_rest: Vec::new(),
            good: Vec::new(),
            touched: Vec::new(),
        }
    }
}

impl Model {
    /// A model of a space without trials. `unordered[i]` says whether parameter `i`, if it is a
    /// `randint`, is the number of an option rather than an integer.
    ///
    /// # Panics
    /// When `unordered` does not have one entry per parameter.
    #[must_use]
    pub fn new(space: Space, unordered: &[bool]) -> Self {
        assert_eq!(unordered.len(), space.len(), "one flag per parameter");
        let pairs = space.params().iter().zip(unordered);
        let axes: Vec<Axis> = pairs.map(|(p, u)| Axis::new(&p.prior, *u)).collect();
        let learnt = Learnt::new(&space, &axes, Options::default());
        let movable = movable(&space, &axes);
        Self {
            space,
            unordered: unordered.to_vec(),
            axes,
            keys: Vec::new(),
            losses: Vec::new(),
            values: Vec::new(),
            gone: Vec::new(),
            live: 0,
            ranking: Vec::new(),
            seen: Seen::default(),
            provisional: BTreeSet::new(),
            learnt,
            evolution: Evolution::new(settings(&Options::default())),
            movable,
        }
    }

    /// The space.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Which of its parameters are numbers of options, as given to [`Model::new`].
    #[must_use]
    pub fn unordered(&self) -> &[bool] {
        &self.unordered
    }

    /// The axes of its parameters.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// The points that were tried.
    #[must_use]
    pub fn seen(&self) -> &Seen {
        &self.seen
    }

    /// The values of the rows, by key.
    pub fn rows(&self) -> impl Iterator<Item = &[f64]> {
        let live = self
            .values
            .iter()
            .zip(&self.gone)
            .filter(|(_, gone)| !**gone);
        live.map(|(values, _)| values.as_slice())
    }

    /// Keys, losses (infinite while pending or when failed) and values of the rows, by key.
    pub fn trials(&self) -> impl Iterator<Item = (i64, f64, &[f64])> {
        let rows = self.keys.iter().zip(&self.losses).zip(&self.values);
        let live = rows.zip(&self.gone).filter(|(_, gone)| !**gone);
        live.map(|(((key, loss), values), _)| (*key, *loss, values.as_slice()))
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Adds the row of `key`, or replaces it. `values` has one entry per parameter, NaN where it is
    /// not active. A NaN loss removes the row.
    ///
    /// Cost: small if the key is the largest so far or only the loss changes; else the next
    /// suggestion builds everything anew.
    ///
    /// # Panics
    /// When `values` does not have one entry per parameter.
    #[allow(clippy::cast_possible_truncation)] // rows are counted in u32
    pub fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        assert_eq!(values.len(), self.space.len(), "one value per parameter");
        if loss.is_nan() {
            self.remove(key);
            return;
        }
        self.provisional.remove(&key);
        let row = match self.find(key) {
            Ok(row) => {
                self.withdraw(row);
                if !same_values(&self.values[row], values) {
                    self.values[row] = values.to_vec();
                    self.start_over();
                }
                row
            }
            Err(row) => {
                self.keys.insert(row, key);
                self.losses.insert(row, f64::INFINITY);
                self.values.insert(row, values.to_vec());
                self.gone.insert(row, true);
                if row + 1 < self.keys.len() {
                    self.ranking
                        .iter_mut()
                        .filter(|r| **r >= row as u32)
                        .for_each(|r| *r += 1);
                    self.start_over();
                }
                row
            }
        };
        self.evolution.forget(row);
        self.losses[row] = loss + 0.0; // -0.0 and 0.0 are ties
        self.gone[row] = false;
        self.live += 1;
        self.seen.add(&self.axes, &self.values[row]);
        self.learnt.touched.push(row as u32);
        if loss < f64::INFINITY {
            let at = self.rank(row as u32);
            self.ranking.insert(at, row as u32);
        }
    }

    /// Withdraws the row of a key, if there is one.
    pub fn remove(&mut self, key: i64) {
        if let Ok(row) = self.find(key) {
            self.withdraw(row);
        }
    }

    /// Adds a pending row that counts until [`settle_provisional`](Self::settle_provisional), unless
    /// the key is known.
    pub fn propose(&mut self, key: i64, values: &[f64]) {
        if self.find(key).is_ok_and(|row| !self.gone[row]) {
            return;
        }
        self.upsert(key, f64::INFINITY, values);
        self.provisional.insert(key);
    }

    /// Withdraws the proposed rows that have not been upserted since.
    pub fn settle_provisional(&mut self) {
        for key in std::mem::take(&mut self.provisional) {
            self.remove(key);
        }
        if self.keys.len() > 2 * self.live + 64 {
            self.compact();
        }
    }

    /// Drops the rows that were withdrawn.
    #[allow(clippy::cast_possible_truncation)]
    fn compact(&mut self) {
        let kept: Vec<usize> = (0..self.keys.len()).filter(|r| !self.gone[*r]).collect();
        self.keys = kept.iter().map(|r| self.keys[*r]).collect();
        self.losses = kept.iter().map(|r| self.losses[*r]).collect();
        self.values = kept
            .iter()
            .map(|r| std::mem::take(&mut self.values[*r]))
            .collect();
        self.gone = vec![false; kept.len()];
        let place = |row: &u32| kept.partition_point(|r| *r < *row as usize) as u32;
        self.ranking = self.ranking.iter().map(place).collect();
        self.evolution.forget(0);
        self.start_over();
    }

    #[allow(clippy::cast_possible_truncation)]
    fn withdraw(&mut self, row: usize) {
        if std::mem::replace(&mut self.gone[row], true) {
            return;
        }
        self.evolution.forget(row);
        self.live -= 1;
        self.seen.remove(&self.axes, &self.values[row]);
        self.learnt.touched.push(row as u32);
        if self.losses[row] < f64::INFINITY {
            let at = self.rank(row as u32);
            self.ranking.remove(at);
        }
    }

    fn find(&self, key: i64) -> Result<usize, usize> {
        if self.keys.last().is_none_or(|last| *last < key) {
            return Err(self.keys.len());
        }
        self.keys.binary_search(&key)
    }

    /// Where the row is, or would be, in the ranking.
    fn rank(&self, row: u32) -> usize {
        let loss = self.losses[row as usize];
        self.ranking.partition_point(|other| {
            let theirs = self.losses[*other as usize];
            theirs < loss || (theirs == loss && *other < row)
        })
    }

    fn start_over(&mut self) {
        self.learnt = Learnt::new(&self.space, &self.axes, self.learnt.options);
    }

    /// Splits the trials into the good and the rest, and brings the mixtures up to date.
    pub fn learn(&mut self, options: &Options) {
        if self.learnt.options != *options {
            self.learnt.options = *options;
            self.start_over();
        }
        let Learnt {
            blocks,
            in_rest,
            good,
            touched,
            ..
        } = &mut self.learnt;
        touched.extend(good.iter());
        good.clear();
        let count = good_count(self.ranking.len(), options);
        good.extend(&self.ranking[..count]);
        touched.extend(good.iter());
        touched.retain(|row| (*row as usize) < in_rest.len());
        for at in in_rest.len()..self.keys.len() {
            #[allow(clippy::cast_possible_truncation)]
            let row = at as u32;
            let belongs = !self.gone[at] && !good.contains(&row);
            in_rest.push(belongs);
            for block in &mut *blocks {
                block.admit(self.keys[at], &self.values[at]);
                if belongs {
                    block.set_rest(row, true);
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for row in touched.drain(..) {
            let at = row as usize;
            let belongs = !self.gone[at] && !good.contains(&row);
            if belongs != in_rest[at] {
                in_rest[at] = belongs;
                for block in &mut *blocks {
                    block.set_rest(row, belongs);
                }
            }
        }
        for block in blocks {
            block.refresh(&self.axes, options, &self.values, good);
        }
    }

    /// A point from the local searches for the trial of this key, for the seed of a batch and a number
    /// within it; None where the model shall suggest.
    pub fn evolve(&mut self, key: i64, name: (u64, u64), options: &Options) -> Option<Vec<f64>> {
        let rows = Rows {
            axes: &self.axes,
            movable: &self.movable,
            keys: &self.keys,
            losses: &self.losses,
            values: &self.values,
            gone: &self.gone,
        };
        self.evolution.follow(&rows, settings(options));
        let values = self.evolution.propose(&rows, key, name)?;
        (!self.seen.contains(&self.axes, &values)).then_some(values)
    }

    /// The blocks as of the last [`learn`](Self::learn), parents before children.
    #[must_use]
    pub fn blocks(&self) -> &[Block] {
        &self.learnt.blocks
    }

    /// Keys of the good trials as of the last [`learn`](Self::learn), the best first.
    #[must_use]
    pub fn good_keys(&self) -> Vec<i64> {
        self.learnt
            .good
            .iter()
            .map(|r| self.keys[*r as usize])
            .collect()
    }
}

fn settings(options: &Options) -> Settings {
    Settings {
        after: options.evolve_after,
        step: options.evolve_step,
        share: options.evolve_share,
    }
}

/// Whether the values of two rows are the same, NaN (not active) in the same places.
#[must_use]
pub fn same_values(a: &[f64], b: &[f64]) -> bool {
    a.iter()
        .zip(b)
        .all(|(a, b)| a == b || (a.is_nan() && b.is_nan()))
}

#[allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]
fn good_count(with_loss: usize, options: &Options) -> usize {
    ((options.gamma * with_loss as f64).ceil() as usize)
        .min(options.max_good)
        .min(with_loss)
}
