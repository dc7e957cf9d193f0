//! Integers in a range, and options with given probabilities.

use crate::rng::Rng;

/// A discrete prior over `low`, `low + 1`, ..., `low + n - 1`.
///
/// A uniform one holds no table, so a range of 2^40 integers costs nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Categorical {
    low: i64,
    n: u64,
    /// Probabilities as written; `None` means equally likely.
    probabilities: Option<Vec<f64>>,
}

impl Categorical {
    /// `n >= 1` equally likely integers from `low` on.
    pub(crate) const fn uniform(low: i64, n: u64) -> Self {
        Self {
            low,
            n,
            probabilities: None,
        }
    }

    /// Options 0, 1, ... with these (validated) probabilities.
    pub(crate) fn weighted(probabilities: Vec<f64>) -> Self {
        Self {
            low: 0,
            n: probabilities.len() as u64,
            probabilities: Some(probabilities),
        }
    }

    /// The smallest value.
    #[must_use]
    pub const fn low(&self) -> i64 {
        self.low
    }

    /// How many values there are.
    #[must_use]
    pub const fn n(&self) -> u64 {
        self.n
    }

    /// The probabilities as written, for `pchoice`; `None` when all values are equally likely.
    #[must_use]
    pub fn probabilities(&self) -> Option<&[f64]> {
        self.probabilities.as_deref()
    }

    /// Probability of the zero-based option `i`; 0 beyond the last one.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // 1/n to rounding
    pub fn prior_mass(&self, i: u64) -> f64 {
        match &self.probabilities {
            Some(p) => usize::try_from(i)
                .ok()
                .and_then(|i| p.get(i))
                .copied()
                .unwrap_or(0.0),
            None if i < self.n => 1.0 / self.n as f64,
            None => 0.0,
        }
    }

    /// The zero-based option of `value`, if it is in range.
    #[must_use]
    pub fn option(&self, value: i64) -> Option<u64> {
        let offset = u64::try_from(i128::from(value) - i128::from(self.low)).ok()?;
        (offset < self.n).then_some(offset)
    }

    /// Whether a value can be drawn: it is in range, and its probability is not 0.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // there are as many probabilities as options
    pub fn has(&self, value: i64) -> bool {
        let offset = value.wrapping_sub(self.low).cast_unsigned();
        let is_in_range = value >= self.low && offset < self.n;
        is_in_range
            && match &self.probabilities {
                Some(p) => p[offset as usize] > 0.0,
                None => true,
            }
    }

    /// The value of zero-based option `i < n`.
    #[must_use]
    pub const fn value(&self, i: u64) -> i64 {
        self.low.wrapping_add_unsigned(i)
    }

    /// Draws a value (not zero-based).
    ///
    /// With written probabilities the last possible option takes what rounding leaves over; an option
    /// of probability 0 is never drawn.
    pub fn sample(&self, rng: &mut Rng) -> i64 {
        let Some(probabilities) = &self.probabilities else {
            return self.value(rng.below(self.n));
        };
        let mut left = rng.uniform();
        let mut chosen = 0;
        for (i, &p) in (0_u64..).zip(probabilities) {
            if p > 0.0 {
                chosen = i;
                if left < p {
                    break;
                }
                left -= p;
            }
        }
        self.value(chosen)
    }

    /// ln of the probability of `value`; `-inf` out of range.
    #[must_use]
    pub fn log_density(&self, value: i64) -> f64 {
        self.option(value)
            .map_or(f64::NEG_INFINITY, |i| self.prior_mass(i).ln())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    #[test]
    fn a_huge_range_costs_nothing() {
        let prior = Categorical::uniform(-5, 1 << 40);
        let mut rng = stream(0, 0, 0);
        assert!((0..100).all(|_| prior.option(prior.sample(&mut rng)).is_some()));
        assert_eq!(prior.option(-6), None);
        assert_eq!(prior.option((1 << 40) - 6), Some((1 << 40) - 1));
        assert_eq!(prior.option((1 << 40) - 5), None);
    }

    #[test]
    fn options_of_probability_zero_are_never_drawn() {
        let prior = Categorical::weighted(vec![0.0, 0.5, 0.4999999, 0.0]);
        let mut rng = stream(1, 0, 0);
        assert!((0..1000).all(|_| matches!(prior.sample(&mut rng), 1 | 2)));
    }

    // Chi-square with 2 degrees of freedom, alpha = 1e-6.
    #[test]
    fn options_come_with_their_probabilities() {
        let p = [0.5, 0.3, 0.2];
        let prior = Categorical::weighted(p.to_vec());
        let mut rng = stream(2, 0, 0);
        let mut counts = [0.0; 3];
        for _ in 0..100_000 {
            counts[usize::try_from(prior.sample(&mut rng)).unwrap()] += 1.0;
        }
        let chi2: f64 = (0..3)
            .map(|i| (counts[i] - 1e5 * p[i]).powi(2) / (1e5 * p[i]))
            .sum();
        assert!(chi2 < 27.7, "{chi2}");
    }
}
