use super::*;
use crate::rng::stream;
use proptest::prelude::*;

/// A well-conditioned matrix, its upper triangle in rows of `stride`.
fn matrix(n: usize, stride: usize, seed: u64) -> Vec<f64> {
    let mut rng = stream(seed, 0, 0);
    let b: Vec<f64> = (0..n * n).map(|_| rng.normal()).collect();
    let mut a = vec![0.0; stride * stride];
    for i in 0..n {
        for j in i..n {
            let dot: f64 = (0..n).map(|k| b[i * n + k] * b[j * n + k]).sum();
            a[i * stride + j] = dot + if i == j { 0.5 * n as f64 } else { 0.0 };
        }
    }
    a
}

fn full(n: usize, stride: usize, a: &[f64]) -> impl Fn(usize, usize) -> f64 {
    move |i, j| {
        assert!(i < n && j < n);
        a[i.min(j) * stride + i.max(j)]
    }
}

/// The textbook's loop.
fn naive(n: usize, at: impl Fn(usize, usize) -> f64) -> Vec<Vec<f64>> {
    let mut l = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let dot: f64 = (0..j).map(|k| l[i][k] * l[j][k]).sum();
            l[i][j] = if i == j {
                (at(i, i) - dot).sqrt()
            } else {
                (at(i, j) - dot) / l[j][j]
            };
        }
    }
    l
}

proptest! {
    #[test]
    fn the_factor_agrees_with_the_textbook(n in 1_usize..40, seed in 0_u64..1000) {
        let a = matrix(n, n, seed);
        let want = naive(n, full(n, n, &a));
        let got = Factor::new(n, n, a).unwrap();
        for i in 0..n {
            for j in 0..=i {
                let size = want[i][i].abs().max(want[j][j].abs());
                prop_assert!((got.lower[i * n + j] - want[i][j]).abs() <= 1e-13 * size * n as f64);
            }
        }
    }

    #[test]
    fn rows_that_are_added_one_by_one_give_the_same_bits(n in 1_usize..40, seed in 0_u64..1000) {
        let a = matrix(n, n, seed);
        let at = full(n, n, &a);
        let mut grown = Factor::new(1, 1, vec![at(0, 0)]).unwrap();
        for k in 1..n {
            let row: Vec<f64> = (0..k).map(|i| at(i, k)).collect();
            prop_assert!(grown.append(&row, at(k, k)));
        }
        let fresh = Factor::new(n, n, a.clone()).unwrap();
        for i in 0..n {
            for j in i..n {
                let (x, y) = (grown.upper[i * grown.stride + j], fresh.upper[i * n + j]);
                prop_assert_eq!(x.to_bits(), y.to_bits(), "{} {}", i, j);
            }
        }
    }

    #[test]
    fn solutions_and_inverse_solve(n in 1_usize..40, seed in 0_u64..1000) {
        let a = matrix(n, n, seed);
        let at = full(n, n, &a);
        let factor = Factor::new(n, n, a.clone()).unwrap();
        let b: Vec<f64> = (0..n).map(|i| (i as f64 * 0.7).sin()).collect();
        let mut x = b.clone();
        factor.solve_forward(&mut x);
        let half = x.clone();
        factor.solve_backward(&mut x);
        let inverse = factor.inverted();
        for i in 0..n {
            let back: f64 = (0..n).map(|j| at(i, j) * x[j]).sum();
            prop_assert!((back - b[i]).abs() < 1e-10, "{back} {}", b[i]);
            let by_inverse: f64 = (0..n).map(|j| inverse[i.min(j) * n + i.max(j)] * b[j]).sum();
            prop_assert!((by_inverse - x[i]).abs() < 1e-10);
        }
        let mut many: Vec<[f64; WIDTH]> = b.iter().map(|v| [*v; WIDTH]).collect();
        factor.solve_forward_many(&mut many);
        for i in 0..n {
            prop_assert!((many[i][3] - half[i]).abs() < 1e-12);
        }
    }
}

// The twin is compiled for the oldest processors, the factorisation runs in the variant for this one.
#[test]
fn every_processor_gets_the_same_bits() {
    let n = 61;
    let a = matrix(n, n, 3);
    let mut u = a.clone();
    for k in 0..n {
        let root = u[k * n + k].sqrt();
        let scale = 1.0 / root;
        u[k * n + k] = root;
        for j in k + 1..n {
            u[k * n + j] *= scale;
        }
        for i in k + 1..n {
            for j in i..n {
                u[i * n + j] -= u[k * n + i] * u[k * n + j];
            }
        }
    }
    let factor = Factor::new(n, n, a).unwrap();
    for i in 0..n {
        for j in i..n {
            assert_eq!(
                factor.upper[i * n + j].to_bits(),
                u[i * n + j].to_bits(),
                "{i} {j}"
            );
        }
    }
    let mut inverse = vec![0.0; n * n];
    for k in 0..n {
        let mut row = vec![0.0; n];
        for i in 0..k {
            for j in 0..=i {
                row[j] -= u[i * n + k] * inverse[i * n + j];
            }
        }
        for value in &mut row[..k] {
            *value *= 1.0 / u[k * n + k];
        }
        row[k] = 1.0 / u[k * n + k];
        inverse[k * n..(k + 1) * n].copy_from_slice(&row);
    }
    let mut want = vec![0.0; n * n];
    for k in 0..n {
        for i in 0..=k {
            for j in i..=k {
                want[i * n + j] += inverse[k * n + i] * inverse[k * n + j];
            }
        }
    }
    let got = factor.inverted();
    for i in 0..n {
        for j in i..n {
            assert_eq!(
                got[i * n + j].to_bits(),
                want[i * n + j].to_bits(),
                "{i} {j}"
            );
        }
    }
}

#[test]
fn a_matrix_that_is_not_positive_definite_is_refused() {
    assert!(Factor::new(2, 2, vec![1.0, 2.0, 0.0, 1.0]).is_none());
    assert!(Factor::new(1, 1, vec![f64::NAN]).is_none());
    let mut factor = Factor::new(1, 1, vec![1.0]).unwrap();
    assert!(!factor.append(&[1.0], 1.0));
    assert_eq!(factor.len(), 1);
    assert!(factor.append(&[0.5], 1.0));
}

#[test]
fn the_determinant_is_that_of_the_matrix() {
    let factor = Factor::new(2, 2, vec![4.0, 2.0, 0.0, 3.0]).unwrap();
    assert!((factor.log_determinant() - 8.0_f64.ln()).abs() < 1e-14);
}
