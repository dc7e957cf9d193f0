//! Suggestions: one by one, or a batch by pieces.

use super::batch;
use super::options::Options;
use crate::algorithm::{Algorithm, Learner, Request, StreamName, one_by_one};
use crate::error::{Result, require};
use crate::interrupt::Checkpoint;
use crate::random;
use crate::rng::stream;
use crate::tpe::column::{self, Scratch};
use crate::tpe::history::History;

impl Algorithm for History {
    type Options = Options;

    fn check(options: &Options) -> Result<()> {
        options.check()
    }

    /// # Errors
    /// When the prior has no weight and there is nothing to learn from, and when it was interrupted.
    fn assignment(
        &mut self,
        _: i64,
        (seed, index): StreamName,
        options: &Options,
        checkpoint: Checkpoint<'_>,
    ) -> Result<Vec<f64>> {
        if self.len() < options.startup {
            return Ok(random::assignment(self.space(), seed, index));
        }
        self.split_until(options.gamma, checkpoint)?;
        let per_column = column::Options {
            prior_weight: options.prior_weight,
            candidates: options.candidates,
        };
        let goes_on = || checkpoint.pass().is_ok();
        let mut scratch = Scratch::default();
        let (space, columns) = self.space_and_columns();
        let mut values = vec![f64::NAN; space.len()];
        for &i in space.order() {
            if !space.active(i, &values) {
                continue;
            }
            require(
                options.prior_weight > 0.0 || !columns[i].has_no_good(),
                "prior_weight",
                0,
                "must be positive while a parameter has no observation among the good trials",
            )?;
            let mut rng = stream(seed, index, i as u64);
            values[i] = columns[i].propose(&mut rng, &per_column, &goes_on, &mut scratch);
            checkpoint.pass()?;
        }
        Ok(values)
    }

    fn suggest_by_pieces(
        &mut self,
        request: &Request<'_>,
        options: &Options,
        checkpoint: Checkpoint<'_>,
        mut finished: impl FnMut(&[Vec<f64>]),
    ) -> Result<()> {
        options.check()?;
        let Request { keys, seed, first } = *request;
        if keys.len() > 1 && self.len() >= options.startup {
            self.split_until(options.gamma, checkpoint)?;
            if options.prior_weight > 0.0
                && let Some(pending) = self.propose_batch(keys, options.gamma)
            {
                let name = (seed, first);
                let made = batch::assignments(self, &pending, name, options, checkpoint, finished);
                if made.is_err() {
                    self.start_over();
                }
                return made;
            }
        }
        finished(&one_by_one(self, request, options, checkpoint)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithm::suggest;
    use crate::prior::Prior;
    use crate::random;
    use crate::space::{Param, Space};

    #[test]
    fn the_search_is_random_until_the_history_is_as_long_as_was_asked_for() {
        let x = Param {
            label: "x".to_owned(),
            prior: Prior::from_family("x", "uniform", &[0.0, 1.0]).unwrap(),
            conditions: Some(vec![vec![]]),
        };
        let mut history = History::new(Space::new(vec![x]).unwrap());
        let options = Options {
            startup: 3,
            ..Options::default()
        };
        for key in 0..4 {
            let made = suggest(&mut history, &[key], 7, 0, &options).unwrap();
            let random = random::assignment(history.space(), 7, 0);
            assert_eq!(made[0] == random, key < 3, "{key}");
            history.upsert(key, 0.5, &[0.5]);
        }
    }
}
