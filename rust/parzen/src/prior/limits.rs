//! What a double cannot represent: priors whose arguments are of scales too far apart.
//!
//! A double has 53 significant bits. Where the bounds, the mean, the width and the quantum of a prior
//! differ by more than that, draws are all the same, multiples of the quantum are no multiples any
//! more, and differences of values are noise. Such priors are refused when they are made, so that
//! no algorithm has to ask.

use super::{Numeric, Support};

/// No argument is larger: sums, differences and products with small factors stay finite.
pub const LARGEST: f64 = 1e300;

/// No width and no quantum is smaller: its inverse, and that times a few values, are finite.
pub const SMALLEST: f64 = 1e-300;

/// The largest ratio of a value to the width around it, about 1/8 of what 53 bits tell apart.
pub const RESOLVED: f64 = 1e15;

/// Up to this many quanta all multiples of any quantum are told apart: 2^53. Beyond, those of a power of
/// two are exact, but every other one is missing.
pub const COUNTABLE: f64 = 9_007_199_254_740_992.0;

/// ln of the smallest normal double.
const LEAST_EXPONENT: f64 = -708.396_418_532_264_1;

/// ln of the largest double.
const MAX_EXPONENT: f64 = 709.782_712_893_384;

/// How many standard deviations of a normal prior matter when its values are rounded.
const DEVIATIONS: f64 = 6.0;

/// An argument that breaks a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Violation {
    /// Name of the argument.
    pub argument: &'static str,
    /// Its value.
    pub value: f64,
    /// The rule, and what to do.
    pub rule: String,
}

/// Checks the scales of a prior whose arguments are finite and in order.
///
/// # Errors
/// The first argument that is out of scale.
pub fn check(prior: &Numeric) -> Result<(), Violation> {
    let (places, width) = match prior.support {
        Support::Bounded { low, high } => {
            ([("low", low), ("high", high)], ("high - low", high - low))
        }
        Support::Gaussian { mu, sigma } => ([("mu", mu), ("sigma", sigma)], ("sigma", sigma)),
    };
    let quantum = prior.q.map(|q| ("q", q));
    for (argument, value) in places.into_iter().chain(quantum) {
        if value.abs() > LARGEST {
            let rule = format!("its magnitude must be at most {LARGEST:e}; rescale the parameter");
            return violation(argument, value, rule);
        }
    }
    for (argument, value) in [width].into_iter().chain(quantum) {
        if value < SMALLEST {
            let rule = format!("it must be at least {SMALLEST:e}; rescale the parameter");
            return violation(argument, value, rule);
        }
    }
    check_exponents(prior)?;
    check_width(prior, width)?;
    prior.q.map_or(Ok(()), |q| check_quantum(prior, q))
}

/// Values of logarithmic families must not all underflow.
fn check_exponents(prior: &Numeric) -> Result<(), Violation> {
    let (argument, top) = match prior.support {
        Support::Bounded { high, .. } => ("high", high),
        Support::Gaussian { mu, .. } => ("mu", mu),
    };
    if prior.log && top < LEAST_EXPONENT {
        let rule = format!(
            "it is an exponent (natural log), and exp({argument}) is 0 to a double; it must be at \
             least {LEAST_EXPONENT:.1}"
        );
        return violation(argument, top, rule);
    }
    Ok(())
}

/// Doubles must be closer to each other than the prior is wide.
fn check_width(prior: &Numeric, (name, width): (&'static str, f64)) -> Result<(), Violation> {
    let largest = match prior.support {
        Support::Bounded { low, high } => low.abs().max(high.abs()),
        Support::Gaussian { mu, .. } => mu.abs(),
    };
    // Neighbours of a logarithm near 0 have exponentials near 1, which are told apart less finely.
    let largest = if prior.log { largest.max(1.0) } else { largest };
    if largest <= RESOLVED * width {
        return Ok(());
    }
    let remedy = if prior.log {
        "give the parameter a wider range, or write a constant"
    } else {
        "give the difference a parameter of its own and add the constant in the objective"
    };
    let rule = format!(
        "values near {largest:?} cannot be told apart on that scale, as doubles have 16 digits; {remedy}"
    );
    violation(name, width, rule)
}

/// Multiples of the quantum must be told apart, and not all values may be rounded to the same one.
fn check_quantum(prior: &Numeric, q: f64) -> Result<(), Violation> {
    let exp = |z: f64| libm::exp(z.min(MAX_EXPONENT));
    // The largest value that is common, and how far values lie from each other at most.
    let (largest, spread) = match (prior.support, prior.log) {
        (Support::Bounded { low, high }, false) => (low.abs().max(high.abs()), high - low),
        (Support::Bounded { high, .. }, true) => (exp(high), exp(high)),
        (Support::Gaussian { mu, sigma }, false) => (mu.abs() + sigma, sigma),
        (Support::Gaussian { mu, sigma }, true) => (exp(mu), exp(mu + DEVIATIONS * sigma)),
    };
    let quanta = (largest / q).min(f64::MAX);
    if quanta > COUNTABLE {
        let rule = format!(
            "values near {largest:?} are {quanta:.1e} times as large, and doubles have 16 digits, so \
             multiples of q cannot be told apart; make q larger, or leave the rounding out"
        );
        return violation("q", q, rule);
    }
    if q / RESOLVED > spread {
        let rule = format!(
            "values lie within {spread:.1e} of each other, so that all of them are rounded to the same \
             one; make q smaller, or write a constant"
        );
        return violation("q", q, rule);
    }
    Ok(())
}

fn violation(argument: &'static str, value: f64, rule: String) -> Result<(), Violation> {
    Err(Violation {
        argument,
        value,
        rule,
    })
}

#[cfg(test)]
mod tests {
    use crate::prior::Prior;

    #[test]
    fn scales_too_far_apart_are_refused_with_the_argument_and_the_reason() {
        let rejected: [(&str, &[f64], &str, &str); 20] = [
            ("qnormal", &[9.2e18, 4.0, 2.3], "sigma=4.0", "told apart"),
            (
                "qlognormal",
                &[3.0, 1e-20, 8.0],
                "sigma=1e-20",
                "wider range",
            ),
            (
                "quniform",
                &[-1.49, -1.0, 2.1e-38],
                "q=2.1e-38",
                "make q larger",
            ),
            ("quniform", &[-1e308, -8e268, 5.7], "low=-1e308", "rescale"),
            ("quniform", &[-1e300, -8e268, 5.7], "q=5.7", "make q larger"),
            (
                "quniform",
                &[0.0, 1e20, 1e-300],
                "q=1e-300",
                "make q larger",
            ),
            ("quniform", &[0.0, 1e20, 3.0], "q=3.0", "make q larger"),
            ("quniform", &[0.0, 1.0, 1e16], "q=1e16", "write a constant"),
            ("normal", &[0.0, 1e308], "sigma=1e308", "at most 1e300"),
            ("normal", &[1e301, 1e300], "mu=1e301", "at most 1e300"),
            ("normal", &[0.0, 1e-301], "sigma=1e-301", "at least 1e-300"),
            ("normal", &[1.0, 1e-16], "sigma=1e-16", "told apart"),
            ("lognormal", &[0.0, 1e-16], "sigma=1e-16", "told apart"),
            ("lognormal", &[-800.0, 1.0], "mu=-800.0", "exponent"),
            ("uniform", &[0.0, 1e301], "high=1e301", "at most 1e300"),
            (
                "uniform",
                &[0.0, 1e-310],
                "high - low=1e-310",
                "at least 1e-300",
            ),
            (
                "uniform",
                &[1.0, 1.0 + f64::EPSILON],
                "high - low=",
                "told apart",
            ),
            ("loguniform", &[-900.0, -800.0], "high=-800.0", "exponent"),
            (
                "loguniform",
                &[0.0, 1e-16],
                "high - low=1e-16",
                "wider range",
            ),
            (
                "qloguniform",
                &[-99.0, -90.0, 1.0],
                "q=1.0",
                "write a constant",
            ),
        ];
        for (family, args, argument, reason) in rejected {
            let message = Prior::from_family("x", family, args)
                .unwrap_err()
                .to_string();
            assert!(
                message.contains(argument) && message.contains(reason),
                "{message}"
            );
        }
    }

    #[test]
    fn scales_that_people_use_are_accepted() {
        let accepted: [(&str, &[f64]); 12] = [
            ("quniform", &[0.0, 9_007_199_254_740_992.0, 1.0]),
            ("quniform", &[0.0, 4_294_967_295.0, 1e-3]),
            ("quniform", &[0.4, 0.6, 100.0]),
            ("qlognormal", &[0.0, 20.0, 1.0]),
            ("qlognormal", &[-50.0, 50.0, 1.0]),
            ("qloguniform", &[0.0, 20.0, 1.0]),
            ("loguniform", &[-1000.0, 0.0]),
            ("loguniform", &[-700.0, 700.0]),
            ("normal", &[1e9, 1e-3]),
            ("normal", &[0.0, 1e-200]),
            ("uniform", &[1e15, 1e15 + 2.0]),
            ("uniform", &[-1e299, 1e299]),
        ];
        for (family, args) in accepted {
            assert!(
                Prior::from_family("x", family, args).is_ok(),
                "{family} {args:?}"
            );
        }
    }
}
