//! What a Gaussian process is worth: how well it predicts each loss from the others.

use super::hyper::Hyper;
use super::points::Points;
use super::posterior::Posterior;
use crate::space::Space;

/// How much of the variance of the losses of the `among` best trials the process predicts from all other losses: 1 for all
/// of it, 0 for as much as their mean does.
#[must_use]
pub fn skill(
    points: &Points,
    losses: &[f64],
    logarithms: &[f64],
    offset: f64,
    among: usize,
) -> f64 {
    let hyper = Hyper::from_logarithms(logarithms);
    let mut best: Vec<usize> = (0..losses.len()).collect();
    best.sort_by(|a, b| losses[*a].total_cmp(&losses[*b]));
    best.truncate(among);
    let n = best.len() as f64;
    let mean = best.iter().map(|i| losses[*i]).sum::<f64>() / n;
    let square = |x: f64| x * x;
    let by_mean: f64 = best.iter().map(|i| square(losses[*i] - mean)).sum();
    let by_mean = by_mean * (n / (n - 1.0)) * (n / (n - 1.0));
    let Some(posterior) = Posterior::new(points.clone(), losses, hyper, offset, 0) else {
        return 0.0;
    };
    let predictions = posterior.leave_one_out(losses);
    let errors = best
        .iter()
        .map(|i| square(predictions[*i].mean - losses[*i]));
    let skill = 1.0 - errors.sum::<f64>() / by_mean;
    if skill.is_nan() { 0.0 } else { skill }
}

/// Among how many of the best of `n` trials the skill counts: all of them where every parameter is always active, and the
/// better half where branches differ.
///
/// Between branches it is easy to predict which is bad; what the next trial needs is to tell the good ones apart.
#[must_use]
pub fn judged(space: &Space, n: usize) -> usize {
    if space.is_conditional() {
        n.div_ceil(2).max(8)
    } else {
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    /// Forty points of a choice of two branches and a number, and a loss that jumps from branch to branch.
    fn branches(within: impl Fn(f64) -> f64) -> (Points, Vec<f64>) {
        let mut rng = stream(1, 0, 0);
        let mut points = Points::of_kinds([true, false].into_iter());
        let losses = (0..40).map(|i| {
            let (branch, x) = (f64::from(i % 2), rng.uniform());
            points.push(&[branch, x]);
            20.0 * branch + within(x)
        });
        let losses = losses.collect();
        (points, losses)
    }

    fn both(within: impl Fn(f64) -> f64) -> (f64, f64) {
        let (points, losses) = branches(within);
        let logarithms = [0.0, -1.0, 4.0, -2.0];
        let of = |among| skill(&points, &losses, &logarithms, 1.0, among);
        (of(40), of(20))
    }

    #[test]
    fn branches_that_differ_are_no_skill_among_the_good() {
        let rough = |x: f64| f64::from((1e4 * x).sin() > 0.0);
        let (all, good) = both(rough);
        assert!(all > 0.99, "{all}");
        assert!(good < 0.3, "{good}");
    }

    #[test]
    fn what_is_smooth_is_predicted_among_the_good() {
        let (all, good) = both(|x| 3.0 * (x - 0.3) * (x - 0.3));
        assert!(all > 0.99, "{all}");
        assert!(good > 0.9, "{good}");
    }

    #[test]
    fn no_variance_is_no_skill() {
        let mut points = Points::of_kinds([false].into_iter());
        points.push(&[0.1]);
        points.push(&[0.7]);
        let skill = skill(&points, &[1.0, 1.0], &[0.0, 0.0, -6.0], 1.0, 2);
        assert!(skill <= 0.0, "{skill}");
    }
}
