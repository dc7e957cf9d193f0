//! Quantiles of the standard normal, from a probability or from its logarithm.

use super::{LN_SQRT_2_PI, log_normal_cdf};

type Coefficients = [f64; 8];

// Wichura (1988), "Algorithm AS 241: the percentage points of the normal distribution", Applied
// Statistics 37, PPND16: three rational approximations, lowest power first.
const CENTRAL_NUMERATOR: Coefficients = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRAL_DENOMINATOR: Coefficients = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const TAIL_NUMERATOR: Coefficients = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    7.745_450_142_783_414e-4,
];
const TAIL_DENOMINATOR: Coefficients = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    5.475_938_084_995_345e-4,
    1.050_750_071_644_416_9e-9,
];
const FAR_NUMERATOR: Coefficients = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    1.242_660_947_388_078_4e-3,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_DENOMINATOR: Coefficients = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    7.868_691_311_456_133e-4,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_8e-15,
];

fn ratio(numerator: &Coefficients, denominator: &Coefficients, x: f64) -> f64 {
    let horner = |c: &Coefficients| c.iter().rev().fold(0.0, |sum, &a| sum * x + a);
    horner(numerator) / horner(denominator)
}

/// The z with Phi(z) = `p`, relative error about 1e-15.
///
/// 0 gives `-inf`, 1 gives `inf`; anything outside [0, 1] gives NaN.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    let from_middle = p - 0.5;
    if from_middle.abs() <= 0.425 {
        let r = 0.180_625 - from_middle * from_middle;
        return from_middle * ratio(&CENTRAL_NUMERATOR, &CENTRAL_DENOMINATOR, r);
    }
    let tail = if from_middle < 0.0 { p } else { 1.0 - p };
    if tail <= 0.0 {
        let infinite = f64::INFINITY.copysign(from_middle);
        return if tail == 0.0 { infinite } else { f64::NAN };
    }
    lower_tail(tail.ln()).copysign(from_middle)
}

/// The (negative) z with ln Phi(z) = `log_p`, for probabilities from about 1e-316 to 0.075.
fn lower_tail(log_p: f64) -> f64 {
    let r = (-log_p).sqrt();
    if r <= 5.0 {
        -ratio(&TAIL_NUMERATOR, &TAIL_DENOMINATOR, r - 1.6)
    } else {
        -ratio(&FAR_NUMERATOR, &FAR_DENOMINATOR, r - 5.0)
    }
}

/// The z with ln Phi(z) = `log_p`, for probabilities too small to be written as a double.
///
/// `-inf` gives `-inf`, 0 gives `inf`, positive values and NaN give NaN.
#[must_use]
pub fn log_quantile(log_p: f64) -> f64 {
    if log_p == f64::NEG_INFINITY {
        return log_p;
    }
    if log_p > -0.075 {
        // The upper tail: 1 - p without cancellation.
        return -normal_quantile(-log_p.exp_m1());
    }
    if log_p > -2.6 {
        return normal_quantile(log_p.exp());
    }
    if log_p > -700.0 {
        return lower_tail(log_p);
    }
    // Newton from the leading terms of the asymptotic series. The derivative of ln Phi is phi/Phi,
    // which is |z| + 1/|z| + O(|z|^-3) here; four steps reach rounding error from any start below -37.
    let mut z = -(-2.0 * (log_p + LN_SQRT_2_PI) - (-2.0 * log_p).ln())
        .max(0.0)
        .sqrt();
    for _ in 0..4 {
        z += (log_normal_cdf(z) - log_p) / (z + 1.0 / z);
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_close(got: f64, want: f64) {
        assert!(
            (got - want).abs() <= 2e-15 * want.abs(),
            "got {got:e}, want {want:e}"
        );
    }

    // 60 digits with mpmath, then rounded to double.
    #[test]
    fn quantiles_match_high_precision_values() {
        for (p, want) in [
            (1e-300, -37.0470962993612),
            (1e-30, -11.464024688443615),
            (1e-12, -7.034483825301132),
            (1e-5, -4.264890793922825),
            (0.02425, -1.972961051311885),
            (0.075, -1.439531470938456),
            (0.1, -1.2815515655446004),
            (0.3, -0.5244005127080408),
            (0.5, 0.0),
            (0.6, 0.2533471031357997),
            (0.9, 1.2815515655446006),
            (0.975, 1.9599639845400538),
            (0.9999999, 5.199337582290661),
        ] {
            assert_close(normal_quantile(p), want);
        }
    }

    #[test]
    fn quantiles_of_log_probabilities_match_high_precision_values() {
        for (log_p, want) in [
            (-1e6, -1414.2077829910174),
            (-5000.0, -99.9447481748411),
            (-800.0, -39.88469483825668),
            (-650.0, -35.93045235382608),
            (-10.0, -3.913946240531893),
            (-0.5, 0.27028802073873587),
            (-1e-10, 6.361340902411735),
        ] {
            assert_close(log_quantile(log_p), want);
        }
        assert!(log_quantile(-1e300).is_finite());
    }

    #[test]
    fn quantiles_follow_their_limits() {
        assert_eq!(normal_quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(normal_quantile(1.0), f64::INFINITY);
        assert_eq!(log_quantile(f64::NEG_INFINITY), f64::NEG_INFINITY);
        assert_eq!(log_quantile(0.0), f64::INFINITY);
        for p in [-0.1, 1.1, f64::NAN] {
            assert!(normal_quantile(p).is_nan());
        }
        assert!(log_quantile(f64::NAN).is_nan() && log_quantile(0.5).is_nan());
    }
}
