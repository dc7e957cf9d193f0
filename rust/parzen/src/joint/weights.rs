//! Weights of trials in their mixtures.

use super::mixture::Mixture;

/// Weights of good trials, the best first: `ln(n + 1) - ln(rank)`, scaled to a mean of 1.
///
/// These are the recombination weights of CMA-ES (Hansen, 2016, arXiv 1604.00772, eq. 49) over the
/// whole group: how much a trial counts follows from its rank alone, whatever the scale of losses.
#[must_use]
#[allow(clippy::cast_precision_loss)] // far below 2^53
pub fn by_rank(n: usize) -> Vec<f64> {
    let log_ranks = (0..n).map(|i| libm::log((n + 1) as f64) - libm::log((i + 1) as f64));
    let mut weights: Vec<f64> = log_ranks.collect();
    let mean = weights.iter().sum::<f64>() / n as f64;
    for weight in &mut weights {
        *weight /= mean;
    }
    weights
}

/// Weights of the members of a mixture, by slot: 1 for the newest `full` of them, the older ones on a
/// line from 1/n for the oldest up to 1 (Bergstra, Yamins and Cox, 2013); 0 where there is no member.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn by_age(mixture: &Mixture, full: usize) -> Vec<f64> {
    let n = mixture.len();
    let fading = n.saturating_sub(full);
    let least = 1.0 / n as f64;
    let step = if fading > 1 {
        (1.0 - least) / (fading - 1) as f64
    } else {
        0.0
    };
    let mut age = 0_usize;
    (0..mixture.slots())
        .map(|slot| {
            if !mixture.is_member(slot) {
                return 0.0;
            }
            let weight = if age < fading {
                least + step * age as f64
            } else {
                1.0
            };
            age += 1;
            weight.min(1.0)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::joint::axis::Axis;
    use crate::joint::mixture::Floors;
    use crate::prior::Prior;

    #[test]
    fn better_trials_weigh_more_and_the_mean_is_one() {
        assert!(by_rank(0).is_empty());
        assert_eq!(by_rank(1), [1.0]);
        let weights = by_rank(10);
        assert!(weights.windows(2).all(|w| w[0] > w[1]));
        assert!((weights.iter().sum::<f64>() - 10.0).abs() < 1e-12);
    }

    #[test]
    fn old_trials_fade_linearly() {
        let axis = Axis::new(
            &Prior::from_family("x", "uniform", &[0.0, 1.0]).unwrap(),
            false,
        );
        let floors = Floors {
            least: 0.01,
            continuous: 1.0,
            discrete: 1.0,
            option_weight: 1.0,
        };
        let mut mixture = Mixture::new(&[&axis], floors);
        for slot in 0..6 {
            mixture.push(std::iter::once(0.5));
            if slot != 2 {
                mixture.insert(slot);
            }
        }
        assert_eq!(by_age(&mixture, 9), [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
        let fading = by_age(&mixture, 2);
        assert!((fading[1] - 0.6).abs() < 1e-12, "{fading:?}");
        assert_eq!([fading[0], fading[2], fading[3]], [0.2, 0.0, 1.0]);
        assert_eq!(by_age(&mixture, 4)[0], 0.2);
    }
}
