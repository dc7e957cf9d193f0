//! Candidates from the good group, scored by the ratio of the two densities.
//!
//! Expected improvement is a growing function of `l(x) / g(x)` (Bergstra, Bardenet, Bengio and Kegl,
//! NeurIPS 2011, section 4), so the candidate with the largest ratio is proposed. Factors that are
//! the same for all candidates (normalisation, truncation, the Jacobian of the logarithm) are left
//! out; [`Column::ratios`] therefore gives the ratio up to one constant.

use super::candidates::Scratch;
use super::categorical::draw_options;
use super::good::GoodMixture;
use super::{Bad, Column, Good};
use crate::prior::Numeric;
use crate::rng::Rng;

/// The options of the Tree-structured Parzen Estimator that concern one parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Weight of the prior among the observations (omega), at least 0.
    pub prior_weight: f64,
    /// Number of candidates drawn from the good group's density, at least 1.
    pub candidates: usize,
}

/// So many candidates are drawn and scored at a time.
pub const PIECE: usize = 1 << 14;

/// Whether the work goes on, asked between two of its parts.
pub type GoesOn<'a> = dyn Fn() -> bool + 'a;

/// Up to this many ratios of options are remembered while a proposal is made.
const REMEMBERED: u64 = 64;

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
                let settings = (options.candidates, options.prior_weight);
                draw_options(prior, values, below, settings, rng, &mut scratch.naturals);
                let known = &mut scratch.weights;
                known.clear();
                known.resize(prior.n().min(REMEMBERED) as usize, f64::NAN);
                let mut ratio = |x: f64| {
                    let place = prior.option(x as i64).map_or(usize::MAX, |i| i as usize);
                    let new = || bad.ratio(prior, values, below, options.prior_weight, x);
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
        let mut scratch = Scratch::of(naturals);
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
                .map(|x| bad.ratio(prior, values, below, options.prior_weight, *x))
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
