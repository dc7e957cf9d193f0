//! The trials as the joint model sees them, kept up to date change by change.

use super::axis::Axis;
use super::block::{Block, blocks};
use super::evolution::subspace::{View, movable};
use super::evolution::{Evolution, Settings};
use super::options::Options;
use super::seen::Seen;
use crate::algorithm::{Learner, StreamName};
use crate::rng::stream;
use crate::rows::{Change, Rows};
use crate::space::Space;

/// The trials of one study: a row each, ordered by key.
///
/// A row has a loss (infinite while pending or when failed) and a value for each active parameter.
#[derive(Clone, Debug)]
pub struct Model {
    unordered: Vec<bool>,
    axes: Vec<Axis>,
    rows: Rows,
    /// Rows with a loss, the best first.
    ranking: Vec<u32>,
    seen: Seen,
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
            unordered: unordered.to_vec(),
            axes,
            rows: Rows::new(space),
            ranking: Vec::new(),
            seen: Seen::default(),
            learnt,
            evolution: Evolution::new(settings(&Options::default())),
            movable,
        }
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

    /// The trials.
    #[must_use]
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// Keys, losses (infinite while pending or when failed) and values of the rows, by key.
    pub fn trials(&self) -> impl Iterator<Item = (i64, f64, &[f64])> {
        let rows = &self.rows;
        let live = rows.live();
        live.map(|row| (rows.key(row), rows.loss(row), rows.values(row)))
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Takes over a row that was added, or filled anew.
    fn follow(&mut self, change: Change) {
        let row = change.row();
        if let Change::Inserted(_) = change {
            let behind = self.ranking.iter_mut().filter(|other| **other >= row);
            behind.for_each(|other| *other += 1);
        }
        if matches!(change, Change::Inserted(_) | Change::Values { .. }) {
            self.start_over();
        }
        self.evolution.forget(row as usize);
        self.seen.add(&self.axes, self.rows.values(row));
        self.learnt.touched.push(row);
        if self.rows.loss(row) < f64::INFINITY {
            let at = self.rank(row);
            self.ranking.insert(at, row);
        }
    }

    /// Drops the rows that were withdrawn.
    #[allow(clippy::cast_possible_truncation)] // rows are counted in u32
    fn compact(&mut self) {
        let kept = self.rows.compact();
        let place = |row: &u32| kept.partition_point(|r| r < row) as u32;
        self.ranking = self.ranking.iter().map(place).collect();
        self.evolution.forget(0);
        self.start_over();
    }

    /// Where the row is, or would be, in the ranking.
    fn rank(&self, row: u32) -> usize {
        let loss = self.rows.loss(row);
        self.ranking.partition_point(|other| {
            let theirs = self.rows.loss(*other);
            theirs < loss || (theirs == loss && *other < row)
        })
    }

    fn start_over(&mut self) {
        self.learnt = Learnt::new(self.rows.space(), &self.axes, self.learnt.options);
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
        #[allow(clippy::cast_possible_truncation)] // rows are counted in u32
        for row in in_rest.len() as u32..self.rows.total() {
            let belongs = !self.rows.is_gone(row) && !good.contains(&row);
            in_rest.push(belongs);
            for block in &mut *blocks {
                block.admit(self.rows.key(row), self.rows.values(row));
                if belongs {
                    block.set_rest(row, true);
                }
            }
        }
        touched.sort_unstable();
        touched.dedup();
        for row in touched.drain(..) {
            let at = row as usize;
            let belongs = !self.rows.is_gone(row) && !good.contains(&row);
            if belongs != in_rest[at] {
                in_rest[at] = belongs;
                for block in &mut *blocks {
                    block.set_rest(row, belongs);
                }
            }
        }
        for block in blocks {
            block.refresh(&self.axes, options, &self.rows, good);
        }
    }

    /// A point from the local searches for the trial of this key, for the seed of a batch and a number
    /// within it; None where the model shall suggest.
    pub fn evolve(&mut self, key: i64, name: StreamName, options: &Options) -> Option<Vec<f64>> {
        let rows = View {
            axes: &self.axes,
            movable: &self.movable,
            rows: &self.rows,
            ranking: &self.ranking,
        };
        self.evolution.follow(&rows, settings(options));
        let mut values = self.evolution.propose(&rows, key, name)?;
        // Where only evaluation tells what is active, the trial where the search began lacks values of others.
        let space = self.rows.space();
        for i in space.order() {
            if values[*i].is_nan() && space.active(*i, &values) {
                let mut rng = stream(name.0, name.1, u64::MAX - 3 - *i as u64);
                values[*i] = space.params()[*i].prior.sample(&mut rng);
            }
        }
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
            .map(|row| self.rows.key(*row))
            .collect()
    }
}

impl Learner for Model {
    fn space(&self) -> &Space {
        self.rows.space()
    }

    /// A NaN loss removes the row.
    ///
    /// Cost: small if the key is the largest so far or only the loss changes; else the next
    /// suggestion builds everything anew.
    fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        self.remove(key);
        if loss.is_nan() {
            return;
        }
        let change = self.rows.upsert(key, loss, values);
        self.follow(change);
    }

    fn remove(&mut self, key: i64) {
        let Some(row) = self.rows.remove(key) else {
            return;
        };
        self.evolution.forget(row as usize);
        self.seen.remove(&self.axes, self.rows.values(row));
        self.learnt.touched.push(row);
        if self.rows.loss(row) < f64::INFINITY {
            let at = self.rank(row);
            self.ranking.remove(at);
        }
    }

    fn propose(&mut self, key: i64, values: &[f64]) {
        if let Some(change) = self.rows.propose(key, values) {
            self.follow(change);
        }
    }

    fn settle_provisional(&mut self) {
        for key in self.rows.settle() {
            self.remove(key);
        }
        if self.rows.is_sparse() {
            self.compact();
        }
    }
}

fn settings(options: &Options) -> Settings {
    Settings {
        after: options.evolve_after,
        step: options.evolve_step,
        share: options.evolve_share,
    }
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
