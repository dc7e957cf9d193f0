//! The Cholesky factor of a covariance matrix, changed in place.

/// A lower triangular matrix `A` with a positive diagonal, which stands for the covariance `A A'`.
///
/// It is kept column by column. A diagonal one keeps the diagonal alone, and stays diagonal.
#[derive(Clone, Debug, PartialEq)]
pub struct Factor {
    size: usize,
    is_diagonal: bool,
    entries: Vec<f64>,
}

impl Factor {
    /// The factor of the identity matrix.
    pub fn identity(size: usize, is_diagonal: bool) -> Self {
        let count = if is_diagonal {
            size
        } else {
            size * (size + 1) / 2
        };
        let mut factor = Self {
            size,
            is_diagonal,
            entries: vec![0.0; count],
        };
        for column in 0..size {
            let start = factor.start(column);
            factor.entries[start] = 1.0;
        }
        factor
    }

    /// Where a column starts, with its entry on the diagonal.
    fn start(&self, column: usize) -> usize {
        if self.is_diagonal {
            column
        } else {
            column * self.size - column * column.saturating_sub(1) / 2
        }
    }

    fn end(&self, column: usize) -> usize {
        let length = if self.is_diagonal {
            1
        } else {
            self.size - column
        };
        self.start(column) + length
    }

    /// A column from the diagonal downwards, as far as it is kept.
    fn column(&self, column: usize) -> &[f64] {
        &self.entries[self.start(column)..self.end(column)]
    }

    /// `A z`.
    pub fn times(&self, z: &[f64]) -> Vec<f64> {
        let mut y = vec![0.0; self.size];
        for (j, z) in z.iter().enumerate() {
            for (y, a) in y[j..].iter_mut().zip(self.column(j)) {
                *y += a * z;
            }
        }
        y
    }

    /// The `z` for which `A z = y`, by forward substitution.
    pub fn solve(&self, y: &[f64]) -> Vec<f64> {
        let mut z = y.to_vec();
        for j in 0..self.size {
            let column = self.column(j);
            z[j] /= column[0];
            let own = z[j];
            for (z, a) in z[j + 1..].iter_mut().zip(&column[1..]) {
                *z -= a * own;
            }
        }
        z
    }

    /// Makes the covariance so many times as large.
    pub fn scale(&mut self, times: f64) {
        let root = times.sqrt();
        for entry in &mut self.entries {
            *entry *= root;
        }
    }

    /// Adds `weight v v'` to the covariance, or the diagonal of that. It must stay positive definite:
    /// `weight > -1 / |A^-1 v|^2`.
    ///
    /// Krause, Arbones, Igel: CMA-ES with Optimal Covariance Update and Storage Complexity, NeurIPS 2016,
    /// algorithm 2.
    pub fn add(&mut self, weight: f64, v: &[f64]) {
        let mut omega = v.to_vec();
        let mut b = 1.0;
        for j in 0..self.size {
            let (start, end) = (self.start(j), self.end(j));
            let column = &mut self.entries[start..end];
            let (old, own) = (column[0], omega[j]);
            let square = old * old + weight / b * own * own;
            // Rounding alone can bring it near 0.
            let new = square.max(0.0).sqrt().max(1e-6 * old);
            column[0] = new;
            if self.is_diagonal {
                continue;
            }
            let ratio = new / old;
            let gain = new * weight * own / (old * old * b + weight * own * own);
            for (omega, a) in omega[j + 1..].iter_mut().zip(&mut column[1..]) {
                *omega -= own / old * *a;
                *a = ratio * *a + gain * *omega;
            }
            b += weight * own * own / (old * old);
        }
    }

    /// Standard deviations of the coordinates.
    pub fn deviations(&self) -> Vec<f64> {
        let mut squares = vec![0.0; self.size];
        for j in 0..self.size {
            for (square, a) in squares[j..].iter_mut().zip(self.column(j)) {
                *square += a * a;
            }
        }
        squares.into_iter().map(f64::sqrt).collect()
    }

    /// Makes the standard deviation of one coordinate so many times as large.
    pub fn stretch(&mut self, coordinate: usize, times: f64) {
        let first = if self.is_diagonal { coordinate } else { 0 };
        for j in first..=coordinate {
            let at = self.start(j) + coordinate - j;
            self.entries[at] *= times;
        }
    }

    /// Smallest entry of the diagonal as a fraction of the largest.
    pub fn flatness(&self) -> f64 {
        let diagonal = (0..self.size).map(|j| self.entries[self.start(j)]);
        let (low, high) = diagonal.fold((f64::INFINITY, 0.0_f64), |(low, high), a| {
            (low.min(a), high.max(a))
        });
        low / high
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::stream;

    fn covariance(factor: &Factor) -> Vec<Vec<f64>> {
        let unit = |j: usize| {
            let mut unit = vec![0.0; factor.size];
            unit[j] = 1.0;
            unit
        };
        let columns: Vec<Vec<f64>> = (0..factor.size).map(|j| factor.times(&unit(j))).collect();
        let entry = |i: usize, k: usize| columns.iter().map(|c| c[i] * c[k]).sum();
        (0..factor.size)
            .map(|i| (0..factor.size).map(|k| entry(i, k)).collect())
            .collect()
    }

    // Each step is backward stable; 20 of them on numbers of size 1 to 20 leave 1e-12 at most.
    #[test]
    fn changes_are_those_of_the_covariance() {
        let size = 5;
        let mut rng = stream(1, 0, 0);
        let mut factor = Factor::identity(size, false);
        let mut plain = covariance(&factor);
        for step in 0..20 {
            let v: Vec<f64> = (0..size).map(|_| rng.normal()).collect();
            let square: f64 = factor.solve(&v).iter().map(|z| z * z).sum();
            let weight = if step % 3 == 2 { -0.5 / square } else { 0.7 };
            factor.add(weight, &v);
            for (i, row) in plain.iter_mut().enumerate() {
                for (k, entry) in row.iter_mut().enumerate() {
                    *entry += weight * v[i] * v[k];
                }
            }
        }
        factor.scale(0.5);
        factor.stretch(3, 2.0);
        for (i, row) in plain.iter_mut().enumerate() {
            for (k, entry) in row.iter_mut().enumerate() {
                let times = f64::from(u8::from(i == 3) + 1) * f64::from(u8::from(k == 3) + 1);
                *entry *= 0.5 * times;
            }
        }
        for (i, row) in covariance(&factor).iter().enumerate() {
            for (k, entry) in row.iter().enumerate() {
                assert!((entry - plain[i][k]).abs() < 1e-12, "{i} {k}");
            }
            assert!((factor.deviations()[i] - plain[i][i].sqrt()).abs() < 1e-12);
        }
        let z: Vec<f64> = (0..size).map(|_| rng.normal()).collect();
        for (a, b) in factor.solve(&factor.times(&z)).iter().zip(&z) {
            assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn a_diagonal_factor_takes_up_variances_alone() {
        let mut factor = Factor::identity(3, true);
        factor.add(0.5, &[1.0, 2.0, 0.0]);
        factor.stretch(2, 3.0);
        let expected = [1.5_f64.sqrt(), 3.0_f64.sqrt(), 3.0];
        assert_eq!(factor.deviations(), expected);
        assert_eq!(factor.solve(&expected), [1.0, 1.0, 1.0]);
        assert_eq!(factor.flatness(), expected[0] / 3.0);
    }
}
