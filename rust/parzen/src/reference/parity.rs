//! The reference vectors of section 10, checked against the plain estimator.

use std::path::Path;

use serde_json::Value;

use super::{CategoricalPosterior, Coordinates, FORGETTING_HORIZON, Mixture, NumericPosterior};
use crate::prior::{Categorical, Prior};

fn cases(file: &str) -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/parity")
        .join(file);
    let document: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    document["cases"].as_array().unwrap().clone()
}

fn double(value: &Value) -> f64 {
    match value {
        Value::String(text) => text.parse().unwrap(),
        _ => value.as_f64().unwrap(),
    }
}

fn doubles(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(double).collect()
}

fn optional(value: &Value) -> Option<f64> {
    (!value.is_null()).then(|| double(value))
}

fn assert_all_close(id: &Value, got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "{id}");
    for (g, w) in got.iter().zip(want) {
        assert!(
            (g - w).abs() <= 1e-12 * w.abs(),
            "{id}: got {g:?}, want {w:?}"
        );
    }
}

#[test]
fn mixtures_match_the_reference() {
    for case in cases("parzen.json") {
        let (family, args) = match (case["family"].as_str().unwrap(), doubles(&case["args"])) {
            ("uniformint", args) => ("quniform", vec![args[0], args[1], 1.0]),
            other => other,
        };
        let prior = Prior::from_family("x", family, &args).unwrap();
        let Prior::Numeric(prior) = prior else {
            panic!("{family}")
        };
        let weight = double(&case["prior_weight"]);
        let posterior = NumericPosterior::new(&prior, &doubles(&case["obs"]), weight).unwrap();
        let id = &case["id"];
        assert_all_close(id, posterior.mixture.weights(), &doubles(&case["weights"]));
        assert_all_close(id, posterior.mixture.centres(), &doubles(&case["mus"]));
        assert_all_close(id, posterior.mixture.scales(), &doubles(&case["sigmas"]));
        let Coordinates { log, truncation, q } = posterior.coordinates;
        assert_eq!(log, case["mixture"] == "LGMM1", "{id}");
        assert_eq!(
            truncation,
            optional(&case["low"]).zip(optional(&case["high"])),
            "{id}"
        );
        assert_eq!(q, optional(&case["q"]), "{id}");
    }
}

#[test]
fn log_densities_match_the_reference_where_it_is_not_noise() {
    for case in cases("lpdf.json") {
        let [weights, mus, sigmas] = ["weights", "mus", "sigmas"].map(|key| doubles(&case[key]));
        let mixture = Mixture::new(weights, mus, sigmas).unwrap();
        let coordinates = Coordinates {
            log: case["mixture"] == "LGMM1",
            truncation: optional(&case["low"]).zip(optional(&case["high"])),
            q: optional(&case["q"]),
        };
        let xs = doubles(&case["x"]);
        let got = mixture.log_density(&coordinates, &xs);
        for (i, (want, tol)) in doubles(&case["lpdf"])
            .iter()
            .zip(doubles(&case["tol"]))
            .enumerate()
        {
            let (x, got, id) = (xs[i], got[i], &case["id"]);
            if want.is_nan() {
                assert!(got.is_nan(), "{id} at {x}: {got}");
            } else if tol.is_finite() {
                let error = (got - want).abs();
                assert!(
                    error <= tol * want.abs().max(1.0),
                    "{id} at {x}: {got} {want} {tol:e}"
                );
            } else {
                assert!(!got.is_nan(), "{id} at {x}");
            }
        }
    }
}

#[test]
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // whole numbers in the file
fn categorical_posteriors_match_the_reference() {
    for case in cases("categorical.json") {
        let args = doubles(&case["args"]);
        let prior = match (case["family"].as_str().unwrap(), &args[..]) {
            ("pchoice", p) => Categorical::weighted(p.to_vec()),
            (_, &[n]) => Categorical::uniform(0, n as u64),
            (_, &[low, high]) => Categorical::uniform(low as i64, (high - low) as u64),
            (family, _) => panic!("{family}"),
        };
        let observations: Vec<i64> = case["obs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|x| x.as_i64().unwrap())
            .collect();
        let weight = double(&case["prior_weight"]);
        let posterior =
            CategoricalPosterior::new(&prior, &observations, weight, FORGETTING_HORIZON).unwrap();
        let got: Vec<f64> = (0..prior.n()).map(|i| posterior.probability(i)).collect();
        assert_all_close(&case["id"], &got, &doubles(&case["p"]));
    }
}
