//! Tree-structured Parzen estimators.

pub mod error;
pub mod prior;
pub mod rng;
pub mod space;
pub mod special;
