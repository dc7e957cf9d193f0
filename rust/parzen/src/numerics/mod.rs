//! Numbers: what knows no trial and no prior.
//!
//! | file | content |
//! |---|---|
//! | `special` | the normal distribution function, its quantile and differences of logarithms |
//! | `exponential` | exponentials of what is not positive |
//! | `gaussians` | sums of Gaussians, vectorised |
//! | `sorted` | a list of numbers that stays sorted |
//! | `order` | which of a sequence are left out, and the ranks of the rest |

pub(crate) mod exponential;
pub mod gaussians;
pub(crate) mod order;
pub(crate) mod sorted;
pub mod special;
