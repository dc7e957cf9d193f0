"""`Parameter`: one random parameter of a space, and what there is to know about its values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public
from hyperopt.space.activation import INTEGER_FAMILIES, Conditions

if TYPE_CHECKING:
    from hyperopt.pyll.base import Apply

__all__ = ["Parameter"]


@public("hyperopt.space")
@dataclass(frozen=True)
class Parameter:
    """A random parameter of a space.

    Attributes
    ----------
    label : str
        Its name.
    family : str
        Its distribution: ``uniform quniform loguniform qloguniform normal qnormal lognormal
        qlognormal randint categorical``.
    args : tuple
        Arguments of the distribution. Numeric families: floats, in the order low, high[, q] or mu,
        sigma[, q]. randint (and `hp.choice`): low and high as ints, high exclusive. categorical
        (`hp.pchoice`): the probabilities.
    conditions : tuple or None
        When it is active: a disjunction of conjunctions of (label, value). ``((),)`` is always;
        None when only evaluation can tell.
    options : tuple of Apply or None
        What it selects from by its number, as of `hp.choice`; None if it selects nothing.
    """

    label: str
    family: str
    args: tuple[Any, ...]
    conditions: Conditions
    options: tuple[Apply, ...] | None = field(default=None, compare=False, repr=False)

    @property
    def is_whole(self) -> bool:
        """Whether its values are stored as integers (counts, and the numbers of options)."""
        return self.family in INTEGER_FAMILIES

    @property
    def is_log(self) -> bool:
        """Whether it is distributed over a logarithmic scale."""
        return "log" in self.family

    @property
    def step(self) -> float | None:
        """What its values are multiples of; None if they are not, or are integers anyway."""
        return float(self.args[-1]) if self.family.startswith("q") else None

    @property
    def bounds(self) -> tuple[float, float]:
        """Its smallest and its largest value, before they are rounded to multiples of `step`."""
        if self.family == "randint":
            return self.args[0], self.args[1] - 1
        if self.family == "categorical":
            return 0, len(self.args) - 1
        if "normal" in self.family:
            return 0.0 if self.is_log else -math.inf, math.inf
        low, high = self.args[:2]
        return (math.exp(low), math.exp(high)) if self.is_log else (low, high)

    @property
    def is_bounded(self) -> bool:
        """Whether there is a largest value."""
        return math.isfinite(self.bounds[1])

    @property
    def values(self) -> Sequence[float] | None:
        """All its values, in order; None if there is no end to them."""
        if self.family == "randint":
            return range(*self.args)
        if self.family == "categorical":
            return [number for number, p in enumerate(self.args) if p > 0]
        q = self.step
        if q is None or not self.is_bounded:
            return None
        first, last = (round(bound / q) for bound in self.bounds)
        return None if last - first >= 2**53 else _Multiples(first, last, q)


class _Multiples(Sequence[float]):
    """Multiples of q, as `round(u / q) * q` gives them."""

    def __init__(self, first: int, last: int, q: float) -> None:
        self._numbers, self._q = range(first, last + 1), q

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, at: Any) -> Any:
        return self._numbers[at] * self._q

    def index(self, value: float, start: int = 0, stop: int | None = None) -> int:
        """The position of a value; ValueError if it is none of the multiples."""
        at = self._numbers.index(round(value / self._q))
        if self[at] != value:
            raise ValueError(f"{value} is no multiple of {self._q}")
        return at
