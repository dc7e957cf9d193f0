"""What a pruner is: it makes, from the curves of a study, the rule by which a trial stops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from hyperopt.pruning.curves import Curves

__all__ = ["Pruner", "Rule"]


class Rule(Protocol):
    """Tells a trial whether to stop; small, and picklable, since it travels with the trial.

    It is called after each report with all that the trial has reported so far, the newest last. It
    depends on nothing else, so a trial comes to the same decision wherever it runs.
    """

    def __call__(self, steps: Sequence[float], values: Sequence[float]) -> bool:
        """Whether the trial is hopeless. A value that was NaN is infinite here."""


@runtime_checkable
class Pruner(Protocol):
    """Makes rules.

    A rule has to follow from the curves, the trial's id and the pruner's own parameters alone:
    then a study can be repeated, and continued from what was stored.
    """

    def rule(self, curves: Curves, tid: int) -> Rule | None:
        """The rule for a trial that is about to run, or None to let it run to its end."""
