//! A small symmetric matrix that is solved once.

use multiversion::multiversion;

/// The lower triangle, column by column from the diagonal downwards.
#[derive(Clone, Debug)]
pub struct Symmetric {
    size: usize,
    entries: Vec<f64>,
}

impl Symmetric {
    /// A matrix of zeros.
    pub fn zero(size: usize) -> Self {
        Self {
            size,
            entries: vec![0.0; size * (size + 1) / 2],
        }
    }

    fn start(&self, column: usize) -> usize {
        column * self.size - column * column.saturating_sub(1) / 2
    }

    /// The entry of a row and a column that is no larger.
    pub fn entry(&mut self, row: usize, column: usize) -> &mut f64 {
        let at = self.start(column) + row - column;
        &mut self.entries[at]
    }

    /// Adds `weight v v'`.
    pub fn add(&mut self, weight: f64, v: &[f64]) {
        add_product(&mut self.entries, weight, v);
    }

    /// The largest absolute value on the diagonal.
    pub fn largest_diagonal(&self) -> f64 {
        let diagonal = (0..self.size).map(|j| self.entries[self.start(j)].abs());
        diagonal.fold(0.0, f64::max)
    }

    /// The solution for a right side, by Cholesky's method; None if the matrix is not positive definite.
    pub fn solved(mut self, right: &[f64]) -> Option<Vec<f64>> {
        let size = self.size;
        let mut z = right.to_vec();
        for j in 0..size {
            let start = self.start(j);
            let (before, after) = self.entries.split_at_mut(start + size - j);
            let column = &mut before[start..];
            if !(column[0] > 0.0 && column[0].is_finite()) {
                return None;
            }
            let root = column[0].sqrt();
            for entry in column.iter_mut() {
                *entry /= root;
            }
            z[j] /= root;
            let own = z[j];
            for (z, a) in z[j + 1..].iter_mut().zip(&column[1..]) {
                *z -= a * own;
            }
            add_product(after, -1.0, &column[1..]);
        }
        for j in (0..size).rev() {
            let column = &self.entries[self.start(j)..][..size - j];
            let pairs = column[1..].iter().zip(&z[j + 1..]);
            let sum: f64 = pairs.map(|(a, z)| a * z).sum();
            z[j] = (z[j] - sum) / column[0];
        }
        Some(z)
    }
}

/// Adds `weight v v'` to a triangle as long on each side as `v`.
///
/// Each entry is changed in one step, so all instruction sets give the same bits.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn add_product(triangle: &mut [f64], weight: f64, v: &[f64]) {
    let mut rest = triangle;
    for (j, own) in v.iter().enumerate() {
        let (column, others) = rest.split_at_mut(v.len() - j);
        let times = weight * own;
        for (entry, v) in column.iter_mut().zip(&v[j..]) {
            *entry += times * v;
        }
        rest = others;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Backward stable: with a condition number of some thousands, 1e-12 are left.
    #[test]
    fn solutions_fit_and_indefinite_matrices_have_none() {
        let vectors = [
            [1.0, 2.0, -1.0],
            [0.5, -3.0, 2.0],
            [2.0, 0.1, 0.3],
            [1.0, 1.0, 1.0],
        ];
        let mut matrix = Symmetric::zero(3);
        for v in &vectors {
            matrix.add(0.7, v);
        }
        let expected = [0.3, -1.2, 2.5];
        let dot = |v: &[f64; 3]| v.iter().zip(expected).map(|(a, b)| a * b).sum::<f64>();
        let right: Vec<f64> = (0..3)
            .map(|i| vectors.iter().map(|v| 0.7 * v[i] * dot(v)).sum())
            .collect();
        for (own, expected) in matrix.clone().solved(&right).unwrap().iter().zip(expected) {
            assert!((own - expected).abs() < 1e-12);
        }
        *matrix.entry(2, 2) = -1.0;
        assert_eq!(matrix.solved(&right), None);
    }
}
