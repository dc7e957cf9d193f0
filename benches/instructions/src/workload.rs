//! What the criterion benches and the instruction counts have in common.

#![allow(dead_code, clippy::pedantic)] // each bench uses a part

use parzen::algorithm::{Learner, suggest};
use parzen::joint;
use parzen::prior::{Numeric, Prior};
use parzen::reference::NumericPosterior;
use parzen::rng::{Rng, stream};
use parzen::space::{Param, Space};
use parzen::tpe::history::History;
use parzen::{random, tpe};

/// Twenty parameters, five each of four families.
pub fn mixed_space() -> Space {
    space_of([
        ("uniform", &[-5.0, 5.0]),
        ("loguniform", &[-11.5, 0.0]),
        ("quniform", &[0.0, 100.0, 1.0]),
        ("randint", &[0.0, 5.0]),
    ])
}

/// A small part of it.
fn corner() -> Space {
    space_of([
        ("uniform", &[1.0, 1.2]),
        ("loguniform", &[-6.0, -5.8]),
        ("quniform", &[40.0, 42.0, 1.0]),
        ("randint", &[2.0, 3.0]),
    ])
}

fn space_of(families: [(&str, &[f64]); 4]) -> Space {
    let params = (0..20).map(|number| {
        let (family, args) = families[number % families.len()];
        let label = format!("{family}_{number:02}");
        let prior = Prior::from_family(&label, family, args).expect("the arguments are good");
        Param {
            label,
            prior,
            conditions: Some(vec![vec![]]),
        }
    });
    Space::new(params.collect()).expect("the labels differ")
}

/// A study that goes on: asks, tells, and remembers where it is.
pub struct Study {
    history: History,
    rng: Rng,
    next_key: i64,
}

impl Study {
    /// A study of `count` random trials.
    pub fn new(count: usize) -> Self {
        let mut study = Self {
            history: History::new(mixed_space()),
            rng: stream(1, 2, 3),
            next_key: 0,
        };
        study.insert(count);
        study.history.split(0.25);
        study
    }

    /// Tells `count` more random trials.
    pub fn insert(&mut self, count: usize) {
        for _ in 0..count {
            let values = random::assignment(self.history.space(), 7, self.next_key as u64);
            self.tell(&values);
        }
    }

    /// One suggestion by TPE, told with a random loss.
    pub fn step(&mut self) {
        let options = tpe::Options::default();
        let seed = self.next_key as u64;
        let suggested = suggest(&mut self.history, &[self.next_key], seed, 0, &options);
        self.tell(&suggested.expect("the options are good")[0]);
    }

    fn tell(&mut self, values: &[f64]) {
        self.history
            .upsert(self.next_key, self.rng.normal(), values);
        self.next_key += 1;
    }
}

/// The same with the joint estimator.
pub struct JointStudy {
    model: joint::Model,
    rng: Rng,
    next_key: i64,
}

impl JointStudy {
    /// A study of `count` random trials.
    pub fn new(count: usize) -> Self {
        Self::of(count, &mixed_space())
    }

    /// A study of `count` trials that are near each other, as those of a search that has closed in.
    pub fn near(count: usize) -> Self {
        Self::of(count, &corner())
    }

    fn of(count: usize, drawn_from: &Space) -> Self {
        let space = mixed_space();
        let unordered = vec![false; space.len()];
        let mut study = Self {
            model: joint::Model::new(space, &unordered),
            rng: stream(1, 2, 3),
            next_key: 0,
        };
        for _ in 0..count {
            let values = random::assignment(drawn_from, 7, study.next_key as u64);
            study.tell(&values);
        }
        study.model.learn(&joint::Options::default());
        study
    }

    /// One suggestion, told with a random loss.
    pub fn step(&mut self) {
        let options = joint::Options::default();
        let seed = self.next_key as u64;
        let suggested = suggest(&mut self.model, &[self.next_key], seed, 0, &options);
        self.tell(&suggested.expect("the options are good")[0]);
    }

    fn tell(&mut self, values: &[f64]) {
        self.model.upsert(self.next_key, self.rng.normal(), values);
        self.next_key += 1;
    }
}

/// A bounded prior and `count` observations of it.
pub fn observations(count: usize) -> (Numeric, Vec<f64>) {
    let Ok(Prior::Numeric(prior)) = Prior::from_family("x", "uniform", &[-5.0, 5.0]) else {
        unreachable!("uniform is numeric")
    };
    let mut rng = stream(4, 5, 6);
    let values = (0..count).map(|_| prior.sample(&mut rng)).collect();
    (prior, values)
}

/// The plain estimator of these observations.
pub fn estimator(prior: &Numeric, observations: &[f64]) -> NumericPosterior {
    NumericPosterior::new(prior, observations, 1.0).expect("the observations are finite")
}
