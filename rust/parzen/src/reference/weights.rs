//! Linear forgetting.

/// How many of the newest observations keep their full weight.
pub const FORGETTING_HORIZON: usize = 25;

/// Weights of `n` observations in chronological order (section 4.2).
///
/// The newest `horizon` observations weigh 1. The M = n - horizon older ones form a ramp from 1/n to 1:
/// `w_j = 1/n + j (1 - 1/n) / (M - 1)`, and just 1/n if M = 1. All ones if `n <= horizon` or `horizon`
/// is 0 (no forgetting).
#[must_use]
#[allow(clippy::cast_precision_loss)] // counts of observations
pub fn forgetting_weights(n: usize, horizon: usize) -> Vec<f64> {
    let mut weights = vec![1.0; n];
    if horizon == 0 || n <= horizon {
        return weights;
    }
    let oldest = 1.0 / n as f64;
    let ramp = n - horizon;
    if ramp == 1 {
        weights[0] = oldest;
        return weights;
    }
    let step = (1.0 - oldest) / (ramp - 1) as f64;
    // The last one of the ramp is exactly 1 already.
    for (j, weight) in weights[..ramp - 1].iter_mut().enumerate() {
        *weight = j as f64 * step + oldest;
    }
    weights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_observations_fade_linearly() {
        assert_eq!(forgetting_weights(0, 25), Vec::<f64>::new());
        assert_eq!(forgetting_weights(25, 25), [1.0; 25]);
        assert_eq!(forgetting_weights(3, 2), [1.0 / 3.0, 1.0, 1.0]);
        assert_eq!(forgetting_weights(4, 1), [0.25, 0.625, 1.0, 1.0]);
        assert_eq!(forgetting_weights(4, 0), [1.0; 4]);
    }
}
