//! The logarithm of the expected improvement, accurate however small it is.
//!
//! `EI = s h(z)` with `z = (best - mean) / s` and `h(z) = phi(z) + z Phi(z)`. Far from the incumbent `h` underflows and its
//! gradient vanishes; its logarithm does neither (Ament, Daulton, Eriksson, Balandat and Bakshy, "Unexpected
//! Improvements to Expected Improvement for Bayesian Optimization", NeurIPS 2023, arXiv 2310.20708).

use super::posterior::Prediction;
use crate::numerics::special::{LN_SQRT_2_PI, normal_cdf};

/// Below this argument `h` is taken from the continued fraction of the Mills ratio.
const TAIL_BELOW: f64 = -3.0;

/// Terms of the fraction that make its remainder smaller than rounding, for arguments below -[`TAIL_BELOW`].
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // from 16 to 83
fn terms(t: f64) -> u32 {
    16 + (600.0 / (t * t)) as u32
}

/// `ln h(z)` and its derivative.
///
/// In the lower tail, with `t = -z`, `Phi(z) = phi(z) / (t + c)` where `c = 1/(t + 2/(t + 3/(t + ...)))` (Abramowitz and
/// Stegun 26.2.14); hence `h = phi c / (t + c)`, in which nothing cancels, and `Phi / h = 1 / c`.
#[must_use]
pub fn log_h(z: f64) -> (f64, f64) {
    let log_density = -0.5 * z * z - LN_SQRT_2_PI;
    if z < TAIL_BELOW {
        let t = -z;
        let mut c = 0.0;
        for k in (1..=terms(t)).rev() {
            c = f64::from(k) / (t + c);
        }
        return (log_density + libm::log(c / (t + c)), 1.0 / c);
    }
    let cumulative = normal_cdf(z);
    let h = libm::exp(log_density) + z * cumulative;
    (libm::log(h), cumulative / h)
}

/// `ln EI` of a point at which this is predicted, for minimisation.
#[must_use]
pub fn log_improvement(at: Prediction, best: f64) -> f64 {
    let deviation = at.variance.sqrt();
    log_h((best - at.mean) / deviation).0 + 0.5 * libm::log(at.variance)
}

/// The same, and its derivatives by the mean and by the variance.
#[must_use]
pub fn log_improvement_slopes(at: Prediction, best: f64) -> (f64, f64, f64) {
    let deviation = at.variance.sqrt();
    let z = (best - at.mean) / deviation;
    let (log_h, ratio) = log_h(z);
    let by_variance = 0.5 / at.variance - ratio * 0.5 * z / at.variance;
    (
        log_h + 0.5 * libm::log(at.variance),
        -ratio / deviation,
        by_variance,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    // mpmath, 60 digits, rounded to double: log(npdf(z) + z * ncdf(z)).
    const REFERENCE: [(f64, f64); 15] = [
        (-1e8, -5_000_000_000_000_038.0),
        (-1e4, -50_000_019.339_619_31),
        (-300.0, -45_012.326_536_814_55),
        (-40.0, -808.298_568_356_62),
        (-12.5, -84.114_182_840_685_44),
        (-6.0, -22.578_879_392_169_796),
        (-4.0001, -11.849_504_830_509_74),
        (-4.0, -11.849_061_577_550_662),
        (-3.0, -7.869_686_059_603_029),
        (-1.0, -2.485_121_025_712_641_3),
        (-0.1, -1.047_153_314_072_846),
        (0.0, -0.918_938_533_204_672_8),
        (0.7, -0.170_931_419_224_740_73),
        (3.0, 1.098_739_665_327_707_7),
        (12.0, 2.484_906_649_788_000_4),
    ];

    #[test]
    fn logarithms_match_high_precision_values() {
        for (z, want) in REFERENCE {
            let got = log_h(z).0;
            assert!(
                (got - want).abs() <= 1e-14 * want.abs().max(1.0),
                "{z}: {got} {want}"
            );
        }
    }

    #[test]
    fn derivatives_are_those_of_the_logarithm() {
        for z in [-1e4, -60.0, -7.0, -4.001, -3.999, -1.0, 0.0, 2.0, 9.0] {
            let step = 1e-5 * f64::max(1.0, f64::abs(z));
            let difference = (log_h(z + step).0 - log_h(z - step).0) / (2.0 * step);
            let got = log_h(z).1;
            assert!(
                (got - difference).abs() <= 1e-6 * got.abs().max(1e-3),
                "{z}: {got} {difference}"
            );
        }
    }

    #[test]
    fn slopes_are_derivatives() {
        let (mean, variance, best) = (0.3, 0.04, -0.2);
        let at = |mean, variance| log_improvement(Prediction { mean, variance }, best);
        let (value, by_mean, by_variance) =
            log_improvement_slopes(Prediction { mean, variance }, best);
        assert_eq!(value, at(mean, variance));
        let step = 1e-6;
        let difference = (at(mean + step, variance) - at(mean - step, variance)) / (2.0 * step);
        assert!((by_mean - difference).abs() < 1e-6 * by_mean.abs());
        let difference = (at(mean, variance + step) - at(mean, variance - step)) / (2.0 * step);
        assert!((by_variance - difference).abs() < 1e-6 * by_variance.abs());
    }
}
