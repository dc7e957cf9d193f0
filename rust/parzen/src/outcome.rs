//! What has become of a trial, and which losses the algorithms see.

/// How far a trial has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It waits to be evaluated.
    New,
    /// It is being evaluated.
    Running,
    /// Its objective returned.
    Done,
    /// Its objective raised an exception.
    Error,
    /// It was given up.
    Cancelled,
}

impl State {
    /// Whether a trial in this state has come to its own end.
    #[must_use]
    pub const fn has_ended(self) -> bool {
        matches!(self, Self::Done | Self::Error)
    }

    /// Whether a trial in this state has a result.
    #[must_use]
    pub const fn has_result(self) -> bool {
        matches!(self, Self::New | Self::Running | Self::Done)
    }
}

/// What algorithms that learn from a trial see of how it went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// How far it has come.
    pub state: State,
    /// Its loss: see [`learnt_loss`].
    pub loss: f64,
}

/// What an objective says of its own success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Its loss counts.
    Ok,
    /// It has none, whatever it returned.
    Fail,
    /// Something else, or nothing.
    Other,
}

/// The loss that algorithms learn from: infinite where there is none, and where the objective says that it failed.
///
/// # Errors
/// As `loss`, which is only asked where it counts.
pub fn learnt_loss<E>(
    status: Status,
    loss: impl FnOnce() -> Result<Option<f64>, E>,
) -> Result<f64, E> {
    if status == Status::Fail {
        return Ok(f64::INFINITY);
    }
    Ok(loss()?.unwrap_or(f64::INFINITY))
}

/// The loss by which a trial that ran to its end compares with others; NaN where it does not.
///
/// The result of a pruned trial is that of an earlier step, so its loss does not compare.
#[must_use]
pub fn compared_loss(status: Status, is_pruned: bool, loss: Option<f64>) -> f64 {
    loss.filter(|loss| status == Status::Ok && !is_pruned && loss.is_finite())
        .unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learnt(status: Status, loss: Result<Option<f64>, ()>) -> Result<f64, ()> {
        learnt_loss(status, || loss)
    }

    #[test]
    fn a_trial_without_a_loss_counts_as_infinitely_bad() {
        assert_eq!(learnt(Status::Ok, Ok(None)), Ok(f64::INFINITY));
        assert_eq!(learnt(Status::Fail, Ok(Some(1.0))), Ok(f64::INFINITY));
        assert_eq!(learnt(Status::Other, Ok(Some(1.0))), Ok(1.0));
    }

    #[test]
    fn the_loss_of_a_trial_that_failed_is_not_looked_at() {
        assert_eq!(learnt(Status::Fail, Err(())), Ok(f64::INFINITY));
        assert_eq!(learnt(Status::Ok, Err(())), Err(()));
    }

    #[test]
    fn only_finite_losses_of_whole_evaluations_compare() {
        assert_eq!(compared_loss(Status::Ok, false, Some(1.0)), 1.0);
        let others = [
            (Status::Ok, true, Some(1.0)),
            (Status::Other, false, Some(1.0)),
            (Status::Fail, false, Some(1.0)),
            (Status::Ok, false, Some(f64::INFINITY)),
            (Status::Ok, false, None),
        ];
        for (status, is_pruned, loss) in others {
            assert!(compared_loss(status, is_pruned, loss).is_nan());
        }
    }
}
