//! The bad group of a discrete parameter: forgetting weights summed by option.

use super::forgetting::{Ageing, Forgetting};
use super::slots::CellHasher;
use crate::numerics::order::Excluded;
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
}

type Tallies = HashMap<i64, Tally, BuildHasherDefault<CellHasher>>;

fn tally(tallies: &mut Tallies, values: &[f64], id: u32, aged: i64, ranks: i64) {
    let tally = tallies.entry(option(values, id)).or_default();
    tally.aged += aged;
    tally.ranks += ranks;
}
