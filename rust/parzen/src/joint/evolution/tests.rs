use super::subspace::{View, movable};
use super::*;
use crate::joint::axis::Axis;
use crate::prior::Prior;
use crate::rows::Rows;
use crate::space::{Param, Space};

const SETTINGS: Settings = Settings {
    after: 20,
    step: 0.1,
    share: 1.0,
};

/// A study whose trials are suggested by the local searches alone, after random ones.
struct Study {
    axes: Vec<Axis>,
    movable: Vec<bool>,
    rows: Rows,
    /// As of the last suggestion.
    ranking: Vec<u32>,
    evolution: Evolution,
}

impl Study {
    fn new(priors: &[(&str, &[f64])]) -> Self {
        let param = |(i, (family, args)): (usize, &(&str, &[f64]))| Param {
            label: i.to_string(),
            prior: Prior::from_family("p", family, args).unwrap(),
            conditions: Some(vec![vec![]]),
        };
        let space = Space::new(priors.iter().enumerate().map(param).collect()).unwrap();
        let axes: Vec<Axis> = space
            .params()
            .iter()
            .map(|p| Axis::new(&p.prior, true))
            .collect();
        Self {
            movable: movable(&space, &axes),
            axes,
            rows: Rows::new(space),
            ranking: Vec::new(),
            evolution: Evolution::new(SETTINGS),
        }
    }

    fn rows(&self) -> View<'_> {
        View {
            axes: &self.axes,
            movable: &self.movable,
            rows: &self.rows,
            ranking: &self.ranking,
        }
    }

    fn suggest(&mut self, seed: u64) -> Vec<f64> {
        let rows = &self.rows;
        self.ranking = rows
            .live()
            .filter(|row| rows.loss(*row) < f64::INFINITY)
            .collect();
        self.ranking
            .sort_by(|a, b| rows.loss(*a).total_cmp(&rows.loss(*b)));
        let mut evolution = self.evolution.clone();
        evolution.follow(&self.rows(), SETTINGS);
        let name = (seed, u64::from(self.rows.total()));
        let run = evolution.search.run();
        let mut rng = stream(seed, name.1, 1);
        let values = run.map(|run| run.draw(&self.axes, &mut rng));
        self.evolution = evolution;
        values.unwrap_or_else(|| {
            let sample = |(i, p): (u64, &Param)| p.prior.sample(&mut stream(name.0, name.1, i));
            (0..).zip(self.rows.space().params()).map(sample).collect()
        })
    }

    fn add(&mut self, values: &[f64], loss: f64) {
        self.rows.upsert(i64::from(self.rows.total()), loss, values);
    }

    fn finish(&mut self, row: usize, loss: f64) {
        self.evolution.forget(row);
        let row = u32::try_from(row).unwrap();
        let values = self.rows.values(row).to_vec();
        self.rows.upsert(i64::from(row), loss, &values);
    }

    fn minimise(&mut self, seed: u64, evaluations: usize, loss: impl Fn(&[f64]) -> f64) -> f64 {
        for _ in 0..evaluations {
            let values = self.suggest(seed);
            let loss = loss(&values);
            self.add(&values, loss);
        }
        self.rows
            .live()
            .map(|row| self.rows.loss(row))
            .fold(f64::INFINITY, f64::min)
    }

    fn mean(&self) -> Vec<f64> {
        self.evolution.search.run().unwrap().mean().to_vec()
    }
}

const UNIT: (&str, &[f64]) = ("uniform", &[-5.0, 5.0]);

fn sphere(x: &[f64]) -> f64 {
    x.iter().map(|x| (x - 1.3) * (x - 1.3)).sum()
}

fn rosenbrock(x: &[f64]) -> f64 {
    let valley = |w: &[f64]| 100.0 * (w[1] - w[0] * w[0]).powi(2) + (1.0 - w[0]).powi(2);
    x.windows(2).map(valley).sum()
}

// A search whose step does not shrink has about 1e-2 after so many evaluations. In 5 trial runs the worst had 5e-11
// and 5e-21; their logarithms have a standard deviation of 2.6 and less, so 5 runs fail by chance with alpha = 1e-3.
#[test]
fn a_sphere_and_a_curved_valley_are_followed_to_the_end() {
    for seed in 0..5 {
        assert!(Study::new(&[UNIT; 5]).minimise(seed, 1000, sphere) < 1e-8);
        assert!(Study::new(&[UNIT; 4]).minimise(seed, 3000, rosenbrock) < 1e-12);
    }
}

#[test]
fn optima_on_the_bounds_and_in_logarithms_are_found() {
    let priors: [(&str, &[f64]); 3] = [UNIT, ("loguniform", &[-9.0, 2.0]), ("normal", &[0.0, 1.0])];
    for seed in 0..5 {
        let loss = |x: &[f64]| 5.0 - x[0] + (x[1].ln() + 4.0).powi(2) + (x[2] - 2.0).powi(2);
        assert!(Study::new(&priors).minimise(seed, 1600, loss) < 1e-8);
    }
}

#[test]
fn whole_numbers_are_found_beside_real_ones() {
    let priors: [(&str, &[f64]); 3] = [
        UNIT,
        ("quniform", &[0.0, 40.0, 1.0]),
        ("quniform", &[0.0, 9.0, 1.0]),
    ];
    for seed in 0..5 {
        let loss = |x: &[f64]| (x[0] - 1.0).powi(2) + (x[1] - 33.0).powi(2) + (x[2] - 2.0).powi(2);
        assert!(Study::new(&priors).minimise(seed, 1000, loss) < 1e-9);
    }
}

/// Every row of a search with pending, failed, withdrawn and corrected trials on the way.
fn eventful(each: &mut impl FnMut(&mut Study)) -> Study {
    let mut study = Study::new(&[UNIT, UNIT, ("quniform", &[0.0, 5.0, 1.0])]);
    let mut pending = Vec::new();
    for i in 0..400 {
        let values = study.suggest(3);
        let loss = sphere(&values);
        match i % 7 {
            3 => pending.push((i, loss)),
            5 if i % 3 == 0 => {
                study.rows.remove(i64::try_from(i).unwrap() - 1);
            }
            _ => {}
        }
        let known = if i % 7 == 3 || i % 11 == 4 {
            f64::INFINITY
        } else {
            loss
        };
        study.add(&values, known);
        if i % 7 == 5 && i % 3 == 0 {
            study.evolution.forget(i - 1);
        }
        if pending.len() > 5 {
            let (row, loss) = pending.remove(0);
            study.finish(row, loss);
        }
        if i % 50 == 49 {
            study.finish(i - 40, 3.0);
        }
        each(&mut study);
    }
    study
}

#[test]
fn what_is_kept_from_row_to_row_is_what_all_rows_make_anew() {
    let mut step = 0;
    eventful(&mut |study| {
        step += 1;
        if step % 13 > 0 {
            return;
        }
        let kept = study.suggest(8);
        study.evolution = Evolution::new(SETTINGS);
        assert_eq!(study.suggest(8), kept, "after {step} rows");
    });
}

// A late row is folded again with all behind it, from a state that must not lie much further back.
#[test]
fn states_lie_close_together_however_many_rows_there_are() {
    let mut evolution = Evolution::new(SETTINGS);
    for generation in 1..=20_000 {
        evolution.taken = 12 * generation;
        evolution.keep_state();
        if generation % 997 > 0 {
            continue;
        }
        let mut ends = vec![0];
        ends.extend(evolution.states.iter().map(|(taken, _)| *taken));
        assert!(ends.len() < 64, "{ends:?}");
        assert_eq!(ends.last(), Some(&evolution.taken));
        for pair in ends.windows(2) {
            let (gap, later) = (pair[1] - pair[0], evolution.taken - pair[1]);
            assert!(gap == 12 || 2 * gap <= later, "{ends:?}");
        }
    }
}

#[test]
fn rows_without_a_loss_teach_nothing() {
    let mut study = Study::new(&[UNIT; 3]);
    study.minimise(1, 100, sphere);
    study.suggest(0);
    let mean = study.mean();
    for _ in 0..30 {
        let values = study.suggest(2);
        study.add(&values, f64::INFINITY);
    }
    study.suggest(0);
    assert_eq!(study.mean(), mean);
}

#[test]
fn trials_from_elsewhere_move_the_search_if_they_are_better() {
    let mut study = Study::new(&[UNIT; 2]);
    study.minimise(1, 200, |x| sphere(x) + 1.0);
    study.suggest(0);
    study.add(&[-4.0, -4.0], 0.5);
    study.suggest(0);
    assert_eq!(study.mean(), [0.1, 0.1]);
}

// The other optimum is found in one study of four, where a search happens to begin in its valley: fewer than 3 of
// 40 have alpha = 1e-3.
#[test]
fn a_search_that_has_ended_is_followed_by_one_elsewhere() {
    let near = |x: &[f64], c: f64| x.iter().map(|x| (x - c) * (x - c)).sum::<f64>();
    let two = |x: &[f64]| near(x, -3.0).min(near(x, 3.0) + 1.0);
    let mut found_both = 0;
    for seed in 0..40 {
        let mut study = Study::new(&[UNIT; 2]);
        study.minimise(seed, 30, two);
        let mut ended: Vec<(Vec<f64>, f64)> = Vec::new();
        for _ in 30..2500 {
            let before = study.evolution.search.run().cloned();
            study.minimise(seed, 1, two);
            let (Some(before), Some(now)) = (before, study.evolution.search.run()) else {
                continue;
            };
            if now.taken() >= before.taken() {
                continue;
            }
            ended.push((before.mean().to_vec(), before.first_step()));
            for (mean, step) in &ended {
                let pairs = now.mean().iter().zip(mean);
                let square: f64 = pairs.map(|(a, b)| (a - b) * (a - b)).sum();
                assert!((square / 2.0).sqrt() > 0.4 * step, "{seed}: {ended:?}");
            }
        }
        assert!(ended.len() > 1, "{seed}: {ended:?}");
        let visits = |c: f64| {
            let is_near = |x: &&[f64]| x.iter().all(|x| (x - c).abs() < 1e-3);
            let values = study.rows.live().map(|row| study.rows.values(row));
            values.filter(is_near).count()
        };
        found_both += usize::from(visits(-3.0) > 50 && visits(3.0) > 50);
    }
    assert!(found_both >= 3, "{found_both}");
}

#[test]
fn where_nothing_succeeds_the_search_gives_up() {
    let mut study = Study::new(&[UNIT; 2]);
    study.minimise(1, 40, sphere);
    study.suggest(0);
    let before = study.evolution.search.run().unwrap().mean().to_vec();
    for i in 0..500 {
        let values = study.suggest(i);
        study.add(&values, f64::INFINITY);
        if i % 20 == 0 {
            study.add(&[4.9, -4.9], 50.0);
        }
    }
    study.suggest(0);
    assert_ne!(study.mean(), before);
}

#[test]
fn selectors_and_options_are_left_alone() {
    let param = |label: &str, family: &str, args: &[f64], conditions| Param {
        label: label.to_owned(),
        prior: Prior::from_family(label, family, args).unwrap(),
        conditions: Some(conditions),
    };
    let space = Space::new(vec![
        param("branch", "randint", &[0.0, 2.0], vec![vec![]]),
        param("x", "uniform", &[0.0, 1.0], vec![vec![(0, 0)]]),
        param("option", "randint", &[0.0, 3.0], vec![vec![]]),
        param("n", "randint", &[0.0, 30.0], vec![vec![]]),
    ])
    .unwrap();
    let unordered = [false, false, true, false];
    let pairs = space.params().iter().zip(unordered);
    let axes: Vec<Axis> = pairs.map(|(p, u)| Axis::new(&p.prior, u)).collect();
    assert_eq!(movable(&space, &axes), [false, true, false, true]);
    let movable = movable(&space, &axes);
    let subspace = subspace::Subspace::of(&movable, &[1.0, f64::NAN, 2.0, 7.0]);
    assert_eq!(subspace.size(), 1);
    assert!(subspace.holds(&[1.0, f64::NAN, 2.0, 9.0]));
    assert!(!subspace.holds(&[0.0, 0.5, 2.0, 7.0]) && !subspace.holds(&[1.0, f64::NAN, 1.0, 7.0]));
}

#[test]
fn a_hundred_parameters_and_more_are_moved_too() {
    let mut study = Study::new(&[UNIT; 120]);
    let first = study.minimise(1, 20, sphere);
    assert!(study.minimise(1, 3000, sphere) < 0.2 * first);
}
