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

    /// Adds `weight v v'` for each pair of a weight and a vector, one after the other.
    pub fn add(&mut self, weights: &[f64], vectors: &[Vec<f64>]) {
        let (mut weights, mut vectors) = (weights.chunks_exact(4), vectors.chunks_exact(4));
        for (w, v) in weights.by_ref().zip(vectors.by_ref()) {
            let (w, v) = ([w[0], w[1], w[2], w[3]], [&v[0][..], &v[1], &v[2], &v[3]]);
            add_four_products(&mut self.entries, w, v);
        }
        for (weight, v) in weights.remainder().iter().zip(vectors.remainder()) {
            add_product(&mut self.entries, *weight, v);
        }
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

/// `add_product` of four vectors, one after the other for each entry: the same bits, with the entries read
/// and written once.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn add_four_products(triangle: &mut [f64], weights: [f64; 4], vectors: [&[f64]; 4]) {
    let [a, b, c, d] = vectors;
    let size = a.len();
    let mut rest = triangle;
    for j in 0..size {
        let (column, others) = rest.split_at_mut(size - j);
        let times = [
            weights[0] * a[j],
            weights[1] * b[j],
            weights[2] * c[j],
            weights[3] * d[j],
        ];
        let (a, b, c, d) = (&a[j..size], &b[j..size], &c[j..size], &d[j..size]);
        for ((((entry, a), b), c), d) in column.iter_mut().zip(a).zip(b).zip(c).zip(d) {
            let mut sum = *entry;
            sum += times[0] * a;
            sum += times[1] * b;
            sum += times[2] * c;
            sum += times[3] * d;
            *entry = sum;
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
            vec![1.0, 2.0, -1.0],
            vec![0.5, -3.0, 2.0],
            vec![2.0, 0.1, 0.3],
            vec![1.0, 1.0, 1.0],
            vec![0.3, -0.9, 0.1],
        ];
        let weights = [0.7, 0.2, 1.0, 0.5, 0.4];
        let mut matrix = Symmetric::zero(3);
        matrix.add(&weights, &vectors);
        let mut plain = Symmetric::zero(3);
        for (weight, v) in weights.iter().zip(&vectors) {
            add_product(&mut plain.entries, *weight, v);
        }
        assert_eq!(matrix.entries, plain.entries);
        let expected = [0.3, -1.2, 2.5];
        let dot = |v: &[f64]| v.iter().zip(expected).map(|(a, b)| a * b).sum::<f64>();
        let right: Vec<f64> = (0..3)
            .map(|i| {
                let pairs = vectors.iter().zip(weights);
                pairs.map(|(v, weight)| weight * v[i] * dot(v)).sum()
            })
            .collect();
        for (own, expected) in matrix.clone().solved(&right).unwrap().iter().zip(expected) {
            assert!((own - expected).abs() < 1e-12);
        }
        *matrix.entry(2, 2) = -1.0;
        assert_eq!(matrix.solved(&right), None);
    }
}
