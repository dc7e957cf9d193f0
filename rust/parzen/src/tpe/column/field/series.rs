//! Truncated series of Gaussians: the arithmetic of the [`field`](super), whose text has the
//! formulas.

use crate::numerics::exponential::exp2_nonpositive;
use crate::numerics::gaussians::STEEPNESS;
use multiversion::multiversion;

/// Number of terms of both expansions.
pub const ORDER: usize = 20;
/// How many cells away a point is still felt.
pub const REACH: i64 = 10;
/// At least as many as there are cells in reach of one, and whole vectors.
pub const LANES: usize = 24;

/// Coefficients by power.
pub type Series = [f64; ORDER];

/// `1/n!`
pub const INVERSE_FACTORIAL: Series = {
    let mut table = [1.0; ORDER];
    let mut n = 1;
    #[allow(clippy::cast_precision_loss)]
    while n < ORDER {
        table[n] = table[n - 1] / n as f64;
        n += 1;
    }
    table
};

/// `1/n`
const INVERSE: Series = {
    let mut table = [1.0; ORDER];
    let mut n = 1;
    #[allow(clippy::cast_precision_loss)]
    while n < ORDER {
        table[n] = 1.0 / n as f64;
        n += 1;
    }
    table
};

/// Adds to every `n! L_n` what two cells at the same distance on either side give.
///
/// That is `sum_m phi^(n+m)(d) S_m` for the one that lies before and, as `phi^(k)` is even or odd as `k`
/// is, `sum_m phi^(n+m)(d) (-1)^(n+m) S_m` for the one behind. `derivatives` are those at `d`.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
pub fn translate(
    local: &mut Series,
    derivatives: &[f64; 2 * ORDER],
    before: &Series,
    behind: &Series,
) {
    let mut sums: Series = *local;
    let mut sign = 1.0;
    for m in 0..ORDER {
        let Some(shifted) = derivatives[m..].first_chunk::<ORDER>() else {
            return;
        };
        let (one, other) = (before[m], sign * behind[m]);
        let by_parity = [one + other, one - other];
        for n in 0..ORDER {
            sums[n] = shifted[n].mul_add(by_parity[n % 2], sums[n]);
        }
        sign = -sign;
    }
    *local = sums;
}

/// Place of a distance in cells in the tables, from zero.
#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation)] // -REACH <= d <= REACH
pub fn nth(d: i64) -> usize {
    (d + REACH) as usize
}

/// `(-delta)^m / m!`
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
pub fn moments(delta: f64) -> Series {
    let square = delta * delta;
    let fourth = square * square;
    let mut powers = [1.0, -delta, square, -delta * square];
    let mut out = INVERSE_FACTORIAL;
    for chunk in out.as_chunks_mut::<4>().0 {
        for (o, power) in chunk.iter_mut().zip(&mut powers) {
            *o *= *power;
            *power *= fourth;
        }
    }
    out
}

/// `phi^(k)(t)` for `phi = exp(-t^2/2)`, by `phi^(k+1) = -t phi^(k) - k phi^(k-1)`.
pub fn hermite_functions<const N: usize>(t: f64) -> [f64; N] {
    let mut out = [0.0; N];
    let (mut before, mut here) = (0.0, libm::exp(-0.5 * t * t));
    let mut k = 0.0;
    for o in &mut out {
        *o = here;
        let next = -t * here - k * before;
        before = here;
        here = next;
        k += 1.0;
    }
    out
}

/// Taylor coefficients in `eps` of `phi(t + eps)` at the centres of the cells in reach, which lie
/// `t = d step - delta` away: `out[n][nth(d)]`.
///
/// By `c_(n+1) = -(t c_n + c_(n-1)) / (n + 1)`, for all cells at once.
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
pub fn taylor_around(step: f64, delta: f64, out: &mut [[f64; LANES]; ORDER]) {
    let mut t = [0.0; LANES];
    #[allow(clippy::cast_precision_loss)]
    for (lane, t) in t.iter_mut().enumerate() {
        *t = (lane as f64 - REACH as f64) * step - delta;
    }
    for (first, t) in out[0].iter_mut().zip(&t) {
        let t = t * STEEPNESS;
        *first = exp2_nonpositive(-(t * t));
    }
    let (mut before, mut here) = ([0.0; LANES], out[0]);
    for n in 1..ORDER {
        let inverse = INVERSE[n];
        let mut next = [0.0; LANES];
        for lane in 0..LANES {
            next[lane] = (-t[lane] * inverse).mul_add(here[lane], -before[lane] * inverse);
        }
        out[n] = next;
        (before, here) = (here, next);
    }
}

/// `alpha a + beta b + c`
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
pub fn combined([a, b, c]: &[Series; 3], alpha: f64, beta: f64) -> Series {
    let mut out = [0.0; ORDER];
    for n in 0..ORDER {
        out[n] = alpha.mul_add(a[n], beta.mul_add(b[n], c[n]));
    }
    out
}

/// The polynomial at `eps`, the powers with one remainder modulo 4 in one lane.
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
pub fn evaluate(series: &Series, eps: f64) -> f64 {
    let square = eps * eps;
    let fourth = square * square;
    let mut lanes = [0.0_f64; 4];
    for chunk in series.as_chunks::<4>().0.iter().rev() {
        for j in 0..4 {
            lanes[j] = lanes[j].mul_add(fourth, chunk[j]);
        }
    }
    (lanes[0] + eps * lanes[1]) + square * (lanes[2] + eps * lanes[3])
}

#[allow(clippy::cast_precision_loss)]
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
pub fn antiderivative(series: &Series, eps: f64) -> f64 {
    let mut sum = 0.0_f64;
    for (n, c) in series.iter().enumerate().rev() {
        sum = sum.mul_add(eps, c / (n + 1) as f64);
    }
    sum * eps
}
