//! Whose turn it is: the model's, the evolution strategy's or the quadratic's.

use crate::rng::stream;

/// How much of what was is remembered from one trial to the next: 50 trials count.
const MEMORY: f64 = 0.98;
/// Successes that either side has had beforehand, in one trial: where nothing succeeds, they take turns.
const DOUBT: f64 = 0.05;
/// The least part of the largest share.
const LEAST: f64 = 0.2;
/// The least and the largest part of the quadratic in what it shares with the strategy.
const PARTS: (f64, f64) = (0.1, 0.4);

/// Who suggests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The model of the whole space.
    Model,
    /// The evolution strategy.
    Strategy,
    /// The quadratic through the best points.
    Quadratic,
}

/// How often each side has found the best point so far.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credit {
    trials: [f64; 3],
    successes: [f64; 3],
}

impl Credit {
    /// The shares of the strategy and of the quadratic. Both together have the better one's rate of success as
    /// a fraction of that and the model's, times the largest share; between them, their rates decide.
    pub fn shares(&self, largest: f64) -> (f64, f64) {
        let [model, strategy, quadratic] =
            [0, 1, 2].map(|side| (self.successes[side] + DOUBT) / (self.trials[side] + 1.0));
        let better = strategy.max(quadratic);
        let both = largest * (better / (better + model)).max(LEAST);
        let part = (quadratic / (strategy + quadratic)).clamp(PARTS.0, PARTS.1);
        (both * (1.0 - part), both * part)
    }

    /// Whose turn the trial of a key is. That follows from the key, so that it need not be stored.
    pub fn turn(&self, key: i64, largest: f64) -> Side {
        let (strategy, quadratic) = self.shares(largest);
        let place = stream(key.cast_unsigned(), u64::MAX, u64::MAX).uniform();
        if place < quadratic {
            Side::Quadratic
        } else if place < quadratic + strategy {
            Side::Strategy
        } else {
            Side::Model
        }
    }

    /// One more trial.
    pub fn note(&mut self, side: Side, is_success: bool) {
        let side = side as usize;
        self.trials[side] = MEMORY * self.trials[side] + 1.0;
        self.successes[side] = MEMORY * self.successes[side] + f64::from(u8::from(is_success));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(credit: &Credit, largest: f64) -> f64 {
        let (strategy, quadratic) = credit.shares(largest);
        strategy + quadratic
    }

    #[test]
    fn who_succeeds_gets_more_turns_and_nobody_all() {
        let mut credit = Credit::default();
        assert!((both(&credit, 0.9) - 0.45).abs() < 1e-15);
        let turns = [Side::Model, Side::Strategy];
        for i in 0..40 {
            credit.note(turns[i % 2], i % 4 == 1);
        }
        let ahead = both(&credit, 0.9);
        assert!(ahead > 0.8 && ahead < 0.9, "{ahead}");
        for i in 0..400 {
            credit.note(turns[i % 2], i % 4 == 0);
        }
        assert!((both(&credit, 0.9) - 0.9 * LEAST).abs() < 1e-15);
        assert_eq!(both(&credit, 0.0), 0.0);
    }

    #[test]
    fn the_quadratic_gets_more_or_less_of_the_searches_turns() {
        let mut credit = Credit::default();
        for i in 0..100 {
            credit.note([Side::Strategy, Side::Quadratic][i % 2], i % 4 == 1);
        }
        let (strategy, quadratic) = credit.shares(1.0);
        assert!((quadratic - PARTS.1 * (strategy + quadratic)).abs() < 1e-15);
        for i in 0..400 {
            credit.note([Side::Strategy, Side::Quadratic][i % 2], i % 4 == 0);
        }
        let (strategy, quadratic) = credit.shares(1.0);
        assert!((quadratic - PARTS.0 * (strategy + quadratic)).abs() < 1e-15);
    }

    // A binomial count of 4,000 with probability 0.18 or 0.27: five deviations are 140, alpha = 1e-6.
    #[test]
    fn turns_are_spread_over_the_keys() {
        let credit = Credit::default();
        let shares = credit.shares(0.9);
        assert!((shares.0 - 0.27).abs() < 1e-15 && (shares.1 - 0.18).abs() < 1e-15);
        let count = |side: Side| {
            (0..4000)
                .filter(|key| credit.turn(*key, 0.9) == side)
                .count()
        };
        assert!((940..1220).contains(&count(Side::Strategy)));
        assert!((580..860).contains(&count(Side::Quadratic)));
    }
}
