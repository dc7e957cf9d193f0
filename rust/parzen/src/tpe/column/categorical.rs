//! The two groups of a discrete parameter: the bad one's forgetting weights, summed by option, and draws from the good one.

use super::forgetting::{Ageing, Forgetting};
use super::slots::CellHasher;
use crate::numerics::order::Excluded;
use crate::prior::Categorical;
use crate::rng::Rng;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// What is known of one option. Sums of integers, hence exact.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Tally {
    count: i64,
    aged: i64,
    ranks: i64,
}

/// Observations of the bad group of one discrete parameter.
///
/// Options are kept sparsely: a range of 2^40 integers costs nothing.
#[derive(Clone, Debug, Default)]
pub struct CategoricalBad {
    tallies: Tallies,
    ageing: Ageing,
}

/// The option of an observation.
fn option(values: &[f64], id: u32) -> i64 {
    values[id as usize] as i64
}

impl CategoricalBad {
    /// Adds observation `id`; `excluded` as it is afterwards.
    pub fn insert(&mut self, values: &[f64], excluded: &Excluded, id: u32) {
        self.tallies.entry(option(values, id)).or_default().count += 1;
        let Self { tallies, ageing } = self;
        ageing.insert(excluded, id, |id, aged, ranks| {
            tally(tallies, values, id, aged, ranks);
        });
    }

    /// Takes observation `id` out; `excluded` as it is afterwards.
    pub fn remove(&mut self, values: &[f64], excluded: &Excluded, id: u32) {
        self.tallies.entry(option(values, id)).or_default().count -= 1;
        let Self { tallies, ageing } = self;
        ageing.remove(excluded, id, |id, aged, ranks| {
            tally(tallies, values, id, aged, ranks);
        });
    }

    /// Sum of the forgetting weights of the observations of an option.
    pub fn weight(&self, option: i64) -> f64 {
        let Some(tally) = self.tallies.get(&option) else {
            return 0.0;
        };
        let forgetting = Forgetting::of(self.ageing.count());
        forgetting.first * tally.aged as f64
            + forgetting.step * tally.ranks as f64
            + (tally.count - tally.aged) as f64
    }

    /// `l(x) / g(x)` of an option, up to a factor common to all; the observations `below` are the good group's. NaN
    /// for what is no option.
    pub fn ratio(
        &self,
        prior: &Categorical,
        values: &[f64],
        below: &[u32],
        prior_weight: f64,
        x: f64,
    ) -> f64 {
        let value = x as i64;
        let Some(option) = prior.option(value) else {
            return f64::NAN;
        };
        let base = prior.n() as f64 * prior_weight * prior.prior_mass(option);
        let seen = below.iter().filter(|id| values[**id as usize] == x).count();
        (seen as f64 + base) / (self.weight(value) + base)
    }
}

type Tallies = HashMap<i64, Tally, BuildHasherDefault<CellHasher>>;

fn tally(tallies: &mut Tallies, values: &[f64], id: u32, aged: i64, ranks: i64) {
    let tally = tallies.entry(option(values, id)).or_default();
    tally.aged += aged;
    tally.ranks += ranks;
}

/// Draws options from the good group's distribution: an observation or the prior, by weight.
pub fn draw_options(
    prior: &Categorical,
    values: &[f64],
    below: &[u32],
    (count, prior_weight): (usize, f64),
    rng: &mut Rng,
    out: &mut Vec<f64>,
) {
    out.clear();
    let prior_mass = prior.n() as f64 * prior_weight;
    let total = below.len() as f64 + prior_mass;
    for _ in 0..count {
        let target = rng.uniform() * total;
        out.push(match below.get(target as usize) {
            Some(id) => values[*id as usize],
            None => prior.sample(rng) as f64,
        });
    }
}
