//! Weights and learning rates of the evolution strategy.

/// Up to so many coordinates have a full covariance; more have variances alone.
const MOST_CORRELATED: usize = 100;

/// What depends on the numbers of coordinates and of points in a generation alone.
///
/// Hansen: The CMA Evolution Strategy: A Tutorial, arXiv 1604.00772 (version of 2023), table 1: the equations
/// (49) to (58) that are named below.
#[derive(Clone, Debug, PartialEq)]
pub struct Constants {
    /// Points in a generation, `lambda`.
    pub population: usize,
    /// Whether there are variances alone (Ros, Hansen: A Simple Modification in CMA-ES Achieving Linear Time
    /// and Space Complexity, PPSN 2008).
    pub is_diagonal: bool,
    /// Weights of the better half, the best first; they sum to 1.
    pub weights: Vec<f64>,
    /// Weights of the others, none above 0.
    pub negative: Vec<f64>,
    /// Variance effective selection mass, `mu_eff`.
    pub mass: f64,
    /// `c_sigma`.
    pub rate_sigma: f64,
    /// `d_sigma`.
    pub damping: f64,
    /// `c_c`.
    pub rate_path: f64,
    /// `c_1`.
    pub rate_one: f64,
    /// `c_mu`.
    pub rate_mu: f64,
    /// Expected length of a standard normal vector.
    pub length: f64,
}

/// Points in a generation unless there is a reason for more: (48).
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a small number
pub fn usual_population(size: usize) -> usize {
    4 + (3.0 * libm::log(size as f64)).floor() as usize
}

impl Constants {
    /// For so many coordinates (at least one) and points in a generation (at least 4).
    pub fn new(size: usize, population: usize) -> Self {
        let n = size as f64;
        let middle = libm::log(f64::midpoint(population as f64, 1.0));
        let raw: Vec<f64> = (1..=population)
            .map(|i| middle - libm::log(i as f64)) // (49)
            .collect();
        let (better, worse) = raw.split_at(population / 2);
        let (above, below) = (sum(better), -sum(worse));
        let mass = above * above / squares(better);
        let is_diagonal = size > MOST_CORRELATED;
        let speed = if is_diagonal { (n + 2.0) / 3.0 } else { 1.0 };
        let rate_one = speed * 2.0 / ((n + 1.3) * (n + 1.3) + mass); // (57)
        let rate_mu =
            speed * 2.0 * (0.25 + mass + 1.0 / mass - 2.0) / ((n + 2.0) * (n + 2.0) + mass);
        // (58), but never the whole of what was learnt before.
        let rate_mu = rate_mu.min(0.9 * (1.0 - rate_one));
        let worse_mass = below * below / squares(worse);
        let most = (1.0 + rate_one / rate_mu) // (50)
            .min(1.0 + 2.0 * worse_mass / (worse_mass + 2.0)) // (51)
            .min((1.0 - rate_one - rate_mu) / (n * rate_mu)); // (52)
        let rate_sigma = (mass + 2.0) / (n + mass + 5.0); // (55)
        let excess = ((mass - 1.0) / (n + 1.0)).sqrt() - 1.0;
        Self {
            population,
            is_diagonal,
            weights: better.iter().map(|w| w / above).collect(), // (53)
            negative: worse.iter().map(|w| most * w / below).collect(), // (53)
            mass,
            rate_sigma,
            damping: 1.0 + 2.0 * excess.max(0.0) + rate_sigma, // (55)
            rate_path: (4.0 + mass / n) / (n + 4.0 + 2.0 * mass / n), // (56)
            rate_one,
            rate_mu,
            length: n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n)),
        }
    }
}

fn sum(weights: &[f64]) -> f64 {
    weights.iter().sum()
}

fn squares(weights: &[f64]) -> f64 {
    weights.iter().map(|w| w * w).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    // The formulas of table 1 for n = 10, computed elsewhere.
    #[test]
    fn ten_coordinates_have_the_constants_of_the_tutorial() {
        assert_eq!(usual_population(10), 10);
        let constants = Constants::new(10, 10);
        assert!((sum(&constants.weights) - 1.0).abs() < 1e-15);
        assert!((constants.mass - 3.167_299_281_410_703).abs() < 1e-12);
        assert!((constants.rate_sigma - 0.284_428_587_946_367_5).abs() < 1e-12);
        assert!((constants.rate_path - 0.294_990_383_035_622_3).abs() < 1e-12);
        assert!((constants.rate_one - 0.015_283_824_524_751_71).abs() < 1e-12);
        assert!((constants.rate_mu - 0.023_551_776_650_417_48).abs() < 1e-12);
        assert!(constants.negative.iter().all(|w| *w <= 0.0));
    }

    #[test]
    fn rates_stay_below_one_however_many_coordinates_there_are() {
        for size in [1, 2, 3, 30, 100, 101, 5000] {
            for population in [4, usual_population(size), 512] {
                let constants = Constants::new(size, population);
                let kept =
                    1.0 - constants.rate_one - constants.rate_mu * (1.0 + sum(&constants.negative));
                assert!(kept > 0.0 && kept.is_finite(), "{size} {population}");
                assert_eq!(constants.is_diagonal, size > 100);
            }
        }
    }
}
