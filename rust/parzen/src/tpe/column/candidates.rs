//! The candidates of a numeric parameter: drawn from the good group's density, and scored under both.

use super::field::Sum;
use super::good::GoodMixture;
use super::grid::GridBad;
use super::numeric::{NumericBad, Parts};
use super::{Good, mass};
use crate::numerics::gaussians::Gaussians;
use crate::numerics::order::Excluded;
use crate::numerics::special::log_sum_exp;
use crate::prior::Numeric;
use crate::rng::Rng;
use std::collections::HashSet;

/// From more values than this on a repeated one is looked up.
const SCANNED: usize = 128;

/// A fast sum is not trusted when its error bound exceeds this part of it.
const TRUST: f64 = 1e-11;
/// Nor when it is so small that the kernel's exponential may have reached its end.
const UNDERFLOW: f64 = 1e-290;

/// Buffers, so that a suggestion allocates nothing.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    pub(super) points: Vec<f64>,
    pub(super) naturals: Vec<f64>,
    /// The bits of the naturals, once they are many.
    known: HashSet<u64>,
    pub(super) cells: Vec<(f64, f64)>,
    intervals: Vec<(f64, f64)>,
    good: Vec<f64>,
    bad: Vec<f64>,
    errors: Vec<f64>,
    nodes: Vec<f64>,
    sums: Vec<f64>,
    field: Vec<Sum>,
    gaussians: Gaussians,
    pub(super) weights: Vec<f64>,
    pub(super) slots: Vec<usize>,
}

impl Scratch {
    /// The candidates are these natural values.
    pub(super) fn of(naturals: &[f64]) -> Self {
        Self {
            naturals: naturals.to_vec(),
            ..Self::default()
        }
    }

    /// `l(x) / g(x)` of the candidates, up to a factor common to all.
    pub(super) fn ratios(&self) -> impl Iterator<Item = f64> + '_ {
        self.good.iter().zip(&self.bad).map(|(l, g)| l / g)
    }

    /// Draws candidates: `points` in model space or, if quantised, `naturals` and their `cells`.
    /// Of repeated values of a quantised parameter only the first is kept: the rest can't win.
    pub(super) fn draw(
        &mut self,
        prior: &Numeric,
        mixture: &GoodMixture,
        count: usize,
        rng: &mut Rng,
    ) {
        self.points.clear();
        self.naturals.clear();
        self.known.clear();
        self.cells.clear();
        for _ in 0..count {
            let x = mixture.sample(rng);
            if prior.q.is_some() {
                let natural = prior.from_model(x);
                let is_new = if self.naturals.len() <= SCANNED {
                    !self.naturals.contains(&natural)
                } else {
                    if self.known.is_empty() {
                        self.known.extend(self.naturals.iter().map(|x| x.to_bits()));
                    }
                    self.known.insert(natural.to_bits())
                };
                if is_new {
                    self.naturals.push(natural);
                    self.cells.push(prior.cell(natural));
                }
            } else {
                self.points.push(x);
            }
        }
    }

    /// Draws candidates on a grid, every value once: `naturals` and their `slots`.
    pub(super) fn draw_on_grid(
        &mut self,
        bad: &GridBad,
        mixture: &GoodMixture,
        count: usize,
        rng: &mut Rng,
    ) {
        self.naturals.clear();
        self.slots.clear();
        let mut seen = 0_u128;
        for _ in 0..count {
            let slot = bad.nearest(mixture.sample(rng));
            if seen & (1 << slot) == 0 {
                seen |= 1 << slot;
                self.slots.push(slot);
                self.naturals.push(bad.value(slot));
            }
        }
    }

    pub(super) fn score(
        &mut self,
        prior: &Numeric,
        mixture: &GoodMixture,
        bad: &mut NumericBad,
        excluded: &Excluded,
        prior_weight: f64,
    ) {
        let count = if prior.q.is_some() {
            self.cells.len()
        } else {
            self.points.len()
        };
        for buffer in [&mut self.good, &mut self.bad, &mut self.errors] {
            buffer.clear();
            buffer.resize(count, 0.0);
        }
        self.intervals.clear();
        if prior.q.is_some() {
            self.intervals.extend(&self.cells);
        } else {
            self.intervals.extend(self.points.iter().map(|x| (*x, *x)));
        }
        let floor = bad.floor();
        let (intervals, gaussians) = (&mut self.intervals, &mut self.gaussians);
        let mut parts = bad.parts(excluded, prior_weight, intervals, gaussians);
        if prior.q.is_some() {
            let (nodes, sums) = (&mut self.nodes, &mut self.sums);
            mass::add_masses(
                &mixture.components,
                mass::Reach::All,
                mixture.floor,
                &self.cells,
                nodes,
                sums,
                &mut self.good,
            );
            mass::masses(
                &mut parts,
                floor,
                &self.cells,
                nodes,
                sums,
                &mut self.bad,
                &mut self.errors,
            );
        } else {
            mixture.components.sums(&self.points, &mut self.good);
            let (bad, errors) = (&mut self.bad, &mut self.errors);
            densities(&mut parts, &self.points, &mut self.field, bad, errors);
        }
        for i in 0..count {
            if self.errors[i] > TRUST * self.bad[i] || self.bad[i] < UNDERFLOW {
                let components = bad.components(excluded, prior_weight);
                let at = if prior.q.is_some() {
                    Err(self.cells[i])
                } else {
                    Ok(self.points[i])
                };
                self.good[i] = self.good[i].max(f64::MIN_POSITIVE);
                self.bad[i] =
                    self.good[i] / libm::exp(libm::log(self.good[i]) - exact_log(&components, at));
            }
        }
    }

    pub(super) fn score_grid(
        &mut self,
        good: &mut Good,
        bad: &mut GridBad,
        excluded: &Excluded,
        prior_weight: f64,
    ) {
        bad.weights(excluded, &mut self.weights);
        self.good.clear();
        for &slot in &self.slots {
            let remembered = &mut good.grid[slot];
            if remembered.is_nan() {
                let components = &good.mixture.components;
                *remembered = (0..components.len())
                    .map(|k| {
                        let (weight, centre, scale) = components.get(k);
                        weight * mass::interval(bad.cell(slot), centre, scale)
                    })
                    .sum();
            }
            self.good.push(*remembered);
        }
        bad.masses(&self.weights, prior_weight, &self.slots, &mut self.bad);
    }
}

/// Unnormalised densities of the bad group at points, and bounds on their errors.
fn densities(
    parts: &mut Parts<'_>,
    points: &[f64],
    sums: &mut Vec<Sum>,
    out: &mut [f64],
    errors: &mut [f64],
) {
    parts.direct.sums_in_reach(points, out);
    errors.fill(parts.missing);
    if let Some((field, first, step)) = &mut parts.field {
        let inverse = 1.0 / field.bandwidth();
        field.densities(points, *first, *step, sums);
        for ((sum, density), error) in sums.iter().zip(out).zip(errors) {
            *density += sum.value * inverse;
            *error += sum.error * inverse;
        }
    }
}

/// Log of the sum of all components at a point, or of their mass on a cell; finite far out.
fn exact_log(components: &[(f64, f64, f64)], at: Result<f64, (f64, f64)>) -> f64 {
    let terms: Vec<f64> = components
        .iter()
        .filter(|c| c.0 > 0.0)
        .map(|(weight, centre, scale)| match at {
            Ok(x) => {
                let z = (x - centre) / scale;
                libm::log(weight / scale) - 0.5 * z * z
            }
            Err((low, high)) => {
                libm::log(*weight)
                    + crate::numerics::special::log_diff_cdf(
                        (low - centre) / scale,
                        (high - centre) / scale,
                    )
            }
        })
        .collect();
    log_sum_exp(&terms)
}
