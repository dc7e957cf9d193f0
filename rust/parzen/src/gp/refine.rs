//! From a good candidate to the best point near it.

use super::acquisition::{log_improvement, log_improvement_slopes};
use super::candidates::Ground;
use super::lbfgs::{Limits, minimise};
use super::posterior::Posterior;
use crate::joint::axis::{Shape, nearest};
use crate::rng::Rng;

/// Of at most so many values all are tried.
const ALL: usize = 12;
/// Of at most so many options all are tried, and of more so many at random.
const MOST_OPTIONS: u64 = 64;
/// How far a normal prior is searched, in its coordinates: 4 standard deviations.
const UNBOUNDED: (f64, f64) = (0.5 - 1.155, 0.5 + 1.155);

/// A point and the logarithm of the improvement that is expected there.
#[derive(Clone, Debug)]
pub struct Scored {
    /// Its coordinates, NaN where not active.
    pub coordinates: Vec<f64>,
    /// ln EI.
    pub score: f64,
}

/// Scores for points.
#[must_use]
pub fn score(
    posterior: &Posterior,
    ground: &Ground,
    best: f64,
    points: Vec<Vec<f64>>,
) -> Vec<Scored> {
    let seen: Vec<Vec<f64>> = points.iter().map(|p| ground.seen(p)).collect();
    let predictions = posterior.predict(&seen);
    points
        .into_iter()
        .zip(predictions)
        .map(|(coordinates, at)| Scored {
            coordinates,
            score: log_improvement(at, best),
        })
        .collect()
}

/// Climbs from a point, in turn along the coordinates that move continuously and from value to value of the others.
///
/// Of more than `together` continuous coordinates only one, drawn by lot in each round, follows the gradient: the summits of
/// a space of many lie where nothing is known, in its corners most of all, far from what the candidates are drawn for.
#[must_use]
pub fn refined(
    posterior: &Posterior,
    ground: &Ground,
    best: f64,
    start: Scored,
    (rounds, evaluations): (usize, usize),
    together: usize,
    rng: &mut Rng,
) -> Scored {
    let mut at = start;
    for _ in 0..rounds {
        let before = at.score;
        let params = sliding(ground, &at.coordinates, together, rng);
        at = slide(posterior, ground, best, at, &params, evaluations, rng);
        at = hop(posterior, ground, best, at, rng);
        if at.score <= before + 1e-3 {
            break;
        }
    }
    at
}

/// The parameters that follow the gradient together.
fn sliding(ground: &Ground, at: &[f64], together: usize, rng: &mut Rng) -> Vec<usize> {
    let mut params: Vec<usize> = (0..at.len())
        .filter(|i| !at[*i].is_nan() && slides(ground, *i))
        .collect();
    if params.len() > together {
        params = vec![params[rng.below(params.len() as u64) as usize]];
    }
    params
}

/// Follows the gradient along some ordered parameters, and then puts those with a grid on it.
fn slide(
    posterior: &Posterior,
    ground: &Ground,
    best: f64,
    from: Scored,
    params: &[usize],
    evaluations: usize,
    rng: &mut Rng,
) -> Scored {
    if params.is_empty() {
        return from;
    }
    let bounds: Vec<(f64, f64)> = params
        .iter()
        .map(|i| bounds(ground, *i, from.coordinates[*i]))
        .collect();
    let start: Vec<f64> = params.iter().map(|i| from.coordinates[*i]).collect();
    let mut seen = ground.seen(&from.coordinates);
    let f = |x: &[f64], gradient: &mut [f64]| {
        for (i, x) in params.iter().zip(x) {
            seen[*i] = *x;
        }
        let (at, slopes) = posterior.slopes(&seen, params);
        let (value, by_mean, by_variance) = log_improvement_slopes(at, best);
        for (g, (mean, variance)) in gradient.iter_mut().zip(&slopes) {
            *g = -(by_mean * mean + by_variance * variance);
        }
        -value
    };
    let limits = Limits {
        evaluations,
        gradient: 1e-4,
        gain: 1e-4,
        first_step: 0.05,
    };
    let (x, _) = minimise(f, &start, &bounds, &limits);
    let mut to = from.coordinates.clone();
    for (i, x) in params.iter().zip(x) {
        to[*i] = x;
    }
    ground.settle(&mut to, rng);
    better(from, score(posterior, ground, best, vec![to]))
}

fn better(at: Scored, others: Vec<Scored>) -> Scored {
    others
        .into_iter()
        .fold(at, |a, b| if b.score > a.score { b } else { a })
}

/// Whether a parameter moves along its gradient: it is continuous or has many values, and no condition looks at it.
fn slides(ground: &Ground, i: usize) -> bool {
    match ground.axes[i].shape() {
        Shape::Options { .. } => false,
        Shape::Levels { places, .. } => places.len() > ALL,
        Shape::Line { .. } => true,
    }
}

fn bounds(ground: &Ground, i: usize, x: f64) -> (f64, f64) {
    match ground.axes[i].shape() {
        Shape::Line { bounded: false } => (UNBOUNDED.0.min(x), UNBOUNDED.1.max(x)),
        Shape::Levels { places, .. } => (places[0], places[places.len() - 1]),
        _ => (0.0, 1.0),
    }
}

/// Tries the other options and levels, one parameter after the other.
fn hop(posterior: &Posterior, ground: &Ground, best: f64, from: Scored, rng: &mut Rng) -> Scored {
    let mut at = from;
    for i in 0..ground.axes.len() {
        let neighbours = neighbours(ground, &at.coordinates, i, rng);
        if !neighbours.is_empty() {
            at = better(at, score(posterior, ground, best, neighbours));
        }
    }
    at
}

/// The points that differ in parameter `i`, and in what depends on it.
fn neighbours(ground: &Ground, at: &[f64], i: usize, rng: &mut Rng) -> Vec<Vec<f64>> {
    if at[i].is_nan() {
        return Vec::new();
    }
    let axis = &ground.axes[i];
    let places: Vec<f64> = match axis.shape() {
        Shape::Options { probabilities } => {
            let options = probabilities.len() as u64;
            let tried: Vec<u64> = if options <= MOST_OPTIONS {
                (0..options).collect()
            } else {
                (0..MOST_OPTIONS).map(|_| rng.below(options)).collect()
            };
            let possible = tried.into_iter().filter(|o| axis.is_possible(*o));
            possible.map(|o| o as f64).collect()
        }
        Shape::Levels { places, .. } if places.len() <= ALL => places.clone(),
        Shape::Levels { places, .. } => {
            let own = nearest(places, at[i]);
            let around = own.saturating_sub(2)..(own + 3).min(places.len());
            around.map(|k| places[k]).collect()
        }
        Shape::Line { .. } => Vec::new(),
    };
    let others = places.into_iter().filter(|place| *place != at[i]);
    others
        .map(|place| {
            let mut to = at.to_vec();
            to[i] = place;
            ground.settle(&mut to, rng);
            to
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::hyper::Hyper;
    use super::super::points::Points;
    use super::*;
    use crate::joint::axis::Axis;
    use crate::prior::Prior;
    use crate::rng::stream;
    use crate::space::{Param, Space};

    fn cube(dimensions: usize) -> (Space, Vec<Axis>) {
        let params = (0..dimensions).map(|i| Param {
            label: format!("p{i}"),
            prior: Prior::from_family("p", "uniform", &[0.0, 1.0]).unwrap(),
            conditions: Some(vec![vec![]]),
        });
        let space = Space::new(params.collect()).unwrap();
        let axes = space.params().iter().map(|p| Axis::new(&p.prior, false));
        let axes = axes.collect();
        (space, axes)
    }

    /// Which coordinates of the middle of a cube change in one round, of a process with a slope in every direction.
    fn changed(together: usize, draw: u64) -> Vec<bool> {
        let (space, axes) = cube(4);
        let ground = Ground {
            space: &space,
            axes: &axes,
        };
        let mut points = Points::new(&axes);
        points.push(&[0.2; 4]);
        points.push(&[0.8; 4]);
        let hyper = Hyper {
            weights: vec![1.0; 4],
            scale: 1.0,
            noise: 1e-4,
        };
        let posterior = Posterior::new(points, &[-1.0, 1.0], hyper, 1.0, 0).unwrap();
        let start = score(&posterior, &ground, -1.0, vec![vec![0.5; 4]]).remove(0);
        let before = start.score;
        let mut rng = stream(draw, 0, 0);
        let end = refined(
            &posterior,
            &ground,
            -1.0,
            start,
            (1, 15),
            together,
            &mut rng,
        );
        assert!(end.score > before);
        end.coordinates.iter().map(|x| *x != 0.5).collect()
    }

    #[test]
    fn few_coordinates_climb_together() {
        assert_eq!(changed(4, 0), [true; 4]);
    }

    #[test]
    fn of_many_each_climbs_alone_and_all_have_their_turn() {
        let rounds: Vec<Vec<bool>> = (0..40).map(|draw| changed(3, draw)).collect();
        assert!(rounds.iter().all(|r| r.iter().filter(|c| **c).count() == 1));
        assert!((0..4).all(|i| rounds.iter().any(|r| r[i])));
    }
}
