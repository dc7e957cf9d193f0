//! A search space as a flat list of parameters, each with its prior and the conditions under which it
//! is active.

use std::collections::{BTreeSet, HashMap};

use crate::error::{Error, Result};
use crate::prior::Prior;

/// A conjunction: every `(parameter index, value)` must hold. The value is the one stored in Vals (for
/// a two-argument `randint` the actual integer).
pub type Conjunction = Vec<(usize, i64)>;

/// One parameter of a space.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    /// Its name, unique in the space.
    pub label: String,
    /// Its prior.
    pub prior: Prior,
    /// When it is active: at least one of these conjunctions holds. The empty conjunction always
    /// holds. `None`: activity is decided outside, the parameter always counts as active here.
    pub conditions: Option<Vec<Conjunction>>,
}

/// A validated list of parameters and an order in which parents come before children.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    params: Vec<Param>,
    order: Vec<usize>,
    index: HashMap<String, usize>,
}

impl Space {
    /// Whether some parameter is active only now and then.
    #[must_use]
    pub fn is_conditional(&self) -> bool {
        !(0..self.len()).all(|i| self.is_always_active(i))
    }

    /// Checks the parameters and finds the order of evaluation.
    ///
    /// # Errors
    /// When two parameters share a label; when a condition refers to a parameter that does not exist
    /// or is not discrete; when conditions depend on each other in a circle.
    pub fn new(params: Vec<Param>) -> Result<Self> {
        let mut index = HashMap::with_capacity(params.len());
        for (i, param) in params.iter().enumerate() {
            if index.insert(param.label.clone(), i).is_some() {
                return Err(Error::DuplicateLabel {
                    label: param.label.clone(),
                });
            }
        }
        for param in &params {
            for (parent, _) in parents(param) {
                check_parent(&params, param, parent)?;
            }
        }
        let order = parents_first(&params)?;
        Ok(Self {
            params,
            order,
            index,
        })
    }

    /// The parameters, in the order given.
    #[must_use]
    pub fn params(&self) -> &[Param] {
        &self.params
    }

    /// How many parameters there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.params.len()
    }

    /// Whether the space has no parameter (a constant).
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.params.is_empty()
    }

    /// The index of `label`.
    #[must_use]
    pub fn index_of(&self, label: &str) -> Option<usize> {
        self.index.get(label).copied()
    }

    /// Parameter indices, parents before children, otherwise ascending.
    #[must_use]
    pub fn order(&self) -> &[usize] {
        &self.order
    }

    /// Whether parameter `i` is active whatever the values of others, as far as is known here.
    ///
    /// # Panics
    /// When there is no such parameter.
    #[must_use]
    pub fn is_always_active(&self, i: usize) -> bool {
        let conditions = self.params[i].conditions.as_ref();
        conditions.is_none_or(|any| any.iter().any(Vec::is_empty))
    }

    /// Whether parameter `i` is active given `values` (one per parameter, NaN = inactive).
    ///
    /// Only the values of its parents are read, so `values` may be filled along [`Space::order`].
    ///
    /// # Panics
    /// When `i` or `values` do not fit the space.
    #[must_use]
    #[allow(clippy::cast_precision_loss, clippy::float_cmp)] // whole doubles, exact below 2^53
    pub fn active(&self, i: usize, values: &[f64]) -> bool {
        let Some(conditions) = &self.params[i].conditions else {
            return true;
        };
        conditions.iter().any(|all| {
            all.iter()
                .all(|&(parent, value)| values[parent] == value as f64)
        })
    }
}

fn parents(param: &Param) -> impl Iterator<Item = (usize, i64)> + '_ {
    param.conditions.iter().flatten().flatten().copied()
}

fn check_parent(params: &[Param], child: &Param, parent: usize) -> Result<()> {
    let (parent, rule) = match params.get(parent) {
        None => (parent.to_string(), "there is no parameter with this index"),
        Some(parent) if !parent.prior.is_discrete() => (
            format!("{:?}", parent.label),
            "only randint, choice and pchoice select branches",
        ),
        Some(_) => return Ok(()),
    };
    Err(Error::InvalidCondition {
        label: child.label.clone(),
        parent,
        rule,
    })
}

/// Kahn's algorithm, always taking the smallest index that is ready.
fn parents_first(params: &[Param]) -> Result<Vec<usize>> {
    let mut children = vec![BTreeSet::new(); params.len()];
    let mut waiting_for = vec![0_usize; params.len()];
    for (i, param) in params.iter().enumerate() {
        for (parent, _) in parents(param) {
            if children[parent].insert(i) {
                waiting_for[i] += 1;
            }
        }
    }
    let mut ready: BTreeSet<usize> = (0..params.len()).filter(|&i| waiting_for[i] == 0).collect();
    let mut order = Vec::with_capacity(params.len());
    while let Some(i) = ready.pop_first() {
        order.push(i);
        for &child in &children[i] {
            waiting_for[child] -= 1;
            if waiting_for[child] == 0 {
                ready.insert(child);
            }
        }
    }
    if order.len() == params.len() {
        return Ok(order);
    }
    let stuck = params
        .iter()
        .zip(&waiting_for)
        .filter(|&(_, &count)| count > 0);
    Err(Error::ConditionCycle {
        labels: stuck.map(|(param, _)| param.label.clone()).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn param(
        label: &str,
        family: &str,
        args: &[f64],
        conditions: Option<Vec<Conjunction>>,
    ) -> Param {
        let prior = Prior::from_family(label, family, args).unwrap();
        Param {
            label: label.to_owned(),
            prior,
            conditions,
        }
    }

    fn choice(label: &str, conditions: Vec<Conjunction>) -> Param {
        param(label, "randint", &[0.0, 2.0], Some(conditions))
    }

    #[test]
    fn parents_are_decided_before_their_children() {
        let space = Space::new(vec![
            choice("a", vec![vec![(2, 1)]]),
            choice("b", vec![vec![]]),
            choice("c", vec![vec![(1, 0)], vec![(3, 1)]]),
            choice("d", vec![vec![]]),
        ]);
        assert_eq!(space.unwrap().order(), [1, 3, 2, 0]);
    }

    #[test]
    fn a_space_is_conditional_when_a_parameter_is_not_always_active() {
        let conditional = |conditions| {
            let params = vec![
                choice("a", vec![vec![]]),
                param("x", "uniform", &[0.0, 1.0], conditions),
            ];
            Space::new(params).unwrap().is_conditional()
        };
        assert!(!conditional(None));
        assert!(!conditional(Some(vec![vec![]])));
        assert!(!conditional(Some(vec![vec![(0, 1)], vec![]])));
        assert!(conditional(Some(vec![vec![(0, 1)]])));
    }

    #[test]
    fn a_parameter_is_active_when_one_conjunction_holds() {
        let space = Space::new(vec![
            choice("a", vec![vec![]]),
            choice("b", vec![vec![(0, 1)]]),
            param(
                "x",
                "uniform",
                &[0.0, 1.0],
                Some(vec![vec![(0, 0)], vec![(0, 1), (1, 1)]]),
            ),
            param("y", "uniform", &[0.0, 1.0], None),
            param("z", "uniform", &[0.0, 1.0], Some(vec![])),
        ])
        .unwrap();
        let nan = f64::NAN;
        assert!(space.active(2, &[0.0, nan, nan, nan, nan]));
        assert!(!space.active(2, &[1.0, 0.0, nan, nan, nan]));
        assert!(space.active(2, &[1.0, 1.0, nan, nan, nan]));
        assert!(!space.active(2, &[nan; 5]));
        assert!(space.active(3, &[nan; 5]));
        assert!(!space.active(4, &[0.0; 5]));
        assert_eq!((space.index_of("x"), space.index_of("w")), (Some(2), None));
    }

    #[test]
    fn circles_duplicates_and_strange_parents_are_errors() {
        let circle = vec![
            choice("a", vec![vec![(1, 0)]]),
            choice("b", vec![vec![(0, 0)]]),
        ];
        let message = Space::new(circle).unwrap_err().to_string();
        assert!(message.contains("[\"a\", \"b\"]"), "{message}");
        let twice = vec![choice("a", vec![vec![]]), choice("a", vec![vec![]])];
        assert!(matches!(
            Space::new(twice),
            Err(Error::DuplicateLabel { .. })
        ));
        let nowhere = vec![choice("a", vec![vec![(7, 0)]])];
        assert!(
            Space::new(nowhere)
                .unwrap_err()
                .to_string()
                .contains("index")
        );
        let numeric = vec![
            param("u", "uniform", &[0.0, 1.0], Some(vec![vec![]])),
            choice("a", vec![vec![(0, 0)]]),
        ];
        assert!(
            Space::new(numeric)
                .unwrap_err()
                .to_string()
                .contains("\"u\"")
        );
    }
}
