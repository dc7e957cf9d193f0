//! The fits of a study: which trials hyperparameters are fitted to, and where each search begins.

use super::lbfgs::{Limits, minimise};
use super::likelihood::Evidence;
use super::options::Options;
use super::pairs::Pairs;
use super::points::Points;
use super::trials::Known;
use super::{skill, warp};
use crate::space::Space;

/// Bounds of the logarithms: beyond them nothing changes any more but rounding errors.
const LENGTHS: (f64, f64) = (-4.0, 7.0);
const SCALES: (f64, f64) = (-3.0, 4.0);
const NOISES: (f64, f64) = (-13.8, 1.0);

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
pub struct Fit {
    pub logarithms: Vec<f64>,
    /// See [`skill::skill`].
    pub skill: f64,
}

/// The most probable hyperparameters, given points and losses of the first trials, and what they are worth.
///
/// They are looked for from those of an earlier number of trials, which in turn are looked for from the means of their priors:
/// where the search ends follows from the trials alone.
pub fn fitted(cache: &mut Cache, known: &Known, space: &Space, options: &Options) -> Fit {
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
        let logarithms = most_probable(&evidence, &fit.logarithms, evaluations);
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

/// The most probable logarithms of the hyperparameters, found from the given ones.
fn most_probable(evidence: &Evidence, start: &[f64], evaluations: usize) -> Vec<f64> {
    let mut bounds = vec![LENGTHS; start.len() - 2];
    bounds.extend([SCALES, NOISES]);
    let limits = Limits {
        evaluations,
        gradient: 1e-3,
        gain: 1e-3,
        first_step: 0.5,
    };
    minimise(
        |x, gradient| evidence.objective(x, gradient),
        start,
        &bounds,
        &limits,
    )
    .0
}
