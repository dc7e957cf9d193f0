//! A block: parameters that are active under the same conditions, modelled together among the trials
//! in which they were.

use super::axis::{Axis, Shape};
use super::draw;
use super::kernel::log_densities;
use super::mixture::{Floors, Mixture};
use super::options::Options;
use super::weights::{self, Ageing, Weights};
use crate::rng::Rng;
use crate::space::Space;

const NOT_HERE: u32 = u32::MAX;

/// The mixtures of a block: `good` over the good trials, `rest` over the others.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its parameters, by index.
    params: Vec<usize>,
    /// Number within the block by row.
    numbers: Vec<u32>,
    rest: Mixture,
    good: Mixture,
    /// Rows of `good`, the best first.
    good_rows: Vec<u32>,
}

/// The blocks of a space, parents before children.
#[must_use]
pub fn blocks(space: &Space, axes: &[Axis], options: &Options) -> Vec<Block> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &i in space.order() {
        let conditions = &space.params()[i].conditions;
        let same = |g: &&mut Vec<usize>| {
            conditions.is_some() && space.params()[g[0]].conditions == *conditions
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(i),
            None => groups.push(vec![i]),
        }
    }
    for params in &mut groups {
        // The hot loop gains from meeting the narrowest kernels first.
        params.sort_by_key(|p| match axes[*p].shape() {
            Shape::Line { .. } => 0,
            Shape::Levels { .. } => 1,
            Shape::Options { .. } => 2,
        });
    }
    groups
        .into_iter()
        .map(|params| Block::new(params, axes, options))
        .collect()
}

fn good_floors(options: &Options) -> Floors {
    Floors {
        continuous: options.good_exponent,
        discrete: options.discrete_exponent,
        ..rest_floors(options)
    }
}

fn rest_floors(options: &Options) -> Floors {
    Floors {
        least: options.min_bandwidth,
        continuous: options.rest_exponent,
        discrete: options.rest_exponent,
        option_weight: options.option_weight,
    }
}

impl Block {
    fn new(params: Vec<usize>, axes: &[Axis], options: &Options) -> Self {
        let own: Vec<&Axis> = params.iter().map(|p| &axes[*p]).collect();
        Self {
            rest: Mixture::new(&own, rest_floors(options)),
            good: Mixture::new(&own, good_floors(options)),
            params,
            numbers: Vec::new(),
            good_rows: Vec::new(),
        }
    }

    /// Its parameters, by index; all are active if the first is.
    #[must_use]
    pub fn params(&self) -> &[usize] {
        &self.params
    }

    /// Takes notice of the next row, whose coordinates are given by parameter.
    #[allow(clippy::cast_possible_truncation)] // rows are counted in u32
    pub fn admit(&mut self, coordinates: &[f64]) {
        if self.params.iter().all(|p| coordinates[*p].is_nan()) {
            self.numbers.push(NOT_HERE);
            return;
        }
        self.numbers.push(self.rest.trials() as u32);
        self.rest.push(self.params.iter().map(|p| coordinates[*p]));
    }

    /// Puts a row into the rest, or takes it out.
    pub fn set_rest(&mut self, row: u32, member: bool) {
        let number = self.numbers[row as usize];
        if number == NOT_HERE {
            return;
        }
        if member {
            self.rest.insert(number as usize);
        } else {
            self.rest.remove(number as usize);
        }
    }

    /// Renews what changed. `ranked` are the good rows, the best first.
    pub fn refresh(&mut self, axes: &[Axis], options: &Options, ranked: &[u32]) {
        let own: Vec<&Axis> = self.params.iter().map(|p| &axes[*p]).collect();
        self.rest.refresh(&own);
        let mine: Vec<u32> = ranked
            .iter()
            .copied()
            .filter(|r| self.numbers[*r as usize] != NOT_HERE)
            .collect();
        if mine == self.good_rows {
            return;
        }
        self.good_rows = mine;
        self.good = Mixture::new(&own, good_floors(options));
        for (rank, row) in self.good_rows.iter().enumerate() {
            let number = self.numbers[*row as usize] as usize;
            self.good
                .push((0..own.len()).map(|a| self.rest.place(a, number)));
            self.good.insert(rank);
        }
        self.good.refresh(&own);
    }

    /// Draws a point of the block for each candidate that is named, and adds to its score how much
    /// likelier the point is among the good trials than among the rest, in logarithms.
    pub fn propose(
        &self,
        axes: &[Axis],
        options: &Options,
        rng: &mut Rng,
        named: &[usize],
        candidates: &mut [Candidate],
    ) {
        let own: Vec<&Axis> = self.params.iter().map(|p| &axes[*p]).collect();
        let mut good_weights = weights::by_rank(self.good_rows.len());
        good_weights.push(options.prior_weight);
        let mut points = Vec::with_capacity(named.len());
        for candidate in named {
            let kernel = Some(draw::weighted(&good_weights, rng));
            let kernel = kernel.filter(|k| *k < self.good_rows.len());
            let slot = kernel.map(|k| self.good.slot(k));
            let point: Vec<f64> = own
                .iter()
                .enumerate()
                .map(|(a, axis)| draw::coordinate(axis, self.good.along(a), slot, rng))
                .collect();
            for (param, x) in self.params.iter().zip(&point) {
                candidates[*candidate].coordinates[*param] = *x;
            }
            points.push(point);
        }
        good_weights.pop();
        let good_weights = Weights::Listed(&good_weights);
        let rest_weights = Weights::Aged(Ageing::new(self.rest.len(), options.linear_forgetting));
        let (mut good, mut rest) = (Vec::new(), Vec::new());
        let prior = options.prior_weight;
        log_densities(&self.good, &own, &good_weights, prior, &points, &mut good);
        log_densities(&self.rest, &own, &rest_weights, prior, &points, &mut rest);
        for ((candidate, good), rest) in named.iter().zip(good).zip(rest) {
            candidates[*candidate].score += good - rest;
        }
    }
}

/// A point of the space and its score.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Coordinates by parameter; NaN where it is not active.
    pub coordinates: Vec<f64>,
    /// Log-density among the good trials minus that among the rest.
    pub score: f64,
}
