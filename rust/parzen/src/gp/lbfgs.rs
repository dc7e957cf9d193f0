//! Minimisation of a smooth function in a box, by the projected L-BFGS method.
//!
//! The two-loop recursion of Nocedal and Wright ("Numerical Optimization", 2006, algorithm 7.4) on the coordinates
//! that are free; a coordinate at a bound whose gradient points outwards is held. Steps are projected
//! into the box and halved until the function has decreased enough (Armijo's rule).

/// Pairs of steps and gradient differences that are kept.
const MEMORY: usize = 8;
/// Part of the decrease that the gradient promises, which a step must reach.
const SUFFICIENT: f64 = 1e-4;

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// So many evaluations at most.
    pub evaluations: usize,
    /// A gradient whose projected components are all smaller is zero.
    pub gradient: f64,
    /// A step that gains less is the last.
    pub gain: f64,
    /// Length of the first step, in the largest component.
    pub first_step: f64,
}

/// The point with the least value that was found, and the value. `f(x, gradient)` returns the value at `x` and sets
/// the gradient; a value that is not finite counts as too large.
#[must_use]
pub fn minimise(
    mut f: impl FnMut(&[f64], &mut [f64]) -> f64,
    start: &[f64],
    bounds: &[(f64, f64)],
    limits: &Limits,
) -> (Vec<f64>, f64) {
    let n = start.len();
    let mut x: Vec<f64> = start
        .iter()
        .zip(bounds)
        .map(|(x, b)| x.clamp(b.0, b.1))
        .collect();
    let mut gradient = vec![0.0; n];
    let mut value = f(&x, &mut gradient);
    let mut left = limits.evaluations.saturating_sub(1);
    let mut memory: Vec<Pair> = Vec::new();
    let (mut trial, mut trial_gradient) = (vec![0.0; n], vec![0.0; n]);
    while value.is_finite() && left > 0 {
        let free: Vec<bool> = (0..n)
            .map(|i| {
                !(x[i] <= bounds[i].0 && gradient[i] > 0.0
                    || x[i] >= bounds[i].1 && gradient[i] < 0.0)
            })
            .collect();
        let steepest = (0..n)
            .filter(|i| free[*i])
            .map(|i| gradient[i].abs())
            .fold(0.0, f64::max);
        if steepest.is_nan() || steepest <= limits.gradient {
            break;
        }
        let mut direction = newton_direction(&gradient, &free, &memory);
        let slope = dot(&direction, &gradient);
        if slope.is_nan() || slope >= 0.0 {
            memory.clear();
            direction = newton_direction(&gradient, &free, &memory);
        }
        let mut step = if memory.is_empty() {
            limits.first_step / steepest
        } else {
            1.0
        };
        let mut accepted = false;
        while left > 0 {
            for i in 0..n {
                trial[i] = (x[i] + step * direction[i]).clamp(bounds[i].0, bounds[i].1);
            }
            let promised: f64 = (0..n).map(|i| gradient[i] * (trial[i] - x[i])).sum();
            let at = f(&trial, &mut trial_gradient);
            left -= 1;
            if at.is_finite() && at <= value + SUFFICIENT * promised {
                let gained = value - at;
                memory.push(Pair::new(&x, &trial, &gradient, &trial_gradient));
                memory.retain(|pair| pair.curvature > 0.0);
                if memory.len() > MEMORY {
                    memory.remove(0);
                }
                std::mem::swap(&mut x, &mut trial);
                std::mem::swap(&mut gradient, &mut trial_gradient);
                value = at;
                accepted = gained > limits.gain;
                break;
            }
            step *= if at.is_finite() { 0.4 } else { 0.1 };
            if step < 1e-10 {
                break;
            }
        }
        if !accepted {
            break;
        }
    }
    (x, value)
}

struct Pair {
    step: Vec<f64>,
    change: Vec<f64>,
    curvature: f64,
}

impl Pair {
    fn new(x: &[f64], to: &[f64], gradient: &[f64], at: &[f64]) -> Self {
        let step: Vec<f64> = to.iter().zip(x).map(|(a, b)| a - b).collect();
        let change: Vec<f64> = at.iter().zip(gradient).map(|(a, b)| a - b).collect();
        let product = dot(&step, &change);
        let resolved = product > 1e-10 * (dot(&step, &step) * dot(&change, &change)).sqrt();
        Self {
            curvature: if resolved { product } else { 0.0 },
            step,
            change,
        }
    }
}

fn newton_direction(gradient: &[f64], free: &[bool], memory: &[Pair]) -> Vec<f64> {
    let held = |q: &mut [f64]| {
        for (q, free) in q.iter_mut().zip(free) {
            if !free {
                *q = 0.0;
            }
        }
    };
    let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
    held(&mut q);
    let mut factors = Vec::with_capacity(memory.len());
    for pair in memory.iter().rev() {
        let factor = dot(&pair.step, &q) / pair.curvature;
        for (q, change) in q.iter_mut().zip(&pair.change) {
            *q -= factor * change;
        }
        factors.push(factor);
    }
    if let Some(last) = memory.last() {
        let scale = last.curvature / dot(&last.change, &last.change);
        for q in &mut q {
            *q *= scale;
        }
    }
    for (pair, factor) in memory.iter().zip(factors.iter().rev()) {
        let back = dot(&pair.change, &q) / pair.curvature;
        for (q, step) in q.iter_mut().zip(&pair.step) {
            *q += (factor - back) * step;
        }
    }
    held(&mut q);
    q
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits {
        evaluations: 400,
        gradient: 1e-9,
        gain: 0.0,
        first_step: 0.1,
    };

    #[test]
    fn a_step_that_does_not_lead_down_is_refused() {
        let lies = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = -1.0;
            1e-6 * x[0]
        };
        assert_eq!(
            minimise(lies, &[0.0], &[(-1.0, 1.0)], &LIMITS),
            (vec![0.0], 0.0)
        );
    }

    fn rosenbrock(x: &[f64], gradient: &mut [f64]) -> f64 {
        let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
        gradient[0] = -2.0 * a - 400.0 * x[0] * b;
        gradient[1] = 200.0 * b;
        a * a + 100.0 * b * b
    }

    #[test]
    fn the_valley_is_followed_to_its_end() {
        let (x, value) = minimise(rosenbrock, &[-1.2, 1.0], &[(-5.0, 5.0); 2], &LIMITS);
        assert!(value < 1e-12 && (x[0] - 1.0).abs() < 1e-5, "{x:?} {value}");
    }

    // With x0 <= 1/2 the least value is at (1/2, 1/4).
    #[test]
    fn bounds_hold() {
        let (x, value) = minimise(
            rosenbrock,
            &[-1.2, 1.0],
            &[(-5.0, 0.5), (-5.0, 5.0)],
            &LIMITS,
        );
        assert!((value - 0.25).abs() < 1e-9 && x[0] == 0.5, "{x:?} {value}");
        assert!((x[1] - 0.25).abs() < 1e-6);
    }

    #[test]
    fn values_that_are_not_finite_are_walked_around() {
        let f = |x: &[f64], gradient: &mut [f64]| {
            gradient[0] = 1.0 - 1.0 / x[0];
            if x[0] > 0.0 {
                x[0] - x[0].ln()
            } else {
                f64::NAN
            }
        };
        let (x, _) = minimise(f, &[9.0], &[(-10.0, 10.0)], &LIMITS);
        assert!((x[0] - 1.0).abs() < 1e-5, "{x:?}");
    }

    #[test]
    fn the_number_of_evaluations_is_bounded() {
        let mut count = 0;
        let f = |x: &[f64], gradient: &mut [f64]| {
            count += 1;
            rosenbrock(x, gradient)
        };
        let limits = Limits {
            evaluations: 7,
            ..LIMITS
        };
        let _ = minimise(f, &[-1.2, 1.0], &[(-5.0, 5.0); 2], &limits);
        assert_eq!(count, 7);
    }
}
