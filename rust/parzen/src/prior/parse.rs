//! From a family's name and arguments to a prior, with every check at one place.

use std::fmt::Display;

use super::limits;
use super::{Categorical, MAX_EXACT_INTEGER, Numeric, Prior, Support, exact_integer};
use crate::error::{Error, Result};

/// Largest exponent whose exponential is a finite double.
const MAX_EXPONENT: f64 = 709.782_712_893_384;

/// How far written probabilities may be from summing to 1.
const SUM_TOLERANCE: f64 = 1e-6;

impl Prior {
    /// Builds the prior that `family` names, checking every argument.
    ///
    /// `label` is only used in messages.
    ///
    /// # Errors
    /// When the family is unknown, when the number of arguments is wrong, and when an argument is
    /// out of place: bounds that are not finite or not increasing, exponents beyond the range of a
    /// double, sigma or q not positive, `randint` bounds that are no integers or leave no value,
    /// probabilities that are negative or do not sum to 1 within 1e-6.
    pub fn from_family(label: &str, family: &str, args: &[f64]) -> Result<Self> {
        prior(label, family, args)
    }
}

fn prior(label: &str, family: &str, args: &[f64]) -> Result<Prior> {
    let arguments = Arguments {
        label,
        family,
        args,
    };
    match family {
        "uniform" => arguments.bounded(false, false),
        "quniform" => arguments.bounded(false, true),
        "loguniform" => arguments.bounded(true, false),
        "qloguniform" => arguments.bounded(true, true),
        "normal" => arguments.gaussian(false, false),
        "qnormal" => arguments.gaussian(false, true),
        "lognormal" => arguments.gaussian(true, false),
        "qlognormal" => arguments.gaussian(true, true),
        "randint" => arguments.randint(),
        "categorical" => arguments.categorical(),
        _ => Err(Error::UnknownFamily {
            label: label.to_owned(),
            family: family.to_owned(),
        }),
    }
}

/// What was given, for messages.
#[derive(Clone, Copy)]
struct Arguments<'a> {
    label: &'a str,
    family: &'a str,
    args: &'a [f64],
}

impl Arguments<'_> {
    fn bounded(self, log: bool, quantised: bool) -> Result<Prior> {
        let names = if quantised {
            "low, high, q"
        } else {
            "low, high"
        };
        let (low, high, q) = self.two_and_quantum(names, quantised)?;
        self.check("low", low, low.is_finite(), "it must be finite")?;
        self.check("high", high, high.is_finite(), "it must be finite")?;
        self.check(
            "high",
            high,
            low < high,
            format_args!("it must be greater than low={low:?}"),
        )?;
        if log {
            let rule = format_args!(
                "bounds are exponents (natural log) and exp(high) overflows; did you mean \
                 high=log({high:?})={:.4}?",
                high.ln()
            );
            self.check("high", high, high <= MAX_EXPONENT, rule)?;
        }
        self.check(
            "high",
            high,
            (high - low).is_finite(),
            "high - low must be finite",
        )?;
        self.in_scale(Numeric {
            log,
            support: Support::Bounded { low, high },
            q,
        })
    }

    fn gaussian(self, log: bool, quantised: bool) -> Result<Prior> {
        let names = if quantised {
            "mu, sigma, q"
        } else {
            "mu, sigma"
        };
        let (mu, sigma, q) = self.two_and_quantum(names, quantised)?;
        self.check("mu", mu, mu.is_finite(), "it must be finite")?;
        self.check_positive("sigma", sigma)?;
        if log {
            let rule = "mu is an exponent (natural log) and exp(mu) overflows";
            self.check("mu", mu, mu <= MAX_EXPONENT, rule)?;
        }
        self.in_scale(Numeric {
            log,
            support: Support::Gaussian { mu, sigma },
            q,
        })
    }

    fn in_scale(self, numeric: Numeric) -> Result<Prior> {
        match limits::check(&numeric) {
            Ok(()) => Ok(Prior::Numeric(numeric)),
            Err(limits::Violation {
                argument,
                value,
                rule,
            }) => Err(self.invalid(argument, value, rule)),
        }
    }

    fn randint(self) -> Result<Prior> {
        let (low, high) = match *self.args {
            [high] => (0.0, high),
            [low, high] => (low, high),
            _ => return Err(self.wrong_count("low, high")),
        };
        let low = self.integer("low", low)?;
        let high = self.integer("high", high)?;
        let rule =
            format_args!("it must be greater than low={low}, so that there is a value to draw");
        #[allow(clippy::cast_precision_loss)] // came from a double
        self.check("high", high as f64, low < high, rule)?;
        Ok(Prior::Categorical(Categorical::uniform(
            low,
            high.abs_diff(low),
        )))
    }

    fn categorical(self) -> Result<Prior> {
        if self.args.is_empty() {
            return Err(self.wrong_count("p0, p1, ... with at least one option"));
        }
        for (i, &p) in self.args.iter().enumerate() {
            let rule = "a probability must lie between 0 and 1";
            self.check(&format!("p[{i}]"), p, (0.0..=1.0).contains(&p), rule)?;
        }
        let sum: f64 = self.args.iter().sum();
        let rule = "the probabilities of the options must sum to 1 (within 1e-6)";
        self.check("sum(p)", sum, (sum - 1.0).abs() <= SUM_TOLERANCE, rule)?;
        Ok(Prior::Categorical(Categorical::weighted(
            self.args.to_vec(),
        )))
    }

    fn two_and_quantum(
        self,
        names: &'static str,
        quantised: bool,
    ) -> Result<(f64, f64, Option<f64>)> {
        match *self.args {
            [first, second] if !quantised => Ok((first, second, None)),
            [first, second, q] if quantised => {
                self.check_positive("q", q)?;
                Ok((first, second, Some(q)))
            }
            _ => Err(self.wrong_count(names)),
        }
    }

    fn check_positive(self, argument: &str, value: f64) -> Result<()> {
        self.check(
            argument,
            value,
            value.is_finite() && value > 0.0,
            "it must be positive and finite",
        )
    }

    fn integer(self, argument: &str, value: f64) -> Result<i64> {
        let rule = format_args!("it must be a whole number of magnitude up to {MAX_EXACT_INTEGER}");
        exact_integer(value).ok_or_else(|| self.invalid(argument, value, rule))
    }

    fn check(self, argument: &str, value: f64, holds: bool, rule: impl Display) -> Result<()> {
        if holds {
            Ok(())
        } else {
            Err(self.invalid(argument, value, rule))
        }
    }

    fn invalid(self, argument: &str, value: f64, rule: impl Display) -> Error {
        Error::InvalidArgument {
            label: self.label.to_owned(),
            family: self.family.to_owned(),
            argument: argument.to_owned(),
            value: format!("{value:?}"),
            rule: rule.to_string(),
        }
    }

    fn wrong_count(self, expected: &'static str) -> Error {
        Error::WrongArgumentCount {
            label: self.label.to_owned(),
            family: self.family.to_owned(),
            expected,
            given: self.args.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_that_break_a_rule_are_named() {
        let nan = f64::NAN;
        let inf = f64::INFINITY;
        let rejected: [(&str, &[f64], &str); 26] = [
            ("uniform", &[5.0, 1.0], "high=1.0"),
            ("uniform", &[5.0, 0.0], "high=0.0"),
            ("uniform", &[0.0, -5.0], "high=-5.0"),
            ("uniform", &[0.0, 0.0], "high=0.0"),
            ("uniform", &[nan, 1.0], "low=NaN"),
            ("uniform", &[0.0, inf], "high=inf"),
            ("uniform", &[-1e308, 1e308], "high - low must be finite"),
            ("uniform", &[0.0], "expected arguments (low, high), got 1"),
            ("uniform", &[0.0, 1.0, 1.0], "got 3"),
            ("quniform", &[0.0, 1.0], "low, high, q"),
            ("quniform", &[0.0, 1.0, 0.0], "q=0.0"),
            ("quniform", &[0.0, 1.0, -1.0], "q=-1.0"),
            (
                "loguniform",
                &[0.0, 1000.0],
                "did you mean high=log(1000.0)=6.9078?",
            ),
            ("normal", &[0.0, 0.0], "sigma=0.0"),
            ("normal", &[0.0, -1.0], "sigma=-1.0"),
            ("normal", &[nan, 1.0], "mu=NaN"),
            ("qlognormal", &[0.0, 1.0, nan], "q=NaN"),
            ("randint", &[2.7], "high=2.7"),
            ("randint", &[0.0], "high=0.0"),
            ("randint", &[5.0, 3.0], "high=3.0"),
            ("randint", &[0.0, 1e300], "whole number"),
            ("categorical", &[], "at least one option"),
            ("categorical", &[0.1, 0.2], "sum(p)"),
            ("categorical", &[1.0, 2.0], "p[1]=2.0"),
            ("categorical", &[1.5, -0.5], "p[0]=1.5"),
            ("gamma", &[1.0], "unknown family \"gamma\""),
        ];
        for (family, args, fragment) in rejected {
            let message = Prior::from_family("lr", family, args)
                .unwrap_err()
                .to_string();
            assert!(
                message.contains(fragment) && message.contains("\"lr\""),
                "{message}"
            );
        }
    }

    #[test]
    fn integral_floats_and_tiny_rounding_are_accepted() {
        assert!(Prior::from_family("k", "randint", &[3.0]).is_ok());
        assert!(Prior::from_family("k", "randint", &[-3.0, 2.0]).is_ok());
        assert!(Prior::from_family("k", "randint", &[0.0, 1_099_511_627_776.0]).is_ok());
        assert!(Prior::from_family("k", "categorical", &[0.1; 10]).is_ok());
        assert!(Prior::from_family("k", "categorical", &[0.0, 1.0]).is_ok());
        assert!(Prior::from_family("k", "loguniform", &[-1000.0, 0.0]).is_ok());
    }
}
