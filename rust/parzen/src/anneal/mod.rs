//! Annealing: small steps away from good trials, smaller the more trials there are (spec 6.3).
//!
//! A label's new value is drawn near the value of an *anchor*, a trial that is among the best ones.
//! Labels share anchors as far as they can: a label takes the first anchor in which it is active, and
//! picks another trial as anchor only when there is none. With T trials in which the label is active,
//! steps shrink by `f = 1 / (1 + T * shrink)`.

mod step;
mod trials;

pub use step::Step;
pub use trials::Annealer;

use crate::algorithm::{Algorithm, Learner, StreamName};
use crate::error::{Result, require};
use crate::interrupt::Checkpoint;
use crate::rng::{Rng, stream};

/// Options of an [`Annealer`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Options {
    /// Mean rank of the trials that become anchors; 1 is always the best.
    pub mean_rank: f64,
    /// How fast steps shrink as trials arrive.
    pub shrink: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            mean_rank: 2.0,
            shrink: 0.1,
        }
    }
}

impl Options {
    /// # Errors
    /// When the mean rank is below 1, or the shrinking negative, or either is not finite.
    pub fn check(&self) -> Result<()> {
        require(
            self.mean_rank >= 1.0 && self.mean_rank.is_finite(),
            "avg_best_idx",
            format_args!("{:?}", self.mean_rank),
            "it is a mean rank: a finite number, at least 1",
        )?;
        require(
            self.shrink >= 0.0 && self.shrink.is_finite(),
            "shrink_coef",
            format_args!("{:?}", self.shrink),
            "it must be a finite number, at least 0",
        )
    }
}

impl Algorithm for Annealer {
    type Options = Options;

    fn check(options: &Options) -> Result<()> {
        options.check()
    }

    /// Its streams are named by the seed and the key.
    fn assignment(
        &mut self,
        key: i64,
        (seed, _): StreamName,
        options: &Options,
        _: Checkpoint<'_>,
    ) -> Result<Vec<f64>> {
        let name = key.cast_unsigned();
        let mut dice = stream(seed, name, u64::MAX);
        let mut anchors = Vec::new();
        let mut values = vec![f64::NAN; self.space().len()];
        for &i in self.order() {
            if !self.space().active(i, &values) {
                continue;
            }
            let prior = &self.space().params()[i].prior;
            let mut rng = stream(seed, name, i as u64);
            let anchor = self.anchor(i, &anchors).or_else(|| {
                let picked = self.ranked(i, geometric(options.mean_rank, &mut dice))?;
                anchors.push(picked);
                Some(picked)
            });
            values[i] = match anchor.and_then(|key| self.value(key, i)) {
                None => prior.sample(&mut rng),
                Some(value) => {
                    let factor = self.factor(i, options.shrink);
                    Step::new(prior, value, factor).sample(prior, &mut rng)
                }
            };
        }
        Ok(values)
    }
}

/// A geometric variate on 0, 1, 2, ... whose successor has the mean given, by inversion.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates, as it should
fn geometric(mean: f64, rng: &mut Rng) -> usize {
    // ln(1 - 1/mean) is -inf for mean 1: then the quotient is 0.
    ((-rng.uniform()).ln_1p() / (-1.0 / mean).ln_1p()).floor() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::suggest;
    use crate::prior::Prior;
    use crate::space::{Param, Space};

    const NAN: f64 = f64::NAN;

    fn param(label: &str, family: &str, args: &[f64], parent: Option<(usize, i64)>) -> Param {
        let prior = Prior::from_family(label, family, args).unwrap();
        let condition = parent.map_or(vec![], |condition| vec![condition]);
        Param {
            label: label.to_owned(),
            prior,
            conditions: Some(vec![condition]),
        }
    }

    fn annealer() -> Annealer {
        let space = Space::new(vec![
            param("a", "uniform", &[0.0, 1.0], None),
            param("k", "randint", &[0.0, 2.0], None),
            param("z", "normal", &[0.0, 1.0], Some((1, 1))),
        ]);
        Annealer::new(space.unwrap())
    }

    #[test]
    fn labels_are_decided_parents_first_and_greatest_first() {
        assert_eq!(annealer().order(), [1, 2, 0]);
    }

    #[test]
    fn every_label_has_a_random_stream_of_its_own() {
        let params = vec![
            param("a", "uniform", &[0.0, 1.0], None),
            param("b", "uniform", &[0.0, 1.0], None),
        ];
        let mut annealer = Annealer::new(Space::new(params).unwrap());
        let values = &suggest(&mut annealer, &[0], 0, 0, &Options::default()).unwrap()[0];
        assert!((values[0] - values[1]).abs() > 1e-9, "{values:?}");
    }

    #[test]
    fn trials_are_ranked_by_loss_then_key_with_nan_last() {
        let mut annealer = annealer();
        for (key, loss) in [
            (3, 1.0),
            (0, NAN),
            (1, f64::INFINITY),
            (2, 1.0),
            (4, -0.0),
            (5, 0.0),
        ] {
            annealer.upsert(key, loss, &[0.5, 0.0, NAN]);
        }
        let ranking: Vec<_> = (0..8).filter_map(|rank| annealer.ranked(0, rank)).collect();
        assert_eq!(ranking, [4, 5, 2, 3, 1, 0, 0, 0]);
        assert_eq!(annealer.ranked(2, 0), None);
        annealer.remove(4);
        assert_eq!(
            (annealer.ranked(0, 0), annealer.count(0), annealer.count(2)),
            (Some(5), 5, 0)
        );
    }

    #[test]
    fn anchors_are_shared_by_the_labels_that_are_active_in_them() {
        let mut annealer = annealer();
        annealer.upsert(7, 0.0, &[0.25, 0.0, NAN]);
        annealer.upsert(8, 1.0, &[0.75, 1.0, 3.0]);
        assert_eq!(annealer.anchor(0, &[7, 8]), Some(7));
        assert_eq!(annealer.anchor(2, &[7, 8]), Some(8));
        assert_eq!(annealer.anchor(2, &[7]), None);
    }

    #[test]
    fn steps_stay_within_the_bounds_and_shrink_around_the_anchor() {
        let mut annealer = annealer();
        for key in 0..1000 {
            annealer.upsert(key, 1.0, &[0.999, 1.0, 5.0]);
        }
        for key in 1000..1100 {
            let values = suggest(&mut annealer, &[key], 3, 0, &Options::default()).unwrap();
            let values = &values[0];
            assert!((0.99..1.0).contains(&values[0]));
            assert!(values[2].is_nan() || (values[2] - 5.0).abs() < 0.1);
        }
    }

    // Geometric with mean 2 from 0 on: mean 1, variance 2; 1e5 draws, five standard errors.
    #[test]
    fn ranks_have_the_mean_asked_for() {
        let mut rng = stream(1, 0, 0);
        let total: usize = (0..100_000).map(|_| geometric(2.0, &mut rng)).sum();
        assert!(total.abs_diff(100_000) < 2240, "{total}");
        assert!((0..1000).all(|_| geometric(1.0, &mut rng) == 0));
    }

    #[test]
    fn options_out_of_range_are_named() {
        let mut annealer = annealer();
        let mut fault = |mean_rank, shrink| {
            let options = Options { mean_rank, shrink };
            let error = suggest(&mut annealer, &[0], 0, 0, &options).unwrap_err();
            error.to_string()
        };
        assert!(fault(0.5, 0.1).contains("avg_best_idx=0.5"));
        assert!(fault(2.0, NAN).contains("shrink_coef=NaN"));
    }

    #[test]
    fn an_anchor_value_that_is_no_option_is_not_kept() {
        let prior = Prior::from_family("k", "randint", &[0.0, 2.0]).unwrap();
        let step = Step::new(&prior, 9.0, 0.1);
        assert_eq!(
            step,
            Step::Stay {
                value: 9,
                probability: 0.0
            }
        );
    }
}
