//! The Tree-structured Parzen Estimator as hyperopt has it: parameters are modelled independently.
//!
//! Bergstra, Bardenet, Bengio and Kegl, "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011;
//! behaviour in detail: spec sections 3 to 6.2.
//!
//! | file | content |
//! |---|---|
//! | `history` | the trials as columns |
//! | `split`, `leaders` | their split into good and bad, and the best of them |
//! | `column/` | the observations of one parameter and its two groups, kept up to date |
//! | `suggest`, `batch` | suggestions one by one, and by columns |

mod batch;
pub mod column;
pub mod history;
mod leaders;
mod options;
mod split;
mod suggest;

pub use history::History;
pub use options::{MOST_CANDIDATES, Options};
