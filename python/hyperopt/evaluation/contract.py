"""What an evaluator of trials is: the seam between the driver loop and serial or remote execution.

The driver hands an :class:`Evaluator` the documents of trials that shall run and receives an
:class:`Outcome` for each. An evaluator never changes a document; only the driver does, so that
every way of evaluating leaves the same traces in the store.

An outcome whose error is a `TrialLost` fails its trial without stopping the run. An exception that
`submit` or `wait` itself raises means that nothing more can be evaluated: the run ends with it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.pruning.contract import Rule
    from hyperopt.storage.store import TrialStore

__all__ = ["Evaluator", "Outcome", "Prescribing", "TrialLost"]


class TrialLost(RuntimeError):  # noqa: N818
    """A trial ended without a result and through no exception of its objective.

    Its worker process died, or it ran longer than ``trial_timeout``. Such a trial becomes an
    *error*; the run goes on, with or without ``catch_eval_exceptions``.

    Parameters
    ----------
    message
        What happened.
    again
        Whether it is none of the trial's fault, as far as can be told: the driver hands the trial
        to the evaluator again, up to three times in all.
    """

    def __init__(self, message: str = "", *, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


class Outcome(NamedTuple):
    """What became of one trial.

    Exactly one of `result`, `error`, `cancelled` and `document` is set.

    Parameters
    ----------
    tid
        The trial's id.
    result
        The normalised result (it has a ``status``; see `normalise_result`), when the objective
        returned. Attachments have been taken out of it.
    attachments
        Name -> value, to be stored beside the trial. None when the evaluator shares the driver's
        `Trials` and stored them already.
    error
        What the objective raised, or what killed its worker.
    traceback
        The text of the traceback, when `error` happened in another process.
    error_text
        What ``misc["error"]`` shall say, when it is not the text of `error`.
    cancelled
        Why the trial was given up: a timeout, the user, an early stop.
    document
        The trial's document, if others have evaluated it and written into it what became of it.
    """

    tid: int
    result: dict[str, Any] | None = None
    attachments: dict[str, Any] | None = None
    error: BaseException | None = None
    traceback: str | None = None
    error_text: str | None = None
    cancelled: str | None = None
    document: dict[str, Any] | None = None


@runtime_checkable
class Evaluator(Protocol):
    """Runs trials, `capacity` at a time.

    One that only watches what others evaluate is given, by `submit`, documents that the driver has
    not begun, and may never begin itself.
    """

    @property
    def capacity(self) -> int:
        """How many trials to hand over before waiting; it may change during a run."""

    def start(self, domain: Domain, trials: TrialStore) -> None:
        """Prepare to evaluate `domain`; called once, before the first `submit`."""

    def submit(self, doc: dict[str, Any]) -> None:
        """Begin (or queue) the trial of `doc`, which is stored in `trials` as *running*."""

    def wait(self, timeout_s: float | None) -> list[Outcome]:
        """Block until at least one submitted trial ended, or until the timeout (then: empty list).

        It may return early, and empty, where the driver should look around. With a timeout of 0,
        collect what has ended without blocking. An outcome that nobody waits for is ignored.
        """

    def cancel(self, tids: Iterable[int], reason: str) -> None:
        """Try to stop these trials; an outcome of each still comes through `wait`.

        An interrupt may have struck while `submit` took one of them, or while `wait` returned its
        outcome: `wait` then gives that outcome again, or says of one that was not taken that it was
        cancelled.
        """

    def close(self, *, cancel: bool) -> None:
        """End every process, thread and job of this evaluator, cancelling what runs if `cancel`."""


@runtime_checkable
class Prescribing(Protocol):
    """An `Evaluator` whose trials can stop early."""

    def prescribe(self, tid: Any, rule: Rule | None) -> None:
        """Take the rule by which a trial decides: before `submit`, or a fresher one while it runs.

        A fresher one may come too late.
        """
