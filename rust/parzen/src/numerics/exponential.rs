//! Exponentials of numbers that are not positive, without a branch: they are vectorised with the loops that call them.

/// 1.5 * 2^52: adding it leaves the rounded integer in the low bits.
const SHIFT: f64 = 6_755_399_441_055_744.0;

/// `2^t` for `t <= 0` to a relative error of 1e-15, without a branch.
///
/// Reduction `t = k + r` is exact; for `2^r`, `|r| <= 1/2`, the polynomial of degree 10 with the smallest
/// relative error, 3e-16, of those that are 1 at 0 (by Remez' algorithm). Arguments below -1020 are taken as -1020.
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
pub(crate) fn exp2_nonpositive(t: f64) -> f64 {
    let t = if t < -1020.0 { -1020.0 } else { t };
    let shifted = t + SHIFT;
    let r = t - (shifted - SHIFT);
    let mut p = 7.111_757_810_496_622e-9_f64;
    p = p.mul_add(r, 1.021_050_632_031_611_6e-7);
    p = p.mul_add(r, 1.321_523_564_006_805e-6);
    p = p.mul_add(r, 1.525_264_774_845_875_3e-5);
    p = p.mul_add(r, 1.540_353_080_080_762_8e-4);
    p = p.mul_add(r, 1.333_355_824_647_934e-3);
    p = p.mul_add(r, 9.618_129_107_380_722e-3);
    p = p.mul_add(r, 5.550_410_866_434_659_5e-2);
    p = p.mul_add(r, 2.402_265_069_591_047_2e-1);
    p = p.mul_add(r, 6.931_471_805_599_516e-1);
    p = p.mul_add(r, 1.0);
    f64::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 52))
}

/// `exp(t)` for `t <= 0` to a relative error of 1e-14, without a branch and without a fused multiply-add.
///
/// Cody-Waite reduction `t = k ln 2 + r` and the Taylor polynomial of degree 11 in `r`
/// (`|r| <= ln(2)/2`, so the remainder is below 7e-15). Arguments below -708 are taken as -708.
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
pub(crate) fn exp_nonpositive(t: f64) -> f64 {
    const LOG2_E: f64 = std::f64::consts::LOG2_E;
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

    let t = if t < -708.0 { -708.0 } else { t };
    let shifted = t * LOG2_E + SHIFT;
    let k = shifted - SHIFT;
    let r = (t - k * LN2_HIGH) - k * LN2_LOW;
    let mut p = 1.0 / 39_916_800.0;
    p = p * r + 1.0 / 3_628_800.0;
    p = p * r + 1.0 / 362_880.0;
    p = p * r + 1.0 / 40_320.0;
    p = p * r + 1.0 / 5_040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    p = p * r + 1.0;
    p = p * r + 1.0;
    f64::from_bits(p.to_bits().wrapping_add(shifted.to_bits() << 52))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn exp_agrees_with_the_standard_library(t in -708.0..0.0f64) {
            let (got, want) = (exp_nonpositive(t), t.exp());
            prop_assert!((got - want).abs() <= 1e-14 * want, "{t}: {got} {want}");
        }

        #[test]
        fn powers_of_two_agree_with_the_standard_library(t in -1020.0..0.0f64) {
            let (got, want) = (exp2_nonpositive(t), t.exp2());
            prop_assert!((got - want).abs() <= 1e-15 * want, "{t}: {got} {want}");
        }
    }

    #[test]
    fn far_points_give_zero_to_any_purpose() {
        assert!(exp_nonpositive(-1e9) < 1e-306);
        assert!(exp2_nonpositive(-1e9) < 1e-306);
        assert_eq!(exp_nonpositive(0.0).to_bits(), 1.0f64.to_bits());
        assert_eq!(exp2_nonpositive(0.0).to_bits(), 1.0f64.to_bits());
    }
}
