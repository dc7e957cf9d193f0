//! Losses on a scale on which a Gaussian process can be right about them.
//!
//! Only what is better than the median tells where the search should go. So the worse half is replaced by what a
//! normal distribution with the better half's spread would have at its ranks: an outlier of 10^6 is just the worst of n
//! (the half-rank warping of Song et al., "The Vizier Gaussian Process Bandit Algorithm", 2024, arXiv 2408.11527,
//! section 3.3). The result has mean 0 and standard deviation 1.

use crate::numerics::special::normal_quantile;

/// The transformed losses, in the order given, the better the lower. All of them 0 if all are equal.
///
/// # Panics
/// When a loss is not finite.
#[must_use]
pub fn warped(losses: &[f64]) -> Vec<f64> {
    assert!(losses.iter().all(|l| l.is_finite()), "finite losses");
    // Differences of the largest doubles overflow.
    let huge = losses.iter().any(|l| l.abs() > 1e300);
    let mut out: Vec<f64> = losses
        .iter()
        .map(|l| if huge { l / 16.0 } else { *l })
        .collect();
    halve(&mut out);
    standardise(&mut out);
    out
}

/// Indices by value, and for each value the mean of the positions (counted from 0) of all that equal it.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut out = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let mut end = first + 1;
        while end < order.len() && values[order[end]] == values[order[first]] {
            end += 1;
        }
        for i in &order[first..end] {
            out[*i] = 0.5 * (first + end - 1) as f64;
        }
        first = end;
    }
    out
}

/// Puts the median at 0, scales what is better by its spread, and replaces what is worse by the normal quantiles of its
/// ranks.
fn halve(values: &mut [f64]) {
    let n = values.len();
    if n == 0 {
        return;
    }
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
    let gaps: Vec<f64> = sorted
        .iter()
        .map(|v| median - v)
        .take_while(|gap| *gap > 0.0)
        .collect();
    // Without anything better than the median, half of the losses are the best one, and any scale will do.
    let deviation = gaps.first().map_or(1.0, |widest| {
        let squares: f64 = gaps.iter().map(|gap| (gap / widest) * (gap / widest)).sum();
        widest * (squares / gaps.len() as f64).sqrt()
    });
    let ranks = ranks(values);
    for (value, rank) in values.iter_mut().zip(ranks) {
        *value = if *value > median {
            normal_quantile((rank + 0.5) / n as f64).max(0.0)
        } else {
            (*value - median) / deviation
        };
    }
}

fn standardise(values: &mut [f64]) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
    let deviation = variance.sqrt();
    let spread = values.iter().any(|v| *v != values[0]);
    for value in values {
        *value = if spread && deviation > 0.0 {
            (*value - mean) / deviation
        } else {
            0.0
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The quantiles at (rank + 1/2) / n of the worse half, 0.31864 and 1.15035; the better half's deviation is
    // sqrt((1.5^2 + 0.5^2) / 2).
    #[test]
    fn what_is_worse_than_the_median_stands_at_the_quantiles_of_its_ranks() {
        let out = warped(&[1.0, 2.0, 3.0, 4e6]);
        let ratio = (out[3] - out[2]) / (out[1] - out[0]);
        let expected = (1.150_349_4 - 0.318_639_4) / (1.0 / 1.25_f64.sqrt());
        assert!((ratio - expected).abs() < 1e-6, "{ratio} {expected}");
    }

    proptest! {
        #[test]
        fn the_order_survives(losses in prop::collection::vec(-1e6..1e6f64, 1..80)) {
            let out = warped(&losses);
            for i in 0..losses.len() {
                for j in 0..losses.len() {
                    prop_assert!(losses[i] > losses[j] || out[i] <= out[j] + 1e-9);
                    prop_assert!(losses[i] != losses[j] || out[i] == out[j]);
                }
            }
        }

        #[test]
        fn mean_is_zero_and_deviation_one(losses in prop::collection::vec(-1e3..1e3f64, 3..80)) {
            let out = warped(&losses);
            let n = out.len() as f64;
            let mean = out.iter().sum::<f64>() / n;
            let variance = out.iter().map(|z| (z - mean) * (z - mean)).sum::<f64>() / n;
            prop_assert!(mean.abs() < 1e-9 && (variance - 1.0).abs() < 1e-6, "{mean} {variance}");
        }

        #[test]
        fn shift_and_scale_do_not_matter(losses in prop::collection::vec(-10.0..10.0f64, 3..40)) {
            let moved: Vec<f64> = losses.iter().map(|l| 1e3 * l - 77.0).collect();
            for (a, b) in warped(&losses).iter().zip(warped(&moved)) {
                prop_assert!((a - b).abs() < 1e-3, "{a} {b}");
            }
        }
    }

    #[test]
    fn equal_losses_say_nothing() {
        assert_eq!(warped(&[3.5; 7]), [0.0; 7]);
        assert_eq!(warped(&[1e300; 3]), [0.0; 3]);
    }

    #[test]
    fn an_outlier_is_only_the_worst_of_all() {
        let mut losses: Vec<f64> = (0..20).map(|i| f64::from(i) / 20.0).collect();
        losses.push(2.0);
        let calm = warped(&losses);
        losses[20] = 1e300;
        assert_eq!(warped(&losses), calm);
        assert!(calm.iter().all(|z| z.abs() < 4.0), "{calm:?}");
    }

    #[test]
    fn huge_losses_of_both_signs_stay_finite() {
        let out = warped(&[-1.7e308, 0.0, 1.0, 1.7e308, 1e200]);
        assert!(out.iter().all(|z| z.is_finite()), "{out:?}");
        assert!(out[0] < out[1] && out[3] > out[1]);
    }

    #[test]
    fn a_plateau_of_the_best_loss_is_told_from_the_rest() {
        let out = warped(&[0.0, 0.0, 0.0, 0.0, 1.0, 5.0]);
        assert!(
            out[0] == out[3] && out[4] > out[3] && out[5] > out[4],
            "{out:?}"
        );
    }
}
