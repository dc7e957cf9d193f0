//! The hot loop: log-densities of a mixture of product kernels at many points.
//!
//! Slots are handled in chunks that stay in the nearest cache while all points pass over them. Along
//! an axis a kernel can only lose density, so that a chunk is left as soon as all of its kernels are
//! negligible beside the prior's, which bounds the mixture from below. What is left out changes no
//! density by more than one part in 10^15.
//!
//! Every processor gets the same bits: sums run in one order, and no multiply-add is fused.

use super::axis::{Axis, Shape};
use super::mixture::{Floors, Mixture};
use multiversion::multiversion;

/// Slots that are handled at a time.
pub const CHUNK: usize = 64;

/// A kernel this much below the prior's (in logarithms), per trial, is negligible.
const NEGLIGIBLE: f64 = 36.0;

/// So many axes are added up before a chunk is tried for being negligible.
const STRIDE: usize = 4;

/// An axis of a mixture in the form that the loop reads; arrays by slot, padded to whole chunks.
#[derive(Clone, Debug)]
pub enum Along {
    /// Gaussian kernels.
    Gaussian {
        /// Centres.
        centres: Vec<f64>,
        /// Inverse standard deviations; the prior's where the member has no coordinate.
        inverses: Vec<f64>,
        /// Inverse standard deviation of the prior's kernel.
        prior_inverse: f64,
    },
    /// Kernels over options.
    Options {
        /// The member's option as a double; -1 where it has none.
        options: Vec<f64>,
        /// Log-probability of the member's own option, by option.
        own: Vec<f64>,
        /// Log-probability of an option that is not the member's.
        other: Vec<f64>,
        /// Log-probability under the prior.
        prior: Vec<f64>,
        /// Mass that a kernel gives to the prior.
        shared: f64,
    },
}

impl Along {
    /// An axis without slots.
    #[must_use]
    pub fn new(axis: &Axis) -> Self {
        match axis.shape() {
            Shape::Options { probabilities } => Self::Options {
                options: Vec::new(),
                own: vec![0.0; probabilities.len()],
                other: vec![0.0; probabilities.len()],
                prior: probabilities.iter().map(|p| libm::log(*p)).collect(),
                shared: 1.0,
            },
            _ => Self::Gaussian {
                centres: Vec::new(),
                inverses: Vec::new(),
                prior_inverse: 1.0 / axis.prior_scale(),
            },
        }
    }

    /// Whether the kernels are over options.
    #[must_use]
    pub fn is_options(&self) -> bool {
        matches!(self, Self::Options { .. })
    }

    /// Makes room for the slots.
    pub fn resize(&mut self, padded: usize) {
        match self {
            Self::Gaussian { centres, inverses, .. } => {
                centres.resize(padded, 0.5);
                inverses.resize(padded, 0.0);
            }
            Self::Options { options, .. } => options.resize(padded, -1.0),
        }
    }

    /// Forgets the kernel of a slot.
    pub fn clear(&mut self, slot: usize) {
        match self {
            Self::Gaussian { inverses, .. } => inverses[slot] = 0.0,
            Self::Options { options, .. } => options[slot] = -1.0,
        }
    }

    /// Sets a Gaussian kernel.
    pub fn set(&mut self, slot: usize, centre: f64, inverse: f64) {
        if let Self::Gaussian { centres, inverses, .. } = self {
            centres[slot] = centre;
            inverses[slot] = inverse;
        }
    }

    /// Sets the option of a kernel.
    pub fn set_option(&mut self, slot: usize, option: f64) {
        if let Self::Options { options, .. } = self {
            options[slot] = option;
        }
    }

    /// Gives the slot the prior's kernel.
    pub fn follow_prior(&mut self, slot: usize, prior_norm: f64, norm: &mut f64) {
        if let Self::Gaussian { centres, inverses, prior_inverse } = self {
            centres[slot] = 0.5;
            inverses[slot] = *prior_inverse;
            *norm = prior_norm;
        }
    }

    /// Inverse standard deviation of a slot's kernel; 0 where there is none.
    #[must_use]
    pub fn inverse(&self, slot: usize) -> f64 {
        match self {
            Self::Gaussian { inverses, .. } => inverses[slot],
            Self::Options { .. } => 0.0,
        }
    }

    /// Sets the probabilities of kernels over options for so many members.
    ///
    /// A kernel gives option c the probability `([c is its own] + b p_c) / (1 + b)`, where p is the
    /// prior, b = `option_weight` K / (n + 1), K the number of options and n that of members.
    pub fn weigh(&mut self, probabilities: &[f64], floors: &Floors, members: usize) {
        if let Self::Options { own, other, shared, .. } = self {
            let b = floors.option_weight * probabilities.len() as f64 / (members as f64 + 1.0);
            *shared = b / (1.0 + b);
            for (i, p) in probabilities.iter().enumerate() {
                own[i] = libm::log((1.0 + b * p) / (1.0 + b));
                other[i] = libm::log(b * p / (1.0 + b));
            }
        }
    }

    /// Prior log-probability of an option.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an option number
    pub fn log_prior_option(&self, option: f64) -> f64 {
        match self {
            Self::Options { prior, .. } => prior[option as usize],
            Self::Gaussian { .. } => 0.0,
        }
    }
}

/// A sum of exponentials that is kept as a logarithm.
#[derive(Clone, Copy, Debug)]
struct LogSum {
    most: f64,
    sum: f64,
}

impl LogSum {
    fn add(&mut self, term: f64) {
        if term <= self.most {
            self.sum += libm::exp(term - self.most);
        } else {
            self.sum = self.sum * libm::exp(self.most - term) + 1.0;
            self.most = term;
        }
    }
}

/// Log-densities of the mixture at points, `out[i]` at `points[i]`.
///
/// `weights` has one entry per slot, at most 1 and 0 where there is no member; the prior has
/// `prior_weight > 0`; they need not sum to 1. Cost: about one nanosecond for every four triples of
/// point, slot and axis, less where chunks are negligible.
pub fn log_densities(
    mixture: &Mixture,
    axes: &[&Axis],
    weights: &[f64],
    prior_weight: f64,
    points: &[Vec<f64>],
    out: &mut Vec<f64>,
) {
    let total: f64 = weights.iter().sum::<f64>() + prior_weight;
    let log_slots = libm::log(mixture.slots() as f64 + 1.0);
    let heaviest = libm::log(weights.iter().fold(f64::MIN_POSITIVE, |a, b| a.max(*b)));
    let log_prior_weight = libm::log(prior_weight);
    let mut sums: Vec<LogSum> = points
        .iter()
        .map(|p| LogSum { most: log_prior_weight + mixture.log_prior(axes, p), sum: 1.0 })
        .collect();
    let floors: Vec<f64> =
        sums.iter().map(|s| s.most - NEGLIGIBLE - log_slots - heaviest).collect();
    let columns: Vec<&Along> = mixture.axes().collect();
    let mut kernels = [0.0; CHUNK];
    for (number, norms) in mixture.log_norms().chunks_exact(CHUNK).enumerate() {
        let start = number * CHUNK;
        for ((point, sum), floor) in points.iter().zip(&mut sums).zip(&floors) {
            kernels.copy_from_slice(norms);
            if pass(&columns, start, point, *floor, &mut kernels) {
                for (kernel, weight) in kernels.iter().zip(&weights[start..]) {
                    if *kernel > *floor && *weight > 0.0 {
                        sum.add(kernel + libm::log(*weight));
                    }
                }
            }
        }
    }
    let log_total = libm::log(total);
    out.clear();
    out.extend(sums.iter().map(|s| s.most + libm::log(s.sum) - log_total));
}

/// Adds what the axes say to the kernels of a chunk; false as soon as none is above the floor.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn pass(
    columns: &[&Along],
    start: usize,
    point: &[f64],
    floor: f64,
    kernels: &mut [f64; CHUNK],
) -> bool {
    for (columns, coordinates) in columns.chunks(STRIDE).zip(point.chunks(STRIDE)) {
        for (along, x) in columns.iter().zip(coordinates) {
            add(along, start, *x, kernels);
        }
        let mut most = [f64::NEG_INFINITY; 8];
        for eight in kernels.as_chunks::<8>().0 {
            for (m, k) in most.iter_mut().zip(eight) {
                *m = if *k > *m { *k } else { *m };
            }
        }
        if most.iter().all(|m| *m <= floor) {
            return false;
        }
    }
    true
}

#[inline(always)]
#[allow(clippy::inline_always, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
#[allow(clippy::float_cmp)] // option numbers are whole
fn add(along: &Along, start: usize, x: f64, kernels: &mut [f64; CHUNK]) {
    match along {
        Along::Gaussian { centres, inverses, .. } => {
            let centres = &centres[start..start + CHUNK];
            let inverses = &inverses[start..start + CHUNK];
            for ((kernel, centre), inverse) in kernels.iter_mut().zip(centres).zip(inverses) {
                let z = (x - centre) * inverse;
                *kernel -= 0.5 * z * z;
            }
        }
        Along::Options { options, own, other, prior, .. } => {
            let option = x as usize;
            let (own, other, prior) = (own[option], other[option], prior[option]);
            for (kernel, theirs) in kernels.iter_mut().zip(&options[start..start + CHUNK]) {
                let different = if *theirs < 0.0 { prior } else { other };
                *kernel += if *theirs == x { own } else { different };
            }
        }
    }
}
