//! The one random generator, and how a seed becomes independent streams.
//!
//! Generator: Xoshiro256++ (Blackman and Vigna, 2019). A stream is named by three integers; they are
//! hashed one after the other with the finaliser of `SplitMix64` (Steele, Lea and Flood, 2014), and the
//! four state words are the next four outputs of `SplitMix64` from there. Everything here is integer
//! arithmetic or a single multiplication, hence the same on every platform.
//!
//! Standard normals come from `rand_distr`'s ziggurat, which is value-stable within a minor version;
//! a test pins its first values, so that an upgrade cannot change results unnoticed.

use rand_distr::{Distribution, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{Rng as _, SeedableRng};

/// Odd constant of `SplitMix64`: 2^64 divided by the golden ratio.
const GOLDEN_GAMMA: u64 = 0x9e37_79b9_7f4a_7c15;

/// A random stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rng(Xoshiro256PlusPlus);

/// The stream named by `(seed, a, b)`.
///
/// Equal names give equal streams; different names give streams that are independent for all practical
/// purposes. Costs a few nanoseconds, so that every parameter of every trial can have its own, and no
/// draw depends on the order in which parameters are visited.
///
/// ```
/// let mut first = parzen::rng::stream(7, 0, 3);
/// let mut again = parzen::rng::stream(7, 0, 3);
/// assert_eq!(first.next_u64(), again.next_u64());
/// ```
#[must_use]
pub fn stream(seed: u64, a: u64, b: u64) -> Rng {
    let mut key = mix(seed.wrapping_add(GOLDEN_GAMMA));
    key = mix((key ^ a).wrapping_add(GOLDEN_GAMMA));
    key = mix((key ^ b).wrapping_add(GOLDEN_GAMMA));
    let mut state = [0_u8; 32];
    for word in state.chunks_exact_mut(8) {
        key = key.wrapping_add(GOLDEN_GAMMA);
        word.copy_from_slice(&mix(key).to_le_bytes());
    }
    Rng(Xoshiro256PlusPlus::from_seed(state))
}

/// The output function of `SplitMix64`: a bijection in which every input bit reaches every output bit.
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Rng {
    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform on [0, 1): a multiple of 2^-53, each equally likely.
    #[allow(clippy::cast_precision_loss)] // 53 bits fit a double exactly
    pub fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * STEP
    }

    /// Standard normal.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// Uniform on 0, 1, ..., n - 1 without bias (Lemire, 2019). `n = 0` stands for 2^64.
    #[allow(clippy::cast_possible_truncation)] // the two halves of a 128-bit product
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return self.next_u64();
        }
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        if (product as u64) < n {
            let rejected = n.wrapping_neg() % n;
            while (product as u64) < rejected {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// Uniform on [low, high) for finite `low < high` with a finite difference.
    ///
    /// The affine map may round up to `high`; such a draw becomes the largest double below it.
    pub fn uniform_between(&mut self, low: f64, high: f64) -> f64 {
        let value = low + (high - low) * self.uniform();
        if value < high {
            value
        } else {
            high.next_down().max(low)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_and_values_are_pinned() {
        let mut rng = stream(0, 0, 0);
        let bits: Vec<u64> = (0..2).map(|_| rng.next_u64()).collect();
        assert_eq!(bits, PINNED_BITS);
        let mut rng = stream(1, 2, 3);
        let normals: Vec<f64> = (0..3).map(|_| rng.normal()).collect();
        assert_eq!(normals, PINNED_NORMALS);
    }

    // From an independent implementation of both published algorithms.
    const PINNED_BITS: [u64; 2] = [0xbabb_761a_c830_fe4a, 0x2b1a_bb54_7c60_bbab];
    const PINNED_NORMALS: [f64; 3] = [-1.0260938382853337, 1.6713673711824664, 0.37484363477838056];

    #[test]
    fn every_part_of_the_name_changes_the_stream() {
        let mut firsts: Vec<u64> = Vec::new();
        for seed in 0..8 {
            for a in 0..8 {
                for b in 0..8 {
                    firsts.push(stream(seed, a, b).next_u64());
                }
            }
        }
        firsts.sort_unstable();
        firsts.dedup();
        assert_eq!(firsts.len(), 512);
    }

    #[test]
    fn uniform_between_stays_below_its_upper_bound() {
        let mut rng = stream(3, 0, 0);
        let (low, high) = (1.0, 1.0 + f64::EPSILON);
        assert!((0..1000).all(|_| rng.uniform_between(low, high) == low));
    }

    // Chi-square with 5 degrees of freedom, alpha = 1e-6.
    #[test]
    fn integers_below_six_are_equally_likely() {
        let mut rng = stream(4, 0, 0);
        let mut counts = [0_u32; 6];
        for _ in 0..60_000 {
            counts[usize::try_from(rng.below(6)).unwrap()] += 1;
        }
        let chi2: f64 = counts
            .iter()
            .map(|&c| (f64::from(c) - 1e4).powi(2) / 1e4)
            .sum();
        assert!(chi2 < 35.9, "chi2 = {chi2}, counts = {counts:?}");
    }
}
