"""From assignments to documents: what every algorithm ends with."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.storage.documents import Document, active_values, columns_of_values, new_misc

if TYPE_CHECKING:
    from hyperopt import _native
    from hyperopt.objective.domain import Domain
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.store import TrialStore

Assignment = tuple[dict[str, list[Any]], dict[str, list[Any]]]
"""The ``idxs`` and ``vals`` of one trial."""

_SEED_BITS = (1 << 64) - 1


def as_seed(seed: int) -> int:
    """The 64 bits of a seed that the native generators take.

    Besides integers, everything that ``numpy.random.default_rng`` takes is a seed.
    """
    if type(seed) is int:
        return seed & _SEED_BITS
    if isinstance(seed, np.random.RandomState):
        return int(seed.randint(1 << 31))
    try:
        return int(seed) & _SEED_BITS
    except TypeError:
        return int(np.random.default_rng(seed).integers(1 << 63))


def native_ids(new_ids: Sequence[int], number: Callable[[Any], int] | None = None) -> list[Any]:
    """The ids as the native code takes them, integers: upstream's callers give texts as well.

    Parameters
    ----------
    new_ids
        Ids of any kind.
    number
        Gives the integer for one that is none; a hash of its text when None.
    """
    number = _hash_of if number is None else number
    return [tid if type(tid) is int or _is_integer(tid) else number(tid) for tid in new_ids]


def _is_integer(tid: Any) -> bool:
    return hasattr(tid, "__index__")


def _hash_of(tid: Any) -> int:
    return int.from_bytes(hashlib.blake2b(str(tid).encode(), digest_size=7).digest(), "big")


def documents(
    new_ids: Sequence[int], domain: Domain, trials: TrialStore, assignments: Sequence[Assignment]
) -> list[Document]:
    """New documents with these assignments; they are not inserted."""
    miscs, results = [], []
    for tid, (idxs, vals) in zip(new_ids, assignments, strict=True):
        if type(tid) is not int and not _is_integer(tid):  # the native code was given another one
            idxs.update({label: [tid] for label, at in idxs.items() if len(at)})
        miscs.append(new_misc(tid, idxs, vals, domain.cmd, domain.workdir))
        results.append(domain.new_result())
    return trials.new_trial_docs(list(new_ids), [None] * len(miscs), results, miscs)


def assignment(space: CompiledSpace, tid: Any, point: Mapping[str, float]) -> Assignment:
    """What a document holds of a point."""
    whole = {p.label for p in space.parameters if p.is_whole}
    values = {
        label: np.int64(value) if label in whole else np.float64(value)
        for label, value in point.items()
    }
    return columns_of_values(tid, values, space.labels)


def assignments_in_turn(
    new_ids: Sequence[int],
    space: CompiledSpace,
    learner: _native.History | _native.Annealer,
    suggest: Callable[..., list[Assignment]],
) -> list[Assignment]:
    """The assignments that ``suggest(ids, first=position)`` makes with what `learner` knows.

    One after the other, and pruned, where only evaluation tells which parameters are active: the
    earlier ones of a batch are then pending, as pruned, while the later ones are made.
    """
    if not space.has_dynamic_activity:
        return suggest(new_ids)
    assignments = []
    for position, tid in enumerate(new_ids):
        (assignment,) = suggest([tid], first=position)
        prune(space, assignment)
        learner.propose(tid, assignment[1])
        assignments.append(assignment)
    return assignments


def prune(space: CompiledSpace, assignment: Assignment) -> None:
    """Empty the entries of parameters that the others make inactive, by evaluation.

    For spaces whose activity the native code can't tell: it draws a value for every parameter.
    """
    idxs, vals = assignment
    active = space.active(active_values(vals))
    for label in vals:
        if label not in active:
            idxs[label] = []
            vals[label] = []
