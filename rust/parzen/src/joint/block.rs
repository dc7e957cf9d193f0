//! A block: parameters that are active under the same conditions, modelled together among the trials
//! in which they were.

use super::axis::{Axis, Shape};
use super::mixture::density::log_densities;
use super::mixture::weights::{self, Ageing, Weights};
use super::mixture::{Floors, Mixture, draw};
use super::options::Options;
use super::sample::Sample;
use crate::rng::Rng;
use crate::rows::Rows;
use crate::space::Space;

const NOT_HERE: u32 = u32::MAX;

/// When trials are left out, the mixture of the rest is made anew each time it has taken up so many trials
/// (or `max_rest`, if that is more): it keeps the places of those that have left it.
const RENEWED_AFTER: usize = 512;

/// The mixtures of a block: `good` over the good trials, `rest` over the others.
///
/// The trials in which the block was active are numbered in their order.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its parameters, by index.
    params: Vec<usize>,
    /// Number within the block by row.
    numbers: Vec<u32>,
    /// Row by number.
    rows: Vec<u32>,
    /// Which trials of the rest are modelled.
    sample: Sample,
    /// Numbers of the trials that joined the rest or left it.
    touched: Vec<u32>,
    /// Number within `rest` by number within the block.
    places: Vec<u32>,
    rest: Mixture,
    /// How many trials `rest` had taken up when it was made.
    taken_up: usize,
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
            rows: Vec::new(),
            sample: Sample::default(),
            touched: Vec::new(),
            places: Vec::new(),
            taken_up: 0,
            good_rows: Vec::new(),
        }
    }

    /// Its parameters, by index; all are active if the first is.
    #[must_use]
    pub fn params(&self) -> &[usize] {
        &self.params
    }

    /// Takes notice of the next row, whose natural values are given by parameter.
    #[allow(clippy::cast_possible_truncation)] // rows are counted in u32
    pub fn admit(&mut self, key: i64, values: &[f64]) {
        let row = self.numbers.len() as u32;
        if self.params.iter().all(|p| values[*p].is_nan()) {
            self.numbers.push(NOT_HERE);
            return;
        }
        self.numbers.push(self.sample.push(key));
        self.rows.push(row);
    }

    /// Puts a row into the rest, or takes it out.
    pub fn set_rest(&mut self, row: u32, member: bool) {
        let number = self.numbers[row as usize];
        if number != NOT_HERE {
            self.sample.set(number, member);
            self.touched.push(number);
        }
    }

    /// Renews what changed. `ranked` are the good rows, the best first.
    pub fn refresh(&mut self, axes: &[Axis], options: &Options, rows: &Rows, ranked: &[u32]) {
        let own: Vec<&Axis> = self.params.iter().map(|p| &axes[*p]).collect();
        self.refresh_rest(&own, options, rows);
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
            self.good
                .push(coordinates(&self.params, &own, rows.values(*row)));
            self.good.insert(rank);
        }
        self.good.refresh(&own);
    }

    /// Brings the mixture of the rest up to date.
    #[allow(clippy::cast_possible_truncation)] // trials are counted in u32
    fn refresh_rest(&mut self, own: &[&Axis], options: &Options, rows: &Rows) {
        let mut moved = std::mem::take(&mut self.touched);
        moved.extend(self.sample.renew(options.max_rest));
        if self.is_worn(options) || self.misses_any(&moved) {
            self.rest = Mixture::new(own, rest_floors(options));
            self.places.clear();
            moved.clear();
            moved.extend(0..self.sample.trials());
        }
        let is_new = self.places.is_empty();
        for number in self.places.len() as u32..self.sample.trials() {
            if !self.sample.holds(number) {
                self.places.push(NOT_HERE);
                continue;
            }
            self.places.push(self.rest.trials() as u32);
            let row = self.rows[number as usize];
            self.rest
                .push(coordinates(&self.params, own, rows.values(row)));
        }
        if is_new {
            self.taken_up = self.rest.trials();
        }
        for number in moved.drain(..) {
            let place = self.places[number as usize];
            if place == NOT_HERE {
                continue;
            }
            if self.sample.takes(number) {
                self.rest.insert(place as usize);
            } else {
                self.rest.remove(place as usize);
            }
        }
        self.touched = moved;
        self.rest.refresh(own);
    }

    /// Whether too many trials have been left out of the mixture of the rest since it was made.
    fn is_worn(&self, options: &Options) -> bool {
        let since = self.rest.trials() - self.taken_up;
        self.sample.is_thinned() && since > options.max_rest.max(RENEWED_AFTER)
    }

    /// Whether one of the trials is to be modelled, but was left out when the mixture was made.
    fn misses_any(&self, numbers: &[u32]) -> bool {
        numbers.iter().any(|number| {
            let place = self.places.get(*number as usize);
            place == Some(&NOT_HERE) && self.sample.takes(*number)
        })
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
                .map(|(a, axis)| draw::coordinate(axis, self.good.axis(a), slot, rng))
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

/// Coordinates along the axes of the parameters; NaN where one was not active.
fn coordinates<'a>(
    params: &'a [usize],
    own: &'a [&Axis],
    values: &'a [f64],
) -> impl Iterator<Item = f64> + 'a {
    let pairs = params.iter().zip(own);
    pairs.map(|(param, axis)| axis.coordinate(values[*param]))
}

/// A point of the space and its score.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Coordinates by parameter; NaN where it is not active.
    pub coordinates: Vec<f64>,
    /// Log-density among the good trials minus that among the rest.
    pub score: f64,
}
