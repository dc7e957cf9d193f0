//! The kernels of a mixture along one axis, in the form that the hot loop reads.

use crate::joint::axis::{Axis, Shape};

/// Slots that are handled at a time.
pub const CHUNK: usize = 64;

/// So many axes are looked at before a group of chunks is tried for being out of reach.
pub const STRIDE: usize = 4;

/// An axis of a mixture in the form that the loop reads; arrays by slot, padded to whole chunks.
#[derive(Clone, Debug)]
pub enum AxisKernels {
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

impl AxisKernels {
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
            Self::Gaussian {
                centres, inverses, ..
            } => {
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
        if let Self::Gaussian {
            centres, inverses, ..
        } = self
        {
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

    /// Copies the kernel of one slot to another.
    pub fn copy(&mut self, from: usize, to: usize) {
        match self {
            Self::Gaussian {
                centres, inverses, ..
            } => {
                centres[to] = centres[from];
                inverses[to] = inverses[from];
            }
            Self::Options { options, .. } => options[to] = options[from],
        }
    }

    /// Gives the slot the prior's kernel.
    pub fn follow_prior(&mut self, slot: usize, prior_norm: f64, norm: &mut f64) {
        if let Self::Gaussian {
            centres,
            inverses,
            prior_inverse,
        } = self
        {
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
    pub fn weigh(&mut self, probabilities: &[f64], option_weight: f64, members: usize) {
        if let Self::Options {
            own, other, shared, ..
        } = self
        {
            let b = option_weight * probabilities.len() as f64 / (members as f64 + 1.0);
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
