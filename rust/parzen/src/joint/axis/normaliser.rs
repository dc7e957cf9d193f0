//! Normalisers of Gaussian kernels on an axis.

use super::{Axis, Shape};
use crate::numerics::special::LN_SQRT_2_PI;
use std::f64::consts::FRAC_1_SQRT_2;

/// Beyond so many standard deviations a Gaussian has no mass that a double can tell from 0.
const NEGLIGIBLE: f64 = 8.5;

/// `ln c` such that `c exp(-((x - centre) / scale)^2 / 2)` integrates to 1 over the axis.
///
/// On a line the integral is over the line, or over [0, 1] if it is bounded, and `centre` lies there.
/// On levels it is the sum over the values, each with the width of its cell: the density times the
/// width is a probability.
#[must_use]
pub fn log_normaliser(axis: &Axis, centre: f64, scale: f64) -> f64 {
    match axis.shape() {
        Shape::Line { bounded } => {
            let inside = if *bounded { mass(centre, scale) } else { 1.0 };
            -libm::log(scale * inside) - LN_SQRT_2_PI
        }
        Shape::Levels { places, widths } => -libm::log(
            places
                .iter()
                .zip(widths)
                .map(|(p, w)| w * gaussian((p - centre) / scale))
                .sum::<f64>(),
        ),
        Shape::Options { .. } => 0.0,
    }
}

/// `exp(-z^2 / 2)`.
#[must_use]
pub fn gaussian(z: f64) -> f64 {
    if z.abs() > 38.7 {
        0.0
    } else {
        libm::exp(-0.5 * z * z)
    }
}

/// Mass of a Gaussian on [0, 1], for a centre there.
fn mass(centre: f64, scale: f64) -> f64 {
    let outside = |z: f64| {
        if z > NEGLIGIBLE {
            0.0
        } else {
            0.5 * libm::erfc(z * FRAC_1_SQRT_2)
        }
    };
    1.0 - outside(centre / scale) - outside((1.0 - centre) / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::prior::Prior;

    #[test]
    fn kernels_integrate_to_one() {
        let families: [(&str, &[f64]); 4] = [
            ("uniform", &[0.0, 1.0]),
            ("quniform", &[0.0, 10.0, 1.0]),
            ("qloguniform", &[0.0, 3.0, 1.0]),
            ("normal", &[0.0, 1.0]),
        ];
        for (family, args) in families {
            let axis = Axis::new(&Prior::from_family("x", family, args).unwrap(), false);
            for centre in [0.0, 0.03, 0.5, 0.98, 1.0] {
                for scale in [0.05, 0.3, 1.0, 1.4] {
                    let c = log_normaliser(&axis, centre, scale).exp();
                    let density = |x: f64| c * gaussian((x - centre) / scale);
                    let total: f64 = match axis.shape() {
                        Shape::Levels { places, widths } => places
                            .iter()
                            .zip(widths)
                            .map(|(p, w)| w * density(*p))
                            .sum(),
                        Shape::Line { bounded } => {
                            let (low, high) = if *bounded { (0.0, 1.0) } else { (-14.0, 15.0) };
                            let n = 400_000;
                            let h = (high - low) / f64::from(n);
                            (0..n)
                                .map(|i| h * density(low + h * (f64::from(i) + 0.5)))
                                .sum()
                        }
                        Shape::Options { .. } => unreachable!(),
                    };
                    assert!(
                        (total - 1.0).abs() < 1e-8,
                        "{family} {centre} {scale} {total}"
                    );
                }
            }
        }
    }
}
