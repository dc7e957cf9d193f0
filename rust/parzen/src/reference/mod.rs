//! The adaptive Parzen estimator, written down plainly: the reference that every fast path is tested
//! against, and the code behind the density functions of the Python package.
//!
//! From chronological observations of one parameter and its prior:
//!
//! 1. [`forgetting_weights`]: recent observations count fully, older ones less (section 4.2);
//! 2. [`adaptive_parzen`]: a mixture of Gaussians, one per observation and one for the prior, with
//!    bandwidths taken from the distances between neighbours (section 4.1);
//! 3. [`Mixture`]: its density and its draws, linear or logarithmic, truncated, quantised (sections 5.1
//!    to 5.3);
//! 4. [`CategoricalPosterior`]: weighted counts for integers and options (section 5.4).
//!
//! Section numbers refer to the behavioural specification; the method is from Bergstra, Bardenet,
//! Bengio and Kegl, "Algorithms for hyper-parameter optimization", NIPS 2011, section 4.

mod categorical;
mod density;
mod estimator;
mod mixture;
mod posterior;
mod sampling;
mod weights;

pub use categorical::CategoricalPosterior;
pub use density::{cdf, lognormal_cell_log_density, lognormal_log_density};
pub use estimator::{adaptive_parzen, elastic_parzen};
pub use mixture::{Coordinates, Mixture};
pub use posterior::NumericPosterior;
pub use weights::{FORGETTING_HORIZON, forgetting_weights};

#[cfg(test)]
mod parity;
#[cfg(test)]
mod properties;
