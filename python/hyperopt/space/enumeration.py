"""The points of a finite space, numbered: how many there are, and which is the k-th.

A conditional space is a tree: the parameters of a branch are crossed with each other within the
branch only. Its points are numbered without listing them, so a grid of a million points costs
nothing until they are asked for.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol

from hyperopt.exceptions import BadSearchSpace
from hyperopt.space.quantiles import quantile

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace, Parameter

__all__ = ["MANY_POINTS", "Grid", "InfiniteGrid", "all_points"]

MANY_POINTS = 200_000
"""A space with more points is not listed."""

Point = dict[str, float]
Conjunctions = frozenset[tuple[tuple[str, float], ...]]


class InfiniteGrid(BadSearchSpace, ValueError):  # noqa: N818
    """A parameter has too many values to make a grid of them."""


def _at_quantiles(parameter: Parameter, n: int) -> list[float]:
    """The middles of n parts of equal mass, each once."""
    values = (quantile(parameter, (part + 0.5) / n) for part in range(n))
    return list(dict.fromkeys(values))


class _Node(Protocol):
    """A part of the tree: its number of points, the k-th of them, and the number of a point."""

    @property
    def size(self) -> int: ...

    def read(self, k: int, point: Point) -> None: ...

    def rank(self, point: Mapping[str, float]) -> int | None: ...


@dataclass(frozen=True)
class _Leaf:
    label: str
    values: Sequence[float]

    @property
    def size(self) -> int:
        values = self.values
        # `len` has no number for the longest ranges.
        return values.stop - values.start if isinstance(values, range) else len(values)

    def read(self, k: int, point: Point) -> None:
        point[self.label] = float(self.values[k])

    def rank(self, point: Mapping[str, float]) -> int | None:
        try:
            return self.values.index(point[self.label])
        except (KeyError, ValueError):
            return None


class _Product:
    """Parts that do not decide about each other; the last varies fastest."""

    def __init__(self, parts: Sequence[_Node]) -> None:
        self.parts = parts
        self.size = math.prod(part.size for part in parts)

    def read(self, k: int, point: Point) -> None:
        for part in reversed(self.parts):
            k, digit = divmod(k, part.size)
            part.read(digit, point)

    def rank(self, point: Mapping[str, float]) -> int | None:
        k = 0
        for part in self.parts:
            digit = part.rank(point)
            if digit is None:
                return None
            k = k * part.size + digit
        return k


class _Decision:
    """A parameter, and what each of its values makes active; values that decide alike are one run.

    Parameters
    ----------
    leaf
        The parameter.
    runs
        (position of the first value, number of values, what is below them), in order.
    """

    def __init__(self, leaf: _Leaf, runs: list[tuple[int, int, _Node]]) -> None:
        self._leaf, self._runs = leaf, runs
        sizes = [count * below.size for _, count, below in runs]
        self._starts = [0, *accumulate(sizes)]
        self.size = self._starts[-1]

    def read(self, k: int, point: Point) -> None:
        at = bisect_right(self._starts, k) - 1
        first, _, below = self._runs[at]
        value, rest = divmod(k - self._starts[at], below.size)
        self._leaf.read(first + value, point)
        below.read(rest, point)

    def rank(self, point: Mapping[str, float]) -> int | None:
        value = self._leaf.rank(point)
        if value is None:
            return None
        at = bisect_right(self._runs, value, key=lambda run: run[0]) - 1
        first, _, below = self._runs[at]
        rest = below.rank(point)
        return None if rest is None else self._starts[at] + (value - first) * below.size + rest


class Grid:
    """The points of a space, in two orders.

    Parameters
    ----------
    space
        A compiled space.
    n
        For parameters without an end of values: how many, at quantiles of the prior; one number for
        all of them, or ``{label: number}``. A label given by name is reduced to so many values even
        if it has finitely many.

    Attributes
    ----------
    size : int
        The number of points.
    counts : dict
        The number of values of each parameter.

    Raises
    ------
    InfiniteGrid
        If a parameter has no end of values, and `n` says nothing of it.
    """

    def __init__(self, space: CompiledSpace, n: int | Mapping[str, int] | None = None) -> None:
        self._leaves = {
            parameter.label: _Leaf(parameter.label, _values(parameter, n))
            for parameter in space.parameters
        }
        self.counts = {label: leaf.size for label, leaf in self._leaves.items()}
        if space.has_dynamic_activity:
            self._root: _Node = _Listed(_walk(space, self._leaves))
        else:
            conditions = {p.label: frozenset(p.conditions or ()) for p in space.parameters}
            self._root = self._tree(conditions, {})
        self.size = self._root.size
        self._spread = _Spread(self._root)

    def lexical(self, k: int) -> Point:
        """The k-th point in rows: the parameter with the last label varies fastest."""
        point: Point = {}
        self._root.read(k, point)
        return point

    def spread(self, k: int) -> int:
        """The number, in rows, of the k-th point of an order whose beginnings cover the space."""
        return self._spread(k)

    def rank(self, point: Mapping[str, float]) -> int | None:
        """The number of a point in rows; None if it is not on the grid."""
        if any(label not in self._leaves for label in point):
            return None
        k = self._root.rank(point)
        return k if k is not None and self.lexical(k).keys() == point.keys() else None

    def _tree(self, conditions: Mapping[str, Conjunctions], known: dict[Any, _Node]) -> _Node:
        """The points of parameters that are active under these conditions."""
        conditions = {label: when for label, when in conditions.items() if when}
        key = frozenset(conditions.items())
        if key not in known:
            parts = [self._part(part, known) for part in _independent(conditions)]
            known[key] = parts[0] if len(parts) == 1 else _Product(parts)
        return known[key]

    def _part(self, conditions: dict[str, Conjunctions], known: dict[Any, _Node]) -> _Node:
        mentioned = {label for when in conditions.values() for c in when for label, _ in c}
        always = sorted(label for label, when in conditions.items() if () in when)
        deciders = [label for label in always if label in mentioned]
        if not deciders:  # what is left depends on parameters that are not active
            return _Product([self._leaves[label] for label in always])
        label = deciders[0]
        leaf = self._leaves[label]
        others = {name: when for name, when in conditions.items() if name != label}
        asked = {v for when in others.values() for c in when for name, v in c if name == label}
        runs: list[tuple[int, int, _Node]] = []
        at = 0
        for position in sorted(_positions(leaf, asked)):
            if position > at:
                runs.append((at, position - at, self._tree(_given(others, label, None), known)))
            value = leaf.values[position]
            runs.append((position, 1, self._tree(_given(others, label, value), known)))
            at = position + 1
        if at < leaf.size:
            runs.append((at, leaf.size - at, self._tree(_given(others, label, None), known)))
        return _Decision(leaf, runs)


def _values(parameter: Parameter, n: int | Mapping[str, int] | None) -> Sequence[float]:
    wanted = n.get(parameter.label) if isinstance(n, Mapping) else None
    values = None if wanted is not None else parameter.values
    if values is not None:
        return values
    number = wanted if wanted is not None else (n if isinstance(n, int) else None)
    if number is None:
        raise InfiniteGrid(
            f"the parameter {parameter.label!r} ({parameter.family}) has no end of values; say how "
            f"many of them the grid shall have, n={{{parameter.label!r}: 5}} or n=5 for all such"
        )
    return _at_quantiles(parameter, number)


def _positions(leaf: _Leaf, values: set[float]) -> Iterator[int]:
    """Where these values stand; those that the prior never gives stand nowhere."""
    ranks = (leaf.rank({leaf.label: value}) for value in values)
    return (rank for rank in ranks if rank is not None)


def _given(
    conditions: Mapping[str, Conjunctions], label: str, value: float | None
) -> dict[str, Conjunctions]:
    """What is left of conditions when a label has a value; None: one that none of them names."""
    return {
        name: frozenset(
            tuple(term for term in conjunction if term[0] != label)
            for conjunction in when
            if all(term[0] != label or term[1] == value for term in conjunction)
        )
        for name, when in conditions.items()
    }


def _independent(conditions: Mapping[str, Conjunctions]) -> list[dict[str, Conjunctions]]:
    """Groups of parameters of which none decides about another group, in the order of labels."""
    group = {label: label for label in conditions}

    def root(label: str) -> str:
        while group[label] != label:
            label = group[label]
        return label

    for label, when in conditions.items():
        if () in when:
            continue
        for conjunction in when:
            for name, _ in conjunction:
                if name in group:
                    first, second = sorted((root(label), root(name)))
                    group[second] = first
    groups: dict[str, dict[str, Conjunctions]] = {}
    for label in sorted(conditions):
        groups.setdefault(root(label), {})[label] = conditions[label]
    return list(groups.values())


class _Listed:
    """Points that were found by evaluation, where arithmetic decides which are active."""

    def __init__(self, points: Iterator[Point]) -> None:
        self._points: list[Point] = []
        for point in points:
            if len(self._points) >= MANY_POINTS:
                raise InfiniteGrid(
                    f"the space has more than {MANY_POINTS} points, and arithmetic decides which "
                    "parameters are active, so that they must be listed; make it smaller with n="
                )
            self._points.append(point)
        self.size = len(self._points)
        self._ranks = {_key(point): k for k, point in enumerate(self._points)}

    def read(self, k: int, point: Point) -> None:
        point.update(self._points[k])

    def rank(self, point: Mapping[str, float]) -> int | None:
        return self._ranks.get(_key(point))


def _key(point: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(point.items()))


class _NeededError(Exception):
    """Says which label has to be decided next."""


class _Probe(dict[str, Any]):
    def __missing__(self, label: str) -> Any:
        raise _NeededError(label)


def _walk(space: CompiledSpace, leaves: Mapping[str, _Leaf]) -> Iterator[Point]:
    """All points, deciding one active label at a time."""
    stack: list[Point] = [{}]
    while stack:
        point = stack.pop()
        label = _undecided(space, point)
        if label is None:
            yield point
        else:
            values = leaves[label].values
            stack += [{**point, label: float(v)} for v in reversed(values)]


def _undecided(space: CompiledSpace, point: Mapping[str, float]) -> str | None:
    try:
        active = space.active(_Probe(space.as_stored(point)))
    except _NeededError as needed:
        return str(needed.args[0])
    return next((label for label in space.labels if label in active and label not in point), None)


class _Spread:
    """A permutation of the points whose beginnings are spread out over the space.

    The largest independent part is run through with a stride near its size times the inverse of
    the generalised golden ratio, the others follow a Kronecker sequence of its powers (the additive
    recurrence R of M. Roberts, 2018, "The unreasonable effectiveness of quasirandom sequences"),
    and each is shifted on when the parts before it have been run through. So every stretch as long
    as the largest part has each of its values once. All in integers: the same on every machine.
    """

    _BITS = 64

    def __init__(self, root: _Node) -> None:
        parts = root.parts if isinstance(root, _Product) else [root]
        order = sorted(range(len(parts)), key=lambda i: (-parts[i].size, i))
        ratio = _golden_ratio(max(len(parts), 1), self._BITS)
        one = 1 << self._BITS
        self._size = root.size
        self._axes = []
        weight = step = one
        weights = {}
        for at in range(len(parts) - 1, -1, -1):
            weights[at] = weight // one
            weight *= parts[at].size
        for at in order:
            step = (step << self._BITS) // ratio
            size = parts[at].size
            self._axes.append((size, _coprime(size, size * step >> self._BITS), step, weights[at]))

    def __call__(self, k: int) -> int:
        number, done, ran = 0, k, 1
        for place, (size, stride, step, weight) in enumerate(self._axes):
            done, digit = divmod(done, size)
            before = k % ran
            shift = (before * step % (1 << self._BITS)) * size >> self._BITS if place else 0
            number += (digit * stride + shift) % size * weight
            ran *= size
        return number


def _golden_ratio(d: int, bits: int) -> int:
    """The root above 1 of x^(d+1) = x + 1, times 2^bits, rounded down."""
    low, high = 1 << bits, 2 << bits
    while high - low > 1:
        middle = (low + high) // 2
        power = 1 << bits
        for _ in range(d + 1):
            power = power * middle >> bits
        low, high = (middle, high) if power <= middle + (1 << bits) else (low, middle)
    return low


def _coprime(size: int, near: int) -> int:
    """The number nearest to `near` that has no divisor in common with `size`."""
    for distance in range(size + 1):
        for candidate in (near - distance, near + distance):
            if candidate > 0 and math.gcd(candidate, size) == 1:
                return candidate
    return 1


def all_points(space: CompiledSpace) -> list[tuple[tuple[str, float], ...]] | None:
    """Every point of a finite space; None if it is not finite, or has more than `MANY_POINTS`."""
    try:
        grid = Grid(space)
    except InfiniteGrid:
        return None
    if grid.size > MANY_POINTS:
        return None
    return [_key(grid.lexical(k)) for k in range(grid.size)]
