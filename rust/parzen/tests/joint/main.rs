//! The joint estimator, seen from outside.

// Small numbers, and exact values.
#![allow(
    missing_docs,
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    clippy::unreadable_literal,
    clippy::unwrap_used
)]

mod mixtures;
mod suggestions;
