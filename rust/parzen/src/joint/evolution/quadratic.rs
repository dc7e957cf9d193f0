//! A quadratic through the best points, and where it is lowest.
//!
//! Near an optimum most losses are close to a quadratic, and its minimum is known long before an evolution
//! strategy has walked there; it matters little how old the points are, so it serves many workers as well as one.
//! Hansen: A Global Surrogate Assisted CMA-ES, GECCO 2019, has the same model in the place of evaluations; here
//! its minimum is a suggestion.

use super::super::axis::Axis;
use super::factor::Factor;
use super::subspace::{Subspace, View};
use super::symmetric::Symmetric;
use crate::rng::Rng;

/// More coordinates are left to the strategy.
const MOST_COORDINATES: usize = 50;
/// Up to so many coefficients, there are products of different coordinates among the terms.
const MOST_COEFFICIENTS: usize = 66;
/// Points, for each coefficient: at least, and at most.
const POINTS: (f64, f64) = (1.25, 2.0);
/// The part of the losses' variance that the quadratic must explain.
const LEAST_EXPLAINED: f64 = 0.5;
/// How far its minimum may lie from the best point, in typical distances of the points.
const REACH: f64 = 2.0;
/// Suggestions are spread around the minimum by 10 to the power of this, in typical distances of the points.
const SPREAD: (f64, f64) = (-3.0, -0.5);

/// A place where the loss should be low.
#[derive(Clone, Debug)]
pub struct Guess {
    subspace: Subspace,
    factor: Factor,
    /// The best point.
    origin: Vec<f64>,
    /// A typical distance of the points from it, as a multiple of the factor.
    scale: f64,
    /// From there to the minimum, in such distances.
    step: Vec<f64>,
}

impl Guess {
    /// Looks at the best rows of a subspace; `factor` makes losses about round there. None if there are too few, or
    /// no quadratic describes them.
    pub fn new(rows: &View, subspace: &Subspace, factor: &Factor) -> Option<Self> {
        let size = subspace.size();
        if size == 0 || size > MOST_COORDINATES {
            return None;
        }
        let best = best_rows(
            rows,
            subspace,
            points(full(size)).1.max(points(2 * size + 1).1),
        );
        let is_full = full(size) <= MOST_COEFFICIENTS && best.len() >= points(full(size)).0;
        let count = if is_full { full(size) } else { 2 * size + 1 };
        let (least, most) = points(count);
        if best.len() < least {
            return None;
        }
        let best = &best[..most.min(best.len())];
        let coordinates = |row: &usize| subspace.coordinates(rows.axes, rows.values(*row));
        let origin = coordinates(&best[0]);
        let mut places: Vec<Vec<f64>> = Vec::with_capacity(best.len());
        for row in best {
            let away: Vec<f64> = coordinates(row)
                .iter()
                .zip(&origin)
                .map(|(x, o)| x - o)
                .collect();
            places.push(factor.solve(&away));
        }
        let square: f64 = places.iter().flatten().map(|z| z * z).sum();
        let scale = (square / (places.len() * size) as f64).sqrt();
        if !(scale > 0.0 && scale.is_finite()) {
            return None;
        }
        for z in places.iter_mut().flatten() {
            *z /= scale;
        }
        let losses: Vec<f64> = best.iter().map(|row| rows.loss(*row)).collect();
        let step = minimum(&places, &losses, is_full)?;
        Some(Self {
            subspace: subspace.clone(),
            factor: factor.clone(),
            origin,
            scale,
            step,
        })
    }

    /// A point near the minimum.
    pub fn draw(&self, axes: &[Axis], rng: &mut Rng) -> Vec<f64> {
        let (low, high) = SPREAD;
        let spread = libm::exp10(low + (high - low) * rng.uniform());
        let z: Vec<f64> = self
            .step
            .iter()
            .map(|z| z + spread * rng.normal())
            .collect();
        let y = self.factor.times(&z);
        let pairs = self.origin.iter().zip(&y);
        let x: Vec<f64> = pairs.map(|(o, y)| o + self.scale * y).collect();
        self.subspace.values_at(axes, &x)
    }
}

fn full(size: usize) -> usize {
    (size + 1) * (size + 2) / 2
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // small counts
fn points(coefficients: usize) -> (usize, usize) {
    let times = |factor: f64| (factor * coefficients as f64).ceil() as usize;
    (times(POINTS.0) + 2, times(POINTS.1) + 2)
}

/// The best rows of the subspace, so many at most.
fn best_rows(rows: &View, subspace: &Subspace, most: usize) -> Vec<usize> {
    let ranking = rows.ranking.iter().map(|row| *row as usize);
    let near = ranking
        .take(4 * most)
        .filter(|row| subspace.holds(rows.values(*row)));
    near.filter(|row| rows.is_finished(*row))
        .take(most)
        .collect()
}

/// Where a quadratic through these losses, the best first, is lowest; from the first place.
fn minimum(places: &[Vec<f64>], losses: &[f64], is_full: bool) -> Option<Vec<f64>> {
    let size = places[0].len();
    let terms: Vec<Vec<f64>> = places.iter().map(|z| terms(z, is_full)).collect();
    let (low, high) = (losses[0], losses[losses.len() - 1]);
    let range = high - low;
    if !(range > 1e-13 * low.abs().max(high.abs()) && range.is_finite()) {
        return None;
    }
    let heights: Vec<f64> = losses.iter().map(|loss| (loss - low) / range).collect();
    let count = places.len() as f64;
    let weights: Vec<f64> = (0..places.len()).map(|i| 1.0 - i as f64 / count).collect();
    let coefficients = regress(&terms, &heights, &weights)?;
    if explained(&terms, &heights, &weights, &coefficients) < LEAST_EXPLAINED {
        return None;
    }
    let slope = &coefficients[1..=size];
    let mut curvature = Symmetric::zero(size);
    let mut rest = coefficients[1 + size..].iter();
    for i in 0..size {
        for j in 0..=i {
            if i == j {
                *curvature.entry(i, i) = 2.0 * rest.next()?;
            } else if is_full {
                *curvature.entry(i, j) = *rest.next()?;
            }
        }
    }
    let longest = REACH * (size as f64).sqrt();
    let unit = curvature.largest_diagonal().max(length(slope) / longest);
    let mut extra = 0.0;
    for _ in 0..40 {
        let mut raised = curvature.clone();
        for i in 0..size {
            *raised.entry(i, i) += extra;
        }
        if let Some(solution) = raised.solved(slope)
            && length(&solution) <= longest
        {
            return Some(solution.iter().map(|z| -z).collect());
        }
        extra = if extra == 0.0 {
            1e-3 * unit
        } else {
            2.0 * extra
        };
    }
    None
}

/// 1, the coordinates, their squares; products of two, if it is full.
fn terms(z: &[f64], is_full: bool) -> Vec<f64> {
    let mut terms = vec![1.0];
    terms.extend(z);
    for i in 0..z.len() {
        let first = if is_full { 0 } else { i };
        terms.extend((first..=i).map(|j| z[i] * z[j]));
    }
    terms
}

/// Coefficients with the least weighted squares.
fn regress(terms: &[Vec<f64>], heights: &[f64], weights: &[f64]) -> Option<Vec<f64>> {
    let size = terms[0].len();
    let mut normal = Symmetric::zero(size);
    let mut right = vec![0.0; size];
    normal.add(weights, terms);
    for ((t, y), w) in terms.iter().zip(heights).zip(weights) {
        for (right, t) in right.iter_mut().zip(t) {
            *right += w * y * t;
        }
    }
    let ridge = 1e-12 * normal.largest_diagonal();
    for i in 0..size {
        *normal.entry(i, i) += ridge;
    }
    normal.solved(&right)
}

/// The part of the variance that is explained, what any coefficients would explain taken off.
fn explained(terms: &[Vec<f64>], heights: &[f64], weights: &[f64], coefficients: &[f64]) -> f64 {
    let total: f64 = weights.iter().sum();
    let pairs = || heights.iter().zip(weights);
    let mean = pairs().map(|(y, w)| w * y).sum::<f64>() / total;
    let variance: f64 = pairs().map(|(y, w)| w * (y - mean) * (y - mean)).sum();
    let mut left = 0.0;
    for ((y, w), t) in pairs().zip(terms) {
        let fit: f64 = t.iter().zip(coefficients).map(|(t, c)| t * c).sum();
        left += w * (y - fit) * (y - fit);
    }
    let (count, free) = (heights.len() as f64, coefficients.len() as f64);
    1.0 - left / variance * (count - 1.0) / (count - free)
}

fn length(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    fn places(size: usize, count: usize) -> Vec<Vec<f64>> {
        let mut rng = stream(3, 0, 0);
        let mut all: Vec<Vec<f64>> = (0..count)
            .map(|_| (0..size).map(|_| rng.normal()).collect())
            .collect();
        all.sort_by(|a, b| valley(a).total_cmp(&valley(b)));
        all
    }

    /// A narrow valley askew, lowest at 0.5, -0.2, 0.1, ...
    fn valley(z: &[f64]) -> f64 {
        let away: Vec<f64> = z.iter().zip(LOWEST).map(|(z, l)| z - l).collect();
        let along: f64 = away.iter().sum();
        away.iter().map(|a| a * a).sum::<f64>() + 30.0 * along * along - 7.0
    }

    const LOWEST: [f64; 3] = [0.5, -0.2, 0.1];

    // The normal equations square the condition number of about 100: 1e-16 becomes 1e-11.
    #[test]
    fn the_minimum_of_a_quadratic_is_found_from_few_points() {
        let places = places(3, points(full(3)).0);
        let losses: Vec<f64> = places.iter().map(|z| valley(z)).collect();
        let found = minimum(&places, &losses, true).unwrap();
        for (found, lowest) in found.iter().zip(LOWEST) {
            assert!((found - lowest).abs() < 1e-9, "{found} {lowest}");
        }
    }

    #[test]
    fn where_losses_are_noise_or_all_the_same_there_is_no_guess() {
        let places = places(4, 40);
        let mut rng = stream(4, 0, 0);
        let mut noise: Vec<f64> = places.iter().map(|_| rng.normal()).collect();
        noise.sort_by(f64::total_cmp);
        // Sorted losses at places that have nothing to do with them.
        let shuffled: Vec<Vec<f64>> = (0..40).map(|i| places[i * 17 % 40].clone()).collect();
        assert_eq!(minimum(&shuffled, &noise, true), None);
        assert_eq!(minimum(&places, &[2.0; 40], true), None);
    }

    #[test]
    fn where_losses_fall_without_end_the_guess_keeps_to_the_points() {
        let places = places(3, 40);
        let losses: Vec<f64> = places.iter().map(|z| z[0] - 0.1 * z[1] * z[1]).collect();
        let found = minimum(&places, &losses, false).unwrap();
        assert!(
            found[0] < -0.5 && length(&found) <= REACH * 3.0_f64.sqrt(),
            "{found:?}"
        );
    }
}
