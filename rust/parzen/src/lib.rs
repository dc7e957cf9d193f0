//! Tree-structured Parzen estimators.
//!
//! # The algorithm on one page
//!
//! A [`space::Space`] is a flat list of parameters, each with a [`prior`] and the conditions under
//! which it is active. A [`tpe::History`] holds the trials as columns: one loss per trial, one
//! value per trial and active parameter. To suggest a trial, it
//!
//! 1. splits the trials: the `ceil(gamma sqrt(n))` with the smallest losses are good, all others
//!    (failed and pending ones too) are bad;
//! 2. turns the good values of each parameter into a density `l`, the bad ones into `g`: a mixture
//!    of Gaussians centred at the values, as wide as the gaps between them, older ones weighing less,
//!    with the prior as one more component; for discrete parameters, weighted counts;
//! 3. draws candidates from `l` and takes the one with the largest `l(x) / g(x)`, which maximises
//!    expected improvement.
//!
//! Parents are decided before their children; a child that is not active is not drawn.
//!
//! # Why it is fast
//!
//! `l` has at most 26 components. `g` has as many as there are trials, and changes little from one
//! suggestion to the next: [`tpe::column`] keeps it up to date instead of rebuilding it, and sums nearly
//! all of it through one polynomial. The plain forms of the same formulas are in [`reference`]; the tests
//! hold the fast ones to them.
//!
//! # Map
//!
//! From the bottom up; a module uses those above it in this table only (scripts/check-rust-modules).
//!
//! | module | holds |
//! |---|---|
//! | [`error`] | the one error type |
//! | [`rng`] | the generator, and how a seed becomes streams |
//! | [`interrupt`] | how long work is given up |
//! | [`outcome`] | what has become of a trial, and which losses the algorithms see |
//! | [`numerics`] | special functions, sums of Gaussians, sorted lists and ranks |
//! | [`prior`] | the families of priors: draw, log-density, model space, limits |
//! | [`space`] | parameters and conditions |
//! | [`rows`] | the one row store: trials by key |
//! | [`random`] | assignments from the priors |
//! | [`mod@reference`] | the estimator from scratch: the definition, and what Python exposes |
//! | [`algorithm`] | what the algorithms that learn from trials have in common |
//! | [`tpe`] | hyperopt's estimator: every parameter by itself |
//! | [`joint`] | an estimator which models all parameters of a trial together |
//! | [`anneal`] | steps from good trials, ever shorter |
//! | [`importance`] | which parameters mattered, from the finished trials |
//! | [`gp`] | a Gaussian process of the losses |
//! | [`trials`] | the trials of a study for all of these |
//!
//! # References
//!
//! - Bergstra, Bardenet, Bengio, Kegl: Algorithms for Hyper-Parameter Optimization, NeurIPS 2011.
//! - Bergstra, Yamins, Cox: Making a Science of Model Search, ICML 2013.
//! - Greengard, Strain: The Fast Gauss Transform, SIAM J. Sci. Stat. Comput. 12 (1991).

#![deny(clippy::unwrap_used)]
// Tests compare exact values and quote digits as they were computed.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, clippy::float_cmp, clippy::unreadable_literal)
)]

pub mod algorithm;
pub mod anneal;
pub mod error;
pub mod gp;
pub mod importance;
pub mod interrupt;
pub mod joint;
pub mod numerics;
pub mod outcome;
pub mod prior;
pub mod random;
pub mod reference;
pub mod rng;
pub mod rows;
pub mod space;
pub mod tpe;
pub mod trials;
