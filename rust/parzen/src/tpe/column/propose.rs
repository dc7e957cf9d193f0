//! Candidates from the good group, scored by the ratio of the two densities.
//!
//! Expected improvement is a growing function of `l(x) / g(x)` (Bergstra, Bardenet, Bengio and Kegl,
//! NeurIPS 2011, section 4), so the candidate with the largest ratio is proposed. Factors that are
//! the same for all candidates (normalisation, truncation, the Jacobian of the logarithm) are left
//! out; [`Column::ratios`] therefore gives the ratio up to one constant.

use super::field::Sum;
use super::good::GoodMixture;
use super::grid::GridBad;
use super::numeric::{NumericBad, Parts};
use super::{Bad, Column, Good, mass};
use crate::numerics::gaussians::Gaussians;
use crate::numerics::order::Excluded;
use crate::numerics::special::log_sum_exp;
use crate::prior::{Categorical, Numeric};
use crate::rng::Rng;
use std::collections::HashSet;

/// The options of the Tree-structured Parzen Estimator that concern one parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Weight of the prior among the observations (omega), at least 0.
    pub prior_weight: f64,
    /// Number of candidates drawn from the good group's density, at least 1.
    pub candidates: usize,
}

/// Buffers, so that a suggestion allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    points: Vec<f64>,
    naturals: Vec<f64>,
    /// The bits of the naturals, once they are many.
    known: HashSet<u64>,
    cells: Vec<(f64, f64)>,
    intervals: Vec<(f64, f64)>,
    good: Vec<f64>,
    bad: Vec<f64>,
    errors: Vec<f64>,
    nodes: Vec<f64>,
    sums: Vec<f64>,
    field: Vec<Sum>,
    gaussians: Gaussians,
    weights: Vec<f64>,
    slots: Vec<usize>,
}

/// So many candidates are drawn and scored at a time.
pub const PIECE: usize = 1 << 14;

/// Whether the work goes on, asked between two of its parts.
pub type GoesOn<'a> = dyn Fn() -> bool + 'a;

/// From more values than this on a repeated one is looked up.
const SCANNED: usize = 128;

/// Up to this many ratios of options are remembered while a proposal is made.
const REMEMBERED: u64 = 64;
/// A fast sum is not trusted when its error bound exceeds this part of it.
const TRUST: f64 = 1e-11;
/// Nor when it is so small that the kernel's exponential may have reached its end.
const UNDERFLOW: f64 = 1e-290;

impl Column {
    /// Draws candidates from the good group's density and returns the best, on the natural scale.
    /// Of equally good ones the first; NaN scores rank lowest.
    ///
    /// `goes_on` is asked between pieces of [`PIECE`] candidates; whoever says no must not use the value.
    pub fn propose(
        &mut self,
        rng: &mut Rng,
        options: &Options,
        goes_on: &GoesOn<'_>,
        scratch: &mut Scratch,
    ) -> f64 {
        let mut left = options.candidates;
        let mut piece = |left: usize| {
            let candidates = left.min(PIECE);
            let options = Options {
                candidates,
                ..*options
            };
            self.best_of(rng, &options, scratch)
        };
        let mut best = piece(left);
        left = left.saturating_sub(PIECE);
        while left > 0 && goes_on() {
            let next = piece(left);
            if next.1 > best.1 {
                best = next;
            }
            left = left.saturating_sub(PIECE);
        }
        best.0
    }

    /// The best of the candidates that are drawn at a time, and its score.
    fn best_of(&mut self, rng: &mut Rng, options: &Options, scratch: &mut Scratch) -> (f64, f64) {
        let Self {
            values,
            excluded,
            below,
            bad,
            good,
            ..
        } = self;
        match bad {
            Bad::Categorical(prior, bad) => {
                draw_options(prior, values, below, options, rng, &mut scratch.naturals);
                let known = &mut scratch.weights;
                known.clear();
                known.resize(prior.n().min(REMEMBERED) as usize, f64::NAN);
                let mut ratio = |x: f64| {
                    let place = prior.option(x as i64).map_or(usize::MAX, |i| i as usize);
                    let new = || option_ratio(prior, bad, values, below, options, x);
                    let Some(known) = known.get_mut(place) else {
                        return new();
                    };
                    if known.is_nan() {
                        *known = new();
                    }
                    *known
                };
                first_best(
                    &scratch.naturals,
                    scratch.naturals.iter().map(|x| ratio(*x)),
                )
            }
            Bad::Numeric(prior, bad) => {
                let good = remember(good, prior, values, below, options, 0);
                scratch.draw(prior, &good.mixture, options.candidates, rng);
                scratch.score(prior, &good.mixture, bad, excluded, options.prior_weight);
                if prior.q.is_some() {
                    first_best(&scratch.naturals, scratch.ratios())
                } else {
                    let (point, score) = first_best(&scratch.points, scratch.ratios());
                    (prior.from_model(point), score)
                }
            }
            Bad::Grid(prior, bad) => {
                let good = remember(good, prior, values, below, options, bad.size());
                scratch.draw_on_grid(bad, &good.mixture, options.candidates, rng);
                scratch.score_grid(good, bad, excluded, options.prior_weight);
                first_best(&scratch.naturals, scratch.ratios())
            }
        }
    }

    /// `l(x) / g(x)` at natural values, up to a factor common to all of them. A value that a grid
    /// does not have is left out.
    pub fn ratios(&mut self, naturals: &[f64], options: &Options) -> Vec<f64> {
        let mut scratch = Scratch {
            naturals: naturals.to_vec(),
            ..Scratch::default()
        };
        let Self {
            values,
            excluded,
            below,
            bad,
            good,
            ..
        } = self;
        match bad {
            Bad::Categorical(prior, bad) => naturals
                .iter()
                .map(|x| option_ratio(prior, bad, values, below, options, *x))
                .collect(),
            Bad::Numeric(prior, bad) => {
                let good = remember(good, prior, values, below, options, 0);
                scratch.points = naturals.iter().map(|x| prior.to_model(*x)).collect();
                scratch.cells = naturals.iter().map(|x| prior.cell(*x)).collect();
                scratch.score(prior, &good.mixture, bad, excluded, options.prior_weight);
                scratch.ratios().collect()
            }
            Bad::Grid(prior, bad) => {
                let good = remember(good, prior, values, below, options, bad.size());
                let on_grid = naturals.iter().filter_map(|x| bad.slot(*x));
                scratch.slots.extend(on_grid);
                scratch.score_grid(good, bad, excluded, options.prior_weight);
                scratch.ratios().collect()
            }
        }
    }
}

fn remember<'a>(
    good: &'a mut Option<Good>,
    prior: &Numeric,
    values: &[f64],
    below: &[u32],
    options: &Options,
    grid: usize,
) -> &'a mut Good {
    if good
        .as_ref()
        .is_some_and(|g| g.prior_weight != options.prior_weight)
    {
        *good = None;
    }
    good.get_or_insert_with(|| {
        let observations: Vec<f64> = below
            .iter()
            .map(|id| prior.to_model(values[*id as usize]))
            .collect();
        Good {
            prior_weight: options.prior_weight,
            mixture: GoodMixture::new(prior, &observations, options.prior_weight),
            grid: vec![f64::NAN; grid],
        }
    })
}

/// The first of the values with the largest score, and the score; NaN ranks lowest.
fn first_best(values: &[f64], scores: impl Iterator<Item = f64>) -> (f64, f64) {
    let mut best = (values[0], f64::NEG_INFINITY);
    for (value, score) in values.iter().zip(scores) {
        if score > best.1 {
            best = (*value, score);
        }
    }
    best
}

impl Scratch {
    fn ratios(&self) -> impl Iterator<Item = f64> + '_ {
        self.good.iter().zip(&self.bad).map(|(l, g)| l / g)
    }

    /// Draws candidates: `points` in model space or, if quantised, `naturals` and their `cells`.
    /// Of repeated values of a quantised parameter only the first is kept: the rest can't win.
    fn draw(&mut self, prior: &Numeric, mixture: &GoodMixture, count: usize, rng: &mut Rng) {
        self.points.clear();
        self.naturals.clear();
        self.known.clear();
        self.cells.clear();
        for _ in 0..count {
            let x = mixture.sample(rng);
            if prior.q.is_some() {
                let natural = prior.from_model(x);
                let is_new = if self.naturals.len() <= SCANNED {
                    !self.naturals.contains(&natural)
                } else {
                    if self.known.is_empty() {
                        self.known.extend(self.naturals.iter().map(|x| x.to_bits()));
                    }
                    self.known.insert(natural.to_bits())
                };
                if is_new {
                    self.naturals.push(natural);
                    self.cells.push(prior.cell(natural));
                }
            } else {
                self.points.push(x);
            }
        }
    }

    /// Draws candidates on a grid, every value once: `naturals` and their `slots`.
    fn draw_on_grid(&mut self, bad: &GridBad, mixture: &GoodMixture, count: usize, rng: &mut Rng) {
        self.naturals.clear();
        self.slots.clear();
        let mut seen = 0_u128;
        for _ in 0..count {
            let slot = bad.nearest(mixture.sample(rng));
            if seen & (1 << slot) == 0 {
                seen |= 1 << slot;
                self.slots.push(slot);
                self.naturals.push(bad.value(slot));
            }
        }
    }

    fn score(
        &mut self,
        prior: &Numeric,
        mixture: &GoodMixture,
        bad: &mut NumericBad,
        excluded: &Excluded,
        prior_weight: f64,
    ) {
        let count = if prior.q.is_some() {
            self.cells.len()
        } else {
            self.points.len()
        };
        for buffer in [&mut self.good, &mut self.bad, &mut self.errors] {
            buffer.clear();
            buffer.resize(count, 0.0);
        }
        self.intervals.clear();
        if prior.q.is_some() {
            self.intervals.extend(&self.cells);
        } else {
            self.intervals.extend(self.points.iter().map(|x| (*x, *x)));
        }
        let floor = bad.floor();
        let (intervals, gaussians) = (&mut self.intervals, &mut self.gaussians);
        let mut parts = bad.parts(excluded, prior_weight, intervals, gaussians);
        if prior.q.is_some() {
            let (nodes, sums) = (&mut self.nodes, &mut self.sums);
            mass::add_masses(
                &mixture.components,
                mass::Reach::All,
                mixture.floor,
                &self.cells,
                nodes,
                sums,
                &mut self.good,
            );
            mass::masses(
                &mut parts,
                floor,
                &self.cells,
                nodes,
                sums,
                &mut self.bad,
                &mut self.errors,
            );
        } else {
            mixture.components.sums(&self.points, &mut self.good);
            let (bad, errors) = (&mut self.bad, &mut self.errors);
            densities(&mut parts, &self.points, &mut self.field, bad, errors);
        }
        for i in 0..count {
            if self.errors[i] > TRUST * self.bad[i] || self.bad[i] < UNDERFLOW {
                let components = bad.components(excluded, prior_weight);
                let at = if prior.q.is_some() {
                    Err(self.cells[i])
                } else {
                    Ok(self.points[i])
                };
                self.good[i] = self.good[i].max(f64::MIN_POSITIVE);
                self.bad[i] =
                    self.good[i] / libm::exp(libm::log(self.good[i]) - exact_log(&components, at));
            }
        }
    }

    fn score_grid(
        &mut self,
        good: &mut Good,
        bad: &mut GridBad,
        excluded: &Excluded,
        prior_weight: f64,
    ) {
        bad.weights(excluded, &mut self.weights);
        self.good.clear();
        for &slot in &self.slots {
            let remembered = &mut good.grid[slot];
            if remembered.is_nan() {
                let components = &good.mixture.components;
                *remembered = (0..components.len())
                    .map(|k| {
                        let (weight, centre, scale) = components.get(k);
                        weight * mass::interval(bad.cell(slot), centre, scale)
                    })
                    .sum();
            }
            self.good.push(*remembered);
        }
        bad.masses(&self.weights, prior_weight, &self.slots, &mut self.bad);
    }
}

/// Unnormalised densities of the bad group at points, and bounds on their errors.
fn densities(
    parts: &mut Parts<'_>,
    points: &[f64],
    sums: &mut Vec<Sum>,
    out: &mut [f64],
    errors: &mut [f64],
) {
    parts.direct.sums_in_reach(points, out);
    errors.fill(parts.missing);
    if let Some((field, first, step)) = &mut parts.field {
        let inverse = 1.0 / field.bandwidth();
        field.densities(points, *first, *step, sums);
        for ((sum, density), error) in sums.iter().zip(out).zip(errors) {
            *density += sum.value * inverse;
            *error += sum.error * inverse;
        }
    }
}

/// Log of the sum of all components at a point, or of their mass on a cell; finite far out.
fn exact_log(components: &[(f64, f64, f64)], at: Result<f64, (f64, f64)>) -> f64 {
    let terms: Vec<f64> = components
        .iter()
        .filter(|c| c.0 > 0.0)
        .map(|(weight, centre, scale)| match at {
            Ok(x) => {
                let z = (x - centre) / scale;
                libm::log(weight / scale) - 0.5 * z * z
            }
            Err((low, high)) => {
                libm::log(*weight)
                    + crate::numerics::special::log_diff_cdf(
                        (low - centre) / scale,
                        (high - centre) / scale,
                    )
            }
        })
        .collect();
    log_sum_exp(&terms)
}

/// Draws options from the good group's distribution: an observation or the prior, by weight.
fn draw_options(
    prior: &Categorical,
    values: &[f64],
    below: &[u32],
    options: &Options,
    rng: &mut Rng,
    out: &mut Vec<f64>,
) {
    out.clear();
    let prior_mass = prior.n() as f64 * options.prior_weight;
    let total = below.len() as f64 + prior_mass;
    for _ in 0..options.candidates {
        let target = rng.uniform() * total;
        out.push(match below.get(target as usize) {
            Some(id) => values[*id as usize],
            None => prior.sample(rng) as f64,
        });
    }
}

fn option_ratio(
    prior: &Categorical,
    bad: &super::categorical::CategoricalBad,
    values: &[f64],
    below: &[u32],
    options: &Options,
    x: f64,
) -> f64 {
    let value = x as i64;
    let Some(option) = prior.option(value) else {
        return f64::NAN;
    };
    let base = prior.n() as f64 * options.prior_weight * prior.prior_mass(option);
    let seen = below.iter().filter(|id| values[**id as usize] == x).count();
    (seen as f64 + base) / (bad.weight(value) + base)
}
