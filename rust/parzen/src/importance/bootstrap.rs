//! How sure an importance is: the same study, drawn again from its own trials.

use super::{Options, Study, check, shares};
use crate::error::{Result, require};
use crate::interrupt::Checkpoint;
use crate::rng::stream;

impl Study {
    /// Percentile intervals of the [`shares`] by the bootstrap (Efron, 1979): the trials are drawn with
    /// replacement `resamples` times, and each time everything is computed anew, the best trials included.
    ///
    /// `level` is the probability that an interval covers. Returns `(low, high)` for each parameter.
    /// Resample k depends on `seed` and k only.
    ///
    /// # Errors
    /// As [`Study::importances`]; unless `0 < level < 1` and there is a resample; when it was interrupted.
    #[allow(clippy::cast_possible_truncation)] // ranks are below the number of trials
    pub fn intervals(
        &self,
        options: &Options,
        level: f64,
        (resamples, seed): (usize, u64),
        checkpoint: Checkpoint<'_>,
    ) -> Result<Vec<(f64, f64)>> {
        check(options)?;
        require(
            level > 0.0 && level < 1.0,
            "intervals",
            format_args!("{level:?}"),
            "give the probability that an interval covers, between 0 and 1, such as 0.9",
        )?;
        require(resamples > 0, "n_resamples", resamples, "give at least 1")?;
        let n = self.losses.len();
        let mut drawn = vec![Vec::with_capacity(resamples); self.grids.len()];
        let mut copies = vec![0_u32; n];
        for k in 0..resamples as u64 {
            checkpoint.pass()?;
            let mut rng = stream(seed, k, 0);
            copies.fill(0);
            for _ in 0..n {
                copies[rng.below(n as u64) as usize] += 1;
            }
            let again = shares(self.weighted(Some(&copies), options));
            for (column, share) in drawn.iter_mut().zip(again) {
                column.push(share);
            }
        }
        Ok(drawn
            .into_iter()
            .map(|mut column| {
                column.sort_by(f64::total_cmp);
                let tail = 0.5 * (1.0 - level);
                (quantile(&column, tail), quantile(&column, 1.0 - tail))
            })
            .collect())
    }
}

/// The quantile of sorted values, interpolated between neighbours (Hyndman and Fan's type 7).
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss
)]
fn quantile(sorted: &[f64], p: f64) -> f64 {
    let position = p * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - below as f64) * (sorted[above] - sorted[below])
}
