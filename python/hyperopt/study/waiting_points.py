"""Points that somebody wants evaluated, as trials that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hyperopt.space.points import assignment_of, same_assignment
from hyperopt.storage.documents import STATUS_NEW, Document, active_values, misc_of_values
from hyperopt.storage.store import TrialStore

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace

__all__ = ["insert_points", "trial_of"]


def insert_points(trials: TrialStore, space: CompiledSpace, points: Any) -> None:
    """Store points so that they are evaluated next; leave out those that `trials` holds.

    Raises
    ------
    ValueError
        If `points` is no list of dicts, names an unknown parameter, or gives a choice something
        that is none of its options.
    MissingLabel
        If a parameter that is active at a point has no value.
    """
    wanted = [
        assignment_of(space, point, f"points_to_evaluate[{i}]", values_first=False)
        for i, point in enumerate(_checked(points))
    ]

    def insert() -> None:
        known = [active_values(doc["misc"]["vals"]) for doc in trials._dynamic_trials]
        for values in wanted:
            if not any(same_assignment(values, other) for other in known):
                trials.insert_trial_docs([trial_of(trials, values, space.labels)])

    # Where several processes share the trials, they must not insert the same points.
    getattr(trials, "_insert_points", _call)(insert)


def _call(function: Callable[[], None]) -> None:
    function()


def trial_of(trials: TrialStore, values: Mapping[str, Any], labels: Iterable[str]) -> Document:
    """A new document for `trials`, not inserted; labels without a value are inactive."""
    (tid,) = trials.new_trial_ids(1)
    misc = misc_of_values(tid, values, labels)
    return trials.new_trial_docs([tid], [None], [{"status": STATUS_NEW}], [misc])[0]


def _checked(points: Any) -> list[Any]:
    if not isinstance(points, (list, tuple)):
        raise ValueError(
            f"points_to_evaluate={points!r}: give a list of dicts {{label: value}}, one per point"
        )
    return list(points)
