//! Which parameters mattered for reaching the best trials: conditional PED-ANOVA.
//!
//! Of the trials of a *region* (all of them, or those of the smallest losses) the *target* are the best
//! `target` share. A parameter that does not matter is distributed in the target as it is in the region;
//! the importance of one that does is how far the two densities p and q are apart, by Pearson's divergence
//! `D(p || q) = sum_x q(x) (p(x) / q(x) - 1)^2`. Both densities are Parzen estimates on a [`grid`]
//! ([`density`]), so nothing but counts on at most some 50 cells enters.
//!
//! A parameter that is active in some trials only is compared within these, so that a child gets no
//! credit for its parent's choice: with gamma the share of the target in the region, alpha and beta the
//! shares of the trials where the parameter is active among the target and the region,
//!
//! ```text
//! importance = gamma^2 alpha^2 / beta D(p_active || q_active)
//! ```
//!
//! # References
//!
//! - Watanabe, Bansal, Hutter: PED-ANOVA, IJCAI 2023 (arXiv 2304.10255), equation 12.
//! - Conditional PED-ANOVA (arXiv 2601.20800), theorem 4.2 and algorithm 1.

mod bootstrap;
mod density;
mod grid;
#[cfg(test)]
mod tests;
mod trials;

pub use trials::Trials;

use crate::error::{Result, require};
use density::density;
use grid::{Grid, INACTIVE};
use std::ops::Range;

/// Fewer trials than this say nothing about the density of a parameter.
const MIN_TRIALS: f64 = 2.0;

/// Added to densities, so that none is 0.
const FLOOR: f64 = 1e-12;

/// What the density of the target is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Baseline {
    /// The density of the region's trials: what mattered among the points that were tried.
    Trials,
    /// The prior: what sets the target apart from a random search.
    Prior,
}

/// Options of [`Study::importances`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Share of the trials that are the target.
    pub target: f64,
    /// Share of the trials that are the region; 1 is all.
    pub region: f64,
    /// What the target is compared with.
    pub baseline: Baseline,
}

/// The finished trials of a study, prepared for any number of evaluations; see [`Trials`].
#[derive(Debug)]
pub struct Study {
    /// Losses, ascending.
    losses: Vec<f64>,
    /// For each parameter `room` cells, first that of each trial, in the order of the losses; [`INACTIVE`] for
    /// none.
    cells: Vec<u32>,
    room: usize,
    grids: Vec<Grid>,
}

impl Study {
    /// The importance of each parameter, not normalised; 0 for all if fewer than two trials are given.
    ///
    /// Costs O(trials) for each parameter.
    ///
    /// # Errors
    /// Unless `0 < target < region <= 1`.
    pub fn importances(&self, options: &Options) -> Result<Vec<f64>> {
        check(options)?;
        Ok(self.weighted(None, options))
    }

    /// The same for a study that holds the trial of rank i `copies[i]` times.
    #[allow(clippy::cast_precision_loss)]
    fn weighted(&self, copies: Option<&[u32]>, options: &Options) -> Vec<f64> {
        let region = self.best(copies, options.region);
        let target = self.best(copies, options.target).min(region);
        let weight = |end: usize| {
            copies.map_or(end as f64, |c| c[..end].iter().map(|&k| f64::from(k)).sum())
        };
        let (n_region, n_target) = (weight(region), weight(target));
        if n_region < MIN_TRIALS || n_target == 0.0 {
            return vec![0.0; self.grids.len()];
        }
        let share = n_target / n_region;
        self.grids
            .iter()
            .enumerate()
            .map(|(i, grid)| {
                let cells = &self.cells[i * self.room..];
                let (top, all) = counts(cells, copies, grid.len(), target, region);
                let (active_top, active_all): (f64, f64) = (top.iter().sum(), all.iter().sum());
                if grid.len() < 2 || active_all < MIN_TRIALS || active_top == 0.0 {
                    return 0.0;
                }
                let alpha = active_top / n_target;
                let beta = active_all / n_region;
                alpha * alpha / beta
                    * share
                    * share
                    * divergence(grid, &top, &all, options.baseline)
            })
            .collect()
    }

    /// How many ranks the best `share` of the trials take, ties included.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        clippy::float_cmp
    )]
    fn best(&self, copies: Option<&[u32]>, share: f64) -> usize {
        let n = self.losses.len();
        if n == 0 || share >= 1.0 {
            return n;
        }
        // Resampling keeps the number of trials.
        let wanted = (share * n as f64).ceil() as usize;
        let last = copies.map_or(wanted - 1, |copies| {
            let mut found = 0;
            let reached = |&k: &u32| {
                found += k as usize;
                found >= wanted
            };
            copies.iter().position(reached).unwrap_or(n - 1)
        });
        let cutoff = self.losses[last];
        if cutoff == f64::INFINITY {
            return self.losses.partition_point(|&loss| loss < cutoff);
        }
        self.losses.partition_point(|&loss| loss <= cutoff)
    }
}

fn check(options: &Options) -> Result<()> {
    require(
        options.target > 0.0 && options.target < 1.0,
        "best",
        format_args!("{:?}", options.target),
        "give a share between 0 and 1, such as 0.1",
    )?;
    require(
        options.region > options.target && options.region <= 1.0,
        "region",
        format_args!("{:?}", options.region),
        "give a share greater than that of the best trials, at most 1",
    )
}

/// Scales importances to a sum of 1; equal shares if all are 0.
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn shares(mut importances: Vec<f64>) -> Vec<f64> {
    let n = importances.len() as f64;
    let total: f64 = importances.iter().sum();
    for value in &mut importances {
        *value = if total > 0.0 { *value / total } else { 1.0 / n };
    }
    importances
}

/// How many trials each cell has, among the target and the region.
fn counts(
    cells: &[u32],
    copies: Option<&[u32]>,
    n_cells: usize,
    target: usize,
    region: usize,
) -> (Vec<f64>, Vec<f64>) {
    let mut all = vec![0_u32; n_cells];
    let mut add = |ranks: Range<usize>| {
        for rank in ranks {
            let cell = cells[rank];
            if cell != INACTIVE {
                all[cell as usize] += copies.map_or(1, |copies| copies[rank]);
            }
        }
        all.iter().copied().map(f64::from).collect()
    };
    (add(0..target), add(target..region))
}

/// Pearson's divergence of the density of the target from the baseline.
fn divergence(grid: &Grid, top: &[f64], all: &[f64], baseline: Baseline) -> f64 {
    let p = density(grid, top);
    let q = match baseline {
        Baseline::Trials => density(grid, all),
        Baseline::Prior => grid.prior().to_vec(),
    };
    p.iter()
        .zip(&q)
        .map(|(p, q)| {
            let q = q + FLOOR;
            let ratio = (p + FLOOR) / q - 1.0;
            q * ratio * ratio
        })
        .sum()
}
