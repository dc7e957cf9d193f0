//! Criterion benches of the core: the plain estimator, and what a suggestion costs by history length.

#![allow(missing_docs)] // criterion's macros write functions without

#[path = "../../../benches/instructions/src/workload.rs"]
mod workload;

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use workload::{JointStudy, Study, estimator, mixed_space, observations};

fn plain_estimator(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("plain estimator");
    for count in [100, 1_000, 10_000] {
        let (prior, values) = observations(count);
        group.bench_function(BenchmarkId::new("build", count), |b| {
            b.iter(|| estimator(&prior, black_box(&values)));
        });
        let posterior = estimator(&prior, &values);
        let candidates = &values[..24];
        group.bench_function(BenchmarkId::new("density at 24 points", count), |b| {
            b.iter(|| posterior.log_density(black_box(candidates)));
        });
    }
    group.finish();
}

fn history(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("history of 20 parameters");
    group.sample_size(20);
    group.bench_function("insert 1000", |b| {
        b.iter_batched(
            || Study::new(0),
            |mut study| study.insert(1_000),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn suggestion(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("ask and tell, 20 parameters");
    for count in [1_000, 10_000, 100_000] {
        let mut study = Study::new(count);
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| study.step());
        });
    }
    group.finish();
}

fn joint_suggestion(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("joint: ask and tell, 20 parameters");
    for count in [100, 1_000, 10_000, 100_000] {
        let mut study = JointStudy::new(count);
        group.bench_function(BenchmarkId::from_parameter(count), |b| {
            b.iter(|| study.step());
        });
    }
    for count in [1_000, 10_000, 100_000] {
        let mut study = JointStudy::near(count);
        group.bench_function(BenchmarkId::new("all near one point", count), |b| {
            b.iter(|| study.step());
        });
    }
    group.finish();
}

fn space(criterion: &mut Criterion) {
    criterion.bench_function("space of 20 parameters", |b| b.iter(mixed_space));
}

criterion_group!(
    benches,
    plain_estimator,
    history,
    suggestion,
    joint_suggestion,
    space
);
criterion_main!(benches);
