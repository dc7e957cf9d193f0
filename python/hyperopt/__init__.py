"""Drop-in hyperopt whose search runs in Rust."""
