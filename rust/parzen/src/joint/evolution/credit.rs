//! Whose turn it is: the model's or the local search's.

use crate::rng::stream;

/// How much of what was is remembered from one trial to the next: 50 trials count.
const MEMORY: f64 = 0.98;
/// Successes that either side has had beforehand, in one trial: where nothing succeeds, they take turns.
const DOUBT: f64 = 0.05;
/// The least part of the search's largest share.
const LEAST: f64 = 0.2;

/// How often either side has found the best point so far: by the search, and by the model.
#[derive(Clone, Copy, Debug, Default)]
pub struct Credit {
    trials: [f64; 2],
    successes: [f64; 2],
}

impl Credit {
    /// The share of the search: its rate of success as a fraction of both rates, times the largest share.
    pub fn share(&self, largest: f64) -> f64 {
        let [search, model] =
            [0, 1].map(|side| (self.successes[side] + DOUBT) / (self.trials[side] + 1.0));
        largest * (search / (search + model)).max(LEAST)
    }

    /// Whether the trial of a key comes from the search if its share is this. That follows from the key, so
    /// that it need not be stored whose a trial was.
    pub fn is_turn(key: i64, share: f64) -> bool {
        stream(key.cast_unsigned(), u64::MAX, u64::MAX).uniform() < share
    }

    /// One more trial.
    pub fn note(&mut self, is_of_search: bool, is_success: bool) {
        let side = usize::from(!is_of_search);
        self.trials[side] = MEMORY * self.trials[side] + 1.0;
        self.successes[side] = MEMORY * self.successes[side] + f64::from(u8::from(is_success));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_succeeds_gets_more_turns_and_nobody_all() {
        let mut credit = Credit::default();
        assert_eq!(credit.share(0.9), 0.45);
        for i in 0..40 {
            credit.note(i % 2 == 0, i % 4 == 0);
        }
        let ahead = credit.share(0.9);
        assert!(ahead > 0.8 && ahead < 0.9, "{ahead}");
        for i in 0..400 {
            credit.note(i % 2 == 0, i % 4 == 1);
        }
        assert_eq!(credit.share(0.9), 0.9 * LEAST);
        assert_eq!(credit.share(0.0), 0.0);
    }

    // A binomial count of 4,000 with probability 0.3: five deviations are 145, alpha = 6e-7.
    #[test]
    fn turns_are_spread_over_the_keys() {
        let turns = (0..4000).filter(|key| Credit::is_turn(*key, 0.3)).count();
        assert!((1055..1345).contains(&turns), "{turns}");
    }
}
