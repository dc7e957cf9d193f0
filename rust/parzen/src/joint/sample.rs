//! Which trials of the rest are modelled: all of them while they are few, later a sample.
//!
//! In a long study most of the rest lies where the search has been for long. One more of these says
//! little that a thousand have not said, yet its kernel costs as much as theirs. So no more than
//! about `most` trials are taken: the newer half of them are the newest of the rest, the others stand for
//! all older ones, each of which is taken with the same probability, a power of two.
//!
//! Whether a trial is taken follows from its key, its age and the number of trials, so that a study that
//! was read back from its documents goes on like the one that wrote them.

use crate::numerics::order::Excluded;
use crate::rng::stream;
use std::ops::Range;

/// The trials in which a block was active, numbered in their order, and which of them are modelled.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// By number: how many times the older trials can be halved before this one is left out.
    endurance: Vec<u8>,
    /// The numbers of the trials that are not among the rest.
    outside: Excluded,
    /// The trials from this number on are all taken.
    newest_from: u32,
    /// How many times the older ones were halved.
    halvings: u8,
}

impl Sample {
    /// The number of the next trial, which is not among the rest yet.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // counted in u32; 64 zeros at most
    pub fn push(&mut self, key: i64) -> u32 {
        let number = self.endurance.len() as u32;
        let bits = stream(key as u64, 0, 0).next_u64();
        self.endurance.push(bits.trailing_zeros() as u8);
        self.outside.insert(number);
        number
    }

    /// Puts a trial among the rest, or takes it out.
    pub fn set(&mut self, number: u32, member: bool) {
        if member {
            self.outside.remove(number);
        } else {
            self.outside.insert(number);
        }
    }

    /// Number of trials, whether among the rest or not.
    #[allow(clippy::cast_possible_truncation)]
    pub fn trials(&self) -> u32 {
        self.endurance.len() as u32
    }

    /// Whether older trials are left out.
    pub fn is_thinned(&self) -> bool {
        self.halvings > 0
    }

    /// Decides how many are left out, given that about `most` trials are to be modelled; returns the numbers of
    /// the trials for which that may have changed the answer.
    #[allow(clippy::cast_possible_truncation)]
    pub fn renew(&mut self, most: usize) -> Range<u32> {
        let (from, halvings) = (self.newest_from, self.halvings);
        let count = self.endurance.len() - self.outside.as_slice().len();
        (self.newest_from, self.halvings) = (0, 0);
        if count > most {
            let old = count - most.div_ceil(2);
            self.newest_from = self.outside.nth(old as u32);
            while old >> self.halvings > most / 2 {
                self.halvings += 1;
            }
        }
        if self.halvings != halvings {
            return 0..self.trials();
        }
        from.min(self.newest_from)..from.max(self.newest_from)
    }

    /// Whether a trial would be modelled if it were among the rest.
    pub fn holds(&self, number: u32) -> bool {
        number >= self.newest_from || self.endurance[number as usize] >= self.halvings
    }

    /// Whether a trial is modelled: it is among the rest, and is not left out.
    pub fn takes(&self, number: u32) -> bool {
        self.holds(number) && !self.outside.contains(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(keys: Range<i64>, gone: &[u32], most: usize) -> (Sample, Vec<u32>) {
        let mut sample = Sample::default();
        for key in keys {
            let number = sample.push(key);
            sample.set(number, !gone.contains(&number));
        }
        sample.renew(most);
        let taken = (0..sample.trials()).filter(|n| sample.takes(*n)).collect();
        (sample, taken)
    }

    #[test]
    fn few_trials_are_all_taken() {
        assert_eq!(of(0..0, &[], 5).1, [0; 0]);
        assert_eq!(of(0..6, &[2], 5).1, [0, 1, 3, 4, 5]);
        assert!(!of(0..6, &[2], 5).0.is_thinned());
    }

    #[test]
    fn the_newer_half_are_the_newest() {
        let (sample, taken) = of(0..1000, &[999, 997], 100);
        assert!(sample.is_thinned());
        let newest: Vec<u32> = (947..1000).filter(|n| *n != 999 && *n != 997).collect();
        assert_eq!(taken[taken.len() - 50..], newest[newest.len() - 50..]);
        assert!(taken[..taken.len() - 50].iter().all(|n| *n < 948));
    }

    // The number of the older ones is binomial; 6 standard deviations are exceeded with probability 2e-9.
    #[test]
    fn the_older_ones_are_thinned_evenly() {
        for (count, one_in) in [(3_000, 8), (10_000, 32), (60_000, 128)] {
            let (_, taken) = of(0..count, &[], 1024);
            let old = count as f64 - 512.0;
            for part in [0.0..0.5, 0.5..1.0] {
                let found = taken[..taken.len() - 512]
                    .iter()
                    .filter(|n| part.contains(&(f64::from(**n) / old)))
                    .count() as f64;
                let expected = 0.5 * old / f64::from(one_in);
                assert!(
                    (found - expected).abs() < 6.0 * expected.sqrt(),
                    "{count}: {found} {expected}"
                );
            }
        }
    }

    proptest! {
        #[test]
        fn what_has_changed_is_among_what_is_reported(
            steps in prop::collection::vec((0_u32..400, any::<bool>()), 1..400), most in 1_usize..40,
        ) {
            let mut sample = Sample::default();
            let mut held: Vec<bool> = Vec::new();
            for (key, (other, member)) in (0_i64..).zip(steps) {
                let number = sample.push(key);
                sample.set(number, true);
                held.push(true);
                let touched = other % sample.trials();
                sample.set(touched, member);
                let changed = sample.renew(most);
                for number in 0..sample.trials() {
                    let now = sample.holds(number);
                    let was = std::mem::replace(&mut held[number as usize], now);
                    prop_assert!(now == was || changed.contains(&number), "{number} {changed:?}");
                }
            }
        }
    }
}
