//! Algorithms: space, history and seed in, assignments out.
//!
//! An assignment has one value per parameter of the space, NaN where the parameter is not active.
//! Every parameter of every assignment has a random stream of its own, so no draw depends on which
//! other parameters are active, and the same seed gives the same assignments.

pub mod anneal;
mod batch;
pub mod random;
pub mod tpe;
