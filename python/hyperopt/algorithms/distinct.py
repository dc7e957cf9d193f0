"""Finite spaces: never the same point twice (`avoid_duplicates`)."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from hyperopt.algorithms.assignments import assignment
from hyperopt.exceptions import SpaceWarning
from hyperopt.storage.documents import JOB_STATE_CANCEL, Document, active_values

if TYPE_CHECKING:
    from hyperopt.objective.domain import Domain
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.storage.store import TrialStore

Point = tuple[tuple[str, float], ...]

_ATTEMPTS = 10
"""How often the algorithm is asked again before an unseen point is drawn at random."""

_HINT_FROM = 100
"""The number of trials from which repetitions in a finite space are worth a hint."""


def point_of(doc: Document) -> Point:
    """The active parameters of a trial, comparable."""
    active = active_values(doc["misc"]["vals"])
    return tuple(sorted((label, float(value)) for label, value in active.items()))


class Distinct:
    """A suggestion algorithm that never suggests a point that was evaluated or is pending.

    It asks `algo` again when a suggestion is known, then takes an unseen point of a finite space at
    random. When there is none it suggests nothing, which ends the run. In a space that is not
    finite, or too large to enumerate, a repetition passes after the last attempt.

    Parameters
    ----------
    algo
        The algorithm that is asked.
    condition
        Says whether a point is allowed, for the unseen ones.
    """

    _condition: Callable[[Any], Any] | None = None

    def __init__(
        self, algo: Callable[..., Any], condition: Callable[[Any], Any] | None = None
    ) -> None:
        self._algo = algo
        self._condition = condition
        self._seen: set[Point] = set()
        self._n_read = 0
        self._unseen: list[Point] | None = None
        self.exhausted = False

    def __call__(
        self, new_ids: list[Any], domain: Domain, trials: TrialStore, seed: int
    ) -> list[Document]:
        """Suggest trials for `new_ids`, or fewer."""
        self._read(trials._dynamic_trials)
        rng = np.random.default_rng(seed)
        docs = []
        for doc in self._algo(new_ids, domain, trials, seed) or []:
            fresh = self._fresh(doc, domain, trials, rng)
            if fresh is None:
                self.exhausted = True
                break
            self._seen.add(point_of(fresh))
            docs.append(fresh)
        return docs

    def _read(self, docs: list[Document]) -> None:
        if len(docs) < self._n_read:
            self._seen.clear()
            self._n_read = 0
        for doc in docs[self._n_read :]:
            if doc["state"] != JOB_STATE_CANCEL:
                self._seen.add(point_of(doc))
        self._n_read = len(docs)

    def _fresh(
        self, doc: Document, domain: Domain, trials: TrialStore, rng: np.random.Generator
    ) -> Document | None:
        tid = doc["tid"]
        for _ in range(_ATTEMPTS):
            if point_of(doc) not in self._seen:
                return doc
            again = self._algo([tid], domain, trials, int(rng.integers(2**31 - 1)))
            if not again:
                break
            doc = again[0]
        if point_of(doc) not in self._seen:
            return doc
        if self._unseen is None:
            self._unseen = self._allowed_points(domain.space)
        if self._unseen is None:
            return doc
        self._unseen = [point for point in self._unseen if point not in self._seen]
        if not self._unseen:
            return None
        return _with_point(doc, self._unseen[rng.integers(len(self._unseen))], domain.space)

    def _allowed_points(self, space: CompiledSpace) -> list[Point] | None:
        from hyperopt.space.enumeration import all_points  # few runs need it

        points, condition = all_points(space), self._condition
        if points is None or condition is None:
            return points
        return [
            point for point in points if condition(space.evaluate(space.as_stored(dict(point))))
        ]


def _with_point(doc: Document, point: Point, space: CompiledSpace) -> Document:
    doc["misc"]["idxs"], doc["misc"]["vals"] = assignment(space, doc["tid"], dict(point))
    return doc


def hint_at_repetition(space: CompiledSpace, docs: list[Document], stacklevel: int) -> None:
    """Warn, once per place, if most trials in a finite space repeated an earlier one."""
    if len(docs) < _HINT_FROM or not _is_finite(space):
        return
    n_points = len({point_of(doc) for doc in docs})
    if n_points < len(docs) / 2:
        warnings.warn(
            f"only {n_points} of {len(docs)} trials are different points of this finite space; "
            "fmin(..., avoid_duplicates=True) evaluates each point once",
            SpaceWarning,
            stacklevel=stacklevel + 1,
        )


def _is_finite(space: CompiledSpace) -> bool:
    supports = [parameter.values for parameter in space.parameters]
    if None in supports:
        return False
    from hyperopt.space.enumeration import MANY_POINTS

    return all(s is not None and _length(s) <= MANY_POINTS for s in supports)


def _length(values: Sequence[float]) -> int:
    # `len` has no number for the longest ranges.
    return values.stop - values.start if isinstance(values, range) else len(values)
