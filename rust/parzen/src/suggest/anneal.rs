//! Annealing: small steps away from good trials, smaller the more trials there are (spec 6.3).
//!
//! A label's new value is drawn near the value of an *anchor*, a trial that is among the best ones.
//! Labels share anchors as far as they can: a label takes the first anchor in which it is active, and
//! picks another trial as anchor only when there is none. With T trials in which the label is active,
//! steps shrink by `f = 1 / (1 + T * shrink)`.

use crate::error::{Error, Result};
use crate::prior::{Categorical, Numeric, Prior, Support};
use crate::rng::{Rng, stream};
use crate::space::Space;

/// What a quantised lognormal's value is raised by before its logarithm is taken (spec 6.3).
const LOG_OFFSET: f64 = 1e-16;

/// Options of [`Annealer::suggest`].
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
        let invalid = |option, value: f64, rule| {
            Err(Error::InvalidOption {
                option,
                value: format!("{value:?}"),
                rule,
            })
        };
        if !(self.mean_rank >= 1.0 && self.mean_rank.is_finite()) {
            let rule = "it is a mean rank: a finite number, at least 1";
            return invalid("avg_best_idx", self.mean_rank, rule);
        }
        if !(self.shrink >= 0.0 && self.shrink.is_finite()) {
            return invalid(
                "shrink_coef",
                self.shrink,
                "it must be a finite number, at least 0",
            );
        }
        Ok(())
    }
}

/// The distribution of a label's new value, given its anchor.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// Uniform on [low, high) in model space.
    Uniform {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Normal in model space.
    Normal {
        /// Mean.
        mu: f64,
        /// Standard deviation.
        sigma: f64,
    },
    /// The anchor's value with this probability, else a draw from the prior.
    Stay {
        /// The value.
        value: i64,
        /// 1 - f.
        probability: f64,
    },
}

impl Step {
    /// The step from an anchor's `value`; `factor` is f.
    #[must_use]
    pub fn new(prior: &Prior, value: f64, factor: f64) -> Self {
        match prior {
            Prior::Numeric(numeric) => Self::numeric(numeric, value, factor),
            Prior::Categorical(options) => Self::discrete(options, value, factor),
        }
    }

    fn numeric(prior: &Numeric, value: f64, factor: f64) -> Self {
        let logarithm = |x: f64| x.clamp(f64::MIN_POSITIVE, f64::MAX).ln();
        match prior.support {
            Support::Bounded { low, high } => {
                let z = if prior.log { logarithm(value) } else { value };
                let half = 0.5 * ((high - low) * factor);
                let centre = z.max(low + half).min(high - half);
                Self::Uniform {
                    low: centre - half,
                    high: centre + half,
                }
            }
            Support::Gaussian { sigma, .. } => {
                let offset = if prior.q.is_some() { LOG_OFFSET } else { 0.0 };
                let mu = if prior.log {
                    logarithm(offset + value)
                } else {
                    value
                };
                Self::Normal {
                    mu,
                    sigma: sigma * factor,
                }
            }
        }
    }

    #[allow(clippy::cast_possible_truncation)] // whole numbers; what is out of range is never kept
    fn discrete(options: &Categorical, value: f64, factor: f64) -> Self {
        let value = value as i64;
        let known = options.option(value).is_some();
        Self::Stay {
            value,
            probability: if known { 1.0 - factor } else { 0.0 },
        }
    }

    /// Draws a natural value.
    #[allow(clippy::cast_precision_loss)] // below 2^53
    pub fn sample(&self, prior: &Prior, rng: &mut Rng) -> f64 {
        let z = match *self {
            Self::Uniform { low, high } => rng.uniform_between(low, high),
            Self::Normal { mu, sigma } => mu + sigma * rng.normal(),
            Self::Stay { value, probability } => {
                let stays = rng.uniform() < probability;
                return if stays {
                    value as f64
                } else {
                    prior.sample(rng)
                };
            }
        };
        match prior {
            Prior::Numeric(numeric) => numeric.from_model(z),
            Prior::Categorical(_) => z,
        }
    }
}

/// All visible trials of a study: unlike a TPE history it keeps those whose loss is NaN.
#[derive(Clone, Debug)]
pub struct Annealer {
    space: Space,
    /// Parents first; otherwise the greatest label first, as the reference has it.
    order: Vec<usize>,
    keys: Vec<i64>,
    losses: Vec<f64>,
    /// One column per parameter, NaN where it is not active.
    columns: Vec<Vec<f64>>,
}

impl Annealer {
    /// No trials yet.
    #[must_use]
    pub fn new(space: Space) -> Self {
        let order = greatest_label_first(&space);
        let columns = vec![Vec::new(); space.len()];
        Self {
            space,
            order,
            keys: Vec::new(),
            losses: Vec::new(),
            columns,
        }
    }

    /// The space.
    #[must_use]
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// Adds the trial of `key` or replaces it; NaN among `values` is "not active". A NaN loss ranks last.
    ///
    /// # Panics
    /// When `values` does not have one entry per parameter.
    pub fn upsert(&mut self, key: i64, loss: f64, values: &[f64]) {
        assert_eq!(values.len(), self.space.len(), "one value per parameter");
        let row = self.keys.partition_point(|&k| k < key);
        if self.keys.get(row) != Some(&key) {
            self.keys.insert(row, key);
            self.losses.insert(row, loss);
            for column in &mut self.columns {
                column.insert(row, f64::NAN);
            }
        }
        self.losses[row] = loss;
        for (column, &value) in self.columns.iter_mut().zip(values) {
            column[row] = value;
        }
    }

    /// Withdraws a trial, if it is known.
    pub fn remove(&mut self, key: i64) {
        if let Ok(row) = self.keys.binary_search(&key) {
            self.keys.remove(row);
            self.losses.remove(row);
            for column in &mut self.columns {
                column.remove(row);
            }
        }
    }

    /// T: number of trials in which a parameter is active.
    #[must_use]
    pub fn count(&self, param: usize) -> usize {
        self.columns[param]
            .iter()
            .filter(|value| !value.is_nan())
            .count()
    }

    /// Key of the first anchor in which a parameter is active.
    #[must_use]
    pub fn anchor(&self, param: usize, anchors: &[i64]) -> Option<i64> {
        anchors
            .iter()
            .copied()
            .find(|&key| self.value(key, param).is_some())
    }

    /// Key of the trial at position `rank` (from 0; the last one if there are fewer) by loss among
    /// those in which a parameter is active: ties by key, NaN last.
    #[must_use]
    pub fn ranked(&self, param: usize, rank: usize) -> Option<i64> {
        let mut rows: Vec<usize> = (0..self.keys.len())
            .filter(|&row| !self.columns[param][row].is_nan())
            .collect();
        let rank = rank.min(rows.len().checked_sub(1)?);
        let loss = |row: usize| (self.losses[row].is_nan(), self.losses[row] + 0.0);
        let (_, &mut row, _) = rows.select_nth_unstable_by(rank, |&a, &b| {
            let ((nan_a, a_loss), (nan_b, b_loss)) = (loss(a), loss(b));
            let by_loss = if nan_a || nan_b {
                nan_a.cmp(&nan_b)
            } else {
                a_loss.total_cmp(&b_loss)
            };
            by_loss.then(a.cmp(&b))
        });
        Some(self.keys[row])
    }

    /// Value of a parameter in a trial, if active there.
    #[must_use]
    pub fn value(&self, key: i64, param: usize) -> Option<f64> {
        let row = self.keys.binary_search(&key).ok()?;
        Some(self.columns[param][row]).filter(|value| !value.is_nan())
    }

    /// Loss of a trial.
    #[must_use]
    pub fn loss(&self, key: i64) -> Option<f64> {
        self.keys
            .binary_search(&key)
            .ok()
            .map(|row| self.losses[row])
    }

    /// f for a parameter.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // a number of trials
    pub fn factor(&self, param: usize, shrink: f64) -> f64 {
        1.0 / (1.0 + self.count(param) as f64 * shrink)
    }

    /// The assignment for the trial `new_key`.
    ///
    /// # Errors
    /// When an option is out of range.
    pub fn suggest(&self, new_key: i64, seed: u64, options: &Options) -> Result<Vec<f64>> {
        options.check()?;
        let name = new_key.cast_unsigned();
        let mut dice = stream(seed, name, u64::MAX);
        let mut anchors = Vec::new();
        let mut values = vec![f64::NAN; self.space.len()];
        for &i in &self.order {
            if !self.space.active(i, &values) {
                continue;
            }
            let prior = &self.space.params()[i].prior;
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

fn greatest_label_first(space: &Space) -> Vec<usize> {
    let params = space.params();
    let mut order: Vec<usize> = Vec::with_capacity(params.len());
    while order.len() < params.len() {
        let ready = |i: usize| {
            let mut parents = params[i].conditions.iter().flatten().flatten();
            !order.contains(&i) && parents.all(|(parent, _)| order.contains(parent))
        };
        let next = (0..params.len())
            .filter(|&i| ready(i))
            .max_by_key(|&i| &params[i].label);
        // A validated space has no cycle.
        let Some(next) = next else { break };
        order.push(next);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::Param;

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
        assert_eq!(annealer().order, [1, 2, 0]);
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
            let values = annealer.suggest(key, 3, &Options::default()).unwrap();
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
        let annealer = annealer();
        let suggest = |mean_rank, shrink| {
            let error = annealer
                .suggest(0, 0, &Options { mean_rank, shrink })
                .unwrap_err();
            error.to_string()
        };
        assert!(suggest(0.5, 0.1).contains("avg_best_idx=0.5"));
        assert!(suggest(2.0, NAN).contains("shrink_coef=NaN"));
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
