//! Random search: every active parameter from its prior.

use crate::rng::stream;
use crate::space::Space;

/// The assignment number `index` of the batch that `seed` names.
#[must_use]
pub fn assignment(space: &Space, seed: u64, index: u64) -> Vec<f64> {
    let mut values = vec![f64::NAN; space.len()];
    for &i in space.order() {
        if space.active(i, &values) {
            values[i] = space.params()[i]
                .prior
                .sample(&mut stream(seed, index, i as u64));
        }
    }
    values
}
