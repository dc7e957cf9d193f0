//! The one error type of the core. Nothing in the core panics on input.

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Checks that an option, or an argument of a numeric function, keeps a rule.
///
/// # Errors
/// [`Error::InvalidOption`] unless the rule `holds`.
#[allow(clippy::needless_pass_by_value)] // numbers, and what format_args! makes
pub fn require(
    holds: bool,
    option: &'static str,
    value: impl ToString,
    rule: &'static str,
) -> Result<()> {
    if holds {
        return Ok(());
    }
    Err(Error::InvalidOption {
        option,
        value: value.to_string(),
        rule,
    })
}

/// What can be wrong with what the core was given.
///
/// Every message names the parameter, the value and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument of a prior breaks a rule.
    #[error("{family}({label:?}): {argument}={value} is not allowed: {rule}")]
    InvalidArgument {
        /// Label of the parameter.
        label: String,
        /// Family of its prior.
        family: String,
        /// Name of the argument, as in the family's signature.
        argument: String,
        /// The value as given.
        value: String,
        /// The rule, and what to do.
        rule: String,
    },

    /// A prior was given the wrong number of arguments.
    #[error("{family}({label:?}): expected arguments ({expected}), got {given} of them")]
    WrongArgumentCount {
        /// Label of the parameter.
        label: String,
        /// Family of its prior.
        family: String,
        /// The names that the family takes.
        expected: &'static str,
        /// How many were given.
        given: usize,
    },

    /// No family of priors has this name.
    #[error(
        "parameter {label:?}: unknown family {family:?}; known are uniform, quniform, loguniform, \
         qloguniform, normal, qnormal, lognormal, qlognormal, randint, categorical"
    )]
    UnknownFamily {
        /// Label of the parameter.
        label: String,
        /// The name as given.
        family: String,
    },

    /// Two parameters of a space share a label.
    #[error("label {label:?} is used by two parameters; labels must be unique in a space")]
    DuplicateLabel {
        /// The label.
        label: String,
    },

    /// A condition breaks a rule.
    #[error("parameter {label:?}: condition on parameter {parent} is not allowed: {rule}")]
    InvalidCondition {
        /// Label of the conditional parameter.
        label: String,
        /// The parent, by label where it exists, else by index.
        parent: String,
        /// The rule.
        rule: &'static str,
    },

    /// The conditions of these parameters depend on each other in a circle.
    #[error("conditions of parameters {labels:?} form a cycle; none of them can be decided first")]
    ConditionCycle {
        /// Labels of the parameters on, or behind, the cycle.
        labels: Vec<String>,
    },

    /// An option of an algorithm, or an argument of a numeric function, breaks a rule.
    #[error("{option}={value} is not allowed: {rule}")]
    InvalidOption {
        /// Name of the option.
        option: &'static str,
        /// The value as given.
        value: String,
        /// The rule, and what to do.
        rule: &'static str,
    },

    /// Whoever called wanted the work to be given up; what it was done for is as it was before.
    #[error("interrupted")]
    Interrupted,

    /// Arrays that belong together differ in length.
    #[error("{what} must have equal lengths, got {left} and {right}")]
    LengthMismatch {
        /// Names of the arrays.
        what: &'static str,
        /// Length of the first.
        left: usize,
        /// Length of the second.
        right: usize,
    },
}
