//! Hyperparameters, and what is believed of them beforehand.

/// The hyperparameters of a Gaussian process.
#[derive(Clone, Debug, PartialEq)]
pub struct Hyper {
    /// Inverse squared length-scale of each parameter.
    pub weights: Vec<f64>,
    /// Variance of the function, about its mean.
    pub scale: f64,
    /// Variance of the noise.
    pub noise: f64,
}

impl Hyper {
    /// From the logarithms of the length-scales, of the scale and of the noise, in this order.
    ///
    /// # Panics
    /// When there are fewer than two numbers.
    #[must_use]
    pub fn from_logarithms(logarithms: &[f64]) -> Self {
        let (lengths, rest) = logarithms.split_at(logarithms.len() - 2);
        Self {
            weights: lengths.iter().map(|l| libm::exp(-2.0 * l)).collect(),
            scale: libm::exp(rest[0]),
            noise: libm::exp(rest[1]),
        }
    }
}

/// A log-normal prior: mean and standard deviation of the logarithm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogNormal {
    /// Mean.
    pub mean: f64,
    /// Standard deviation.
    pub deviation: f64,
}

/// What is believed of the hyperparameters before any loss is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Priors {
    /// Of every length-scale.
    pub length: LogNormal,
    /// Of the scale.
    pub scale: LogNormal,
    /// Of the noise.
    pub noise: LogNormal,
}

impl Priors {
    /// Adds the gradient of minus the log-density at `logarithms`, and returns minus the log-density up to a constant.
    pub fn penalty(&self, logarithms: &[f64], gradient: &mut [f64]) -> f64 {
        let dimensions = logarithms.len() - 2;
        let mut sum = 0.0;
        for (i, (x, slope)) in logarithms.iter().zip(gradient).enumerate() {
            let prior = match i.checked_sub(dimensions) {
                None => self.length,
                Some(0) => self.scale,
                Some(_) => self.noise,
            };
            let z = (x - prior.mean) / prior.deviation;
            sum += 0.5 * z * z;
            *slope += z / prior.deviation;
        }
        sum
    }
}
