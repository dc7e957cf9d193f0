//! The first trials: random ones that keep their distance from each other.

use super::axis::Axis;
use super::mixture::density::log_densities;
use super::mixture::weights::{Ageing, Weights};
use super::mixture::{Floors, Mixture};
use super::options::Options;
use crate::algorithm::StreamName;
use crate::error::Result;
use crate::interrupt::Checkpoint;
use crate::random;
use crate::rng::stream;
use crate::space::Space;

/// The draw from the prior whose values were tried the least, of as many draws as there are
/// candidates.
///
/// How much a value was tried is its density among the tried values of that parameter alone, relative
/// to the prior's: as in a Latin hypercube, every single parameter is covered evenly. No design has to
/// be kept from trial to trial, and pending trials, conditional parameters and trials from elsewhere
/// count like any other. The first trial is a plain draw.
///
/// # Errors
/// When it was interrupted.
pub fn assignment<'a>(
    space: &Space,
    axes: &[Axis],
    rows: impl Iterator<Item = &'a [f64]>,
    (seed, index): StreamName,
    options: &Options,
    checkpoint: Checkpoint<'_>,
) -> Result<Vec<f64>> {
    let rows: Vec<&[f64]> = rows.collect();
    if rows.is_empty() {
        return Ok(random::assignment(space, seed, index));
    }
    let draws: Vec<Vec<f64>> = (0..options.candidates as u64)
        .map(|draw| random::assignment(space, stream(seed, index, draw).next_u64(), 0))
        .collect();
    let mut scores = vec![0.0; draws.len()];
    for (i, axis) in axes.iter().enumerate() {
        checkpoint.pass()?;
        let active: Vec<usize> = (0..draws.len())
            .filter(|d| !draws[*d][i].is_nan())
            .collect();
        let tried = rows.iter().map(|row| axis.coordinate(row[i]));
        let points: Vec<Vec<f64>> = active
            .iter()
            .map(|d| vec![axis.coordinate(draws[*d][i])])
            .collect();
        for (draw, score) in active
            .into_iter()
            .zip(novelty(axis, tried, &points, options))
        {
            scores[draw] += score;
        }
    }
    let best = (0..draws.len())
        .rev()
        .max_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    Ok(best.map_or_else(
        || random::assignment(space, seed, index),
        |b| draws[b].clone(),
    ))
}

/// ln of prior density over density among the tried values.
fn novelty(
    axis: &Axis,
    tried: impl Iterator<Item = f64>,
    points: &[Vec<f64>],
    options: &Options,
) -> Vec<f64> {
    let floors = Floors {
        least: options.min_bandwidth,
        continuous: options.rest_exponent,
        discrete: options.rest_exponent,
        option_weight: options.option_weight,
    };
    let alone = [axis];
    let mut mixture = Mixture::new(&alone, floors);
    for (slot, place) in tried.filter(|place| !place.is_nan()).enumerate() {
        mixture.push(std::iter::once(place));
        mixture.insert(slot);
    }
    mixture.refresh(&alone);
    let mut densities = Vec::new();
    let weights = Weights::Aged(Ageing::new(mixture.len(), mixture.len()));
    log_densities(
        &mixture,
        &alone,
        &weights,
        options.prior_weight,
        points,
        &mut densities,
    );
    let pairs = points.iter().zip(densities);
    pairs
        .map(|(point, density)| mixture.log_prior(&alone, point) - density)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prior::Prior;
    use crate::space::Param;

    // Ten independent draws would leave 3.5 tenths of the range untouched on average, and hit
    // their 8 of 10 in one case of 10.
    #[test]
    fn first_trials_cover_every_parameter() {
        let params = (0..4).map(|i| Param {
            label: format!("p{i}"),
            prior: Prior::from_family("p", "uniform", &[0.0, 1.0]).unwrap(),
            conditions: Some(vec![vec![]]),
        });
        let space = Space::new(params.collect()).unwrap();
        let axes: Vec<Axis> = space
            .params()
            .iter()
            .map(|p| Axis::new(&p.prior, false))
            .collect();
        let mut hit = 0;
        for seed in 0..20 {
            let mut rows: Vec<Vec<f64>> = Vec::new();
            for index in 0..10 {
                let known = rows.iter().map(Vec::as_slice);
                let (name, options) = ((seed, index), Options::default());
                let never = Checkpoint::never();
                let row = assignment(&space, &axes, known, name, &options, never).unwrap();
                rows.push(row);
            }
            for i in 0..4 {
                let mut tenths: Vec<f64> = rows.iter().map(|r| (r[i] * 10.0).floor()).collect();
                tenths.sort_by(f64::total_cmp);
                tenths.dedup();
                hit += tenths.len();
            }
        }
        assert!(hit > 20 * 4 * 7, "{hit}");
    }
}
