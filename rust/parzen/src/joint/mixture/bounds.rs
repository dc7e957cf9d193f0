//! How large the kernels of a chunk can be at a point, at most.
//!
//! The centres of a chunk lie in a box, and none of its kernels is wider than the widest along each axis. A
//! kernel at least `d` away from a point along an axis loses `(d / width)^2 / 2` there.

use super::axis_kernels::{AxisKernels, CHUNK, STRIDE};
use crate::numerics::gaussians::LANES;
use multiversion::multiversion;

/// The boxes of all chunks, in groups of [`LANES`] of them.
#[derive(Clone, Debug)]
pub struct Bounds {
    /// By axis its place among those with Gaussian kernels, or among those over options.
    places: Vec<Place>,
    gaussian_axes: usize,
    options_axes: usize,
    /// By group, then axis with Gaussian kernels.
    edges: Vec<Edge>,
    /// By group, then axis with kernels over options: a bit for each option that a member may have.
    sets: Vec<[u64; LANES]>,
    /// By group: the largest logarithm of the normalisers.
    tops: Vec<[f64; LANES]>,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Gaussian(usize),
    Options(usize),
}

/// The extent of a group's boxes along one axis.
#[derive(Clone, Copy, Debug)]
struct Edge {
    /// No centre is below this.
    lows: [f64; LANES],
    /// No centre is above this.
    highs: [f64; LANES],
    /// No inverse standard deviation is smaller.
    inverses: [f64; LANES],
}

/// A point as [`Bounds::in_reach`] reads it.
#[derive(Clone, Debug)]
pub struct Query {
    coordinates: Vec<f64>,
    options: Vec<Choice>,
}

/// An option: its bit, and the log-probabilities that kernels of it and of other options give it.
#[derive(Clone, Copy, Debug)]
struct Choice {
    bit: u64,
    own: f64,
    other: f64,
}

impl Bounds {
    /// The bounds of no chunks.
    pub fn new<'a>(axes: impl Iterator<Item = &'a AxisKernels>) -> Self {
        let (mut gaussian_axes, mut options_axes) = (0, 0);
        let places = axes
            .map(|kernels| {
                let (count, place): (_, fn(usize) -> Place) = if kernels.is_options() {
                    (&mut options_axes, Place::Options)
                } else {
                    (&mut gaussian_axes, Place::Gaussian)
                };
                *count += 1;
                place(*count - 1)
            })
            .collect();
        Self {
            places,
            gaussian_axes,
            options_axes,
            edges: Vec::new(),
            sets: Vec::new(),
            tops: Vec::new(),
        }
    }

    /// Makes room for one more group of chunks.
    pub fn add_group(&mut self) {
        let nothing = Edge {
            lows: [f64::INFINITY; LANES],
            highs: [f64::NEG_INFINITY; LANES],
            inverses: [f64::MAX; LANES],
        };
        let edges = self.edges.len() + self.gaussian_axes;
        self.edges.resize(edges, nothing);
        let sets = self.sets.len() + self.options_axes;
        self.sets.resize(sets, [0; LANES]);
        self.tops.push([f64::NEG_INFINITY; LANES]);
    }

    fn edge(&mut self, chunk: usize, place: usize) -> &mut Edge {
        &mut self.edges[chunk / LANES * self.gaussian_axes + place]
    }

    fn set(&mut self, chunk: usize, place: usize) -> &mut u64 {
        &mut self.sets[chunk / LANES * self.options_axes + place][chunk % LANES]
    }

    /// Forgets the points of a chunk.
    pub fn clear(&mut self, chunk: usize) {
        for place in 0..self.gaussian_axes {
            let edge = self.edge(chunk, place);
            edge.lows[chunk % LANES] = f64::INFINITY;
            edge.highs[chunk % LANES] = f64::NEG_INFINITY;
        }
        for place in 0..self.options_axes {
            *self.set(chunk, place) = 0;
        }
    }

    /// Takes a point into a chunk; NaN where it has no coordinate and follows the prior.
    pub fn extend(&mut self, chunk: usize, axis: usize, coordinate: f64) {
        let lane = chunk % LANES;
        match self.places[axis] {
            Place::Gaussian(place) => {
                let centre = if coordinate.is_nan() { 0.5 } else { coordinate };
                let Edge { lows, highs, .. } = self.edge(chunk, place);
                lows[lane] = lows[lane].min(centre);
                highs[lane] = highs[lane].max(centre);
            }
            // The prior may give any option more than a kernel of another option does.
            Place::Options(place) if coordinate.is_nan() => *self.set(chunk, place) = u64::MAX,
            Place::Options(place) => *self.set(chunk, place) |= bit(coordinate),
        }
    }

    /// Finds the smallest inverse standard deviation of a chunk's members along an axis.
    pub fn widen(&mut self, chunk: usize, axis: usize, kernels: &AxisKernels) {
        let (Place::Gaussian(place), AxisKernels::Gaussian { inverses, .. }) =
            (self.places[axis], kernels)
        else {
            return;
        };
        let start = chunk * CHUNK;
        let mut lanes = [f64::MAX; LANES]; // times a distance of 0 it is still 0
        for eight in inverses[start..start + CHUNK].as_chunks::<LANES>().0 {
            for (lane, inverse) in lanes.iter_mut().zip(eight) {
                let is_less = *inverse < *lane && *inverse > 0.0; // 0: no member
                *lane = if is_less { *inverse } else { *lane };
            }
        }
        let least = lanes.into_iter().fold(f64::MAX, f64::min);
        self.edge(chunk, place).inverses[chunk % LANES] = least;
    }

    /// Finds the largest normaliser of a chunk, whose logarithms are given.
    pub fn raise(&mut self, chunk: usize, log_norms: &[f64]) {
        let top = log_norms.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
        self.tops[chunk / LANES][chunk % LANES] = top;
    }

    /// What [`in_reach`](Self::in_reach) asks of a point.
    pub fn query<'a>(&self, axes: impl Iterator<Item = &'a AxisKernels>, point: &[f64]) -> Query {
        let mut query = Query {
            coordinates: Vec::with_capacity(self.gaussian_axes),
            options: Vec::with_capacity(self.options_axes),
        };
        for (kernels, x) in axes.zip(point) {
            match kernels {
                AxisKernels::Gaussian { .. } => query.coordinates.push(*x),
                AxisKernels::Options { own, other, .. } => query.options.push(Choice {
                    bit: bit(*x),
                    own: own[option(*x)],
                    other: other[option(*x)],
                }),
            }
        }
        query
    }

    /// For the groups from number `first` on, which of their chunks may have a kernel whose logarithm exceeds
    /// `floor` at a point: a bit for each in `out`.
    pub fn in_reach(&self, first: usize, query: &Query, floor: f64, out: &mut [u8]) {
        let edges = &self.edges[first * self.gaussian_axes..];
        let sets = &self.sets[first * self.options_axes..];
        in_reach(edges, sets, &self.tops[first..], query, floor, out);
    }
}

#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512dq+avx512vl", "x86_64+avx+avx2"))]
fn in_reach(
    edges: &[Edge],
    sets: &[[u64; LANES]],
    tops: &[[f64; LANES]],
    query: &Query,
    floor: f64,
    out: &mut [u8],
) {
    let (n_edges, n_sets) = (query.coordinates.len(), query.options.len());
    for (group, (tops, out)) in tops.iter().zip(out).enumerate() {
        let mut most = *tops;
        *out = bits(&most, floor);
        let edges = &edges[group * n_edges..][..n_edges];
        for (edges, coordinates) in edges.chunks(STRIDE).zip(query.coordinates.chunks(STRIDE)) {
            if *out == 0 {
                break;
            }
            for (edge, x) in edges.iter().zip(coordinates) {
                lower(edge, *x, &mut most);
            }
            *out = bits(&most, floor);
        }
        if *out == 0 {
            continue;
        }
        for (set, choice) in sets[group * n_sets..].iter().zip(&query.options) {
            choose(set, *choice, &mut most);
        }
        *out = bits(&most, floor);
    }
}

#[inline(always)]
#[allow(clippy::inline_always)]
fn lower(edge: &Edge, x: f64, most: &mut [f64; LANES]) {
    let (lows, highs, inverses) = (&edge.lows, &edge.highs, &edge.inverses);
    for j in 0..LANES {
        let (below, above) = (lows[j] - x, x - highs[j]);
        let farther = if below > above { below } else { above };
        let distance = if farther > 0.0 { farther } else { 0.0 };
        let z = distance * inverses[j];
        most[j] -= 0.5 * z * z;
    }
}

#[inline(always)]
#[allow(clippy::inline_always)]
fn choose(set: &[u64; LANES], choice: Choice, most: &mut [f64; LANES]) {
    for (most, set) in most.iter_mut().zip(set) {
        let is_own = set & choice.bit != 0;
        *most += if is_own { choice.own } else { choice.other };
    }
}

#[inline(always)]
#[allow(clippy::inline_always)]
fn bits(most: &[f64; LANES], floor: f64) -> u8 {
    let each = most.iter().enumerate();
    each.fold(0, |bits, (lane, m)| bits | (u8::from(*m > floor) << lane))
}

/// The bit of an option; those from the 64th on share one.
fn bit(x: f64) -> u64 {
    1 << option(x).min(63)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // an option number
fn option(x: f64) -> usize {
    x as usize
}
