//! A mixture of Gaussians in model space, and how natural values relate to it.

use crate::error::{Error, Result, require};
use crate::prior::{Numeric, model_cell};

/// How the values of a parameter relate to the space in which a mixture lives.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Coordinates {
    /// Whether the mixture is over logarithms.
    pub log: bool,
    /// Truncation [L, H) in model space; either end may be infinite.
    pub truncation: Option<(f64, f64)>,
    /// Quantum on the natural scale.
    pub q: Option<f64>,
}

impl From<&Numeric> for Coordinates {
    fn from(prior: &Numeric) -> Self {
        Self {
            log: prior.log,
            truncation: prior.truncation(),
            q: prior.q,
        }
    }
}

impl Coordinates {
    /// The model-space cell of a quantised value; see [`Numeric::cell`].
    #[must_use]
    pub fn cell(&self, x: f64) -> (f64, f64) {
        model_cell(x, self.q.unwrap_or(0.0), self.log, self.truncation)
    }
}

/// A mixture of Gaussians: component k has weight `w_k`, centre `c_k` and scale `s_k`.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    weights: Vec<f64>,
    centres: Vec<f64>,
    scales: Vec<f64>,
}

impl Mixture {
    /// Puts a mixture together. Weights are used as given, so a sum other than 1 scales the density.
    ///
    /// # Errors
    /// When the three differ in length or are empty; when a weight or scale is negative or NaN; when
    /// a centre is NaN.
    pub fn new(weights: Vec<f64>, centres: Vec<f64>, scales: Vec<f64>) -> Result<Self> {
        let mismatch = |what, right| Error::LengthMismatch {
            what,
            left: weights.len(),
            right,
        };
        if weights.len() != centres.len() {
            return Err(mismatch("weights and mus", centres.len()));
        }
        if weights.len() != scales.len() {
            return Err(mismatch("weights and sigmas", scales.len()));
        }
        let rule = "a mixture needs at least one component";
        require(!weights.is_empty(), "weights", "[]", rule)?;
        let not_negative = |option, values: &[f64], rule| {
            let fault = values.iter().find(|&&v| v.is_nan() || v < 0.0);
            require(
                fault.is_none(),
                option,
                fault.map_or(String::new(), |v| format!("{v:?}")),
                rule,
            )
        };
        not_negative("weights", &weights, "a weight must not be negative")?;
        not_negative("sigmas", &scales, "a scale must not be negative")?;
        let all_numbers = !centres.iter().any(|c| c.is_nan());
        require(all_numbers, "mus", "NaN", "a centre must be a number")?;
        Ok(Self {
            weights,
            centres,
            scales,
        })
    }

    /// Weights, in the order of the components.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Centres, in model space.
    #[must_use]
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// Scales (standard deviations), in model space.
    #[must_use]
    pub fn scales(&self) -> &[f64] {
        &self.scales
    }

    /// Triples (weight, centre, scale).
    pub(super) fn components(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        let pairs = self.weights.iter().zip(&self.centres);
        pairs.zip(&self.scales).map(|((&w, &c), &s)| (w, c, s))
    }

    /// Weights, centres and scales as owned vectors.
    #[must_use]
    pub fn into_parts(self) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        (self.weights, self.centres, self.scales)
    }
}
