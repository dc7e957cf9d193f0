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

use crate::error::{Error, Result};
use crate::space::Space;
use density::density;
use grid::Grid;

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

/// The finished trials of a study, prepared for any number of evaluations.
#[derive(Debug)]
pub struct Study {
    /// Losses, ascending.
    losses: Vec<f64>,
    /// For each parameter the cell of each trial, in the order of the losses; [`INACTIVE`] for none.
    cells: Vec<Vec<u32>>,
    grids: Vec<Grid>,
}

const INACTIVE: u32 = u32::MAX;

impl Study {
    /// Prepares a study.
    ///
    /// `losses` must not be NaN; infinity is a trial that is no good whatever the others are. `rows` holds
    /// one value per trial and parameter, trial after trial, NaN where there is none. A value counts where
    /// the space says that its parameter is active. `unordered` says of each parameter whether it is
    /// the number of an option rather than an integer.
    ///
    /// # Errors
    /// When the lengths do not fit each other.
    #[allow(clippy::cast_precision_loss)] // counts of trials
    pub fn new(space: &Space, unordered: &[bool], losses: &[f64], rows: &[f64]) -> Result<Self> {
        let mismatch = |what, left, right| Error::LengthMismatch { what, left, right };
        let width = space.len();
        if unordered.len() != width {
            return Err(mismatch("parameters and unordered", width, unordered.len()));
        }
        if rows.len() != width * losses.len() {
            let expected = width * losses.len();
            return Err(mismatch(
                "values and trials times parameters",
                rows.len(),
                expected,
            ));
        }
        let grids: Vec<Grid> = space
            .params()
            .iter()
            .zip(unordered)
            .map(|(param, &unordered)| Grid::new(&param.prior, unordered))
            .collect();
        let mut order: Vec<usize> = (0..losses.len()).collect();
        order.sort_by(|&i, &j| losses[i].total_cmp(&losses[j]));
        let mut cells = vec![vec![INACTIVE; losses.len()]; width];
        for (rank, &trial) in order.iter().enumerate() {
            let values = &rows[trial * width..(trial + 1) * width];
            for (i, &value) in values.iter().enumerate() {
                if !value.is_nan() && space.active(i, values) {
                    cells[i][rank] = grids[i].cell(value);
                }
            }
        }
        Ok(Self {
            losses: order.iter().map(|&i| losses[i]).collect(),
            cells,
            grids,
        })
    }

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
            .zip(&self.cells)
            .map(|(grid, cells)| {
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
    let invalid = |option, value: f64, rule| {
        Err(Error::InvalidOption {
            option,
            value: format!("{value:?}"),
            rule,
        })
    };
    if !(options.target > 0.0 && options.target < 1.0) {
        return invalid(
            "best",
            options.target,
            "give a share between 0 and 1, such as 0.1",
        );
    }
    if !(options.region > options.target && options.region <= 1.0) {
        let rule = "give a share greater than that of the best trials, at most 1";
        return invalid("region", options.region, rule);
    }
    Ok(())
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
    let mut all = vec![0.0; n_cells];
    let mut top = Vec::new();
    for (rank, &cell) in cells[..region].iter().enumerate() {
        if rank == target {
            top.clone_from(&all);
        }
        if cell != INACTIVE {
            all[cell as usize] += copies.map_or(1.0, |copies| f64::from(copies[rank]));
        }
    }
    if target == region {
        top.clone_from(&all);
    }
    (top, all)
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
