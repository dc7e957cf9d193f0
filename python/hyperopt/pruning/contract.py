"""What a pruner is: it makes, from the curves of a study, the rule by which a trial stops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from hyperopt.pruning.curves import Curves

__all__ = ["Pruner", "Rule", "stops"]


class Rule(Protocol):
    """Tells a trial whether to stop; small, and picklable, since it travels with the trial.

    It is called after each report with all that the trial has reported so far, the newest last. It
    depends on nothing else, so a trial comes to the same decision wherever it runs.

    A rule may have a method ``pauses(steps, values)``, which is asked instead where the trial can
    go on later: a wrong stop costs less then. Without it, the rule itself is asked.
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


def stops(rule: Rule, steps: Sequence[float], values: Sequence[float], *, resumable: bool) -> bool:
    """Whether a trial shall stop, which may or may not be able to go on later."""
    if resumable:
        return bool(getattr(rule, "pauses", rule)(steps, values))
    return bool(rule(steps, values))
