//! Bayesian optimisation with a Gaussian process.
//!
//! One suggestion:
//!
//! 0. **Start.** The first trials are those of the joint estimator: random ones that keep their distance.
//! 1. **Losses** are put on a robust scale ([`warp`]), and **points** into coordinates ([`points`]).
//! 2. **Hyperparameters.** One length-scale for each parameter, a scale and a noise, each with a prior; their most probable
//!    values ([`hyper`], [`likelihood`], [`fit`]). They are fitted to the first trials in the order of their keys, all
//!    of them at first and a growing round number later, so that most suggestions find the last fit as it was; it follows
//!    from the trials alone, and the cache holds no more than what could be computed again.
//! 3. **Posterior.** Mean and variance of the loss anywhere ([`posterior`]). Pending trials are believed to get what is
//!    expected of them, failed ones count as the worst that was seen.
//! 4. **Choice.** The point with the largest expected improvement ([`acquisition`]) over the best mean at a trial. It is
//!    looked for among draws from the joint estimator's good trials, from the prior, and near the best trials
//!    ([`candidates`]); the best of these climb ([`refine`]). A point that was tried is passed over.
//!
//! Where the matrices would be too large, the joint estimator proposes.
//!
//! | file | content |
//! |---|---|
//! | `points` | trials as coordinates |
//! | `matern` | the covariance of two points |
//! | `factor` | Cholesky factors, in one order of operations |
//! | `pairs`, `hyper`, `likelihood`, `fit` | hyperparameters, how probable they are, and the most probable |
//! | `lbfgs` | minimisation in a box |
//! | `posterior` | what is believed of the function |
//! | `skill` | how well it predicts |
//! | `warp` | losses on a robust scale |
//! | `acquisition` | the logarithm of the expected improvement |
//! | `candidates`, `refine` | where it is largest |
//!
//! References: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006. Jones, Schonlau and Welch,
//! "Efficient Global Optimization of Expensive Black-Box Functions", 1998. Hvarfner, Hellsten and Nardi, "Vanilla Bayesian
//! Optimization Performs Great in High Dimensions", ICML 2024, arXiv 2402.02229 (the prior of the length-scales). Ament
//! et al. 2023 (the logarithm of the improvement). Song et al. 2024 (the scale of losses).

// Counts are far below 2^53; coordinates are compared to find equal ones.
#![allow(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

pub mod acquisition;
pub mod candidates;
pub mod factor;
pub mod fit;
pub mod hyper;
pub mod lbfgs;
pub mod likelihood;
pub mod matern;
pub mod options;
pub mod pairs;
pub mod points;
pub mod posterior;
pub mod refine;
pub mod skill;
pub mod warp;

pub use options::Options;

use crate::algorithm::{Algorithm, Learner, StreamName};
use crate::error::Result;
use crate::interrupt::Checkpoint;
use crate::joint::Model;
use crate::rng::stream;
use crate::space::Space;
use candidates::Ground;
use hyper::Hyper;
use likelihood::Evidence;
use pairs::Pairs;
use points::Points;
use posterior::Posterior;
use std::collections::BTreeSet;

/// The last fits, kept because the next suggestions need the same.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    fits: [Option<Kept>; 2],
}

/// A fit, and what it was made of.
#[derive(Clone, Debug)]
struct Kept {
    options: Options,
    points: Points,
    losses: Vec<f64>,
    fit: Fit,
}

/// Fitted hyperparameters.
#[derive(Clone, Debug)]
struct Fit {
    logarithms: Vec<f64>,
    /// See [`skill::skill`].
    skill: f64,
}

/// The process of a study, which shares the rows of the joint estimator.
#[derive(Debug)]
pub struct Process<'a> {
    model: &'a mut Model,
    failed: BTreeSet<i64>,
    cache: &'a mut Cache,
}

impl<'a> Process<'a> {
    /// `failed` are the keys of the trials that came to nothing; other rows without a loss are pending.
    pub fn new(model: &'a mut Model, failed: BTreeSet<i64>, cache: &'a mut Cache) -> Self {
        Self {
            model,
            failed,
            cache,
        }
    }
}

impl Learner for Process<'_> {
    fn space(&self) -> &Space {
        self.model.space()
    }

    /// A trial of infinite loss is pending.
    fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        self.failed.remove(&key);
        self.model.upsert(key, loss, values);
    }

    fn remove(&mut self, key: i64) {
        self.failed.remove(&key);
        self.model.remove(key);
    }

    fn propose(&mut self, key: i64, values: &[f64]) {
        self.model.propose(key, values);
    }

    fn settle_provisional(&mut self) {
        self.model.settle_provisional();
    }
}

impl Algorithm for Process<'_> {
    type Options = Options;

    fn check(options: &Options) -> Result<()> {
        options.check()
    }

    fn assignment(
        &mut self,
        key: i64,
        name: StreamName,
        options: &Options,
        checkpoint: Checkpoint<'_>,
    ) -> Result<Vec<f64>> {
        let proposed = proposal(self, name, options, checkpoint)?;
        proposed.map_or_else(
            || {
                self.model
                    .assignment(key, name, &options.joint(), checkpoint)
            },
            Ok,
        )
    }
}

/// The number of trials that hyperparameters are fitted to, when so many have a loss: all of them while they are few, and
/// later the same number for some suggestions in a row.
fn fitted_count(n: usize) -> usize {
    let step = (n / 16).next_power_of_two().max(1);
    n - n % step
}

/// The number of trials with which a fit to so many starts: the powers of 2, and the numbers half-way between them, up
/// to 96.
fn first_fitted_count(n: usize) -> usize {
    let power = (n + 1).next_power_of_two() / 2;
    let half_way = power + power / 2;
    (if n >= half_way { half_way } else { power }).min(96)
}

/// Points and losses of the trials with a loss.
struct Known<'a> {
    points: Points,
    losses: &'a [f64],
}

impl<'a> Known<'a> {
    fn new(trials: &'a Trials, ground: &Ground) -> Self {
        let mut points = Points::new(ground.axes);
        for coordinates in &trials.finished {
            points.push(&ground.seen(coordinates));
        }
        Self {
            points,
            losses: &trials.losses,
        }
    }
}

/// The most probable hyperparameters, given points and losses of the first trials, and what they are worth.
///
/// They are looked for from those of an earlier number of trials, which in turn are looked for from the means of their priors:
/// where the search ends follows from the trials alone.
fn fitted(cache: &mut Cache, known: &Known, space: &Space, options: &Options) -> Fit {
    let dimensions = known.points.columns().len();
    let priors = options.priors(dimensions);
    let mut logarithms = vec![priors.length.mean.min(0.0); dimensions];
    logarithms.extend([options.scale.0, options.noise.0]);
    let mut fit = Fit {
        logarithms,
        skill: 0.0,
    };
    let last = fitted_count(known.losses.len());
    let stages = [
        (first_fitted_count(last), options.evaluations),
        (last, options.later_evaluations),
    ];
    for (kept, (count, evaluations)) in cache.fits.iter_mut().zip(stages) {
        let points = known.points.first(count);
        let losses = &known.losses[..count];
        let holds = |kept: &&Kept| {
            kept.options == *options && kept.losses == losses && kept.points == points
        };
        if let Some(kept) = kept.as_ref().filter(holds) {
            fit.clone_from(&kept.fit);
            continue;
        }
        let warped = warp::warped(losses);
        let evidence = Evidence {
            pairs: &Pairs::new(&points),
            losses: &warped,
            offset: options.offset,
            priors: &priors,
        };
        let logarithms = fit::fit(&evidence, &fit.logarithms, evaluations);
        fit = Fit {
            skill: skill::skill(
                &points,
                &warped,
                &logarithms,
                options.offset,
                skill::judged(space, count),
            ),
            logarithms,
        };
        *kept = Some(Kept {
            options: *options,
            points,
            losses: losses.to_vec(),
            fit: fit.clone(),
        });
    }
    fit
}

/// The trials as the process sees them.
struct Trials {
    /// Coordinates of those with a loss, NaN where not active.
    finished: Vec<Vec<f64>>,
    losses: Vec<f64>,
    /// Points of those that came to nothing, and of those that are pending.
    failed: Vec<Vec<f64>>,
    pending: Vec<Vec<f64>>,
}

impl Trials {
    fn new(model: &Model, ground: &Ground, failed: &BTreeSet<i64>) -> Self {
        let mut out = Self {
            finished: Vec::new(),
            losses: Vec::new(),
            failed: Vec::new(),
            pending: Vec::new(),
        };
        for (key, loss, values) in model.trials() {
            let coordinates = ground.coordinates(values);
            if loss.is_finite() {
                out.finished.push(coordinates);
                out.losses.push(loss);
            } else if failed.contains(&key) {
                out.failed.push(ground.seen(&coordinates));
            } else {
                out.pending.push(ground.seen(&coordinates));
            }
        }
        out
    }

    /// The best coordinates, the best first.
    fn best(&self, count: usize) -> Vec<Vec<f64>> {
        let mut order: Vec<usize> = (0..self.losses.len()).collect();
        order.sort_by(|a, b| self.losses[*a].total_cmp(&self.losses[*b]));
        order
            .iter()
            .take(count)
            .map(|i| self.finished[*i].clone())
            .collect()
    }
}

/// The process that has seen the trials, without the pending ones, and the incumbent: the best mean at a trial.
fn learnt(trials: &Trials, known: Known, fit: &Fit, options: &Options) -> Option<(Posterior, f64)> {
    let n = trials.losses.len();
    let mut points = known.points;
    let mut losses = warp::warped(&trials.losses);
    let worst = losses.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for point in &trials.failed {
        points.push(point);
        losses.push(worst);
    }
    let room = trials.pending.len();
    let posterior = (0..ATTEMPTS).find_map(|attempt| {
        let mut hyper = Hyper::from_logarithms(&fit.logarithms);
        hyper.noise *= libm::pow(MORE_NOISE, f64::from(attempt));
        Posterior::new(points.clone(), &losses, hyper, options.offset, room)
    })?;
    let means = posterior.means_at_losses(&losses[..n]);
    let incumbent = means.into_iter().fold(f64::INFINITY, f64::min);
    Some((posterior, incumbent))
}

/// A matrix that can't be factorised is tried again with so many times the noise, so many times at most.
const MORE_NOISE: f64 = 100.0;
const ATTEMPTS: i32 = 5;

/// So many of the best trials are moved about.
const BEST: usize = 4;

/// With fewer losses there is nothing to learn.
const FEWEST: usize = 3;

/// The point that the process proposes; nothing where the joint estimator has to.
fn proposal(
    Process {
        model,
        failed,
        cache,
    }: &mut Process<'_>,
    (seed, index): StreamName,
    options: &Options,
    checkpoint: Checkpoint<'_>,
) -> Result<Option<Vec<f64>>> {
    let dimensions = model.space().len();
    if dimensions == 0
        || dimensions > options.max_parameters
        || model.len() < options.startup
        || model.len() >= options.max_trials
    {
        return Ok(None);
    }
    model.learn(&options.joint());
    let model = &**model;
    let ground = Ground {
        space: model.space(),
        axes: model.axes(),
    };
    let trials = Trials::new(model, &ground, failed);
    if !(FEWEST..options.max_trials).contains(&trials.losses.len()) {
        return Ok(None);
    }
    let draw = stream(seed, index, u64::MAX - 4).uniform();
    if draw < options.epsilon {
        return Ok(None);
    }
    let known = Known::new(&trials, &ground);
    let fit = fitted(cache, &known, ground.space, options);
    if let Some(trust) = options.trust
        && draw >= trust.share(fit.skill, trials.losses.len())
    {
        return Ok(None);
    }
    let Some((mut posterior, incumbent)) = learnt(&trials, known, &fit, options) else {
        return Ok(None);
    };
    for point in &trials.pending {
        posterior.believe(point);
    }
    let best = trials.best(BEST);
    let name = (seed, index);
    let starts = candidates::candidates(model, &ground, &best, name, &options.counts, checkpoint)?;
    let mut scored = Vec::with_capacity(starts.len());
    for piece in starts.chunks(PIECE) {
        checkpoint.pass()?;
        scored.extend(refine::score(
            &posterior,
            &ground,
            incumbent,
            piece.to_vec(),
        ));
    }
    scored.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut rng = stream(seed, index, u64::MAX - 5);
    let mut climbed = Vec::with_capacity(options.climbs + scored.len());
    for start in scored.iter().take(options.climbs) {
        checkpoint.pass()?;
        let start = start.clone();
        climbed.push(refine::refined(
            &posterior,
            &ground,
            incumbent,
            start,
            options.climb,
            &mut rng,
        ));
    }
    climbed.extend(scored);
    climbed.sort_by(|a, b| b.score.total_cmp(&a.score));
    Ok(climbed
        .iter()
        .map(|c| ground.values(&c.coordinates))
        .find(|values| !model.seen().contains(model.axes(), values)))
}

/// So many candidates are scored between two looks at the checkpoint.
const PIECE: usize = 256;
