//! Bayesian optimisation with a Gaussian process.
//!
//! One suggestion:
//!
//! 0. **Start.** The first trials are those of the joint estimator: random ones that keep their distance.
//! 1. **Losses** are put on a robust scale ([`warp`]), and **points** into coordinates ([`points`]).
//! 2. **Hyperparameters.** One length-scale for each parameter, a scale and a noise, each with a prior; their most probable
//!    values ([`hyper`], [`likelihood`]). They are fitted to the first trials in the order of their keys, all
//!    of them at first and a growing round number later, so that most suggestions find the last fit as it was; it follows
//!    from the trials alone, and the cache holds no more than what could be computed again.
//! 3. **Posterior.** Mean and variance of the loss anywhere ([`posterior`]). Pending trials are believed to get what is
//!    expected of them, failed ones count as the worst that was seen.
//! 4. **Choice.** The point with the largest expected improvement ([`acquisition`]) over the best mean at a trial. It is
//!    looked for among draws from the joint estimator's good trials, from the prior, and near the best trials
//!    ([`candidates`]); the best of these climb ([`refine`]). A point that was tried is passed over.
//!
//! Where the matrices would be too large, the joint estimator proposes.
//!
//! | file | content |
//! |---|---|
//! | `process` | the algorithm: what it proposes for a trial |
//! | `trials`, `points` | trials as coordinates |
//! | `matern` | the covariance of two points |
//! | `factor` | Cholesky factors, in one order of operations |
//! | `pairs`, `hyper`, `likelihood` | hyperparameters, and how probable they are |
//! | `fits` | the most probable ones: the fits that a study needs, and those that are kept |
//! | `lbfgs` | minimisation in a box |
//! | `posterior` | what is believed of the function |
//! | `skill` | how well it predicts |
//! | `warp` | losses on a robust scale |
//! | `acquisition` | the logarithm of the expected improvement |
//! | `candidates`, `refine` | where it is largest |
//!
//! References: Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006. Jones, Schonlau and Welch,
//! "Efficient Global Optimization of Expensive Black-Box Functions", 1998. Hvarfner, Hellsten and Nardi, "Vanilla Bayesian
//! Optimization Performs Great in High Dimensions", ICML 2024, arXiv 2402.02229 (the prior of the length-scales). Ament
//! et al. 2023 (the logarithm of the improvement). Song et al. 2024 (the scale of losses).

// Counts are far below 2^53; coordinates are compared to find equal ones.
#![allow(
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss
)]

pub mod acquisition;
pub mod candidates;
pub mod factor;
mod fits;
pub mod hyper;
pub mod lbfgs;
pub mod likelihood;
pub mod matern;
pub mod options;
pub mod pairs;
pub mod points;
pub mod posterior;
mod process;
pub mod refine;
pub mod skill;
mod trials;
pub mod warp;

pub use fits::Cache;
pub use options::Options;
pub use process::Process;
