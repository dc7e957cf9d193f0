use super::*;
use crate::space::Param;
use proptest::prelude::*;
use std::collections::BTreeMap;

const NAN: f64 = f64::NAN;

fn space() -> Space {
    let param = |label: &str, family, args: &[f64], conditions| Param {
        label: label.to_owned(),
        prior: Prior::from_family(label, family, args).unwrap(),
        conditions: Some(vec![conditions]),
    };
    let params = vec![
        param("k", "randint", &[0.0, 3.0], vec![]),
        param("x", "uniform", &[0.0, 1.0], vec![(0, 1)]),
    ];
    Space::new(params).unwrap()
}

#[test]
fn what_a_parameter_cannot_have_counts_as_not_active() {
    let mut rows = Rows::new(space());
    rows.upsert(5, 1.0, &[7.0, f64::INFINITY]);
    assert!(rows.values(0).iter().all(|v| v.is_nan()));
    assert!(rows.holds(0, &[NAN, NAN]) && rows.holds(0, &[0.5, f64::NEG_INFINITY]));
    assert_eq!(
        rows.upsert(5, 2.0, &[-1.0, NAN]),
        Change::Loss {
            row: 0,
            before: Some(1.0)
        }
    );
}

#[test]
fn losses_of_0_are_equal_whatever_their_sign() {
    let mut rows = Rows::new(space());
    rows.upsert(1, -0.0, &[0.0, NAN]);
    assert_eq!(rows.loss(0).to_bits(), 0.0_f64.to_bits());
}

#[test]
fn rows_are_complete_if_the_active_parameters_and_no_others_have_values() {
    let mut rows = Rows::new(space());
    let cases = [
        ([1.0, 0.5], true),
        ([1.0, NAN], false),
        ([2.0, NAN], true),
        ([2.0, 0.5], false),
        ([NAN, NAN], false),
    ];
    for (key, (values, _)) in (0..).zip(&cases) {
        rows.upsert(key, 0.0, values);
    }
    for (row, (_, is_complete)) in (0..).zip(cases) {
        assert_eq!(rows.is_complete(row), is_complete, "{row}");
    }
}

proptest! {
    #[test]
    fn rows_are_those_of_a_map(
        steps in prop::collection::vec((0..6_u8, 0..12_i64, 0..3_u8, 0..4_u8), 1..80)
    ) {
        let mut rows = Rows::new(space());
        let mut model: BTreeMap<i64, (f64, [f64; 2])> = BTreeMap::new();
        let mut proposed = BTreeSet::new();
        for (step, key, option, loss) in steps {
            let values = [f64::from(option), if option == 1 { 0.25 } else { NAN }];
            let loss = if loss == 3 { f64::INFINITY } else { f64::from(loss) };
            match step {
                0..3 => {
                    let before = model.insert(key, (loss, values)).map(|row| row.0);
                    proposed.remove(&key);
                    let change = rows.upsert(key, loss, &values);
                    if let Change::Loss { before: told, .. } | Change::Values { before: told, .. } = change {
                        prop_assert_eq!(told, before);
                    } else {
                        prop_assert_eq!(before, None);
                    }
                    prop_assert_eq!(rows.key(change.row()), key);
                }
                3 => {
                    let removed = rows.remove(key).map(|row| rows.key(row));
                    prop_assert_eq!(removed, model.remove(&key).map(|_| key));
                    proposed.remove(&key);
                }
                4 => {
                    let is_new = !model.contains_key(&key);
                    prop_assert_eq!(rows.propose(key, &values).is_some(), is_new);
                    if is_new {
                        model.insert(key, (f64::INFINITY, values));
                        proposed.insert(key);
                    }
                }
                _ => {
                    prop_assert_eq!(rows.settle(), std::mem::take(&mut proposed));
                    let keys: Vec<i64> = (0..rows.total()).map(|row| rows.key(row)).collect();
                    let kept = rows.compact();
                    let were: Vec<i64> = kept.iter().map(|row| keys[*row as usize]).collect();
                    let are: Vec<i64> = rows.live().map(|row| rows.key(row)).collect();
                    prop_assert_eq!(were, are);
                    prop_assert_eq!(rows.total() as usize, rows.len());
                }
            }
            let listed: Vec<i64> = rows.live().map(|row| rows.key(row)).collect();
            prop_assert_eq!(&listed, &model.keys().copied().collect::<Vec<_>>());
            prop_assert_eq!(rows.len(), model.len());
            for (key, (loss, values)) in &model {
                let row = rows.row(*key).unwrap();
                prop_assert_eq!(rows.loss(row), *loss);
                prop_assert!(rows.holds(row, values));
                prop_assert_eq!(rows.settled(*key).is_none(), proposed.contains(key));
            }
        }
    }
}
