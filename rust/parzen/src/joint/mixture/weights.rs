//! Weights of trials in their mixtures.

use super::Mixture;
use super::axis_kernels::CHUNK;
use multiversion::multiversion;

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

/// Weights of the members of a mixture.
#[derive(Clone, Copy, Debug)]
pub enum Weights<'a> {
    /// By number; all trials are members.
    Listed(&'a [f64]),
    /// By age.
    Aged(Ageing),
}

/// 1 for the newest `full` members, the older ones on a line from 1/n for the oldest up to 1 (Bergstra, Yamins
/// and Cox, 2013).
#[derive(Clone, Copy, Debug)]
pub struct Ageing {
    members: usize,
    /// How many are on the line.
    fading: usize,
    least: f64,
    step: f64,
}

impl Ageing {
    /// The weights of so many members.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn new(members: usize, full: usize) -> Self {
        let fading = members.saturating_sub(full);
        let least = 1.0 / members.max(1) as f64;
        let step = if fading > 1 {
            (1.0 - least) / (fading - 1) as f64
        } else {
            0.0
        };
        Self {
            members,
            fading,
            least,
            step,
        }
    }

    /// The weight of the member that is older than all but `rank` of the members.
    #[inline]
    fn of(self, rank: f64) -> f64 {
        let weight = self.least + self.step * rank;
        let weight = if weight < 1.0 { weight } else { 1.0 };
        if rank < self.fading as f64 {
            weight
        } else {
            1.0
        }
    }
}

impl Weights<'_> {
    /// The sum of all weights.
    #[must_use]
    pub fn total(&self) -> f64 {
        match self {
            Self::Listed(weights) => weights.iter().sum(),
            Self::Aged(ageing) => {
                let on_the_line =
                    2.0 * ageing.least + ageing.step * (ageing.fading.max(1) - 1) as f64;
                0.5 * on_the_line * ageing.fading as f64 + (ageing.members - ageing.fading) as f64
            }
        }
    }

    /// The weights of the trials of a chunk by slot; anything up to 1 where there is no member.
    #[must_use]
    pub fn of_chunk(&self, mixture: &Mixture, chunk: usize) -> [f64; CHUNK] {
        let mut out = [0.0; CHUNK];
        let numbers = mixture.numbers(chunk);
        match self {
            Self::Listed(weights) => {
                for (weight, number) in out.iter_mut().zip(numbers) {
                    *weight = weights.get(*number as usize).copied().unwrap_or(0.0);
                }
            }
            Self::Aged(ageing) => by_age(*ageing, mixture.ranks(), numbers, &mut out),
        }
        out
    }
}

/// `ranks` by number.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn by_age(ageing: Ageing, ranks: &[u32], numbers: &[u32], out: &mut [f64; CHUNK]) {
    for (weight, number) in out.iter_mut().zip(numbers) {
        let rank = ranks.get(*number as usize).copied().unwrap_or(0);
        *weight = ageing.of(f64::from(rank));
    }
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
        for number in 0..6 {
            mixture.push(std::iter::once(0.5));
            if number != 2 {
                mixture.insert(number);
            }
        }
        mixture.refresh(&[&axis]);
        let by_age = |full| {
            let weights = Weights::Aged(Ageing::new(mixture.len(), full));
            let all = weights.of_chunk(&mixture, 0);
            let members = [0, 1, 3, 4, 5].map(|number| all[mixture.slot(number)]);
            assert!((members.iter().sum::<f64>() - weights.total()).abs() < 1e-12);
            members
        };
        assert_eq!(by_age(9), [1.0; 5]);
        let fading = by_age(2);
        assert!((fading[1] - 0.6).abs() < 1e-12, "{fading:?}");
        assert_eq!([fading[0], fading[2], fading[4]], [0.2, 1.0, 1.0]);
        assert_eq!(by_age(4), [0.2, 1.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn absent_trials_are_left_out_of_the_ranks() {
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
        for every in [2, 20] {
            let mut mixture = Mixture::new(&[&axis], floors);
            for number in 0..400_u32 {
                mixture.push(std::iter::once(f64::from(number * 7 % 400) / 400.0));
                if number % every != 0 {
                    mixture.insert(number as usize);
                }
            }
            mixture.refresh(&[&axis]);
            let weights = Weights::Aged(Ageing::new(mixture.len(), 25));
            let (n, mut rank) = (mixture.len() as f64, 0.0);
            for number in (0..400).filter(|n| n % every != 0) {
                let slot = mixture.slot(number as usize);
                let got = weights.of_chunk(&mixture, slot / CHUNK)[slot % CHUNK];
                let line = 1.0 / n + (1.0 - 1.0 / n) * rank / (n - 26.0);
                assert!(
                    (got - line.min(1.0)).abs() < 1e-12,
                    "{number}: {got} {line}"
                );
                rank += 1.0;
            }
        }
    }
}
