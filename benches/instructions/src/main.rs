//! Fixed workloads for counting instructions: `instructions NAME` runs one of them.
//!
//! Only what happens inside [`measured`] is counted (`benches/instructions/check.py` tells callgrind so).

mod workload;

use std::hint::black_box;

use workload::{JointStudy, Study, estimator, observations};

/// The workloads, each with the number of operations that `measured` performs.
const WORKLOADS: [(&str, u64); 8] = [
    ("estimator-1000", 20),
    ("density-1000", 20),
    ("insert-1000", 1_000),
    ("suggest-1000", 100),
    ("suggest-10000", 100),
    ("joint-1000", 100),
    ("joint-10000", 100),
    ("joint-near-10000", 100),
];

#[inline(never)]
fn measured(work: &mut dyn FnMut(), times: u64) {
    for _ in 0..times {
        work();
    }
}

fn run(name: &str, times: u64) {
    let (prior, values) = observations(1_000);
    match name {
        "estimator-1000" => measured(
            &mut || {
                black_box(estimator(&prior, black_box(&values)));
            },
            times,
        ),
        "density-1000" => {
            let posterior = estimator(&prior, &values);
            let mut density = || {
                black_box(posterior.log_density(black_box(&values[..24])));
            };
            measured(&mut density, times);
        }
        "insert-1000" => {
            let mut study = Study::new(0);
            measured(&mut || study.insert(1), times);
        }
        _ => {
            let count = if name.ends_with("-10000") {
                10_000
            } else {
                1_000
            };
            if name.starts_with("joint") {
                let make = if name.contains("near") {
                    JointStudy::near
                } else {
                    JointStudy::new
                };
                let mut study = make(count);
                study.step();
                measured(&mut || study.step(), times);
            } else {
                let mut study = Study::new(count);
                study.step();
                measured(&mut || study.step(), times);
            }
        }
    }
}

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    if wanted == "--list" {
        for (name, times) in WORKLOADS {
            println!("{name} {times}");
        }
        return;
    }
    for (name, times) in WORKLOADS {
        if wanted.starts_with("--") || wanted.is_empty() || wanted == name {
            run(name, times);
        }
    }
}
