//! The algorithm: a process of the trials, and the point where it expects the largest improvement.

use super::candidates::{self, Ground};
use super::fits::{Cache, Fit, fitted};
use super::hyper::Hyper;
use super::options::Options;
use super::posterior::Posterior;
use super::trials::{Known, Trials};
use super::{refine, warp};
use crate::algorithm::{Algorithm, Learner, StreamName};
use crate::error::Result;
use crate::interrupt::Checkpoint;
use crate::joint::Model;
use crate::rng::stream;
use crate::space::Space;
use std::collections::BTreeSet;

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

/// So many coordinates climb together, at most. Not where trials are pending: points at one summit would say the same.
const TOGETHER: usize = 6;

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
    let together = if trials.pending.is_empty() {
        TOGETHER
    } else {
        1
    };
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
            together,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_trial_that_is_told_anew_or_withdrawn_has_not_failed() {
        let mut model = Model::new(Space::new(vec![]).unwrap(), &[]);
        let mut cache = Cache::default();
        let failed = [1, 2, 3].into_iter().collect();
        let mut process = Process::new(&mut model, failed, &mut cache);
        process.upsert(1, f64::INFINITY, &[]);
        process.remove(2);
        process.propose(3, &[]);
        assert!(process.failed.iter().eq([&3]));
    }
}
