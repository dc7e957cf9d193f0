//! Tree-structured Parzen estimators.
