//! The Cholesky factor of a covariance matrix, in one fixed order of operations.
//!
//! Every loop runs along contiguous memory and changes one element per step, so that the compiler
//! vectorises it and yet no sum is regrouped: a processor with wider registers gets the same bits. Nothing is
//! fused. A general library chooses its blocks by the processor's caches and registers, and so rounds
//! differently from one machine to the next.

use multiversion::multiversion;

/// Candidates that are solved for at a time.
pub const WIDTH: usize = 16;

/// Rows that are subtracted from the rest at a time.
const PANEL: usize = 4;

/// `K = U^T U` for a symmetric, positive definite `K`.
#[derive(Clone, Debug, Default)]
pub struct Factor {
    n: usize,
    /// Distance of the beginnings of two rows.
    stride: usize,
    /// `U` by rows; nothing of meaning below the diagonal.
    upper: Vec<f64>,
    /// `L = U^T` by rows, for solving with many right-hand sides.
    lower: Vec<f64>,
    /// Inverse pivots.
    inverse: Vec<f64>,
}

impl Factor {
    /// Factorises the matrix whose upper triangle is in `matrix`, by rows of `stride`, of which the first `n` count.
    ///
    /// Nothing if a pivot is not above zero: the matrix is not positive definite as far as rounding lets tell.
    ///
    /// # Panics
    /// When `matrix` has fewer than `stride * stride` elements, or `n` is above `stride`.
    #[must_use]
    pub fn new(n: usize, stride: usize, matrix: Vec<f64>) -> Option<Self> {
        assert!(n <= stride && matrix.len() >= stride * stride);
        let mut factor = Self {
            n,
            stride,
            upper: matrix,
            lower: vec![0.0; stride * stride],
            inverse: vec![0.0; stride],
        };
        if !factorise(n, stride, &mut factor.upper, &mut factor.inverse) {
            return None;
        }
        for i in 0..n {
            for j in i..n {
                factor.lower[j * stride + i] = factor.upper[i * stride + j];
            }
        }
        Some(factor)
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.n
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.n == 0
    }

    /// Adds a row and a column to the matrix: its covariances with the others, and its own variance. The same bits as
    /// a new factorisation.
    ///
    /// False, and nothing changes, if the matrix would not be positive definite any more.
    ///
    /// # Panics
    /// When `covariances` does not have one entry per row.
    #[must_use]
    pub fn append(&mut self, covariances: &[f64], variance: f64) -> bool {
        assert_eq!(covariances.len(), self.n, "one covariance per row");
        let mut column = covariances.to_vec();
        self.solve_forward(&mut column);
        let mut pivot = variance;
        for c in &column {
            pivot -= c * c;
        }
        if pivot.is_nan() || pivot <= 0.0 {
            return false;
        }
        self.make_room();
        let (n, stride) = (self.n, self.stride);
        for (i, c) in column.iter().enumerate() {
            self.upper[i * stride + n] = *c;
            self.lower[n * stride + i] = *c;
        }
        let root = pivot.sqrt();
        self.upper[n * stride + n] = root;
        self.lower[n * stride + n] = root;
        self.inverse[n] = 1.0 / root;
        self.n += 1;
        true
    }

    fn make_room(&mut self) {
        if self.n < self.stride {
            return;
        }
        let (old, new) = (self.stride, 2 * self.stride + 8);
        for matrix in [&mut self.upper, &mut self.lower] {
            let mut wider = vec![0.0; new * new];
            for i in 0..old {
                wider[i * new..i * new + old].copy_from_slice(&matrix[i * old..(i + 1) * old]);
            }
            *matrix = wider;
        }
        self.inverse.resize(new, 0.0);
        self.stride = new;
    }

    /// `U^-T b`, in place.
    pub fn solve_forward(&self, b: &mut [f64]) {
        solve_forward(self.n, self.stride, &self.upper, &self.inverse, b);
    }

    /// `U^-1 b`, in place.
    pub fn solve_backward(&self, b: &mut [f64]) {
        solve_backward(self.n, self.stride, &self.lower, &self.inverse, b);
    }

    /// `U^-T B`, in place, for [`WIDTH`] right-hand sides: row `i` of `b` holds element `i` of each.
    pub fn solve_forward_many(&self, b: &mut [[f64; WIDTH]]) {
        solve_forward_many(self.n, self.stride, &self.lower, &self.inverse, b);
    }

    /// ln of the determinant of `K`.
    #[must_use]
    pub fn log_determinant(&self) -> f64 {
        let pivots = &self.inverse[..self.n];
        -2.0 * pivots.iter().map(|p| libm::log(*p)).sum::<f64>()
    }

    /// The upper triangle of `K^-1`, by rows of `n`.
    #[must_use]
    pub fn inverted(&self) -> Vec<f64> {
        let mut triangular = vec![0.0; self.n * self.n];
        let mut out = vec![0.0; self.n * self.n];
        invert(
            self.n,
            self.stride,
            &self.lower,
            &self.inverse,
            &mut triangular,
        );
        square(self.n, &triangular, &mut out);
        out
    }
}

/// `row -= factor * other`, element by element.
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
fn subtract(row: &mut [f64], factor: f64, other: &[f64]) {
    for (a, b) in row.iter_mut().zip(other) {
        *a -= factor * b;
    }
}

/// `row -= f_0 a_0 + f_1 a_1 + ...`, one product after the other.
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always, clippy::needless_range_loop)] // one bound for all slices
fn subtract_panel(row: &mut [f64], factors: [f64; PANEL], others: [&[f64]; PANEL]) {
    let n = row.len();
    let others = others.map(|other| &other[..n]);
    for j in 0..n {
        row[j] = row[j]
            - factors[0] * others[0][j]
            - factors[1] * others[1][j]
            - factors[2] * others[2][j]
            - factors[3] * others[3][j];
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn factorise(n: usize, stride: usize, a: &mut [f64], inverse: &mut [f64]) -> bool {
    let mut first = 0;
    while first < n {
        let end = (first + PANEL).min(n);
        for k in first..end {
            let (above, own) = a.split_at_mut(k * stride);
            let row = &mut own[k..n];
            for i in first..k {
                let other = &above[i * stride + k..i * stride + n];
                subtract(row, other[0], other);
            }
            let pivot = row[0];
            if pivot.is_nan() || pivot <= 0.0 {
                return false;
            }
            let root = pivot.sqrt();
            let scale = 1.0 / root;
            inverse[k] = scale;
            row[0] = root;
            for value in &mut row[1..] {
                *value *= scale;
            }
        }
        let (panel, rest) = a.split_at_mut(end * stride);
        for i in end..n {
            let row = &mut rest[(i - end) * stride + i..(i - end) * stride + n];
            // With rows left, the panel is whole.
            let part = |k: usize| &panel[(first + k) * stride + i..(first + k) * stride + n];
            let parts = [part(0), part(1), part(2), part(3)];
            subtract_panel(row, parts.map(|p| p[0]), parts);
        }
        first = end;
    }
    true
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn solve_forward(n: usize, stride: usize, upper: &[f64], inverse: &[f64], b: &mut [f64]) {
    for i in 0..n {
        let value = b[i] * inverse[i];
        b[i] = value;
        subtract(
            &mut b[i + 1..n],
            value,
            &upper[i * stride + i + 1..i * stride + n],
        );
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn solve_backward(n: usize, stride: usize, lower: &[f64], inverse: &[f64], b: &mut [f64]) {
    for i in (0..n).rev() {
        let value = b[i] * inverse[i];
        b[i] = value;
        subtract(&mut b[..i], value, &lower[i * stride..i * stride + i]);
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
#[allow(clippy::needless_range_loop)] // arrays of known length stay in registers
fn solve_forward_many(
    n: usize,
    stride: usize,
    lower: &[f64],
    inverse: &[f64],
    b: &mut [[f64; WIDTH]],
) {
    for j in 0..n {
        let (done, rest) = b.split_at_mut(j);
        let mut sums = rest[0];
        let factors = &lower[j * stride..j * stride + j];
        for i in 0..j {
            let (factor, row) = (factors[i], &done[i]);
            for lane in 0..WIDTH {
                sums[lane] -= factor * row[lane];
            }
        }
        for sum in &mut sums {
            *sum *= inverse[j];
        }
        rest[0] = sums;
    }
}

/// `L^-1`, by rows of `n`, with zeros above the diagonal.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn invert(n: usize, stride: usize, lower: &[f64], inverse: &[f64], out: &mut [f64]) {
    for k in 0..n {
        let (done, rest) = out.split_at_mut(k * n);
        let row = &mut rest[..=k];
        let factors = &lower[k * stride..k * stride + k];
        let whole = k / PANEL * PANEL;
        for i in (0..whole).step_by(PANEL) {
            let part = |p: usize| &done[(i + p) * n..(i + p) * n + i + PANEL];
            let panel = [factors[i], factors[i + 1], factors[i + 2], factors[i + 3]];
            subtract_panel(
                &mut row[..i + PANEL],
                panel,
                [part(0), part(1), part(2), part(3)],
            );
        }
        for i in whole..k {
            subtract(&mut row[..=i], factors[i], &done[i * n..=i * n + i]);
        }
        for value in &mut row[..k] {
            *value *= inverse[k];
        }
        row[k] = inverse[k];
    }
}

/// The upper triangle of `W^T W` for a lower triangular `W` with zeros above the diagonal.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn square(n: usize, w: &[f64], out: &mut [f64]) {
    let whole = n / PANEL * PANEL;
    for k in (0..whole).step_by(PANEL) {
        let last = k + PANEL - 1;
        for i in 0..=last {
            let part = |p: usize| &w[(k + p) * n + i..=(k + p) * n + last];
            let parts = [part(0), part(1), part(2), part(3)];
            // Subtracting the negative is adding: the same bits.
            subtract_panel(
                &mut out[i * n + i..=i * n + last],
                parts.map(|p| -p[0]),
                parts,
            );
        }
    }
    for k in whole..n {
        for i in 0..=k {
            let row = &w[k * n + i..=k * n + k];
            subtract(&mut out[i * n + i..=i * n + k], -row[0], row);
        }
    }
}

#[cfg(test)]
mod tests;
