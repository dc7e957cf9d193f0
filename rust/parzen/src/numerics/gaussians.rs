//! The hot loop: sums of Gaussians at many points.
//!
//! Everything here is written so that the compiler vectorises it for whatever the processor offers
//! (`multiversion` picks the variant when the program runs) and so that every variant gives the
//! same bits: lanes are summed in one fixed order, and a multiply-add is fused where `mul_add` says so
//! and nowhere else. Processors without that instruction get it in software, at the same bits.

use super::exponential::exp2_nonpositive;
use multiversion::multiversion;

/// Components are processed in groups of this many; [`Gaussians`] pads itself to a multiple of it.
pub const LANES: usize = 8;

/// Unnormalised Gaussian components, structure of arrays, ready for [`Gaussians::sums`].
///
/// Component `k` contributes `amplitude_k * 2^-((x - centre_k) * steepness_k)^2`, where its steepness
/// is [`STEEPNESS`] over its scale.
#[derive(Clone, Debug, Default)]
pub struct Gaussians {
    len: usize,
    centres: Vec<f64>,
    steepnesses: Vec<f64>,
    amplitudes: Vec<f64>,
    /// For each group of lanes, the interval outside which all of it is out of reach.
    reaches: Vec<(f64, f64)>,
    total: f64,
}

/// `2^-(STEEPNESS z)^2 = exp(-z^2 / 2)`: the root of `log2(e) / 2`.
pub const STEEPNESS: f64 = 0.849_321_800_288_019_1;

/// Up to this many groups of components it does not pay to ask which are in reach of a point.
const FEW: usize = 2;

/// A component is out of reach this many of its scales away.
pub const REACH: f64 = 9.5;
/// More than `exp(-REACH^2 / 2)`: what a component out of reach is worth, over its amplitude.
pub const BEYOND_REACH: f64 = 2.6e-20;

impl Gaussians {
    /// Forgets all components and keeps the memory.
    pub fn clear(&mut self) {
        self.len = 0;
        self.total = 0.0;
        self.centres.clear();
        self.steepnesses.clear();
        self.amplitudes.clear();
    }

    /// Number of components.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no component.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Adds a component of total mass `weight * sqrt(2 pi)`: its amplitude is `weight / scale`.
    #[inline]
    pub fn push(&mut self, weight: f64, centre: f64, scale: f64) {
        let inverse = 1.0 / scale;
        self.centres.truncate(self.len);
        self.steepnesses.truncate(self.len);
        self.amplitudes.truncate(self.len);
        self.centres.push(centre);
        self.steepnesses.push(STEEPNESS * inverse);
        self.amplitudes.push(weight * inverse);
        self.total += weight * inverse;
        self.len += 1;
    }

    /// A bound on what [`sums_in_reach`](Self::sums_in_reach) leaves out.
    #[must_use]
    pub fn out_of_reach(&self) -> f64 {
        self.total * BEYOND_REACH
    }

    /// `(weight, centre, scale)` of component `k`.
    #[must_use]
    pub fn get(&self, k: usize) -> (f64, f64, f64) {
        let scale = STEEPNESS / self.steepnesses[k];
        (self.amplitudes[k] * scale, self.centres[k], scale)
    }

    /// Pads the arrays to whole groups of lanes; call after the last [`push`](Self::push).
    pub fn seal(&mut self) {
        let padded = self.len.next_multiple_of(LANES);
        self.centres.resize(padded, 0.0);
        self.steepnesses.resize(padded, 0.0);
        self.amplitudes.resize(padded, 0.0);
        self.reaches.clear();
        for from in (0..self.len).step_by(LANES) {
            let group = from..(from + LANES).min(self.len);
            let ends = group.map(|k| {
                let reach = REACH * STEEPNESS / self.steepnesses[k];
                (self.centres[k] - reach, self.centres[k] + reach)
            });
            let everything = (f64::INFINITY, f64::NEG_INFINITY);
            self.reaches
                .push(ends.fold(everything, |a, b| (a.0.min(b.0), a.1.max(b.1))));
        }
    }

    /// `out[i] = sum_k amplitude_k exp(-((x_i - centre_k) / scale_k)^2 / 2)`.
    ///
    /// Cost: about one nanosecond for every two pairs of point and component with AVX2. Terms
    /// smaller than 1e-307 of their amplitude are not distinguished from each other.
    pub fn sums(&self, points: &[f64], out: &mut [f64]) {
        self.evaluate(points, &[], out);
    }

    /// As [`sums`](Self::sums), leaving out components that are further than [`REACH`] of their scales
    /// away from a point; [`out_of_reach`](Self::out_of_reach) bounds what that changes. Faster when
    /// neighbouring components have neighbouring centres.
    pub fn sums_in_reach(&self, points: &[f64], out: &mut [f64]) {
        self.evaluate(points, &self.reaches, out);
    }

    fn evaluate(&self, points: &[f64], reaches: &[(f64, f64)], out: &mut [f64]) {
        debug_assert_eq!(points.len(), out.len());
        debug_assert_eq!(self.centres.len() % LANES, 0, "seal() the components first");
        let groups = self.centres.len() / LANES;
        let few = reaches.is_empty() || groups <= FEW;
        if few && self.len * points.len().div_ceil(LANES) < groups * points.len() {
            sums_of_few(
                points,
                &self.centres[..self.len],
                &self.steepnesses,
                &self.amplitudes,
                out,
            );
            return;
        }
        gaussian_sums(
            points,
            &self.centres,
            &self.steepnesses,
            &self.amplitudes,
            reaches,
            out,
        );
    }
}

/// One component after the other, at several points at once.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
fn sums_of_few(
    points: &[f64],
    centres: &[f64],
    steepnesses: &[f64],
    amplitudes: &[f64],
    out: &mut [f64],
) {
    for (points, out) in points.chunks(LANES).zip(out.chunks_mut(LANES)) {
        let mut x = [points[0]; LANES];
        x[..points.len()].copy_from_slice(points);
        let mut lanes = [0.0_f64; LANES];
        let components = centres.iter().zip(steepnesses).zip(amplitudes);
        for ((centre, steepness), amplitude) in components {
            for j in 0..LANES {
                let z = (x[j] - centre) * steepness;
                lanes[j] = exp2_nonpositive(-(z * z)).mul_add(*amplitude, lanes[j]);
            }
        }
        out.copy_from_slice(&lanes[..points.len()]);
    }
}

/// Several components at once, at one point after the other.
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
fn gaussian_sums(
    points: &[f64],
    centres: &[f64],
    steepnesses: &[f64],
    amplitudes: &[f64],
    reaches: &[(f64, f64)],
    out: &mut [f64],
) {
    let centres = centres.as_chunks::<LANES>().0;
    let steepnesses = steepnesses.as_chunks::<LANES>().0;
    let amplitudes = amplitudes.as_chunks::<LANES>().0;
    for (x, sum) in points.iter().zip(out.iter_mut()) {
        let mut lanes = [0.0_f64; LANES];
        let groups = centres.iter().zip(steepnesses).zip(amplitudes);
        for (at, ((centre, steepness), amplitude)) in groups.enumerate() {
            if let Some((low, high)) = reaches.get(at)
                && (x < low || x > high)
            {
                continue;
            }
            for j in 0..LANES {
                let z = (x - centre[j]) * steepness[j];
                lanes[j] = exp2_nonpositive(-(z * z)).mul_add(amplitude[j], lanes[j]);
            }
        }
        *sum = fold(&lanes);
    }
}

/// Sequences are padded to a multiple of this for [`dot`].
pub const DOT_LANES: usize = 2 * LANES;

/// The scalar product of two sequences of whole groups of [`DOT_LANES`].
#[multiversion(targets("x86_64+avx+avx2+fma+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2+fma"))]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0_f64; DOT_LANES];
    let (a, b) = (a.as_chunks::<DOT_LANES>().0, b.as_chunks::<DOT_LANES>().0);
    for (a, b) in a.iter().zip(b) {
        for j in 0..DOT_LANES {
            lanes[j] = a[j].mul_add(b[j], lanes[j]);
        }
    }
    let mut folded = [0.0; LANES];
    for j in 0..LANES {
        folded[j] = lanes[j] + lanes[j + LANES];
    }
    fold(&folded)
}

/// Sums the lanes as a fixed binary tree.
#[inline(always)] // must be compiled with the caller's target features
#[allow(clippy::inline_always)]
pub(crate) fn fold(lanes: &[f64; LANES]) -> f64 {
    ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6]))
        + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]))
}

#[cfg(test)]
mod tests;
