//! Tree-structured Parzen estimators.

#![deny(clippy::unwrap_used)]
// Tests compare exact values and quote digits as they were computed.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp, clippy::unreadable_literal))]

pub mod column;
pub mod error;
pub mod history;
pub mod joint;
pub mod kernel;
pub mod parzen;
pub mod prior;
pub mod rng;
pub mod space;
pub mod special;
pub mod suggest;
