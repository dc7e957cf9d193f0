//! Random spaces and histories whose numbers have any scale a double has.

use parzen::prior::Prior;
use parzen::rng::{Rng, stream};
use parzen::space::{Param, Space};

/// Everything that one case needs; its number makes all of it.
pub struct Case {
    /// The priors as they were asked for, for messages.
    pub written: Vec<(&'static str, Vec<f64>)>,
    /// The space, if its priors were accepted.
    pub space: Result<Space, String>,
    /// Dice for the history.
    pub dice: Rng,
}

/// Families by name, with the number of their arguments.
const FAMILIES: [(&str, usize); 10] = [
    ("uniform", 2),
    ("quniform", 3),
    ("loguniform", 2),
    ("qloguniform", 3),
    ("normal", 2),
    ("qnormal", 3),
    ("lognormal", 2),
    ("qlognormal", 3),
    ("randint", 2),
    ("categorical", 0),
];

impl Case {
    /// The case of a number.
    pub fn new(number: u64) -> Self {
        let mut dice = stream(0x5ca1e, number, 0);
        let count = 1 + dice.below(3);
        let written = (0..count).map(|_| prior(&mut dice)).collect();
        Self::of(written, dice)
    }

    /// A case of these priors.
    pub fn of(written: Vec<(&'static str, Vec<f64>)>, mut dice: Rng) -> Self {
        let mut params = Vec::new();
        let mut refused = None;
        for (i, (family, args)) in written.iter().enumerate() {
            let label = format!("p{i}");
            match Prior::from_family(&label, family, args) {
                Ok(prior) => {
                    let conditions = condition(&params, &mut dice);
                    params.push(Param {
                        label,
                        prior,
                        conditions: Some(vec![conditions]),
                    });
                }
                Err(error) => refused = Some(error.to_string()),
            }
        }
        let space = match refused {
            Some(message) => Err(message),
            None => Space::new(params).map_err(|error| error.to_string()),
        };
        Self {
            written,
            space,
            dice,
        }
    }
}

/// Active always, or with one value of an earlier discrete parameter.
fn condition(params: &[Param], dice: &mut Rng) -> Vec<(usize, i64)> {
    let discrete = (0..params.len()).filter(|i| params[*i].prior.is_discrete());
    let parents: Vec<usize> = discrete.collect();
    if parents.is_empty() || dice.below(2) == 0 {
        return Vec::new();
    }
    let parent = pick(&parents, dice);
    let value = params[parent].prior.sample(dice);
    vec![(parent, value as i64)]
}

/// A family and arguments. Half of the time they are related as arguments mostly are, at any scale.
fn prior(dice: &mut Rng) -> (&'static str, Vec<f64>) {
    let (family, count) = FAMILIES[index(FAMILIES.len(), dice)];
    if family == "categorical" {
        return (family, probabilities(dice));
    }
    if family == "randint" {
        return (family, integers(dice));
    }
    let is_log = family.contains("log");
    let mut args: Vec<f64> = (0..count).map(|_| number(dice)).collect();
    if is_log {
        for x in &mut args[..2] {
            if dice.below(4) > 0 {
                *x = 1500.0 * dice.uniform() - 800.0;
            }
        }
    }
    let is_bounded = family.contains("uniform");
    if is_bounded && dice.below(4) > 0 {
        // High lies a given part of low, or so many doubles, above it.
        args[1] = match dice.below(4) {
            0 => (0..=dice.below(4)).fold(args[0], |x, _| x.next_up()),
            _ => args[0] + args[0].abs().max(f64::MIN_POSITIVE) * number(dice).abs(),
        };
    } else if dice.below(2) > 0 {
        args[1] = args[0].abs() * number(dice).abs();
    }
    if is_bounded && args[0] > args[1] {
        args.swap(0, 1);
    }
    if !is_bounded {
        args[1] = args[1].abs();
    }
    if count == 3 {
        let natural = |x: f64| if is_log { x.exp() } else { x };
        let scale = match dice.below(3) {
            0 => natural(args[1]) - natural(args[0]),
            1 => natural(args[1]),
            _ => 1.0,
        };
        let ratio = if dice.below(2) == 0 {
            1.0 / (1.0 + 200.0 * dice.uniform())
        } else {
            number(dice)
        };
        args[2] = (scale * ratio).abs();
    }
    (family, args)
}

/// A number of any sign and scale; often an everyday one, or one at a limit.
pub fn number(dice: &mut Rng) -> f64 {
    const EDGES: [f64; 20] = [
        0.0,
        f64::MIN_POSITIVE,
        5e-324,
        f64::MAX,
        1e308,
        1e300,
        1e154,
        1e-154,
        9_223_372_036_854_775_808.0,
        9_007_199_254_740_992.0,
        4_503_599_627_370_496.0,
        1.0,
        f64::EPSILON,
        1e15,
        9.99e14,
        1e-15,
        18_446_744_073_709_551_616.0,
        5e15,
        1e299,
        709.0,
    ];
    let sign = if dice.below(2) == 0 { 1.0 } else { -1.0 };
    sign * match dice.below(8) {
        0 => EDGES[index(EDGES.len(), dice)],
        1 | 2 => 10_f64.powf(632.0 * dice.uniform() - 323.0),
        3 => 10_f64.powf(40.0 * dice.uniform() - 20.0),
        4 => (10.0 * dice.uniform()).round(),
        5 => 2_f64.powf((130.0 * dice.uniform()).floor() - 65.0),
        _ => 10.0 * dice.uniform(),
    }
}

fn probabilities(dice: &mut Rng) -> Vec<f64> {
    let count = 1 + dice.below(6);
    let mut weights: Vec<f64> = (0..count).map(|_| number(dice).abs().min(1e300)).collect();
    let sum: f64 = weights.iter().sum();
    for weight in &mut weights {
        *weight /= sum;
    }
    weights
}

fn integers(dice: &mut Rng) -> Vec<f64> {
    let width = match dice.below(4) {
        0 => 10_f64.powf(16.0 * dice.uniform()),
        _ => 12.0 * dice.uniform(),
    };
    let low = match dice.below(3) {
        0 => number(dice).clamp(-1e16, 1e16),
        1 => (20.0 * dice.uniform()) - 10.0,
        _ => 0.0,
    };
    vec![low.round(), (low + 1.0 + width).round()]
}

pub fn index(n: usize, dice: &mut Rng) -> usize {
    usize::try_from(dice.below(n as u64)).unwrap_or(0)
}

pub fn pick<T: Copy>(of: &[T], dice: &mut Rng) -> T {
    of[index(of.len(), dice)]
}
