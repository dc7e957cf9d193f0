//! One local search: a CMA-ES that learns from all trials near it.
//!
//! The points of a generation are normally its own draws. Whatever else was tried nearby counts like them, be
//! it a suggestion of the model, of another algorithm, or one made long before its result came
//! (Hansen: Injecting External Solutions Into CMA-ES, arXiv 1110.4181, 2011: a point from elsewhere may count
//! if the length of its step is limited).
//!
//! The factor `A` of the covariance takes the place of its square root, which needs no decomposition
//! (Krause, Arbones, Igel, NeurIPS 2016). On a grid, no deviation falls so low that the neighbours of a value
//! are out of reach (Hamano, Saito, Nomura, Shirakawa: CMA-ES with Margin, GECCO 2022, in a simple form).

use super::super::axis::Axis;
use super::constants::Constants;
use super::factor::Factor;
use super::progress::Progress;
use super::subspace::{Subspace, View, cell, within};
use crate::rng::Rng;
use std::sync::Arc;

/// A point counts up to so many times the length of a usual step away.
const REACH: f64 = 6.0;
/// The least deviation on a grid, in cells: from the middle of a cell, one draw in ten leaves it.
const MARGIN: f64 = 0.3;
/// The largest step, in ranges.
const LARGEST_STEP: f64 = 1.0;

/// A point and its loss.
#[derive(Clone, Debug)]
struct Member {
    x: Vec<f64>,
    loss: f64,
}

/// The state of a local search. Equation numbers are those of Hansen's tutorial, arXiv 1604.00772.
#[derive(Clone, Debug)]
pub struct Run {
    subspace: Subspace,
    constants: Arc<Constants>,
    mean: Vec<f64>,
    step: f64,
    first_step: f64,
    factor: Factor,
    path_sigma: Vec<f64>,
    path: Vec<f64>,
    /// The points of the generation that is not complete.
    members: Vec<Member>,
    progress: Progress,
    /// The generation that has had a guess.
    guessed: Option<u32>,
}

impl Run {
    /// A search from the point of its subspace; `step` is its first deviation along every axis.
    pub fn new(axes: &[Axis], subspace: Subspace, step: f64, population: usize) -> Self {
        let size = subspace.size();
        let constants = Constants::new(size, population);
        let mut run = Self {
            mean: subspace.start(axes),
            subspace,
            step,
            first_step: step,
            factor: Factor::identity(size, constants.is_diagonal),
            path_sigma: vec![0.0; size],
            path: vec![0.0; size],
            members: Vec::new(),
            progress: Progress::new(size, population),
            constants: Arc::new(constants),
            guessed: None,
        };
        run.keep_margin(axes);
        run
    }

    /// Where it searches.
    pub fn subspace(&self) -> &Subspace {
        &self.subspace
    }

    /// The factor of the covariance of its draws, but for the step.
    pub fn factor(&self) -> &Factor {
        &self.factor
    }

    /// The centre of its draws.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Its first deviation.
    pub fn first_step(&self) -> f64 {
        self.first_step
    }

    /// How many points it has learnt from.
    pub fn taken(&self) -> usize {
        self.progress.taken()
    }

    /// Length of the step to a row, in steps that are one deviation long in every coordinate; None if the row
    /// is not in its subspace.
    pub fn distance(&self, rows: &View, row: usize) -> Option<f64> {
        if !self.subspace.holds(rows.values(row)) {
            return None;
        }
        let x = self.subspace.coordinates(rows.axes, rows.values(row));
        Some(length(&self.factor.solve(&self.step_to(&x))) / (self.mean.len() as f64).sqrt())
    }

    /// Whether a point at this distance counts.
    pub fn reaches(&self, distance: f64) -> bool {
        distance <= REACH * (1.0 + 1.0 / (self.mean.len() as f64).sqrt())
    }

    /// The deviation that has a point at this distance within a usual step.
    pub fn step_of(&self, distance: f64) -> f64 {
        self.step * distance
    }

    /// Learns from a row of its subspace; whether that completes a generation.
    pub fn take(&mut self, rows: &View, row: usize) -> bool {
        let x = self.subspace.coordinates(rows.axes, rows.values(row));
        let loss = rows.loss(row);
        self.members.push(Member { x, loss });
        self.progress.count();
        if self.members.len() < self.constants.population {
            return false;
        }
        self.advance(rows.axes);
        true
    }

    /// Whether a guess may be learnt from: guesses lie close together, and more than one in a generation would
    /// have the distribution collapse. Afterwards there has been one.
    pub fn accepts_guess(&mut self) -> bool {
        let generation = Some(self.progress.generations());
        std::mem::replace(&mut self.guessed, generation) != generation
    }

    /// Takes notice of a point nearby that has no loss; whether there are too many of those.
    pub fn miss(&mut self) -> bool {
        self.progress.miss()
    }

    /// Whether to go on promises nothing any more.
    pub fn is_over(&self, axes: &[Axis]) -> bool {
        self.progress.is_over() || self.progress.has_converged(self.widest(axes), &self.factor)
    }

    /// A point of the subspace.
    pub fn draw(&self, axes: &[Axis], rng: &mut Rng) -> Vec<f64> {
        let z: Vec<f64> = self.mean.iter().map(|_| rng.normal()).collect(); // (38)
        let y = self.factor.times(&z); // (39)
        let pairs = self.mean.iter().zip(&y);
        let x: Vec<f64> = pairs.map(|(m, y)| m + self.step * y).collect(); // (40)
        self.subspace.values_at(axes, &x)
    }

    fn step_to(&self, x: &[f64]) -> Vec<f64> {
        let pairs = x.iter().zip(&self.mean);
        pairs.map(|(x, m)| (x - m) / self.step).collect()
    }

    /// The step to a member, no longer than a draw would be: Hansen 2011, equation (4) and table 1.
    fn limited_step(&self, member: &Member) -> Vec<f64> {
        let size = self.mean.len() as f64;
        let longest = size.sqrt() + 2.0 * size / (size + 2.0);
        let mut y = self.step_to(&member.x);
        let own = length(&self.factor.solve(&y));
        if own > longest {
            for y in &mut y {
                *y *= longest / own;
            }
        }
        y
    }

    /// The step to the next generation.
    fn advance(&mut self, axes: &[Axis]) {
        let constants = Arc::clone(&self.constants);
        let mut members = std::mem::take(&mut self.members);
        members.sort_by(|a, b| a.loss.total_cmp(&b.loss)); // stable: ties to the first
        let steps: Vec<Vec<f64>> = members.iter().map(|m| self.limited_step(m)).collect();
        let mut mean_step = vec![0.0; self.mean.len()];
        for (weight, y) in constants.weights.iter().zip(&steps) {
            add(&mut mean_step, *weight, y); // (41)
        }
        add(&mut self.mean, self.step, &mean_step); // (42)
        for (mean, axis) in self.mean.iter_mut().zip(self.subspace.axes(axes)) {
            *mean = within(axis, *mean);
        }
        let losses = (members[0].loss, members[members.len() / 2].loss);
        self.progress.advance(losses.0, losses.1);
        let relative_length = self.follow_paths(&constants, &mean_step);
        self.adapt_factor(&constants, &steps, relative_length);
        let rate = constants.rate_sigma / constants.damping;
        self.step *= libm::exp((rate * (relative_length - 1.0)).min(1.0)); // (44)
        if self.progress.is_flat() {
            self.step *= libm::exp(0.2 + rate); // equation (61) of version 2016: a way out of a plateau
        }
        self.step = self.step.min(LARGEST_STEP);
        self.keep_margin(axes);
    }

    /// Renews the evolution paths; the length of that of the step size, relative to its expectation.
    fn follow_paths(&mut self, constants: &Constants, mean_step: &[f64]) -> f64 {
        let rate = constants.rate_sigma;
        let gain = (rate * (2.0 - rate) * constants.mass).sqrt();
        scale(&mut self.path_sigma, 1.0 - rate);
        add(&mut self.path_sigma, gain, &self.factor.solve(mean_step)); // (43)
        let relative_length = length(&self.path_sigma) / constants.length;
        let rate = constants.rate_path;
        scale(&mut self.path, 1.0 - rate);
        if self.path_moves(constants, relative_length) {
            let gain = (rate * (2.0 - rate) * constants.mass).sqrt();
            add(&mut self.path, gain, mean_step); // (45)
        }
        relative_length
    }

    /// `h_sigma` of (45): no, while the path of the step size is too long.
    fn path_moves(&self, constants: &Constants, relative_length: f64) -> bool {
        let size = self.mean.len() as f64;
        let generations = 2.0 * f64::from(self.progress.generations());
        let settled = 1.0 - libm::pow(1.0 - constants.rate_sigma, generations);
        relative_length / settled.sqrt() < 1.4 + 2.0 / (size + 1.0)
    }

    /// Renews the covariance: (46) and (47).
    fn adapt_factor(&mut self, constants: &Constants, steps: &[Vec<f64>], relative_length: f64) {
        let Constants {
            rate_one,
            rate_mu,
            rate_path,
            ..
        } = *constants;
        let size = self.mean.len() as f64;
        let total = 1.0 + constants.negative.iter().sum::<f64>();
        let missing = if self.path_moves(constants, relative_length) {
            0.0
        } else {
            rate_one * rate_path * (2.0 - rate_path)
        };
        self.factor
            .scale(1.0 + missing - rate_one - rate_mu * total);
        self.factor.add(rate_one, &self.path);
        let (better, worse) = steps.split_at(constants.weights.len());
        for (weight, y) in constants.weights.iter().zip(better) {
            self.factor.add(rate_mu * weight, y);
        }
        for (weight, y) in constants.negative.iter().zip(worse) {
            let own = length(&self.factor.solve(y));
            let square = own * own;
            if square > 0.0 {
                let weight = rate_mu * weight * size / square; // (46)
                self.factor.add(weight.max(-0.5 / square), y);
            }
        }
    }

    /// Keeps the neighbours of a value on a grid within reach.
    fn keep_margin(&mut self, axes: &[Axis]) {
        let deviations = self.factor.deviations();
        for (i, axis) in self.subspace.axes(axes).enumerate() {
            let least = MARGIN * cell(axis, self.mean[i]);
            let own = self.step * deviations[i];
            if own < least {
                self.factor.stretch(i, least / own);
            }
        }
    }

    /// The largest deviation, those apart that the margin alone keeps up.
    fn widest(&self, axes: &[Axis]) -> f64 {
        let deviations = self.factor.deviations();
        let each = self.subspace.axes(axes).zip(&self.mean).zip(&deviations);
        each.map(|((axis, mean), deviation)| {
            let own = self.step * deviation;
            let least = MARGIN * cell(axis, *mean);
            if own > 1.01 * least { own } else { 0.0 }
        })
        .fold(0.0, f64::max)
    }
}

fn length(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

fn add(to: &mut [f64], times: f64, v: &[f64]) {
    for (to, v) in to.iter_mut().zip(v) {
        *to += times * v;
    }
}

fn scale(v: &mut [f64], times: f64) {
    for v in v {
        *v *= times;
    }
}
