//! Log-densities of mixtures (sections 5.1 and 5.2).
//!
//! Cells of quantised values are differences of Gaussian distribution functions. The reference
//! subtracts erf values, which cancel for narrow cells and vanish in the tails (Q9). That difference
//! is used as it is where it means something; elsewhere each component's cell is taken as a logarithm
//! that keeps its relative accuracy, so that scores stay finite.

use std::f64::consts::{FRAC_1_SQRT_2, SQRT_2};

use super::mixture::{Coordinates, Mixture};
use crate::numerics::special::{LN_SQRT_2_PI, log_diff_cdf, log_sum_exp};
use crate::prior::EPS;

/// How many times larger than a cell's probability the subtracted sums may be before the difference
/// counts as noise: rounding is amplified by as much, here to about 1e-10.
const MAX_AMPLIFICATION: f64 = 1e6;

impl Mixture {
    /// Log-density (log-probability of a cell, if quantised) at each natural value of `xs`.
    ///
    /// * linear, continuous: `logsumexp_k[-u^2/2 + ln(w_k / sqrt(2 pi s_k^2)) - ln acc]` with
    ///   `u = (x - c_k) / max(s_k, 1e-12)`, whether or not x lies within the truncation;
    /// * logarithmic, continuous: `logsumexp_k[-u^2/2 - ln(s x sqrt(2 pi)) + ln w_k]` with
    ///   `u = (ln x - c_k) / s`, `s = max(s_k, 1e-12)`; the truncation is *not* divided out (Q11);
    /// * quantised: `ln sum_k w_k (Phi((u - c_k)/s_k) - Phi((l - c_k)/s_k)) - ln acc` over the cell
    ///   [l, u] of [`Coordinates::cell`].
    ///
    /// `acc` is the mixture's mass within the truncation, 1 without one. A value whose cell lies wholly
    /// outside the truncation, and a value up to 0 of a continuous logarithmic family, cannot occur:
    /// they give NaN, as does NaN. Costs O(points x components).
    #[must_use]
    pub fn log_density(&self, coordinates: &Coordinates, xs: &[f64]) -> Vec<f64> {
        if xs.is_empty() {
            return Vec::new();
        }
        match (coordinates.q, coordinates.log) {
            (Some(_), _) => self.cell_log_density(coordinates, xs),
            (None, false) => {
                let log_mass = self.log_mass_within(coordinates.truncation);
                let peaks = self.log_peaks(|scale| scale);
                let mut terms = Vec::with_capacity(peaks.len());
                let density = |&x: &f64| self.gaussian_sum(x, &peaks, &mut terms) - log_mass;
                xs.iter().map(density).collect()
            }
            (None, true) => {
                let peaks = self.log_peaks(|scale| scale.max(EPS));
                let mut terms = Vec::with_capacity(peaks.len());
                let mut density = |z: f64| self.gaussian_sum(z, &peaks, &mut terms) - z;
                let natural = |&x: &f64| if x > 0.0 { density(x.ln()) } else { f64::NAN };
                xs.iter().map(natural).collect()
            }
        }
    }

    fn cell_log_density(&self, coordinates: &Coordinates, xs: &[f64]) -> Vec<f64> {
        let log_mass = self.log_mass_within(coordinates.truncation);
        let mut terms = Vec::new();
        let density = |&x: &f64| {
            let (lower, upper) = coordinates.cell(x);
            if x.is_nan() || upper < lower {
                return f64::NAN;
            }
            self.log_cell_mass(lower, upper, &mut terms) - log_mass
        };
        xs.iter().map(density).collect()
    }

    /// `ln(w_k / (sqrt(2 pi) s_k))` for every component: the logarithm of its highest density.
    fn log_peaks(&self, floored: impl Fn(f64) -> f64) -> Vec<f64> {
        self.components()
            .map(|(weight, _, scale)| weight.ln() - floored(scale).ln() - LN_SQRT_2_PI)
            .collect()
    }

    /// `logsumexp_k[peak_k - ((z - c_k) / max(s_k, EPS))^2 / 2]`; NaN for NaN.
    fn gaussian_sum(&self, z: f64, peaks: &[f64], terms: &mut Vec<f64>) -> f64 {
        terms.clear();
        terms.extend(
            self.components()
                .zip(peaks)
                .map(|((_, centre, scale), peak)| {
                    let u = (z - centre) / scale.max(EPS);
                    peak - 0.5 * u * u
                }),
        );
        log_sum_exp(terms)
    }

    /// ln of the mass within `truncation` (model space); 0 without one.
    ///
    /// Without truncation the weights are not summed: section 5 has acc = 1 then.
    #[must_use]
    pub fn log_mass_within(&self, truncation: Option<(f64, f64)>) -> f64 {
        let Some((low, high)) = truncation else {
            return 0.0;
        };
        self.log_cell_mass(low, high, &mut Vec::new())
    }

    /// ln of the mass in a cell of model space.
    fn log_cell_mass(&self, lower: f64, upper: f64, terms: &mut Vec<f64>) -> f64 {
        subtracted_mass(self.components(), lower, upper).unwrap_or_else(|| {
            terms.clear();
            self.cell_terms(lower, upper, terms);
            log_sum_exp(terms)
        })
    }

    /// `ln(w_k P_k(lower, upper))` for every component.
    pub(super) fn cell_terms(&self, lower: f64, upper: f64, terms: &mut Vec<f64>) {
        terms
            .extend(self.components().map(|(weight, centre, scale)| {
                weight.ln() + log_cell(lower, upper, centre, scale)
            }));
    }
}

/// Log-density of `exp N(mu, sigma^2)` at `x`; sigma is floored at 1e-12. NaN for `x <= 0`.
#[must_use]
pub fn lognormal_log_density(x: f64, mu: f64, sigma: f64) -> f64 {
    if x <= 0.0 {
        return f64::NAN;
    }
    let sigma = sigma.max(EPS);
    let log_x = x.ln();
    let u = (log_x - mu) / sigma;
    -0.5 * u * u - sigma.ln() - log_x - LN_SQRT_2_PI
}

/// Log-probability that `exp N(mu, sigma^2)`, rounded up to a multiple of `q`, is `x`: the mass of
/// `[x - q, x]`, floored at 1e-12.
///
/// Unlike the mixtures' cells this one is not centred on x; that is upstream's `qlognormal_lpdf`.
#[must_use]
pub fn lognormal_cell_log_density(x: f64, mu: f64, sigma: f64, q: f64) -> f64 {
    let edge = |v: f64| v.max(EPS).ln();
    let (lower, upper) = (edge(x - q), edge(x));
    subtracted_mass([(1.0, mu, sigma)], lower, upper)
        .unwrap_or_else(|| log_cell(lower, upper, mu, sigma))
}

/// ln of `sum_k w_k F_k(upper) - w_k F_k(lower)`, unless that is noise.
fn subtracted_mass(
    components: impl IntoIterator<Item = (f64, f64, f64)>,
    lower: f64,
    upper: f64,
) -> Option<f64> {
    let (mut mass, mut subtracted_from) = (0.0, 0.0);
    for (weight, centre, scale) in components {
        let above = weight * cdf(upper, centre, scale);
        mass += above - weight * cdf(lower, centre, scale);
        subtracted_from += above;
    }
    (mass > 0.0 && subtracted_from <= MAX_AMPLIFICATION * mass).then(|| mass.ln())
}

/// The normal distribution function as section 5 has it: `(1 + erf((z - c) / max(sqrt(2) s, EPS))) / 2`.
#[must_use]
pub fn cdf(z: f64, centre: f64, scale: f64) -> f64 {
    0.5 * (1.0 + libm::erf((z - centre) / (SQRT_2 * scale).max(EPS)))
}

/// `ln(F(upper) - F(lower))` for `F(z) = Phi((z - c) / max(s, EPS / sqrt 2))` (section 5).
#[allow(clippy::float_cmp)] // a cell that collapsed to one double
fn log_cell(lower: f64, upper: f64, centre: f64, scale: f64) -> f64 {
    let scale = scale.max(EPS * FRAC_1_SQRT_2);
    let (a, b) = ((lower - centre) / scale, (upper - centre) / scale);
    if a == b && lower < upper {
        // Narrower than the spacing of doubles so far from 0: density times width.
        let log_width = (upper - lower).ln() - scale.ln();
        return (log_width - 0.5 * a * a - LN_SQRT_2_PI).max(-f64::MAX);
    }
    log_diff_cdf(a, b)
}
