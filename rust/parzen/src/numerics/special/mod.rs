//! Functions of the normal distribution that stay accurate in the tails, and log-sum-exp.
//!
//! Written Phi is the standard normal distribution function, phi its density.

mod quantile;

pub use quantile::{log_quantile, normal_quantile};

use std::f64::consts::FRAC_1_SQRT_2;

/// ln sqrt(2 pi).
pub const LN_SQRT_2_PI: f64 = 0.918_938_533_204_672_8;

/// Below this argument the asymptotic series of ln Phi is exact to double precision.
const SERIES_BELOW: f64 = -30.0;

/// Phi(z) = (1 + erf(z / sqrt 2)) / 2, the formula of the reference (section 0.1).
///
/// Absolutely accurate only: the lower tail below about -8.3 is lost to rounding. See [`normal_cdf`].
#[must_use]
pub fn normal_cdf_erf(z: f64) -> f64 {
    0.5 * (1.0 + libm::erf(z * FRAC_1_SQRT_2))
}

/// Phi(z) = erfc(-z / sqrt 2) / 2, relatively accurate down to its underflow near -38.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// ln Phi(z), finite for every finite `z` (saturating at `-f64::MAX`).
///
/// `-inf` gives `-inf`, `inf` gives 0, NaN gives NaN.
#[must_use]
pub fn log_normal_cdf(z: f64) -> f64 {
    if z > 1.0 {
        (-normal_cdf(-z)).ln_1p()
    } else if z > SERIES_BELOW {
        libm::log(normal_cdf(z))
    } else if z == f64::NEG_INFINITY || z.is_nan() {
        z
    } else {
        // Abramowitz and Stegun 26.2.12: Phi(z) = phi(z)/|z| (1 - 1/z^2 + 3/z^4 - 15/z^6 ...)
        let t = 1.0 / (z * z);
        let series = -t
            * (1.0
                - 3.0 * t * (1.0 - 5.0 * t * (1.0 - 7.0 * t * (1.0 - 9.0 * t * (1.0 - 11.0 * t)))));
        (-0.5 * z * z - LN_SQRT_2_PI - (-z).ln() + series.ln_1p()).max(-f64::MAX)
    }
}

/// ln(Phi(b) - Phi(a)), relatively accurate wherever the cell [a, b] lies.
///
/// Finite for every non-empty cell with a finite end (saturating at `-f64::MAX`); `-inf` when
/// `a >= b`; NaN when either is NaN. `a = -inf` and `b = inf` are allowed.
///
/// Three regimes: a cell narrow against the scale on which the density changes is integrated by
/// Gauss-Legendre quadrature about its middle (nothing is subtracted); a cell around 0 adds its two
/// halves; a wide cell in a tail is a difference of logarithms whose ratio is far from 1.
#[must_use]
pub fn log_diff_cdf(a: f64, b: f64) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    if a >= b {
        return f64::NEG_INFINITY;
    }
    // Use the tail on the left, where Phi is relatively accurate.
    let (a, b) = if a > -b { (-b, -a) } else { (a, b) };
    let width = b - a;
    if width <= 1.0 && width * a.abs() <= 1.0 {
        return log_narrow_cell(a, width);
    }
    if b > 0.0 {
        let outside = normal_cdf(a) + normal_cdf(-b);
        if outside < 0.5 {
            return (-outside).ln_1p();
        }
        return libm::log(0.5 * (libm::erf(b * FRAC_1_SQRT_2) - libm::erf(a * FRAC_1_SQRT_2)));
    }
    let (log_a, log_b) = (log_normal_cdf(a), log_normal_cdf(b));
    if log_a >= log_b {
        // Only where neighbouring squares no longer differ: the cell is all of the tail or nothing.
        return log_b;
    }
    (log_b + (-(log_a - log_b).exp()).ln_1p()).max(-f64::MAX)
}

/// Nodes on (0, 1) and weights of the 8-point Gauss-Legendre rule (Abramowitz and Stegun 25.4.30).
const LEGENDRE_8: [(f64, f64); 4] = [
    (0.183_434_642_495_649_8, 0.362_683_783_378_362),
    (0.525_532_409_916_329, 0.313_706_645_877_887_27),
    (0.796_666_477_413_626_7, 0.222_381_034_453_374_48),
    (0.960_289_856_497_536_3, 0.101_228_536_290_376_26),
];

/// ln of the integral of phi over `[start, start + width]`, for `width` and `width * |start|` up to 1.
fn log_narrow_cell(start: f64, width: f64) -> f64 {
    let half = 0.5 * width;
    let middle = start + half;
    // phi(middle + s) = phi(middle) exp(-s^2/2) exp(-s middle); the pairs +s, -s make a cosh.
    let mean: f64 = LEGENDRE_8
        .iter()
        .map(|&(node, weight)| {
            let s = node * half;
            weight * (-0.5 * s * s).exp() * (s * middle).cosh()
        })
        .sum();
    (-0.5 * middle * middle - LN_SQRT_2_PI + width.ln() + mean.ln()).max(-f64::MAX)
}

/// ln(sum of exp(terms)), subtracting the maximum first.
///
/// Empty input or only `-inf` gives `-inf`; any `inf` gives `inf`; any NaN gives NaN. The sum runs in
/// the order given.
#[must_use]
pub fn log_sum_exp(terms: &[f64]) -> f64 {
    let mut max = f64::NEG_INFINITY;
    for &term in terms {
        if term.is_nan() {
            return f64::NAN;
        }
        max = max.max(term);
    }
    if max.is_infinite() {
        return max;
    }
    max + terms
        .iter()
        .map(|&term| (term - max).exp())
        .sum::<f64>()
        .ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(got: f64, want: f64, relative: f64) {
        assert!(
            (got - want).abs() <= relative * want.abs(),
            "got {got:e}, want {want:e}"
        );
    }

    /// The rounding of z / sqrt 2 changes erfc by a factor 1 + z^2 2^-53: 9e-15 at z = 9, the
    /// outermost point at which a probability itself, not its logarithm, is compared; plus erfc itself.
    const TAIL_ERROR: f64 = (81.0 + 8.0) * f64::EPSILON / 2.0;

    // 60 and more digits with mpmath, then rounded to double.
    #[test]
    fn log_cdf_matches_high_precision_values() {
        for (z, want) in [
            (-1e8, -5_000_000_000_000_019.0),
            (-200.0, -20006.21728089819),
            (-37.5, -707.6689893175072),
            (-30.0, -454.3212439563432),
            (-29.5, -439.42947460915025),
            (-10.0, -53.23128515051247),
            (-1.0, -1.8410216450092636),
            (-0.001, -0.6939453834669652),
            (0.0, -std::f64::consts::LN_2),
            (0.5, -0.3689464152886564),
            (3.0, -0.0013508099647481938),
            (9.0, -1.1285884059538405e-19),
        ] {
            assert_close(log_normal_cdf(z), want, TAIL_ERROR);
        }
    }

    #[test]
    fn log_differences_match_high_precision_values() {
        for (a, b, want) in [
            (-1.0, 1.0, -0.38171514630212605),
            (8.5, 9.5, -39.19750714141429),
            (-9.5, -8.5, -39.19750714141429),
            (3.0, 3.0000001, -21.537034335799568),
            (0.0, 1e-9, -21.642204370151084),
            (-1e-9, 2e-9, -20.543592081482974),
            (-40.0, -39.0, -765.0831565643775),
            (50.0, 50.001, -1257.8515898122794),
            (-0.5, 8.0, -0.3689464152886573),
            (-8.0, 8.0, -1.2441921148543576e-15),
            (1.0, 2.0, -1.9957982691807554),
            (-30.0, -1.0, -1.8410216450092636),
            (20.0, 20.2, -203.93509134103266),
            (-1e-300, 1e-300, -691.0013192508584),
            (5.0, 1000.0, -15.064998393988725),
        ] {
            assert_close(log_diff_cdf(a, b), want, TAIL_ERROR);
        }
    }

    #[test]
    fn log_differences_stay_finite_for_cells_that_underflow() {
        for (a, b) in [
            (1e3, 1e3 + 1.0),
            (1e21, 2e21),
            (-1e200, -1e199),
            (1e8, 1e8 + 1e-7),
        ] {
            assert!(log_diff_cdf(a, b).is_finite(), "{a} {b}");
        }
        assert_eq!(log_diff_cdf(1.0, 1.0), f64::NEG_INFINITY);
        assert_eq!(log_diff_cdf(2.0, 1.0), f64::NEG_INFINITY);
        assert!(log_diff_cdf(f64::NAN, 1.0).is_nan() && log_diff_cdf(0.0, f64::NAN).is_nan());
        assert_eq!(log_diff_cdf(f64::NEG_INFINITY, f64::INFINITY), 0.0);
        assert_close(
            log_diff_cdf(f64::NEG_INFINITY, -50.0),
            log_normal_cdf(-50.0),
            1e-15,
        );
    }

    #[test]
    fn log_sum_exp_follows_its_limits() {
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
        assert_eq!(log_sum_exp(&[f64::NEG_INFINITY; 3]), f64::NEG_INFINITY);
        assert_eq!(log_sum_exp(&[0.0, f64::INFINITY]), f64::INFINITY);
        assert!(log_sum_exp(&[0.0, f64::NAN]).is_nan());
        assert_close(
            log_sum_exp(&[1000.0, 1000.0]),
            1000.0 + std::f64::consts::LN_2,
            1e-16,
        );
    }
}
